import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { endProcesses } from './end-processes.cjs';
import { localAwsVariables } from './local-aws';

/** The part of Lambda's FunctionConfiguration that running a function needs. */
export interface FunctionConfiguration {
  readonly FunctionName: string;
  readonly FunctionArn: string;
  readonly Version: string;
  readonly Runtime?: string;
  readonly Handler: string;
  /** MiB. */
  readonly MemorySize: number;
  /** Seconds. */
  readonly Timeout: number;
  readonly CodeSha256: string;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

export interface InvocationResult {
  readonly payload: string;
  readonly failed: boolean;
  /** The last 4 KB of the invocation's log. */
  readonly log: Buffer;
}

/** A refusal in the form of Lambda's API. */
export class LambdaError extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
const initLimitMs = 10_000;
const idleLimitMs = 60_000;
/** What a process has printed before its answer is on its way: far more than a busy machine needs. */
const outputLimitMs = 5_000;
/** For pipes that something still holds when all processes that are known have ended. */
const closeLimitMs = 500;
const logTailBytes = 4_096;
/** What an idle environment takes of the memory, and a quarter of the machine's may be theirs. */
const environmentBytes = 64 * 2 ** 20;
const maxEnvironments = Math.max(4, Math.floor(totalmem() / 4 / environmentBytes));

/** What runs the functions' processes. */
export interface FunctionProgram {
  readonly node: string;
  readonly arguments: readonly string[];
}

const ownProgram: FunctionProgram = {
  node: process.execPath,
  arguments: [require.resolve('./function-process.mjs')],
};

/** What a caller sends along with an event. */
export interface Invocation {
  readonly event: string;
  readonly requestId: string;
  /** JSON. */
  readonly clientContext?: string | undefined;
}

/** An invocation that waits for an environment. */
interface Waiting {
  readonly key: string;
  readonly configuration: FunctionConfiguration;
  readonly run: (environment: ExecutionEnvironment) => void;
  readonly refuse: (error: unknown) => void;
}

/** Runs deployed functions, each execution environment in a process of its own. */
export class FunctionRunner {
  private readonly zips = new Map<string, Uint8Array>();
  private readonly environments = new Set<ExecutionEnvironment>();
  private readonly waiting: Waiting[] = [];
  // Not inside the project: a function must not find the project's node_modules.
  private readonly home = mkdtempSync(join(tmpdir(), 'local-lambda-'));

  /**
   * @param url the AWS endpoint that the functions see
   * @param print takes what the functions log
   */
  constructor(
    private readonly url: string,
    private readonly print: (output: string | Buffer) => void,
    private readonly program = ownProgram,
  ) {}

  /** Remember a deployment package by its hash, Lambda's CodeSha256. */
  keepCode(zip: Uint8Array): void {
    this.zips.set(createHash('sha256').update(zip).digest('base64'), zip);
  }

  /**
   * Run a function once, in a warm environment where there is one for exactly this code and configuration. Where there is
   * none it waits: as many environments start at once as there are processors, and there are as many as the memory has
   * room for.
   *
   * @throws LambdaError when the function cannot be run on this machine
   */
  async invoke(configuration: FunctionConfiguration, invocation: Invocation): Promise<InvocationResult> {
    const key = JSON.stringify(configuration);
    const environment = await new Promise<ExecutionEnvironment>((run, refuse) => {
      this.waiting.push({ key, configuration, run, refuse });
      this.serveWaiting();
    });
    try {
      return await environment.invoke(invocation);
    } finally {
      this.serveWaiting();
    }
  }

  /** End all functions and remove their code. */
  async stop(): Promise<void> {
    const error = new LambdaError(503, 'ServiceUnavailable', 'the local AWS is ending');
    for (const { refuse } of this.waiting.splice(0)) refuse(error);
    await endEnvironments([...this.environments]);
    rmSync(this.home, { recursive: true, force: true });
  }

  private serveWaiting(): void {
    for (const waiting of [...this.waiting]) {
      const warm = this.findEnvironment((it) => it.state === 'idle' && it.key === waiting.key);
      if (warm) {
        warm.state = 'busy';
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        waiting.run(warm);
      }
    }
    const starting = [...this.environments].filter(({ state }) => state === 'starting').map(({ key }) => key);
    for (const waiting of [...this.waiting]) {
      const place = starting.indexOf(waiting.key);
      if (place >= 0) starting.splice(place, 1, '');
      else if (starting.length >= availableParallelism() || !this.hasRoom()) return;
      else if (this.start(waiting)) starting.push('');
    }
  }

  /** Whether there is room for one more, if need be in the place of one that has nothing to do. */
  private hasRoom(): boolean {
    if (this.environments.size < maxEnvironments) return true;
    const idle = this.findEnvironment((it) => it.state === 'idle');
    if (idle) void endEnvironments([idle]);
    return false;
  }

  private findEnvironment(isRight: (environment: ExecutionEnvironment) => boolean) {
    return [...this.environments].find(isRight);
  }

