import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type InvokeCommandInput,
  type LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { type LocalAws, localAwsEnvironment, startLocalAws } from '../../local/local-aws';
import {
  createRole,
  descendants,
  describeWith,
  functionOf,
  lambdaClient,
  region,
  untilGone,
  useOwnFolder,
  zip,
} from './aws-fixture';

jest.setTimeout(60_000);

const handlers = `
import { setTimeout as sleep } from 'node:timers/promises';
let calls = 0;
export const echo = async (event, context) => ({ event, context, remaining: context.getRemainingTimeInMillis() });
export const count = async () => { calls += 1; return { calls, pid: process.pid }; };
export const meets = async ({ folder, guest, guests }) => {
  const { readdirSync, writeFileSync } = await import('node:fs');
  writeFileSync(folder + '/' + guest, '');
  while (readdirSync(folder).length < guests) await sleep(20);
  return process.pid;
};
export const wait = async () => { await sleep(300); return process.pid; };
export const environment = async () => process.env;
export const nothing = async () => {};
export const throws = async () => { throw new TypeError('no such hero'); };
export const throwsText = async () => { throw 'plain text'; };
export const rejects = async () => { Promise.reject(new Error('forgotten')); await sleep(5_000); };
export const explodes = async () => { setTimeout(() => { throw new RangeError('later'); }); await sleep(5_000); };
export const exits = async () => process.exit(7);
export const exitsWell = async () => process.exit(0);
export const aborts = async () => process.abort();
export const loops = async () => { for (;;); };
export const sleeps = async () => sleep(60_000);
export const bigint = async () => ({ value: 1n });
export const circular = async () => { const value = {}; value.self = value; return value; };
export const large = async (size) => 'x'.repeat(size);
export const prints = async () => { console.log('first'); console.error('second'); };
export const printsLong = async (size) => console.log('y'.repeat(size));
export const nested = { api: { handler: async () => 'nested' } };
export const notAFunction = 5;
`;

