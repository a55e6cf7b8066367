import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../input-error';
import { healthPath, type InstanceRecord } from './instance';

// Commands reach what is in this folder by this file alone.
export { expectEmulator, installAdvice, searchOrder } from './emulator';
export { findProgram, searchPath } from './find-program';

/** A running local AWS. */
export interface LocalAws extends InstanceRecord {
  /** Whether nothing answers behind it any more, and all that was deployed to it is gone. */
  readonly emulatorHasEnded: boolean;
  /** End it, and wait until it is gone. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Whether it outlives the process that started it. There is at most one such instance. */
  readonly keep: boolean;
  /** @default 4566, or a free port when that is taken */
  readonly port?: number | undefined;
}

/** What the server's process gets as its only argument. */
export interface ServerOptions extends StartOptions {
  readonly folder: string;
}

/** What the server's process says once: that it runs, or why it does not. */
export interface StartReport {
  readonly instance?: InstanceRecord;
  readonly problem?: string;
}

/** Where Terraform asks for a provider that all its commands in a folder share. */
export const providerPath = '/_local/provider';

export const defaultPort = 4566;

const healthLimitMs = 5_000;

/** A server without a request for this long ends by itself. */
export const idleLimitMinutes = 60;

/** The folder for the log, the record of the kept instance and the private Python environment. */
export function localFolder(): string {
  return resolve(process.env.SUPERMISSION_LOCAL_FOLDER ?? join(__dirname, '..', '.local'));
}

/** @throws InputError when the folder cannot be written */
export function makeLocalFolder(): string {
  const folder = localFolder();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch (error) {
    throw new InputError({
      where: 'SUPERMISSION_LOCAL_FOLDER',
      what: `cannot be written (${(error as NodeJS.ErrnoException).code})`,
      got: folder,
      expected: 'a folder of yours; without the variable it is .local in the project',
    });
  }
}

export function logFile(folder = localFolder()): string {
  return join(folder, 'aws.log');
}

export function instanceFile(folder = localFolder()): string {
  return join(folder, 'instance.json');
}

/**
 * Start local AWS in a process of its own and wait until it answers.
 * @throws InputError when no emulator is found or the port is taken
 */
export async function startLocalAws({ keep, port }: StartOptions): Promise<LocalAws> {
  const folder = makeLocalFolder();
  if (!(await findLocalAws())) rmSync(logFile(), { force: true });
  const log = openSync(logFile(), 'a');
  const options: ServerOptions = { keep, port, folder };
  // Without a terminal, so that Ctrl-C reaches only the starter; the server notices the starter's end by the channel.
  const child = spawn(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), join(__dirname, 'server.ts'), JSON.stringify(options)],
    {
      detached: true,
      env: { ...process.env, NODE_USE_ENV_PROXY: undefined, NODE_OPTIONS: undefined },
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  closeSync(log);
  const [report] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [StartReport?];
  if (!report?.instance) {
    throw new InputError(report?.problem ?? `local AWS ended while starting; see ${logFile()}`);
  }
  if (keep) child.disconnect();
  child.channel?.unref();
  child.unref();
  return toLocalAws({ ...report.instance, emulatorHasEnded: false });
}

/**
 * The kept instance, if it runs; the record of one that has ended is removed.
 * @throws InputError when its process lives and does not answer
 */
export async function findLocalAws(): Promise<LocalAws | undefined> {
  const record = readRecord();
  if (!record) return undefined;
  const health = await readHealth(record);
  // At the address that the record says, under which it has answered.
  if (health) return toLocalAws({ ...health, ...record });
  rmSync(instanceFile(), { force: true });
  return undefined;
}

/** The variables that point any AWS client at a local AWS, with keys that are worth nothing elsewhere. */
export function localAwsVariables(url: string, region: string) {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The same for a shell, in which the user's own profile would come first. */
export function localAwsExports(url: string, region: string): string {
  const exports = Object.entries(localAwsVariables(url, region)).map(
    ([name, value]) => `export ${name}=${value}`,
  );
  return ['unset AWS_PROFILE AWS_SESSION_TOKEN', ...exports].join('\n');
}

/**
 * The whole environment for a child process that must never reach a real account: the user's own profile, session,
 * endpoints and configuration files are left out.
 */
export function localAwsEnvironment(url: string, region: string, base = process.env): NodeJS.ProcessEnv {
  const others = Object.entries(base).filter(([name]) => !/^(AWS_|NODE_USE_ENV_PROXY$)/i.test(name));
  return {
    ...Object.fromEntries(others),
    ...localAwsVariables(url, region),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}

function toLocalAws(health: Health): LocalAws {
  return { ...health, stop: () => stop(health) };
}

async function stop(record: InstanceRecord): Promise<void> {
  if (!(await readHealth(record))) return;
  process.kill(record.pid, 'SIGTERM');
  const deadline = Date.now() + 15_000;
  // On its way to the end it may close a connection that it has taken.
  while (await readHealth(record).catch(() => true)) {
    if (Date.now() > deadline) process.kill(record.pid, 'SIGKILL');
    await sleep(50);
  }
}

type Health = Omit<LocalAws, 'stop'>;

/**
 * What an instance says of itself. The server closes its port last, so one whose port is closed has ended all its processes.
 *
 * @returns undefined when it has ended
 * @throws InputError when that cannot be said: its process lives, and what answers, if anything, is not the local AWS
 */
async function readHealth({ url, pid }: InstanceRecord): Promise<Health | undefined> {
  try {
    // With an agent of its own, which no variable for proxies reaches.
    const request = get(new URL(healthPath, url), { agent: new Agent(), timeout: healthLimitMs });
    request.on('timeout', () =>
      request.destroy(new Error(`no answer within ${healthLimitMs / 1000} seconds`)),
    );
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const health = (await json(response)) as Health;
    return health.pid === pid ? health : undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || !isAlive(pid)) return undefined;
    throw new InputError({
      where: `local AWS ${url}`,
      what: `process ${pid} lives, but does not answer as it should`,
      got: message,
      expected: `an answer: try again, or end the process if it is the local AWS; ${instanceFile()} is its record`,
    });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readRecord(): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(instanceFile(), 'utf8'));
  } catch {
    return undefined;
  }
}
