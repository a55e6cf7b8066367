import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createProxyServer } from 'http-proxy-3';
import { InputError } from '../input-error';
import { type Emulator, startEmulator } from './emulator';
import { type FunctionConfiguration, FunctionRunner, LambdaError } from './function-runner';
import { apiOf, authorizationFor, HttpApis, withLocalEndpoints } from './http-api';
import { healthPath, type InstanceRecord } from './instance';
import {
  defaultPort,
  idleLimitMinutes,
  instanceFile,
  providerPath,
  type ServerOptions,
  type StartReport,
} from './local-aws';
import { ProviderProcesses } from './provider-processes';

const emulatorAway = 'the emulator behind local AWS does not answer';

const apisPath = /^\/v2\/apis(\/|$)/;
const functionsPath = '/2015-03-31/functions';
const deploymentPath = new RegExp(`^(POST ${functionsPath}/?|PUT ${functionsPath}/[^/]+/code)$`);
const invocationPath = new RegExp(`^POST ${functionsPath}/([^/]+)/invocations$`);

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const requestLimitBytes = 6 * 2 ** 20;
const eventLimitBytes = 2 ** 20;
const clientContextLimitBytes = 3_583;

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
const functionName =
  /^(?:arn:aws[a-z-]*:lambda:(?<region>[a-z]{2,}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[\w-]{1,64})(?::(?<qualifier>\$LATEST|[\w-]{1,128}))?$/;

/** Loopback, by a name that only this machine can give it: a page of the web may have any other lead here. */
const loopbackHost = /^(127\.0\.0\.1|\[::1\]|([\w-]+\.)*localhost)(:\d+)?$/i;

export interface AwsServer {
  readonly record: InstanceRecord;
  stop(): Promise<void>;
}

export interface AwsServerOptions {
  readonly emulator: Pick<Emulator, 'url' | 'description' | 'hasEnded'>;
  /** 0 for any free port. */
  readonly port: number;
  readonly idleLimitMs: number;
  /** Called once after `idleLimitMs` without a request. */
  readonly onIdle: () => void;
  readonly log: (output: string | Buffer) => void;
}

/** One HTTP server for all of AWS: passes everything on to the emulator, but runs functions itself. */
export async function startServer(options: AwsServerOptions): Promise<AwsServer> {
  const { emulator, log } = options;
  const idleTimer = setTimeout(options.onIdle, options.idleLimitMs).unref();
  const proxy = createProxyServer({ target: emulator.url });
  proxy.on('error', (error, request, response) => {
    log(`emulator: ${error.message}\n`);
    if ('headersSent' in response) answerEmulatorAway(request, response);
    else response.destroy();
  });

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!(error instanceof LambdaError)) log(`${error instanceof Error ? error.stack : error}\n`);
      answerError(response, error);
    });
  });
  // A client that sends its next request while the connection is being closed would see it hang up.
  server.keepAliveTimeout = 0;
  await listen(server, options.port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runner = new FunctionRunner(url, log);
  const apis = new HttpApis({
    ask,
    log,
    invoke: async (name, region, event) => {
      const path = `${functionsPath}/${name}/configuration`;
      const found = await ask(path, authorizationFor('lambda', region));
      if (!found.ok) throw new LambdaError(found.status, 'ServiceException', await found.text());
      return runner.invoke((await found.json()) as FunctionConfiguration, { event, requestId: randomUUID() });
    },
  });
  const providers = new ProviderProcesses(log);
  const record: InstanceRecord = {
    url,
    pid: process.pid,
    emulator: emulator.description,
    startedAt: new Date().toISOString(),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page in the user's browser could otherwise deploy a function and run it on this machine.
    const { host = '', origin } = request.headers;
    const api = apiOf(host);
    if (api) {
      idleTimer.refresh();
      return apis.serve(request, response, api);
    }
    if (origin || !loopbackHost.test(host)) {
      throw new LambdaError(
        403,
        'AccessDeniedException',
        'not for web pages, nor under the name of another host',
      );
    }
    const { pathname, searchParams } = new URL(`${url}${request.url}`);
    if (pathname === healthPath)
      return answerJson(response, 200, { ...record, emulatorHasEnded: await emulator.hasEnded() });
    idleTimer.refresh();

    const operation = `${request.method} ${pathname}`;
    if (apisPath.test(pathname)) return passOnApis(request, response);
    if (operation === `POST ${providerPath}`) {
      return answerJson(response, 200, await providers.find(parseJson((await readBody(request)).toString())));
    }
    const [, name] = invocationPath.exec(operation) ?? [];
    if (name) return invoke(name, searchParams, request, response);
    if (!deploymentPath.test(operation)) return void proxy.web(request, response);
    const body = await readBody(request);
    await keepDeployedCode(body, request.headers.authorization);
    proxy.web(request, response, { buffer: Readable.from([body]) });
  }

  /** What AWS says of an API, with the address that it has here. */
  async function passOnApis(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const { authorization = '' } = headers;
    const body = await readBody(request);
    const content = body.length > 0 && {
      body,
      headers: { authorization, 'content-type': 'application/json' },
    };
    const answer = await ask(request.url ?? '', authorization, { method, ...content });
    const { port } = new URL(url);
    response.writeHead(
      answer.status,
      Object.fromEntries(
        ['content-type', 'x-amzn-errortype', 'x-amzn-requestid'].flatMap((name) => {
          const value = answer.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
    );
    response.end(withLocalEndpoints(await answer.text(), port));
  }

  async function keepDeployedCode(body: Buffer, authorization = ''): Promise<void> {
    const { Code, ...update } = parseJson(body.toString());
    const { ZipFile, S3Bucket, S3Key } = Code ?? update;
    if (ZipFile) runner.keepCode(Buffer.from(ZipFile, 'base64'));
    if (!S3Bucket) return;
    // The emulator takes the service from the signature and does not check it.
    const object = await ask(`/${S3Bucket}/${encodeURI(S3Key)}`, authorization.replace('/lambda/', '/s3/'));
    if (object.ok) runner.keepCode(new Uint8Array(await object.arrayBuffer()));
  }

  async function invoke(
    name: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const type = request.headers['x-amz-invocation-type'];
    const body = await readBody(request, type === 'Event' ? eventLimitBytes : requestLimitBytes);
    const event = decodeUtf8(body) || '{}';
    parseJson(event);
    const clientContext = readClientContext(request.headers['x-amz-client-context']);
    const { authorization } = request.headers;
    if (!authorization) {
      throw new LambdaError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    const { path, region, account } = readFunctionName(name, query.get('Qualifier'));
    // With the caller's own signature, so that the emulator sees the caller's region and account.
    const found = await ask(path, authorization);
    if (!found.ok) {
      const { message } = (await found.json()) as { message: string };
      throw new LambdaError(
        found.status,
        found.headers.get('x-amzn-errortype') ?? 'ServiceException',
        message,
      );
    }
    const configuration = (await found.json()) as FunctionConfiguration;
    const [, , , ourRegion, ourAccount] = configuration.FunctionArn.split(':');
    if (region && region !== ourRegion) {
      const problem = `Functions from '${region}' are not reachable in this region ('${ourRegion}')`;
      throw new LambdaError(404, 'ResourceNotFoundException', problem);
    }
    if (account && account !== ourAccount) {
      const problem = `no resource-based policy of account ${account} allows account ${ourAccount} the lambda:InvokeFunction action`;
      throw new LambdaError(403, 'AccessDeniedException', problem);
    }
    const requestId = randomUUID();
    response.setHeader('x-amzn-requestid', requestId);
    response.setHeader('x-amz-executed-version', configuration.Version);
    if (type === 'DryRun') return void response.writeHead(204).end();
    const running = runner.invoke(configuration, { event, requestId, clientContext });
    if (type === 'Event') {
      running.catch((error: Error) => log(`${error.message}\n`));
      return void response.writeHead(202).end();
    }
    const result = await running;
    if (result.failed) response.setHeader('x-amz-function-error', 'Unhandled');
    if (request.headers['x-amz-log-type'] === 'Tail') {
      response.setHeader('x-amz-log-result', result.log.toString('base64'));
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(result.payload);
  }

  function ask(path: string, authorization: string, init: RequestInit = {}): Promise<Response> {
    return fetch(emulator.url + path, { headers: { authorization }, ...init }).catch(() => {
      throw new LambdaError(502, 'ServiceUnavailable', emulatorAway);
    });
  }

  return {
    record,
    stop: async () => {
      clearTimeout(idleTimer);
      await Promise.all([runner.stop(), providers.stop()]);
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

/** @throws LambdaError when there are more bytes than the limit */
async function readBody(request: IncomingMessage, limitBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // To the end even when it is too large: a client that is still sending would not read the answer.
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
  }
  if (size <= limitBytes) return Buffer.concat(chunks);
  const problem = `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
  throw new LambdaError(413, 'RequestTooLargeException', problem);
}

/** What a name, a part of an ARN or an ARN says, and the emulator's path of the configuration that it stands for. */
function readFunctionName(encoded: string, asked: string | null) {
  const given = decodeName(encoded);
  const { name, region, account, qualifier } = functionName.exec(given)?.groups ?? {};
  if (!name) {
    const problem = `1 validation error detected: Value '${given}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${functionName.source}`;
    throw new LambdaError(400, 'ValidationException', problem);
  }
  if (qualifier && asked && qualifier !== asked) {
    const problem = 'The derived qualifier from the function name does not match the specified qualifier.';
    throw new LambdaError(400, 'InvalidParameterValueException', problem);
  }
  const version = asked ?? qualifier;
  const query = version ? `?${new URLSearchParams({ Qualifier: version })}` : '';
  return { path: `${functionsPath}/${name}/configuration${query}`, region, account };
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The JSON of a client context. */
function readClientContext(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const refuse = (problem: string) => new LambdaError(400, 'InvalidRequestContentException', problem);
  if (header.length > clientContextLimitBytes) {
    throw refuse(`Client context must be smaller than ${clientContextLimitBytes} bytes`);
  }
  try {
    const json = decodeUtf8(Buffer.from(String(header), 'base64'));
    if (typeof JSON.parse(json) === 'object') return json;
  } catch {
    // Said below.
  }
  throw refuse('Client context must be a valid Base64-encoded JSON object');
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const problem = 'Could not parse request body into json: Invalid UTF-8';
    throw new LambdaError(400, 'InvalidRequestContentException', problem);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
function parseJson(text: string): any {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = `Could not parse request body into json: ${(error as Error).message}`;
    throw new LambdaError(400, 'InvalidRequestContentException', problem);
  }
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const { status, name, message } =
    error instanceof LambdaError ? error : new LambdaError(500, 'ServiceException', String(error));
  response.setHeader('x-amzn-errortype', name);
  answerJson(response, status, { Type: status < 500 ? 'User' : 'Service', message });
}

function answerEmulatorAway(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  const message = emulatorAway;
  const speaksJson = request.headers['x-amz-target'] || request.url?.startsWith(functionsPath);
  if (speaksJson) {
    answerJson(response, 502, { __type: 'ServiceUnavailable', message });
    return;
  }
  const body = `<Error><Code>ServiceUnavailable</Code><Message>${message}</Message></Error>`;
  response.writeHead(502, { 'content-type': 'application/xml' }).end(body);
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The server's process: reports once to its starter, ends with it unless it is to be kept. */
async function main(): Promise<void> {
  const { keep, port, folder }: ServerOptions = JSON.parse(process.argv[2] ?? '');
  const report = (message: StartReport) => process.send?.(message);
  const log = (output: string | Buffer) => process.stdout.write(output);
  // Until all is running, leaving is enough: guards end what was started.
  let stop = async () => process.exit(1);
  let isStarted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop());
  process.on('disconnect', () => (keep && isStarted) || stop());
  // The starter may have gone before anyone listened.
  if (!process.connected) process.exit(1);

  try {
    const emulator = await startEmulator({ environment: process.env, folder, log });
    const options = {
      emulator,
      idleLimitMs: idleLimitMinutes * 60_000,
      onIdle: () => void stop(),
      log,
    };
    const server = await startServer({ ...options, port: port ?? defaultPort }).catch((error) => {
      if (error.code !== 'EADDRINUSE') throw error;
      if (port) throw new InputError(`--port: already taken, got ${port}; expected a free port`);
      return startServer({ ...options, port: 0 });
    });
    if (keep) record(server.record, instanceFile(folder));
    isStarted = true;
    stop = async () => {
      stop = async () => process.exit(1);
      if (keep) rmSync(instanceFile(folder), { force: true });
      await Promise.all([emulator.stop(), server.stop()]);
      process.exit(0);
    };
    report({ instance: server.record });
  } catch (error) {
    report({ problem: error instanceof InputError ? error.message : String((error as Error).stack) });
    stop();
  }
}

/** Whole or not at all, and never over another instance's record. */
function record(instance: InstanceRecord, file: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(instance, null, 2)}\n`);
  try {
    linkSync(draft, file);
  } catch {
    throw new InputError(`${file}: already there, got another instance started meanwhile; expected none`);
  } finally {
    rmSync(draft);
  }
}

if (require.main === module) void main();
