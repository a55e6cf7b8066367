import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkout } from './checkout';

/** What a machine has, beside Node.js: stub programs on its PATH, each a line of shell, and variables. */
interface Machine {
  readonly programs?: Readonly<Record<string, string>>;
  readonly variables?: NodeJS.ProcessEnv;
}

const checkout = new Checkout();
const home = mkdtempSync(join(tmpdir(), 'newcomer-'));
afterAll(() => {
  checkout.remove();
  rmSync(home, { recursive: true, force: true });
});

function start({ programs = {}, variables = {} }: Machine) {
  const PATH = mkdtempSync(join(home, 'bin-'));
  symlinkSync(process.execPath, join(PATH, 'node'));
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(PATH, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(PATH, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', './ops/command/run-typescript.mjs', 'ops/start.ts'],
    {
      cwd: checkout.folder,
      encoding: 'utf8',
      env: { HOME: join(home, 'none'), PATH, ...variables },
      timeout: 20_000,
    },
  );
  return { status, stdout, stderr };
}

const nothingIsRun = 'echo "this was run" >&2; exit 1';
const anEmulator = { moto_server: nothingIsRun };

test.each<[string, Machine, RegExp]>([
  [
    'neither Python nor Docker nor moto',
    {},
    /^local AWS: none of moto_server, python3, docker is on the PATH; install one of: moto \(pip install .*\), Python 3\.9 .*, or Docker$/,
  ],
  [
    'a Terraform that is too old',
    { programs: { ...anEmulator, terraform: 'echo "Terraform v1.5.7"' } },
    /terraform: too old, its S3 backend cannot lock the state with a lock file, got "1\.5\.7"; expected 1\.10\.0 or newer$/,
  ],
  [
    'another Terraform than it says',
    { programs: anEmulator, variables: { TERRAFORM_BINARY_NAME: '/nowhere/terraform' } },
    /^TERRAFORM_BINARY_NAME: no such program, got "\/nowhere\/terraform"; expected /,
  ],
  [
    'no folder that it may write',
    { programs: anEmulator, variables: { SUPERMISSION_LOCAL_FOLDER: '/dev/null/local' } },
    /^SUPERMISSION_LOCAL_FOLDER: cannot be written \(ENOTDIR\), got "\/dev\/null\/local"; expected /,
  ],
  [
    'the settings of a real environment',
    { programs: anEmulator, variables: { SUPERMISSION_ENV: 'prod' } },
    /^SUPERMISSION_ENV: not an environment on this machine, got "prod"; expected local; /,
  ],
])('fails on a machine with %s: one sentence in time, before anything is started', (_, machine, sentence) => {
  expect(start(machine)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
  expect(start(machine).stderr.trimEnd()).toMatch(sentence);
});

test('a checkout whose node_modules cannot be written is synthesized', async () => {
  // No folder can be made in a file, whoever asks for it: this suite may be run by root.
  const own = join(checkout.folder, 'node_modules');
  const packages = realpathSync(own);
  unlinkSync(own);
  mkdirSync(own);
  for (const name of readdirSync(packages))
    if (name !== '.cache') symlinkSync(join(packages, name), join(own, name));
  writeFileSync(join(own, '.cache'), '');

  expect(await checkout.npm('synth')).toMatchObject({ exitCode: 0 });
});

test('a checkout without git can be checked', () => {
  mkdirSync(join(checkout.folder, 'cdktf.out'), { recursive: true });
  const { status, stdout, stderr } = spawnSync('npx', ['biome', 'check'], {
    cwd: checkout.folder,
    encoding: 'utf8',
  });

  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
});
