import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

test('a run of tests has a temporary folder of its own, and removes those of runs that were killed', () => {
  const place = mkdtempSync(join(tmpdir(), 'place-'));
  const { pid: ended } = spawnSync(process.execPath, ['--version']);
  const others = [
    `tests-${ended}-killed/cdktf.outdir.a`,
    `tests-${process.pid}-running`,
    'terraform-providers-of-a-user',
  ];
  for (const name of others) mkdirSync(join(place, name), { recursive: true });
  const run = `const hook = require(${JSON.stringify(resolve(__dirname, 'temporary-folder.js'))});
    hook().then(() => console.log(process.env.TMPDIR)).then(hook)`;

  const { stdout } = spawnSync(process.execPath, ['-e', run], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: place },
  });

  expect(stdout).toMatch(new RegExp(`^${place}/tests-\\d+-\\w{6}\\n$`));
  expect(readdirSync(place).sort()).toEqual([
    'terraform-providers-of-a-user',
    `tests-${process.pid}-running`,
  ]);
  rmSync(place, { recursive: true });
});