  private start(waiting: Waiting): boolean {
    const { key, configuration } = waiting;
    let environment: ExecutionEnvironment;
    try {
      const folder = this.unpack(configuration);
      environment = new ExecutionEnvironment(key, configuration, folder, this.url, this.print, this.program);
    } catch (error) {
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      waiting.refuse(error);
      return false;
    }
    this.environments.add(environment);
    void environment.started.then(() => this.serveWaiting());
    // In this order, so that somebody gets to know why it could not start.
    void environment.ended
      .then(() => environment.started)
      .then(() => {
        this.environments.delete(environment);
        this.serveWaiting();
      });
    return true;
  }

  /** A folder of its own for each environment: functions with the same code share nothing that they can write to. */
  private unpack({ FunctionName, Runtime, CodeSha256 }: FunctionConfiguration): string {
    if (!Runtime?.startsWith('nodejs')) {
      const problem = `only Node.js functions run on this machine, ${FunctionName} has the runtime ${Runtime}`;
      throw new LambdaError(502, 'InvalidRuntimeException', problem);
    }
    const zip = this.zips.get(CodeSha256);
    if (!zip) {
      const problem = `the code of ${FunctionName} (CodeSha256 ${CodeSha256}) was not deployed through this endpoint`;
      throw new LambdaError(502, 'InvalidZipFileException', problem);
    }
    const folder = mkdtempSync(join(this.home, 'task-'));
    for (const [name, content] of Object.entries(unzip(zip))) {
      const file = resolve(folder, name);
      if (!file.startsWith(folder + sep)) {
        throw new LambdaError(502, 'InvalidZipFileException', `${name} is outside of the package's folder`);
      }
      if (name.endsWith('/')) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return folder;
  }
}

function unzip(zip: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(zip);
  } catch (error) {
    throw new LambdaError(502, 'InvalidZipFileException', `not a zip file: ${(error as Error).message}`);
  }
}

/** What the process says: that its handler is loaded, or how an invocation ended. */
interface Message {
  readonly ready?: boolean;
  readonly payload: string;
  /** In the place of a payload, where the process has said nothing. */
  readonly error?: { readonly errorType: string; readonly problem: string };
  readonly failed: boolean;
  /** The process cannot go on. */
  readonly fatal: boolean;
  readonly rssBytes?: number;
  /** All that the process ever wrote to its standard output and standard error. */
  readonly printedBytes?: readonly [stdout: number, stderr: number];
}

async function endEnvironments(environments: readonly ExecutionEnvironment[]): Promise<void> {
  for (const environment of environments) environment.state = 'ending';
  endProcesses(environments.map(({ logStream }) => logStream));
  await Promise.all(environments.map(({ ended }) => ended));
}

class ExecutionEnvironment {
  state: 'starting' | 'idle' | 'busy' | 'ending' = 'starting';
  readonly logStream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[local]${randomUUID()}`;
  /** Its handler is loaded, or could not be. */
  readonly started: Promise<void>;
  /** Its process and all that this has started are gone. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private log: Buffer = Buffer.alloc(0);
  /** Of standard output and standard error, since the process has started. */
  private readonly receivedBytes = [0, 0];
  private idleTimer: NodeJS.Timeout | undefined;
  private initMs: number | undefined;
  private initFailure: Message | undefined;
  private settleAtEnd: (() => void) | undefined;

  constructor(
    readonly key: string,
    private readonly configuration: FunctionConfiguration,
    folder: string,
    url: string,
    private readonly print: (output: string | Buffer) => void,
    { node, arguments: [program = '', ...rest] }: FunctionProgram,
  ) {
    this.child = fork(program, [...rest, String(process.pid)], {
      cwd: folder,
      detached: true,
      env: this.variables(folder, url),
      execArgv: [`--max-old-space-size=${Math.floor(configuration.MemorySize * 0.9)}`],
      execPath: node,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ended = this.end(folder);
    for (const [index, stream] of [this.child.stdout, this.child.stderr].entries()) {
      stream?.on('data', (output: Buffer) => {
        this.receivedBytes[index] = (this.receivedBytes[index] ?? 0) + output.length;
        this.write(output);
      });
    }
    this.started = this.init();
  }

  async invoke({ event, requestId, clientContext }: Invocation): Promise<InvocationResult> {
    const { FunctionArn, FunctionName, MemorySize, Timeout, Version } = this.configuration;
    clearTimeout(this.idleTimer);
    const { initMs } = this;
    if (initMs === undefined) this.log = Buffer.alloc(0);
    this.write(`START RequestId: ${requestId} Version: ${Version}\n`);

    const start = performance.now();
    let answer = this.initFailure;
    if (!answer) {
      const context = {
        awsRequestId: requestId,
        ...(clientContext && { clientContext: JSON.parse(clientContext) }),
        functionName: FunctionName,
        functionVersion: Version,
        invokedFunctionArn: FunctionArn,
        logGroupName: this.logGroup,
        logStreamName: this.logStream,
        memoryLimitInMB: String(MemorySize),
      };
      this.child.send({ event, context, deadlineMs: Date.now() + Timeout * 1000 }, () => {});
      answer = await this.nextMessage(Timeout * 1000);
    }
    const durationMs = performance.now() - start;
    await this.receiveOutput(answer);
    if (answer.fatal) await endEnvironments([this]);
    this.write(`END RequestId: ${requestId}\n`);
    this.write(this.report(requestId, durationMs, initMs, answer));
    this.initMs = undefined;

    if (!answer.fatal && this.child.connected) {
      this.state = 'idle';
      this.idleTimer = setTimeout(() => void endEnvironments([this]), idleLimitMs).unref();
    }
    const { error } = answer;
    const errorMessage = `RequestId: ${requestId} Error: ${error?.problem}`;
    const payload = error ? JSON.stringify({ errorType: error.errorType, errorMessage }) : answer.payload;
    return { payload, failed: answer.failed, log: this.log };
  }

  /** Wait until the handler is loaded; a failure is the answer of the first invocation. */
  private async init(): Promise<void> {
    const start = performance.now();
    const message = await this.nextMessage(initLimitMs + this.configuration.Timeout * 1000);
    this.initMs = performance.now() - start;
    await this.receiveOutput(message);
    if (!message.ready) this.initFailure = { ...message, fatal: true };
    this.state = 'idle';
  }

  private async end(folder: string): Promise<void> {
    const isClosed = once(this.child, 'close').catch(() => {});
    await new Promise<void>((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('exit', () => {
        // It may have left something running.
        if (this.state !== 'ending') endProcesses([this.logStream]);
        if (this.state !== 'starting') this.state = 'ending';
        // What it said before its end has been read by then.
        if (this.child.connected) this.child.once('disconnect', resolve);
        else resolve();
      });
    });
    clearTimeout(this.idleTimer);
    rmSync(folder, { recursive: true, force: true });
    await Promise.race([isClosed, sleep(closeLimitMs, undefined, { ref: false })]);
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    this.settleAtEnd?.();
  }

  /** The next message of the process, or in its place the failure that Lambda reports when none comes. */
  private nextMessage(limitMs: number): Promise<Message> {
    return new Promise((resolve) => {
      const settle = (message: Message) => {
        clearTimeout(timer);
        this.child.off('message', settle);
        this.settleAtEnd = undefined;
        resolve(message);
      };
      const fail = (errorType: string, problem: string) =>
        settle({ payload: '', error: { errorType, problem }, failed: true, fatal: true });
      const { Timeout } = this.configuration;
      const timer = setTimeout(
        () => fail('Sandbox.Timedout', `Task timed out after ${Timeout.toFixed(2)} seconds`),
        limitMs,
      );
      this.child.on('message', settle);
      this.settleAtEnd = () => fail('Runtime.ExitError', this.describeExit());
    });
  }

  /** The answer overtakes what was printed before it, which is in the pipes by then. */
  private async receiveOutput({ printedBytes = [0, 0] }: Message): Promise<void> {
    const deadline = performance.now() + outputLimitMs;
    const isMissing = () => printedBytes.some((bytes, index) => (this.receivedBytes[index] ?? 0) < bytes);
    while (isMissing() && performance.now() < deadline) await setImmediate();
  }

  private describeExit(): string {
    const { exitCode, signalCode } = this.child;
    if (signalCode) return `Runtime exited with error: signal: ${signalCode}`;
    return exitCode
      ? `Runtime exited with error: exit status ${exitCode}`
      : 'Runtime exited without providing a reason';
  }

  private write(output: string | Buffer): void {
    this.print(output);
    this.log = Buffer.concat([this.log, Buffer.from(output)]).subarray(-logTailBytes);
  }

  private report(
    requestId: string,
    durationMs: number,
    initMs: number | undefined,
    { rssBytes }: Message,
  ): string {
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${this.configuration.MemorySize} MB`,
    ];
    if (rssBytes) fields.push(`Max Memory Used: ${Math.ceil(rssBytes / 2 ** 20)} MB`);
    if (initMs !== undefined) fields.push(`Init Duration: ${initMs.toFixed(2)} ms`);
    return `${fields.join('\t')}\n`;
  }

  private get logGroup(): string {
    return `/aws/lambda/${this.configuration.FunctionName}`;
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  private variables(folder: string, url: string): NodeJS.ProcessEnv {
    const { FunctionArn, FunctionName, Version, Handler, Runtime, MemorySize, Environment } =
      this.configuration;
    return {
      // What `os.homedir()` is on Lambda. The user's own has files that the SDK obeys, and not every user has one.
      HOME: '/home/sbx_user1051',
      LANG: 'en_US.UTF-8',
      PATH: process.env.PATH,
      TZ: 'UTC',
      ...Environment?.Variables,
      ...localAwsVariables(url, FunctionArn.split(':')[3] ?? ''),
      _HANDLER: Handler,
      LAMBDA_TASK_ROOT: folder,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_LAMBDA_FUNCTION_VERSION: Version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: this.logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: this.logStream,
    };
  }
}
