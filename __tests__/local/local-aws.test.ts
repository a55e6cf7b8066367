import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { healthPath } from '../../local/instance';
import { findLocalAws, localAwsEnvironment, startLocalAws } from '../../local/local-aws';
import {
  createRole,
  descendants,
  describeWith,
  functionOf,
  lambdaClient,
  region,
  untilGone,
  useOwnFolder,
} from './aws-fixture';

jest.setTimeout(60_000);

const tsx = require.resolve('tsx/cjs');
const folder = useOwnFolder();

function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = join(__dirname, '..', '..', 'ops', 'local.ts');
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--require', tsx, script, ...args],
      { env: process.env },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

async function occupiedPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer((_, response) => response.end('{"pid":1}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe('the commands', () => {
  test('explain themselves', async () => {
    const { code, stdout } = await cli('up', '--help');

    expect(code).toBe(0);
    for (const text of [
      'AWS_ENDPOINT_URL',
      'moto_server on the PATH',
      'pip install',
      'Docker',
      '60 minutes',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test('say that nothing runs', async () => {
    expect(await cli('status')).toMatchObject({ code: 1, stdout: 'not running\n' });
    expect(await cli('down')).toMatchObject({ code: 0, stdout: 'nothing is running\n' });
    expect(JSON.parse((await cli('status', '--json')).stdout)).toEqual({ running: false });
  });

  test.each([
    [['start'], 'unknown command, got "start"; expected up, down or status'],
    [['up', '--prot', '1'], '--prot'],
    [['up', '--port', '70000'], '--port: no port, got "70000"; expected 1 to 65535'],
  ])('fails when the command line is %j', async (args, message) => {
    const { code, stderr } = await cli(...args);

    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describeWith('moto_server')('an instance', () => {
  test('is started, found, reported and ended by the commands', async () => {
    const up = await cli('up');
    expect(up).toMatchObject({ code: 0, stderr: '' });
    const url = /export AWS_ENDPOINT_URL=(\S+)/.exec(up.stdout)?.[1] ?? '';
    const record = JSON.parse(readFileSync(join(folder, 'instance.json'), 'utf8'));
    expect(await (await fetch(url + healthPath)).json()).toEqual({ ...record, emulatorHasEnded: false });
    const started = descendants(record.pid);
    expect(started.length).toBeGreaterThan(0);

    const again = await cli('up');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('already running');
    expect(again.stdout).toContain(url);
    expect(await cli('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(url) });
    expect(JSON.parse((await cli('status', '--json')).stdout)).toMatchObject({ running: true, ...record });

    expect(await cli('down')).toMatchObject({ code: 0, stdout: `ended ${url}\n` });
    await untilGone([record.pid, ...started]);
    await expect(fetch(url)).rejects.toThrow();
    expect(existsSync(join(folder, 'instance.json'))).toBe(false);
    expect(readFileSync(join(folder, 'aws.log'), 'utf8')).toContain('Running on');
  });

  test('fails when its port is taken, and leaves nothing behind', async () => {
    const occupied = await occupiedPort();
    try {
      const { code, stderr } = await cli('up', '--port', String(occupied.port));

      expect({ code, stderr: stderr.trim() }).toEqual({
        code: 1,
        stderr: `--port: already taken, got ${occupied.port}; expected a free port`,
      });
      expect(await findLocalAws()).toBeUndefined();
    } finally {
      occupied.close();
    }
  });

  test('whose record is stale is forgotten, even when its port answers', async () => {
    const occupied = await occupiedPort();
    try {
      const file = join(folder, 'instance.json');
      const url = `http://127.0.0.1:${occupied.port}`;
      writeFileSync(file, JSON.stringify({ url, pid: process.pid, emulator: '', startedAt: '' }));

      expect(await findLocalAws()).toBeUndefined();
      expect(existsSync(file)).toBe(false);
    } finally {
      occupied.close();
    }
  });

  test('whose process lives and does not answer is not taken for one that has ended', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const file = join(folder, 'instance.json');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    writeFileSync(file, JSON.stringify({ url, pid: process.pid, emulator: '', startedAt: '' }));

    const { code, stderr } = await cli('status');

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^local AWS http:.*: process \d+ lives, but does not answer as it should, .*\n$/,
      ),
    });
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    silent.close();
    silent.closeAllConnections();
  });

  test('whose emulator has ended says so, and is started anew', async () => {
    const aws = await startLocalAws({ keep: true, port: 0 });
    for (const pid of descendants(aws.pid)) process.kill(pid, 'SIGKILL');
    while (!(await findLocalAws())?.emulatorHasEnded);

    const ended = 'its emulator has ended, and all that was deployed to it is gone';
    expect(await cli('status')).toMatchObject({ code: 1, stdout: expect.stringContaining(ended) });
    expect(JSON.parse((await cli('status', '--json')).stdout)).toMatchObject({
      running: false,
      emulatorHasEnded: true,
    });
    expect(await cli('up')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${ended}; starting anew`),
    });
    expect(await cli('status')).toMatchObject({ code: 0 });
    expect((await findLocalAws())?.pid).not.toBe(aws.pid);
    await cli('down');
  });

  test('works for a user with a profile that is not there, and behind a proxy', async () => {
    const user = { AWS_PROFILE: 'no-such', HTTP_PROXY: 'http://127.0.0.1:9', NODE_USE_ENV_PROXY: '1' };
    const saved = { ...process.env };
    Object.assign(process.env, user);
    const aws = await startLocalAws({ keep: true, port: 0 });
    try {
      await createRole(aws.url);
      const client = lambdaClient(aws.url);
      await client.send(
        new CreateFunctionCommand(functionOf('any', { 'index.mjs': 'export const handler = async () => 1' })),
      );
      expect(
        (await client.send(new InvokeCommand({ FunctionName: 'any' }))).Payload?.transformToString(),
      ).toBe('1');
      expect(await cli('status')).toMatchObject({ code: 0 });
    } finally {
      process.env = saved;
      await aws.stop();
    }
  });

  test('takes the calls of any AWS client, and forgets all at its end', async () => {
    const client = (url: string) =>
      new DynamoDBClient({ endpoint: url, region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const tableNames = async (url: string) => (await client(url).send(new ListTablesCommand())).TableNames;
    const first = await startLocalAws({ keep: false });
    const table = new CreateTableCommand({
      TableName: 'heroes',
      AttributeDefinitions: [{ AttributeName: 'Name', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'Name', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    await client(first.url).send(table);
    expect(await tableNames(first.url)).toEqual(['heroes']);
    await first.stop();

    const second = await startLocalAws({ keep: false });
    expect(await tableNames(second.url)).toEqual([]);
    await second.stop();
  });

  test('takes its emulator and its functions along when it is killed, an endless loop included', async () => {
    const aws = await startLocalAws({ keep: true });
    await createRole(aws.url);
    const client = lambdaClient(aws.url);
    const loop = functionOf(
      'loop',
      { 'index.mjs': 'export const handler = async () => { for (;;); }' },
      { Timeout: 60 },
    );
    await client.send(new CreateFunctionCommand(loop));
    await client.send(
      new CreateFunctionCommand(
        functionOf('idle', { 'index.mjs': 'export const handler = async () => process.pid' }),
      ),
    );
    await client.send(new InvokeCommand({ FunctionName: 'loop', InvocationType: 'Event' }));
    const idle = await client.send(new InvokeCommand({ FunctionName: 'idle' }));
    const processes = descendants(aws.pid);
    expect(processes).toContain(Number(idle.Payload?.transformToString()));
    expect(processes.length).toBeGreaterThanOrEqual(4);

    process.kill(aws.pid, 'SIGKILL');

    await untilGone([aws.pid, ...processes]);
    expect(await findLocalAws()).toBeUndefined();
  });

  test.each([
    ['ends with its starter', false],
    ['outlives its starter when it is kept', true],
  ])('%s', async (_, keep) => {
    const instance = join(__dirname, '..', '..', 'local', 'local-aws.ts');
    const code = `
      const { startLocalAws } = require(${JSON.stringify(instance)});
      startLocalAws({ keep: ${keep} }).then(({ pid }) => console.log(pid));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--require', tsx, '--eval', code], {
      env: process.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number((await once(starter.stdout, 'data')).toString());
    const started = descendants(pid);
    expect(started.length).toBeGreaterThan(0);
    starter.kill('SIGKILL');
    await once(starter, 'exit');

    if (!keep) return untilGone([pid, ...started]);
    const kept = await findLocalAws();
    expect(kept?.pid).toBe(pid);
    await kept?.stop();
    await untilGone([pid, ...started]);
  });
});

test('the server ends at once when its starter is gone before it listens', async () => {
  const server = join(__dirname, '..', '..', 'local', 'server.ts');
  const options = JSON.stringify({ keep: true, folder });
  const child = spawn(process.execPath, ['--require', tsx, server, options], {
    env: process.env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.disconnect();

  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await findLocalAws()).toBeUndefined();
});

describe('the environment for clients', () => {
  const user = {
    PATH: '/bin',
    AWS_PROFILE: 'production',
    AWS_SESSION_TOKEN: 'secret',
    AWS_ACCESS_KEY_ID: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL_DYNAMODB: 'https://dynamodb.eu-west-1.amazonaws.com',
    AWS_CONFIG_FILE: '/home/user/.aws/config',
  };

  test('keeps what is not AWS’s, and nothing of the user’s account', () => {
    expect(localAwsEnvironment('http://127.0.0.1:1', 'eu-west-1', user)).toEqual({
      PATH: '/bin',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
  });
});
