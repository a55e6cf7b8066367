import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { InputError } from '../input-error';
import { findProgram } from './find-program';
import { runGuarded } from './guarded-process';
import { healthPath, type InstanceRecord } from './instance';

/** What answers the AWS API, except for running functions. */
export interface Emulator {
  readonly url: string;
  /** Where it came from, for people to read. */
  readonly description: string;
  /** Whether nothing listens there any more; one that only answers slowly has not ended. */
  hasEnded(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Folder for the private Python environment. */
  readonly folder: string;
  /** Takes what the emulator prints. */
  readonly log: (output: string) => void;
}

const motoVersion = '5.2.1';
// Python's shims and a cold disk make the first start slow.
const startLimitMs = 60_000;
const downloadLimitMs = 300_000;
// Docker's client waits for a daemon that is only half there.
const askLimitMs = 10_000;

/** Looks for what an emulator could be started from. @throws Error that says why it cannot */
type Find = (options: EmulatorOptions) => Promise<() => Promise<Emulator>>;

const ways: ReadonlyArray<[name: string, find: Find]> = [
  ['AWS_ENDPOINT_URL', findEndpoint],
  ['moto_server on the PATH', findMotoServer],
  [`moto ${motoVersion} in a private Python environment`, findPrivatePython],
  [`the Docker image motoserver/moto:${motoVersion}`, findDocker],
];

/** The order in which an emulator is looked for. */
export const searchOrder: readonly string[] = ways.map(([name]) => name);

/** What to install when none is found. */
export const installAdvice = `install one of: moto (pip install 'moto[server]==${motoVersion}'), Python 3.9 or newer with its venv module, or Docker`;

/**
 * Say at once what is missing, before anything is started.
 * @throws InputError when there is nothing from which an emulator could be started
 */
export async function expectEmulator(options: Omit<EmulatorOptions, 'log'>): Promise<void> {
  await inFirstWay({ ...options, log: () => {} }, async () => {});
}

/**
 * Find or start the emulator.
 * @throws InputError that says for each way why it is none
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  return inFirstWay(options, (start) => start());
}

async function inFirstWay<T>(
  options: EmulatorOptions,
  use: (start: () => Promise<Emulator>) => Promise<T>,
): Promise<T> {
  const obstacles: string[] = [];
  for (const [, find] of ways) {
    try {
      return await use(await find(options));
    } catch (error) {
      obstacles.push((error as Error).message);
    }
  }
  throw new InputError(`local AWS: no emulator: ${obstacles.join('; ')}; ${installAdvice}`);
}

async function findEndpoint({ environment }: EmulatorOptions) {
  const url = environment.AWS_ENDPOINT_URL;
  if (!url) throw new Error('AWS_ENDPOINT_URL is not set');
  // As in a shell that took over the exports of one: it keeps what was deployed to it, and its functions' code.
  if (await isOurs(url)) throw new Error(`${url} is a local AWS itself, not an emulator for one`);
  if (!(await motoAnswers(url))) throw new Error(`no moto answers at ${url}`);
  return async () => ({
    url,
    description: `AWS_ENDPOINT_URL ${url}`,
    hasEnded: () => isRefused(url),
    stop: async () => {},
  });
}

async function findMotoServer(options: EmulatorOptions) {
  const program = findOnPath('moto_server', options);
  return () => startMoto(program, options);
}

/** Debian has what makes environments in a package of its own. */
const pythonCheck =
  'import ensurepip, sys; sys.version_info >= (3, 9) or sys.exit("too old, got " + sys.version.split()[0])';

async function findPrivatePython(options: EmulatorOptions) {
  const home = join(options.folder, `moto-${motoVersion}`);
  const program = join(home, 'bin', 'moto_server');
  if (existsSync(program)) return () => startMoto(program, options);
  const python = findOnPath('python3', options);
  await ask(python, ['-c', pythonCheck], options);
  return async () => {
    await runToEnd([python, '-m', 'venv', home], options);
    await runToEnd(
      [join(home, 'bin', 'pip'), 'install', '--retries', '2', `moto[server]==${motoVersion}`],
      options,
    );
    return startMoto(program, options);
  };
}

async function findDocker(options: EmulatorOptions) {
  const docker = findOnPath('docker', options);
  await ask(docker, ['info'], options);
  return async () => {
    const port = await freePort();
    const image = `motoserver/moto:${motoVersion}`;
    // Docker's own configuration may put a proxy into containers.
    const variables = ['AWS_EC2_METADATA_DISABLED=true', ...proxyVariables.map((name) => `${name}=`)];
    const flags = variables.flatMap((variable) => ['--env', variable]);
    const command = [docker, 'run', '--rm', '--publish', `127.0.0.1:${port}:5000`, ...flags, image];
    return startAndWait(command, port, image, downloadLimitMs, options);
  };
}

/** Whether a program does a small thing. @throws Error with the last line that it prints if it does not */
async function ask(
  program: string,
  args: readonly string[],
  { environment }: EmulatorOptions,
): Promise<void> {
  try {
    await promisify(execFile)(program, args, { env: environment, timeout: askLimitMs });
  } catch (error) {
    const { killed, stderr, message } = error as Error & { killed?: boolean; stderr?: string };
    const reason = killed ? `no answer within ${askLimitMs / 1000} seconds` : stderr?.trim() || message;
    throw new Error(`${[program, ...args].join(' ')}: ${reason.split('\n').at(-1)}`);
  }
}

async function startMoto(program: string, options: EmulatorOptions): Promise<Emulator> {
  const port = await freePort();
  const command = [program, '--host', '127.0.0.1', '--port', String(port)];
  const environment = motoEnvironment(options.environment);
  return startAndWait(command, port, program, startLimitMs, { ...options, environment });
}

const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Moto reads the variables and files of AWS's clients: a profile, a proxy or an endpoint of the user's breaks it. */
function motoEnvironment(user: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(user).filter(
    ([name]) => !/^(AWS|BOTO|MOTO)_/i.test(name) && !proxyVariables.includes(name),
  );
  return {
    ...Object.fromEntries(others),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function startAndWait(
  command: readonly string[],
  port: number,
  description: string,
  limitMs: number,
  options: EmulatorOptions,
): Promise<Emulator> {
  const url = `http://127.0.0.1:${port}`;
  const guarded = runGuarded(command, options);
  const deadline = Date.now() + limitMs;
  while (!(await motoAnswers(url))) {
    if (guarded.hasEnded()) throw new Error(guarded.failure());
    if (Date.now() > deadline) {
      await guarded.stop();
      throw new Error(`no answer within ${limitMs / 1000} seconds${guarded.lastLines()}`);
    }
    await sleep(50);
  }
  return { url, description, hasEnded: () => isRefused(url), stop: guarded.stop };
}

async function runToEnd(command: readonly string[], options: EmulatorOptions): Promise<void> {
  const guarded = runGuarded(command, options);
  const ended = await Promise.race([
    guarded.ended.then(() => true),
    sleep(downloadLimitMs, false, { ref: false }),
  ]);
  await guarded.stop();
  if (!ended) throw new Error(`${command.join(' ')} took over ${downloadLimitMs / 1000} seconds`);
  if (guarded.child.exitCode !== 0) throw new Error(guarded.failure());
}

async function isRefused(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port) || 80, hostname);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

async function isOurs(url: string): Promise<boolean> {
  return fetch(new URL(healthPath, url), { signal: AbortSignal.timeout(5_000) })
    .then(async (response) => typeof ((await response.json()) as InstanceRecord).pid === 'number')
    .catch(() => false);
}

/** Only moto serves this path, so no real account is ever taken for an emulator. */
async function motoAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/moto-api/data.json', url), { signal: AbortSignal.timeout(5_000) });
    await response.json();
    return response.ok;
  } catch {
    return false;
  }
}

function findOnPath(program: string, { environment }: EmulatorOptions): string {
  const found = findProgram(program, environment);
  if (found) return found;
  throw new Error(`no ${program} on the PATH`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