describeWith('moto_server')('a function on this machine', () => {
  const folder = useOwnFolder();
  let aws: LocalAws;
  let client: LambdaClient;

  beforeAll(async () => {
    aws = await startLocalAws({ keep: false });
    client = lambdaClient(aws.url);
    await createRole(aws.url);
  });
  afterAll(() => aws.stop());

  const deploy = (
    name: string,
    settings: Parameters<typeof functionOf>[2] = {},
    files: Record<string, string> = { 'index.mjs': handlers },
  ) => client.send(new CreateFunctionCommand(functionOf(name, files, settings)));

  const invoke = async (name: string, event?: unknown, settings: Partial<InvokeCommandInput> = {}) => {
    const payload = event === undefined ? {} : { Payload: JSON.stringify(event) };
    const response = await client.send(new InvokeCommand({ FunctionName: name, ...payload, ...settings }));
    return {
      answer: JSON.parse(response.Payload?.transformToString() || 'null'),
      error: response.FunctionError,
      status: response.StatusCode,
      version: response.ExecutedVersion,
      log: Buffer.from(response.LogResult ?? '', 'base64').toString(),
    };
  };

  /** Invoke as no SDK would. */
  const post = (path: string, body?: Uint8Array<ArrayBuffer>) => {
    const [name, query = ''] = path.split('?');
    const authorization = `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/lambda/aws4_request, Signature=any`;
    const url = `${aws.url}/2015-03-31/functions/${name}/invocations?${query}`;
    return fetch(url, { method: 'POST', headers: { authorization }, ...(body && { body }) });
  };

  /** Deploy a function for one of the handlers above, and invoke it once. */
  const deployAndInvoke = async (
    handler: string,
    event?: unknown,
    settings: Parameters<typeof deploy>[1] = {},
  ) => {
    await deploy(handler, { Handler: `index.${handler}`, ...settings });
    return invoke(handler, event, { LogType: 'Tail' });
  };

  describe('invoked', () => {
    test('gets the event and Lambda’s context', async () => {
      const { answer, error, status } = await deployAndInvoke('echo', { superhero: 'Batman' });

      expect({ error, status }).toEqual({ error: undefined, status: 200 });
      expect(answer.event).toEqual({ superhero: 'Batman' });
      expect(answer.context).toMatchObject({
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionName: 'echo',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:echo',
        memoryLimitInMB: '128',
        logGroupName: '/aws/lambda/echo',
        logStreamName: expect.stringMatching(/.+/),
      });
      expect(answer.remaining).toBeGreaterThan(0);
      expect(answer.remaining).toBeLessThanOrEqual(3_000);
    });

    test('without a payload gets an empty event', async () => {
      const { answer } = await invoke('echo');

      expect(answer.event).toEqual({});
    });

    test('answers null for undefined', async () => {
      const { answer, error } = await deployAndInvoke('nothing');

      expect({ answer, error }).toEqual({ answer: null, error: undefined });
    });

    test('sees its own variables, Lambda’s and nothing of the server’s', async () => {
      const { answer } = await deployAndInvoke(
        'environment',
        {},
        {
          Environment: {
            Variables: { TABLE_NAME: 'heroes', AWS_REGION: 'mars-1', NODE_OPTIONS: '--no-warnings' },
          },
        },
      );

      expect(answer).toMatchObject({
        TABLE_NAME: 'heroes',
        NODE_OPTIONS: '--no-warnings',
        AWS_REGION: region,
        AWS_ENDPOINT_URL: aws.url,
        AWS_LAMBDA_FUNCTION_NAME: 'environment',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
        TZ: 'UTC',
        HOME: '/home/sbx_user1051',
      });
      const known = /^(AWS_.*|HOME|LAMBDA_TASK_ROOT|_HANDLER|LANG|PATH|TZ|TABLE_NAME|NODE_OPTIONS)$/;
      expect(Object.keys(answer).filter((name) => !known.test(name))).toEqual([]);
      expect(Object.keys(answer)).not.toContain('AWS_CA_BUNDLE');
    });

    test.each([
      ['index.js', 'exports.handler = async () => "found"', 'index.handler'],
      ['index.cjs', 'module.exports = Object.assign({}, { handler: async () => "found" })', 'index.handler'],
      ['src/app/main.mjs', 'export const go = async () => "found"', 'src/app/main.go'],
      ['api.mjs', 'export const hero = { get: async () => "found" }', 'api.hero.get'],
    ])('is found in %s', async (file, code, handler) => {
      const name = file.replace(/\W/g, '-');
      await deploy(name, { Handler: handler }, { [file]: code });

      expect(await invoke(name)).toMatchObject({ answer: 'found', error: undefined });
    });

    test('logs START, its output, END and REPORT in this order', async () => {
      const { log } = await deployAndInvoke('prints');

      const [start, ...rest] = log.trimEnd().split('\n');
      const id = /^START RequestId: (\S+) Version: \$LATEST$/.exec(start ?? '')?.[1];
      const report = rest.pop();
      expect(rest.pop()).toBe(`END RequestId: ${id}`);
      const prefix = `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\t${id}\t`;
      expect(rest).toEqual([
        expect.stringMatching(`${prefix}INFO\tfirst$`),
        expect.stringMatching(`${prefix}ERROR\tsecond$`),
      ]);
      expect(report).toMatch(
        new RegExp(`^REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\t.*Init Duration: [\\d.]+ ms$`),
      );
    });

    test('loses no output however much it prints, and answers with the last 4 KB', async () => {
      await deploy('printsLong', { Handler: 'index.printsLong' });
      for (const size of [100_000, 1_000_000, 1_000_000]) {
        const { log } = await invoke('printsLong', size, { LogType: 'Tail' });
        expect(log).toHaveLength(4_096);
        expect(log).toMatch(/^y+\nEND .*\nREPORT .*\n$/);
      }
    });

    test('gets the context of the client', async () => {
      const ClientContext = Buffer.from('{"custom":{"hero":"Iron Man é"}}').toString('base64');
      const { answer } = await invoke('echo', {}, { ClientContext });

      expect(answer.context.clientContext).toEqual({ custom: { hero: 'Iron Man é' } });
    });

    test.each(['nodejs18.x', 'nodejs20.x', 'nodejs22.x'] as const)('calls back in %s', async (Runtime) => {
      const name = `calls-back-${Runtime.replace(/\W/g, '')}`;
      const code =
        'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { ok: 1 }), 10); };';
      await deploy(name, { Runtime }, { 'index.js': code });

      expect(await invoke(name)).toMatchObject({ answer: { ok: 1 }, error: undefined });
    });

    test.each([
      'echo',
      'echo:$LATEST',
      'function:echo',
      '123456789012:function:echo',
      '123456789012:echo',
      'arn:aws:lambda:us-east-1:123456789012:function:echo',
      'arn:aws:lambda:us-east-1:123456789012:function:echo:$LATEST',
    ])('is found by the name %s', async (FunctionName) => {
      expect((await invoke(FunctionName)).answer.context.functionName).toBe('echo');
    });

    test('sends no log when none is asked for', async () => {
      expect((await invoke('prints')).log).toBe('');
    });

    test('runs in the background for the type Event', async () => {
      await deploy('background', { Handler: 'index.count' });
      const { status, answer } = await invoke('background', {}, { InvocationType: 'Event' });

      expect({ status, answer }).toEqual({ status: 202, answer: null });
      let calls = 0;
      while (calls < 2) calls = (await invoke('background')).answer.calls;
    });

    test('does not run for the type DryRun', async () => {
      await deploy('dry', { Handler: 'index.count' });

      expect(await invoke('dry', {}, { InvocationType: 'DryRun' })).toMatchObject({
        status: 204,
        answer: null,
      });
      expect((await invoke('dry')).answer.calls).toBe(1);
    });
  });

  describe('environments', () => {
    test('are reused while idle', async () => {
      const first = await deployAndInvoke('count');
      const second = await invoke('count', {}, { LogType: 'Tail' });

      expect(second.answer).toEqual({ calls: 2, pid: first.answer.pid });
      expect(second.log).not.toContain('Init Duration');
    });

    test('are not shared by concurrent invocations', async () => {
      await deploy('meets', { Handler: 'index.meets', Timeout: 30 });
      const folder = mkdtempSync(join(tmpdir(), 'meeting-'));
      const answers = await Promise.all(
        [1, 2, 3].map((guest) => invoke('meets', { folder, guest, guests: 3 })),
      );
      rmSync(folder, { recursive: true });

      expect(new Set(answers.map(({ answer }) => answer)).size).toBe(3);
    });

    test('answer 200 invocations at once, and start no more than are needed', async () => {
      await deploy('many', { Handler: 'index.wait', Timeout: 30 });
      const answers = await Promise.all(Array.from({ length: 200 }, () => invoke('many')));

      expect(answers.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(new Set(answers.map(({ answer }) => answer)).size).toBeLessThan(200);
    });

    test('of functions with the same code share nothing that they can write to', async () => {
      const files = {
        'index.js': `exports.handler = async ({ write }) => {
          if (write) require('node:fs').writeFileSync(__filename, "exports.handler = async () => 'changed'");
          return 'original';
        }`,
      };
      await deploy('writer', {}, files);
      await deploy('reader', {}, files);

      expect((await invoke('writer', { write: true })).answer).toBe('original');
      expect((await invoke('reader', {})).answer).toBe('original');
    });

    test('start anew after an update of the configuration', async () => {
      await deploy('reconfigured', { Handler: 'index.count' });
      await invoke('reconfigured');
      const input = { FunctionName: 'reconfigured', Environment: { Variables: { A: '1' } } };
      await client.send(new UpdateFunctionConfigurationCommand(input));

      expect((await invoke('reconfigured')).answer.calls).toBe(1);
    });

    test('start anew after an update of the code, while a published version keeps the old one', async () => {
      const { CodeSha256 } = await deploy(
        'updated',
        { Publish: true },
        { 'index.mjs': 'export const handler = async () => "old"' },
      );
      const ZipFile = zip({ 'index.mjs': 'export const handler = async () => "new"' });
      await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'updated', ZipFile }));

      expect(await invoke('updated')).toMatchObject({ answer: 'new', version: '$LATEST' });
      expect(await invoke('updated', {}, { Qualifier: '1' })).toMatchObject({ answer: 'old', version: '1' });
      expect(await invoke('updated:1')).toMatchObject({ answer: 'old', version: '1' });
      const arn = 'arn:aws:lambda:us-east-1:123456789012:function:updated';
      expect(await invoke(`${arn}:1`)).toMatchObject({ answer: 'old' });
      expect(await invoke(arn)).toMatchObject({ answer: 'new' });
      const version = await client.send(
        new GetFunctionConfigurationCommand({ FunctionName: 'updated', Qualifier: '1' }),
      );
      expect(version.CodeSha256).toBe(CodeSha256);
    });

    test('run code that was deployed from S3', async () => {
      const authorization = `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/s3/aws4_request, Signature=any`;
      const put = (path: string, body?: Uint8Array) =>
        fetch(aws.url + path, {
          method: 'PUT',
          headers: { authorization },
          ...(body && { body: Buffer.from(body) }),
        });
      await put('/code-bucket');
      await put('/code-bucket/a/b.zip', zip({ 'index.mjs': 'export const handler = async () => "from S3"' }));
      await deploy('from-s3', { Code: { S3Bucket: 'code-bucket', S3Key: 'a/b.zip' } });

      expect((await invoke('from-s3')).answer).toBe('from S3');
    });
  });

  describe('fails when', () => {
    const unhandled = (errorType: string, errorMessage: unknown) =>
      expect.objectContaining({
        error: 'Unhandled',
        answer: expect.objectContaining({ errorType, errorMessage }),
      });
    const withRequestId = (problem: string) =>
      expect.stringMatching(`^RequestId: [0-9a-f-]{36} Error: ${problem}$`);

    test.each([
      ['throws', 'TypeError', 'no such hero'],
      ['throwsText', 'string', 'plain text'],
      ['rejects', 'Runtime.UnhandledPromiseRejection', 'Error: forgotten'],
      ['explodes', 'RangeError', 'later'],
      ['exits', 'Runtime.ExitError', withRequestId('Runtime exited with error: exit status 7')],
      ['exitsWell', 'Runtime.ExitError', withRequestId('Runtime exited without providing a reason')],
      ['aborts', 'Runtime.ExitError', withRequestId('Runtime exited with error: signal: SIGABRT')],
      ['bigint', 'Error', 'Unable to stringify response body'],
      ['circular', 'Error', 'Unable to stringify response body'],
      ['missing', 'Runtime.HandlerNotFound', 'index.missing is undefined or not exported'],
      ['notAFunction', 'Runtime.HandlerNotFound', 'index.notAFunction is not a function'],
    ])('the handler %s, and the next invocation works', async (handler, errorType, errorMessage) => {
      expect(await deployAndInvoke(handler, {})).toEqual(unhandled(errorType, errorMessage));
      expect(await invoke('echo')).toMatchObject({ error: undefined });
    });

    test('the handler throws, with the trace in the answer and the log', async () => {
      const { answer, log } = await invoke('throws', {}, { LogType: 'Tail' });

      expect(answer.trace[0]).toBe('TypeError: no such hero');
      expect(log).toContain('no such hero');
    });

    test.each(['loops', 'sleeps'])(
      'the handler %s beyond its timeout, and the process is ended',
      async (handler) => {
        const before = descendants(aws.pid);
        const result = await deployAndInvoke(handler, {}, { Timeout: 1 });

        expect(result).toEqual(
          unhandled('Sandbox.Timedout', withRequestId('Task timed out after 1.00 seconds')),
        );
        expect(result.log).toMatch(/END RequestId[\s\S]*REPORT/);
        await untilGone(descendants(aws.pid).filter((pid) => !before.includes(pid)));
        expect(await invoke('echo')).toMatchObject({ error: undefined });
      },
    );

    test.each([
      ['absent-module', 'other.handler', 'Runtime.ImportModuleError', /Cannot find module 'other'/],
      ['absent-package', 'imports.handler', 'Error', /Cannot find package 'fflate'/],
      ['bad-syntax', 'syntax.handler', 'Runtime.UserCodeSyntaxError', /SyntaxError/],
      ['bad-name', 'handler', 'Runtime.MalformedHandlerName', /Bad handler/],
      ['outside-name', '../x.handler', 'Runtime.MalformedHandlerName', /not a valid handler name/],
      ['throws-at-load', 'load.handler', 'Error', /at load/],
    ])('its module cannot be loaded: %s', async (name, handler, errorType, problem) => {
      const files = {
        'imports.mjs': 'import "fflate"; export const handler = async () => 1',
        'syntax.mjs': 'export const = 1',
        'load.mjs': 'throw new Error("at load")',
      };
      await deploy(name, { Handler: handler }, files);

      expect(await invoke(name)).toEqual(unhandled(errorType, expect.stringMatching(problem)));
    });

    test('the memory is used up', async () => {
      const code =
        'export const handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); }';
      await deploy('greedy', { Timeout: 30 }, { 'index.mjs': code });

      expect(await invoke('greedy')).toEqual(
        unhandled('Runtime.ExitError', expect.stringContaining('SIGABRT')),
      );
    });

    test('the response is larger than 6 MB, while one just below passes', async () => {
      expect(await deployAndInvoke('large', 6_291_555)).toEqual(
        unhandled('Function.ResponseSizeTooLarge', expect.stringContaining('6291556 bytes')),
      );
      expect((await invoke('large', 6_291_000)).answer).toHaveLength(6_291_000);
    });

    test('the request is larger than 6 MB, while one just below passes', async () => {
      const limit = 6 * 2 ** 20;
      await expect(invoke('nothing', 'x'.repeat(limit - 1))).rejects.toMatchObject({
        name: 'RequestTooLargeException',
        $metadata: { httpStatusCode: 413 },
      });
      expect((await invoke('nothing', 'x'.repeat(limit - 2))).error).toBeUndefined();
    });

    test('the request is larger than 1 MB and of the type Event, while one just below passes', async () => {
      const event = { InvocationType: 'Event' } as const;
      await expect(invoke('nothing', 'x'.repeat(2 ** 20 - 1), event)).rejects.toMatchObject({
        name: 'RequestTooLargeException',
      });
      expect((await invoke('nothing', 'x'.repeat(2 ** 20 - 2), event)).status).toBe(202);
    });

    test.each([
      ['no base64 of JSON', 'e30'.repeat(3)],
      ['a number', Buffer.from('1').toString('base64')],
      ['too large', Buffer.from(JSON.stringify('x'.repeat(3_000))).toString('base64')],
    ])('the context of the client is %s', async (_, ClientContext) => {
      await expect(invoke('echo', {}, { ClientContext })).rejects.toMatchObject({
        name: 'InvalidRequestContentException',
        message: expect.stringMatching(/^Client context must be /),
      });
    });

    test('the request is not UTF-8', async () => {
      const response = await post('echo', Buffer.from([0x22, 0xc3, 0x28, 0x22]));

      expect(response.status).toBe(400);
      expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestContentException');
    });

    test.each([
      ['of another account', '210987654321:function:echo', 403, 'AccessDeniedException'],
      [
        'of another region',
        'arn:aws:lambda:eu-west-1:123456789012:function:echo',
        404,
        'ResourceNotFoundException',
      ],
      ['that leads elsewhere', '..%2F..%2Fx', 400, 'ValidationException'],
      ['that breaks a header', 'a%0d%0aX:y', 400, 'ValidationException'],
      ['that cannot be decoded', '%zz', 400, 'ValidationException'],
      ['with two qualifiers', 'echo:1?Qualifier=2', 400, 'InvalidParameterValueException'],
    ])('its name is one %s', async (_, name, status, type) => {
      const response = await post(name);

      expect(response.status).toBe(status);
      expect(response.headers.get('x-amzn-errortype')).toBe(type);
      expect(await response.json()).toEqual({ Type: 'User', message: expect.stringMatching(/./) });
    });

    test.each([
      [
        'a child that has left its group and holds its pipes',
        'spawn("sleep", ["301"], { detached: true, stdio: "inherit" }).unref()',
      ],
      [
        'a grandchild whose parent is gone',
        `spawn("sh", ["-c", "(sleep 302 &)"], { detached: true, stdio: "inherit" })`,
      ],
      [
        'what forks without end',
        'spawn("sh", ["-c", "while :; do (sleep 303 &); sleep 0.01; done"], { detached: true, stdio: "inherit" })',
      ],
    ])('its time is up: it takes %s along', async (name, start) => {
      const code = `import { spawn } from 'node:child_process'; export const handler = async () => { ${start}; return new Promise(() => {}); }`;
      const FunctionName = name.replace(/\W+/g, '-');
      await deploy(FunctionName, { Timeout: 1 }, { 'index.mjs': code });

      expect(await invoke(FunctionName)).toEqual(
        unhandled('Sandbox.Timedout', withRequestId('Task timed out after 1.00 seconds')),
      );
      expect(execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })).not.toMatch(/sleep 30[123]$/m);
    });

    test('it takes callbacks in nodejs24.x', async () => {
      await deploy(
        'takes-callbacks',
        { Runtime: 'nodejs22.x' },
        { 'index.js': 'exports.handler = (a, b, c) => c();' },
      );
      const input = { FunctionName: 'takes-callbacks', Runtime: 'nodejs24.x' } as const;
      await client.send(new UpdateFunctionConfigurationCommand(input));

      expect(await invoke('takes-callbacks')).toEqual(
        unhandled('Runtime.CallbackHandlerDeprecated', expect.stringContaining('removed support')),
      );
    });

    test('the request is not JSON', async () => {
      await expect(invoke('echo', {}, { Payload: '{"superhero":' })).rejects.toMatchObject({
        name: 'InvalidRequestContentException',
        $metadata: { httpStatusCode: 400 },
      });
    });

    test.each([
      ['an unknown function', 'nobody'],
      ['an unknown version', 'echo:99'],
    ])('%s is invoked', async (_, name) => {
      await expect(invoke(name)).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: expect.stringContaining('Function not found'),
        $metadata: { httpStatusCode: 404 },
      });
    });

    test('its runtime is not Node.js', async () => {
      await deploy('snake', { Runtime: 'python3.12' });

      await expect(invoke('snake')).rejects.toMatchObject({
        name: 'InvalidRuntimeException',
        message: expect.stringContaining('only Node.js functions run on this machine'),
      });
    });

    test('a file of its package is outside of the package’s folder', async () => {
      await deploy('escaping', {}, { 'index.mjs': '', '../escaped.mjs': '' });

      await expect(invoke('escaping')).rejects.toMatchObject({
        name: 'InvalidZipFileException',
        message: expect.stringContaining('../escaped.mjs'),
      });
    });

    test('a web page invokes it', async () => {
      const response = await fetch(`${aws.url}/2015-03-31/functions/echo/invocations`, {
        method: 'POST',
        headers: { origin: 'https://example.com' },
      });

      expect(response.status).toBe(403);
    });
  });

  describeWith('aws')('by the AWS CLI', () => {
    const cli = (...args: string[]) =>
      execFileSync('aws', args, {
        encoding: 'utf8',
        env: localAwsEnvironment(aws.url, region),
        stdio: ['ignore', 'pipe', 'pipe'],
      });

    const answerFile = join(folder, 'answer.json');

    test('answers as by the SDK', () => {
      const output = cli('lambda', 'invoke', '--function-name', 'echo', answerFile);

      expect(output).toContain('"StatusCode": 200');
      expect(readFileSync(answerFile, 'utf8')).toContain('"functionName":"echo"');
    });

    test('fails when it is unknown', () => {
      expect(() => cli('lambda', 'invoke', '--function-name', 'nobody', answerFile)).toThrow(
        'ResourceNotFoundException',
      );
    });
  });
});
