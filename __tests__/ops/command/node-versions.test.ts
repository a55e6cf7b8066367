import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'node-versions-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Run Node.js as on another machine: the script comes first and changes what `process` says of it. */
function node(circumstances: string, ...args: readonly string[]) {
  const preload = file('circumstances.cjs', circumstances);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', preload, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, SUPERMISSION_ENV: 'local' },
  });
  return { status, stdout, stderr };
}

const version = (text: string) =>
  `Object.defineProperty(process.versions, 'node', { value: ${JSON.stringify(text)} });`;
// A Node.js that is newer than it says warns of what tsx does on the older one.
const load = ['--disable-warning=DEP0205', 'ops/command/run-typescript.cjs'];

test.each(['18.20.8', '20.18.3'])('fails when Node.js is %s, with one sentence', (old) => {
  expect(node(version(old), ...load, 'ops/start.ts', '--help')).toEqual({
    status: 1,
    stdout: '',
    stderr: `Node.js: too old, got ${old}; expected 20.19 or newer, see https://nodejs.org\n`,
  });
});

test.each(['20.19.0', '22.13.0', '26.10.0'])('Node.js %s runs commands, without a warning', (current) => {
  const sts = JSON.stringify(require.resolve('@aws-sdk/client-sts'));
  const client = file('client.ts', `new (require(${sts}).STSClient)({ region: 'us-east-1' });`);

  expect(node(version(current), ...load, client)).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(node(version(current), ...load, 'ops/start.ts', '--help')).toMatchObject({ status: 0, stderr: '' });
});

test('runs commands beside a module that the shell has every Node.js load', () => {
  const loader = ['--import', 'data:text/javascript,'];

  expect(node('', ...loader, ...load, 'ops/start.ts', '--help')).toMatchObject({ status: 0, stderr: '' });
});

test('a temporary folder whose path is too long for a socket is left alone', () => {
  const long = `process.env.TMPDIR = ${JSON.stringify(`/tmp/${'long'.repeat(30)}`)};`;

  const { stdout } = node(long, ...load, file('folder.ts', `console.log(require('node:os').tmpdir())`));
  expect(stdout).toBe('/tmp\n');
});

test.each([['ops/start.ts'], ['ops/cdktf.ts', 'synth'], ['ops/cdktf.ts', 'deploy', '--auto-approve']])(
  'fails when cdktf has no terminal binary for the machine, before anything is done: %s %s',
  (...command) => {
    const noBinary = `
      const Module = require('node:module');
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (name.startsWith('@lydell/node-pty-')) throw new Error('no such package');
        return load(name, ...rest);
      };`;

    const { status, stdout, stderr } = node(noBinary, ...load, ...command);

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^cdktf: no terminal binary for this machine, .*, got "\w+ \w+"; expected .*\n$/);
  },
);
