import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { readEnvironment } from '../../../environments';
import { Checkout } from '../../end-to-end/checkout';
import { awsSession } from '../../session';

jest.setTimeout(60_000);

const portOf = (server: Server) => (server.address() as AddressInfo).port;
let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((_, response) => {
    asked.push('request');
    response.end(
      '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    );
  });
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => server.close());

describe('AWS clients of the emulated environment', () => {
  const variables = ['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'];
  beforeEach(() => {
    for (const name of variables) process.env[name] = 'true';
  });
  afterEach(() => {
    for (const name of variables) delete process.env[name];
  });

  it('take no setting for the endpoints of AWS', async () => {
    const { aws } = await awsSession(readEnvironment({}), `http://127.0.0.1:${portOf(server)}`);

    expect(await new STSClient(aws).send(new GetCallerIdentityCommand())).toMatchObject({
      Account: '123456789012',
    });
  });
});

describe('AWS clients of a real environment', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  const smoke = (more: NodeJS.ProcessEnv) =>
    checkout.npm('smoke', [], {
      SUPERMISSION_ENV: 'lab',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_MAX_ATTEMPTS: '1',
      HTTPS_PROXY: `http://127.0.0.1:${portOf(server)}`,
      ...more,
    });

  it('go through the proxy that HTTPS_PROXY names', async () => {
    await smoke({ NO_PROXY: '' });

    expect(asked).toContain('lambda.us-east-1.amazonaws.com:443');
  });

  it('go around it where NO_PROXY says so', async () => {
    await smoke({ NO_PROXY: '.amazonaws.com' });

    expect(asked).toEqual([]);
  });
});
