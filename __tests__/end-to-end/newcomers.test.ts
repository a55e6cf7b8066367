import { spawnSync } from 'node:child_process';
import {
  existsSync,
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
import { deadProxies, pathWith, pathWithout, type Stubs } from './machine';

/** What a machine has, beside Node.js. */
interface Machine {
  readonly programs?: Stubs;
  readonly variables?: NodeJS.ProcessEnv;
}

const checkout = new Checkout();
const home = mkdtempSync(join(tmpdir(), 'newcomer-'));
afterAll(() => {
  checkout.remove();
  rmSync(home, { recursive: true, force: true });
});

function start({ programs = {}, variables = {} }: Machine) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['ops/command/run-typescript.cjs', 'ops/start.ts'],
    {
      cwd: checkout.folder,
      encoding: 'utf8',
      env: { HOME: join(home, 'none'), PATH: pathWith(programs), ...variables },
      timeout: 20_000,
    },
  );
  return { status, stdout, stderr };
}

const nothingIsRun = 'echo "this was run" >&2; exit 1';
const anEmulator = { moto_server: nothingIsRun };
const toInstall = / install one of: moto \(pip install .*\), Python 3\.9 .*, or Docker$/.source;
const noEmulator = (...obstacles: string[]) =>
  new RegExp(
    `^local AWS: no emulator: AWS_ENDPOINT_URL is not set; ${obstacles.map((it) => `${it};`).join(' ')}${toInstall}`,
  );
const noDaemon =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
/** What the downloader of Terraform meets: no other part of these runs asks for anything. */
const noNetwork = `data:text/javascript,${encodeURIComponent(
  "globalThis.fetch = async () => { throw new TypeError('fetch failed', { cause: new Error('no network here') }); }",
)}`;

test.each<[string, Machine, RegExp]>([
  [
    'neither Python nor Docker nor moto',
    {},
    noEmulator('no moto_server on the PATH', 'no python3 on the PATH', 'no docker on the PATH'),
  ],
  [
    'Docker alone, whose daemon does not run (a stub)',
    { programs: { docker: `[ "$1" = info ] && echo "Server:\n${noDaemon}" >&2; exit 1` } },
    noEmulator(
      'no moto_server .*',
      'no python3 .*',
      '/\\S+/docker info: Cannot connect to the Docker daemon at .*',
    ),
  ],
  [
    'Python alone, as Debian has it: without what makes environments (a stub)',
    { programs: { python3: `echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1` } },
    noEmulator(
      'no moto_server .*',
      "/\\S+/python3 -c .*: ModuleNotFoundError: No module named 'ensurepip'",
      'no docker .*',
    ),
  ],
  [
    'neither Terraform nor a network',
    {
      programs: anEmulator,
      variables: { ...deadProxies, CACHE_DIR: home, NODE_OPTIONS: `--import ${noNetwork}` },
    },
    /^no terraform and no tofu on the PATH: downloading Terraform, once, .*\nPATH: no terraform and no tofu, and Terraform cannot be downloaded \(no network here\), got nothing; expected Terraform or OpenTofu 1\.10\.0 or newer, see https:\S+$/,
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
  const { status, stdout, stderr } = start(machine);

  expect({ status, stdout, stderr: stderr.trimEnd() }).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(sentence),
  });
});

test('fails on a machine with Python alone and no network (a stub of pip): one sentence, and nothing is left running', async () => {
  const local = join(home, 'local');
  const pip = `#!/bin/sh\necho "ERROR: No matching distribution found for moto" >&2\nexit 1\n`;
  const python3 = `[ "$2" = venv ] || exit 0; /bin/mkdir -p "$3/bin"; printf '${pip}' > "$3/bin/pip"; /bin/chmod +x "$3/bin/pip"`;

  const { status, stderr } = start({
    programs: { python3, terraform: 'echo "Terraform v1.10.5"' },
    variables: { SUPERMISSION_LOCAL_FOLDER: local },
  });

  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(
      /^ +local AWS: no emulator: AWS_ENDPOINT_URL is not set; no moto_server on the PATH; \S+pip install .* ended with exit code 1: ERROR: No matching distribution found for moto; no docker on the PATH; install one of: .*\nThe full log: .*\n$/,
    ),
  });
  expect(existsSync(join(local, 'instance.json'))).toBe(false);
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

test('a checkout without git is checked on a machine without git', async () => {
  mkdirSync(join(checkout.folder, 'cdktf.out'), { recursive: true });

  const { exitCode, stdout, stderr } = await checkout.npm('check:static', [], { PATH: pathWithout(/^git/) });

  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
}, 300_000);
