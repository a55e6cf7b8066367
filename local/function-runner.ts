import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { unzipSync } from 'fflate';
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
const logTailBytes = 4_096;

/** Runs deployed functions, each execution environment in a process of its own. */
export class FunctionRunner {
  private readonly zips = new Map<string, Uint8Array>();
  private readonly folders = new Map<string, string>();
  private readonly environments = new Set<ExecutionEnvironment>();
  // Not inside the project: a function must not find the project's node_modules.
  private readonly home = mkdtempSync(join(tmpdir(), 'local-lambda-'));

  /**
   * @param url the AWS endpoint that the functions see
   * @param print takes what the functions log
   */
  constructor(
    private readonly url: string,
    private readonly print: (output: string | Buffer) => void,
  ) {}

  /** Remember a deployment package by its hash, Lambda's CodeSha256. */
  keepCode(zip: Uint8Array): void {
    this.zips.set(createHash('sha256').update(zip).digest('base64'), zip);
  }

  /**
   * Run a function once, in a warm environment where there is one for exactly this code and configuration.
   * @throws LambdaError when the function cannot be run on this machine
   */
  async invoke(
    configuration: FunctionConfiguration,
    event: string,
    requestId: string,
  ): Promise<InvocationResult> {
    const key = JSON.stringify(configuration);
    const warm = [...this.environments].find((candidate) => candidate.isIdle && candidate.key === key);
    const environment = warm ?? this.start(key, configuration);
    return environment.invoke(event, requestId);
  }

  /** End all functions and remove their code. */
  async stop(): Promise<void> {
    await Promise.all([...this.environments].map((environment) => environment.stop()));
    rmSync(this.home, { recursive: true, force: true });
  }

  private start(key: string, configuration: FunctionConfiguration): ExecutionEnvironment {
    const folder = this.unpack(configuration);
    const environment = new ExecutionEnvironment(key, configuration, folder, this.url, this.print);
    this.environments.add(environment);
    environment.ended.then(() => this.environments.delete(environment));
    return environment;
  }

  private unpack({ FunctionName, Runtime, CodeSha256 }: FunctionConfiguration): string {
    if (!Runtime?.startsWith('nodejs')) {
      const problem = `only Node.js functions run on this machine, ${FunctionName} has the runtime ${Runtime}`;
      throw new LambdaError(502, 'InvalidRuntimeException', problem);
    }
    const known = this.folders.get(CodeSha256);
    if (known) return known;
    const zip = this.zips.get(CodeSha256);
    if (!zip) {
      const problem = `the code of ${FunctionName} (CodeSha256 ${CodeSha256}) was not deployed through this endpoint`;
      throw new LambdaError(502, 'InvalidZipFileException', problem);
    }
    const folder = join(this.home, createHash('sha256').update(zip).digest('hex'));
    for (const [name, content] of Object.entries(unzip(zip))) {
      const file = resolve(folder, name);
      if (!file.startsWith(folder + sep)) {
        throw new LambdaError(502, 'InvalidZipFileException', `${name} is outside of the package's folder`);
      }
      if (name.endsWith('/')) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    this.folders.set(CodeSha256, folder);
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
  readonly failed: boolean;
  /** The process cannot go on. */
  readonly fatal: boolean;
  readonly rssBytes?: number;
  /** All that the process ever wrote to its standard output and standard error. */
  readonly printedBytes?: readonly [stdout: number, stderr: number];
}

class ExecutionEnvironment {
  isIdle = false;
  readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;
  private readonly logStream = `${new Date().toISOString().slice(0, 10)}/[local]${randomUUID()}`;
  private log: Buffer = Buffer.alloc(0);
  /** Of standard output and standard error, since the process has started. */
  private readonly receivedBytes = [0, 0];
  private idleTimer: NodeJS.Timeout | undefined;
  private initMs: number | undefined;

  constructor(
    readonly key: string,
    private readonly configuration: FunctionConfiguration,
    folder: string,
    url: string,
    private readonly print: (output: string | Buffer) => void,
  ) {
    this.child = fork(require.resolve('./function-process.mjs'), [String(process.pid)], {
      cwd: folder,
      detached: true,
      env: this.variables(folder, url),
      execArgv: [`--max-old-space-size=${Math.floor(configuration.MemorySize * 0.9)}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    this.ended.then(() => {
      this.isIdle = false;
      clearTimeout(this.idleTimer);
    });
    this.child.on('error', () => {});
    for (const [index, stream] of [this.child.stdout, this.child.stderr].entries()) {
      stream?.on('data', (output: Buffer) => {
        this.receivedBytes[index] = (this.receivedBytes[index] ?? 0) + output.length;
        this.write(output);
      });
    }
  }

  async invoke(event: string, requestId: string): Promise<InvocationResult> {
    const { FunctionArn, FunctionName, MemorySize, Timeout, Version } = this.configuration;
    this.isIdle = false;
    clearTimeout(this.idleTimer);
    this.log = Buffer.alloc(0);
    this.write(`START RequestId: ${requestId} Version: ${Version}\n`);

    let start = performance.now();
    const isCold = this.initMs === undefined;
    let answer = isCold ? await this.nextMessage(requestId, initLimitMs) : undefined;
    this.initMs ??= performance.now() - start;
    if (!answer || answer.ready) {
      start = performance.now();
      const context = {
        awsRequestId: requestId,
        callbackWaitsForEmptyEventLoop: true,
        functionName: FunctionName,
        functionVersion: Version,
        invokedFunctionArn: FunctionArn,
        logGroupName: this.logGroup,
        logStreamName: this.logStream,
        memoryLimitInMB: String(MemorySize),
      };
      this.child.send({ event, context, deadlineMs: Date.now() + Timeout * 1000 }, () => {});
      answer = await this.nextMessage(requestId, Timeout * 1000);
    }
    const durationMs = performance.now() - start;
    if (answer.fatal) await this.stop();
    await this.receiveOutput(answer);
    this.write(`END RequestId: ${requestId}\n`);
    this.write(this.report(requestId, durationMs, isCold, answer));

    if (!answer.fatal && this.child.connected) {
      this.isIdle = true;
      this.idleTimer = setTimeout(() => this.stop(), idleLimitMs).unref();
    }
    return { payload: answer.payload, failed: answer.failed, log: this.log };
  }

  async stop(): Promise<void> {
    this.isIdle = false;
    try {
      if (this.child.pid) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
    await this.ended;
  }

  /** The next message of the process, or in its place the failure that Lambda reports when none comes. */
  private nextMessage(requestId: string, limitMs: number): Promise<Message> {
    return new Promise((resolve) => {
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        void this.stop();
      }, limitMs);
      const settle = (message: Message) => {
        clearTimeout(timer);
        this.child.off('message', settle).off('close', settleAtEnd);
        resolve(message);
      };
      const settleAtEnd = () => {
        const [errorType, problem] = timedOut
          ? ['Sandbox.Timedout', `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`]
          : ['Runtime.ExitError', this.describeExit()];
        const errorMessage = `RequestId: ${requestId} Error: ${problem}`;
        settle({ payload: JSON.stringify({ errorType, errorMessage }), failed: true, fatal: true });
      };
      this.child.on('message', settle).on('close', settleAtEnd);
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

  private report(requestId: string, durationMs: number, isCold: boolean, { rssBytes }: Message): string {
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${this.configuration.MemorySize} MB`,
    ];
    if (rssBytes) fields.push(`Max Memory Used: ${Math.ceil(rssBytes / 2 ** 20)} MB`);
    if (isCold && this.initMs) fields.push(`Init Duration: ${this.initMs.toFixed(2)} ms`);
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
