import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderProcesses, type Reattachment } from '../../local/provider-processes';
import { processes } from '../../ops/command/processes';
import { untilGone } from './aws-fixture';

/** A stub of a provider's program: says what a real one says, what it was given too, and stays. */
const stubProvider = `#!/bin/sh
touch "$TMPDIR/socket"
echo "Provider started. To attach Terraform CLI, set the TF_REATTACH_PROVIDERS environment variable with the following:"
echo
echo "	TF_REATTACH_PROVIDERS='{\\"any/hashicorp/aws\\":{\\"Pid\\":$$,\\"Given\\":\\"$PWD $1 $AWS_ENDPOINT_URL $AWS_REGION $AWS_PROFILE\\",\\"Addr\\":{\\"Network\\":\\"unix\\",\\"String\\":\\"$TMPDIR/socket\\"}}}'"
exec sleep 60
`;

interface Stub extends Reattachment {
  readonly Pid: number;
  readonly Given: string;
}

let home: string;
let program: string;
let providers: ProviderProcesses;
let output: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'providers-'));
  // Where the processes put their sockets.
  jest.replaceProperty(process, 'env', { ...process.env, TMPDIR: home, AWS_PROFILE: 'of the user' });
  program = join(home, 'terraform-provider-stub');
  writeFileSync(program, stubProvider);
  chmodSync(program, 0o755);
  for (const name of ['a', 'b']) mkdirSync(join(home, name));
  output = '';
  providers = new ProviderProcesses((text) => {
    output += text;
  });
});
afterEach(async () => {
  await providers.stop();
  jest.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const endpoint = 'http://127.0.0.1:9';
const find = async (name: string, asked = endpoint) => {
  const folder = join(home, name);
  return (await providers.find({ program, folder, endpoint: asked, region: 'eu-west-1' })) as Stub;
};
const isRunning = ({ Pid }: Stub) => processes().some(({ pid }) => pid === Pid);

test('one process serves a folder: in that folder, for that AWS, with no settings of the user', async () => {
  const [first, second] = await Promise.all([find('a'), find('a')]);

  expect(first).toEqual(second);
  expect(first.Given).toBe(`${join(home, 'a')} -debug ${endpoint} eu-west-1 `);
  expect(output).toContain('Provider started');
});

test('another folder has another process', async () => {
  const [a, b] = [await find('a'), await find('b')];

  expect(a.Pid).not.toBe(b.Pid);
  expect([a, b].every(isRunning)).toBe(true);
});

test.each<[what: string, change: () => Promise<Stub>]>([
  [
    'for a folder that was removed and made again',
    async () => {
      rmSync(join(home, 'a'), { recursive: true });
      mkdirSync(join(home, 'a'));
      return find('a');
    },
  ],
  ['for another AWS', () => find('a', 'http://127.0.0.1:10')],
])('a process is started anew %s, and the former one ends', async (_what, change) => {
  const first = await find('a');

  expect(isRunning(await change())).toBe(true);
  await untilGone([first.Pid]);
});

test('a process that has ended is started anew', async () => {
  const first = await find('a');
  process.kill(first.Pid, 'SIGKILL');
  await untilGone([first.Pid]);
  let next = first;
  while (next.Pid === first.Pid) {
    await sleep(20);
    next = await find('a');
  }

  expect(isRunning(next)).toBe(true);
});

test('a process ends when its folder has gone and another one is asked for', async () => {
  const first = await find('a');
  rmSync(join(home, 'a'), { recursive: true });
  await find('b');

  await untilGone([first.Pid]);
});

test('all end with the local AWS, and leave no socket', async () => {
  const all = [await find('a'), await find('b')];
  expect(all.every(isRunning)).toBe(true);
  await providers.stop();

  expect(all.some(isRunning)).toBe(false);
  expect(readdirSync(home).sort()).toEqual(['a', 'b', 'terraform-provider-stub']);
});

test('all end with the local AWS that is killed, and leave no socket', async () => {
  const request = { program, folder: join(home, 'a'), endpoint, region: 'eu-west-1' };
  const script = `
    const { ProviderProcesses } = require('./local/provider-processes');
    new ProviderProcesses(() => {}).find(${JSON.stringify(request)}).then(({ Pid }) => console.log(Pid));`;
  const server = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
    env: process.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(server.stdout, 'data');
  server.kill('SIGKILL');

  await untilGone([Number(pid)]);
  while (readdirSync(home).some((name) => name.startsWith('local-aws-'))) await sleep(20);
});

test('fails when the program ends, with what it said', async () => {
  writeFileSync(program, '#!/bin/sh\necho "no such flag: $1"; exit 3\n');

  await expect(find('a')).rejects.toThrow(/ended with exit code 3: no such flag: -debug/);
});
