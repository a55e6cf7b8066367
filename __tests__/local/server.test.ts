import { once } from 'node:events';
import { createServer, get, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { healthPath } from '../../local/instance';
import { type AwsServer, startServer } from '../../local/server';

jest.setTimeout(60_000);

/** A stub provider for the emulator that answers what each test says; the real one is in the other suites. */
let stub: Server;
let answer: RequestListener;
let server: AwsServer;
let idle: jest.Mock;
let output: string;

async function start(idleLimitMs = 60_000): Promise<void> {
  idle = jest.fn();
  output = '';
  server = await startServer({
    emulator: {
      url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`,
      description: 'stub',
      hasEnded: async () => !stub.listening,
    },
    port: 0,
    idleLimitMs,
    onIdle: idle,
    log: (text) => {
      output += text;
    },
  });
}

beforeEach(async () => {
  stub = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(stub, 'listening');
});
afterEach(async () => {
  await server.stop();
  stub.close();
  stub.closeAllConnections();
});

test('keeps a connection for as long as its client does', async () => {
  await start();

  const { headers } = await fetch(server.record.url + healthPath);

  expect(headers.get('connection')).toBe('keep-alive');
  expect(headers.get('keep-alive')).toBeNull();
});

test('passes requests on with their headers, and answers with the emulator’s', async () => {
  answer = async (request, response) => {
    const { method, url, headers } = request;
    response.writeHead(418, { 'x-amzn-requestid': 'id' });
    response.end(
      JSON.stringify({ method, url, target: headers['x-amz-target'], body: `${await buffer(request)}` }),
    );
  };
  await start();

  const response = await fetch(`${server.record.url}/a%2Fb?c=%20`, {
    method: 'PUT',
    headers: { 'x-amz-target': 'DynamoDB_20120810.Scan' },
    body: 'text',
  });

  expect(response.status).toBe(418);
  expect(response.headers.get('x-amzn-requestid')).toBe('id');
  expect(await response.json()).toEqual({
    method: 'PUT',
    url: '/a%2Fb?c=%20',
    target: 'DynamoDB_20120810.Scan',
    body: 'text',
  });
});

test.each(['/bucket/key', '/2015-03-31/functions'])('passes a body of 50 MB on to %s', async (path) => {
  answer = async (request, response) => response.end(String((await buffer(request)).length));
  await start();
  const body = Buffer.from(JSON.stringify({ Code: { ZipFile: 'A'.repeat(50 * 2 ** 20) } }));

  const response = await fetch(server.record.url + path, { method: 'POST', body });

  expect(await response.text()).toBe(String(body.length));
});

test.each([
  [
    'JSON for DynamoDB',
    '/',
    { 'x-amz-target': 'DynamoDB_20120810.Scan' },
    /^\{"__type":"ServiceUnavailable"/,
  ],
  ['JSON for Lambda', '/2015-03-31/functions/a', {}, /^\{"__type":"ServiceUnavailable"/],
  ['XML for S3', '/bucket', {}, /^<Error><Code>ServiceUnavailable<\/Code>/],
])('fails when the emulator is away, with %s, and goes on', async (_, path, headers, body) => {
  answer = (_request, response) => response.destroy();
  await start();

  const response = await fetch(server.record.url + path, { headers });

  expect(response.status).toBe(502);
  expect(await response.text()).toMatch(body);
  expect(output).toContain('emulator: ');
  answer = (_request, response) => response.end('back');
  expect(await (await fetch(server.record.url)).text()).toBe('back');
});

test.each([
  [{ host: 'example.com:4566' }, 403],
  [{ host: 'localhost.example.com' }, 403],
  [{ host: '127.0.0.1.example.com' }, 403],
  [{ host: '' }, 403],
  [{ host: 'localhost', origin: 'http://localhost' }, 403],
  [{ host: 'localhost:4566' }, 200],
  [{ host: 'bucket.s3.localhost:4566' }, 200],
  [{ host: '[::1]:4566' }, 200],
])('answers a request with the headers %j by %d', async (headers, status) => {
  answer = (_request, response) => response.end();
  await start();

  for (const path of ['/', '/_local/health', '/2015-03-31/functions/hero/invocations']) {
    const [response] = await once(get(server.record.url + path, { headers, setHost: false }), 'response');
    response.resume();
    if (status === 403 || path !== '/2015-03-31/functions/hero/invocations') {
      expect(response.statusCode).toBe(status);
    }
  }
});

test('fails when a deployment is not JSON', async () => {
  await start();

  const response = await fetch(`${server.record.url}/2015-03-31/functions`, { method: 'POST', body: '{' });

  expect(response.status).toBe(400);
  expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestContentException');
});

test('fails when the code of a function was deployed elsewhere', async () => {
  answer = (_request, response) =>
    response.end(
      JSON.stringify({
        FunctionName: 'hero',
        FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:hero',
        Version: '1',
        Runtime: 'nodejs22.x',
        CodeSha256: 'abc=',
      }),
    );
  await start();

  const response = await invokeHero({ authorization: 'any' });

  expect(response.status).toBe(502);
  expect(await response.json()).toEqual({
    Type: 'Service',
    message: 'the code of hero (CodeSha256 abc=) was not deployed through this endpoint',
  });
});

test('fails when an invocation is not signed', async () => {
  await start();

  const response = await invokeHero({});

  expect(response.status).toBe(403);
  expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
});

test('fails when the emulator is away at an invocation', async () => {
  answer = (_request, response) => response.destroy();
  await start();

  const response = await invokeHero({ authorization: 'any' });

  expect(response.status).toBe(502);
  expect(response.headers.get('x-amzn-errortype')).toBe('ServiceUnavailable');
});

test('says once that nobody has asked for anything for a while, and questions for its health do not count', async () => {
  await start(300);
  while (idle.mock.calls.length === 0) await fetch(`${server.record.url}/_local/health`);

  expect(idle).toHaveBeenCalledTimes(1);
});

test('is not idle while it is asked', async () => {
  answer = (_request, response) => response.end();
  await start(1_000);
  const end = Date.now() + 2_000;
  while (Date.now() < end) await fetch(server.record.url);

  expect(idle).not.toHaveBeenCalled();
});

function invokeHero(headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.record.url}/2015-03-31/functions/hero/invocations`, { method: 'POST', headers });
}
