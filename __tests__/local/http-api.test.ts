import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { apiOf, findRoute, HttpApis, withLocalEndpoints } from '../../local/http-api';

const own = 'abc.execute-api.us-east-1.localhost';

/** What the emulator holds, by paths; stands in for it at the thinnest seam. */
let held: Record<string, unknown>;
let invoke: jest.Mock;
let server: Server;
let log: string;
const authorizations = new Map<string, string>();

const routes = (...keys: readonly string[]) =>
  keys.map((routeKey) => ({ routeKey, target: 'integrations/int', authorizationType: 'NONE' }));
const permission = (sourceArn: string, principal: object = { Service: 'apigateway.amazonaws.com' }) => ({
  Policy: JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Principal: principal,
        Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } },
      },
    ],
  }),
});
const anyRoute = 'arn:aws:execute-api:us-east-1:123456789012:abc/*/*/*';

beforeEach(async () => {
  held = {
    '/v2/apis/abc': { apiId: 'abc', corsConfiguration: null },
    '/v2/apis/abc/stages': { items: [{ stageName: '$default', autoDeploy: true }] },
    '/v2/apis/abc/routes': { items: routes('GET /missions', 'HEAD /missions', 'GET /missions/{superhero}') },
    '/v2/apis/abc/integrations/int': {
      integrationType: 'AWS_PROXY',
      integrationUri: 'arn:aws:lambda:us-east-1:123456789012:function:Missions',
      payloadFormatVersion: '2.0',
    },
    '/2015-03-31/functions/Missions/policy': permission(anyRoute),
  };
  invoke = jest.fn(async () => ({
    payload: JSON.stringify({ statusCode: 200, headers: { 'x-of': 'function' }, body: 'hello' }),
    failed: false,
  }));
  log = '';
  authorizations.clear();
  const apis = new HttpApis({
    ask: async (path, authorization) => {
      authorizations.set(path, authorization);
      const answer = held[path];
      return new Response(JSON.stringify(answer ?? {}), { status: answer ? 200 : 404 });
    },
    invoke,
    log: (line) => {
      log += line;
    },
  });
  server = createServer((request, response) => {
    void apis.serve(request, response, apiOf(String(request.headers.host)) as never);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function ask(path: string, { method = 'GET', ...headers }: Record<string, string> = {}) {
  const { port } = server.address() as AddressInfo;
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { host: own, ...headers } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
const eventOf = () => JSON.parse(invoke.mock.calls[0]?.[2]);
const message = (it: string) => JSON.stringify({ message: it });

describe('the address of an API', () => {
  it('is a host of its own below localhost, by its id and its region', () => {
    expect(apiOf('abc123.execute-api.eu-west-1.localhost:4566')).toEqual({
      id: 'abc123',
      region: 'eu-west-1',
    });
    for (const host of ['localhost:4566', 'abc.execute-api.us-east-1.amazonaws.com', `${own}.example.com`]) {
      expect(apiOf(host)).toBeUndefined();
    }
  });

  it('takes the place of the one on AWS in what API Gateway says', () => {
    const endpoint = 'https://abc.execute-api.us-east-1.amazonaws.com';
    expect(withLocalEndpoints(JSON.stringify({ apiEndpoint: endpoint, name: 'a' }), '4566')).toBe(
      JSON.stringify({ apiEndpoint: `http://${own}:4566`, name: 'a' }),
    );
  });
});

describe('a request', () => {
  it('is an event of payload 2.0, and the answer of the function is the response', async () => {
    const answer = await ask('/missions?limit=1&attributes=a%20b&attributes=c', { accept: 'text/plain' });

    expect(answer).toMatchObject({ status: 200, headers: { 'x-of': 'function' }, body: 'hello' });
    expect(invoke).toHaveBeenCalledWith('Missions', 'us-east-1', expect.any(String));
    expect(eventOf()).toMatchObject({
      version: '2.0',
      routeKey: 'GET /missions',
      rawPath: '/missions',
      rawQueryString: 'limit=1&attributes=a%20b&attributes=c',
      queryStringParameters: { limit: '1', attributes: 'a b,c' },
      headers: { accept: 'text/plain' },
      requestContext: { apiId: 'abc', stage: '$default', http: { method: 'GET', path: '/missions' } },
      isBase64Encoded: false,
    });
    expect(eventOf()).not.toHaveProperty('pathParameters');
  });

  it('has its path decoded, as API Gateway decodes it', async () => {
    await ask('/missions/Captain%20Am%C3%A9rica%25');
    expect(eventOf()).toMatchObject({
      rawPath: '/missions/Captain América%',
      pathParameters: { superhero: 'Captain América%' },
    });
  });

  it.each(['/missions/a%2Fb', '/', '/other'])('fails when no route is deployed for it: %s', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404, body: message('Not Found') });
    expect(invoke).not.toHaveBeenCalled();
  });

  it.each(['POST', 'OPTIONS', 'DELETE'])(
    'fails when its method is %s, which has no route',
    async (method) => {
      expect(await ask('/missions', { method })).toMatchObject({ status: 404 });
    },
  );

  it('fails when its path is none', async () => {
    expect(await ask('/missions/%ZZ')).toMatchObject({ status: 400 });
  });

  it('has headers and no body for HEAD', async () => {
    expect(await ask('/missions', { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'x-of': 'function' },
      body: '',
    });
  });

  it('asks the emulator as whoever the address is of', async () => {
    await ask('/missions');
    expect(authorizations.get('/v2/apis/abc/routes')).toContain('/us-east-1/apigateway/');
    expect(authorizations.get('/2015-03-31/functions/Missions/policy')).toContain('/us-east-1/lambda/');
  });
});

describe('what is not deployed', () => {
  it.each<[string, string, unknown]>([
    ['the API', '/v2/apis/abc', undefined],
    ['a stage', '/v2/apis/abc/stages', { items: [] }],
    ['the stage of this address', '/v2/apis/abc/stages', { items: [{ stageName: 'v1', autoDeploy: true }] }],
    ['a route', '/v2/apis/abc/routes', { items: [] }],
  ])('fails when it is %s, with 404', async (_, path, answer) => {
    held[path] = answer;
    expect(await ask('/missions')).toMatchObject({ status: 404, body: message('Not Found') });
  });

  it('fails when the stage deploys nothing by itself, or something else is integrated: it says so', async () => {
    held['/v2/apis/abc/stages'] = { items: [{ stageName: '$default' }] };
    expect(await ask('/missions')).toMatchObject({ status: 501 });
    held['/v2/apis/abc/stages'] = { items: [{ stageName: '$default', autoDeploy: true }] };
    held['/v2/apis/abc/integrations/int'] = { integrationType: 'HTTP_PROXY', integrationUri: 'http://a' };
    expect(await ask('/missions')).toMatchObject({ status: 501 });
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['of another API', permission(anyRoute.replace(':abc/', ':other/'))],
    ['of another route', permission(anyRoute.replace('/*/*/*', '/*/GET/other'))],
    ['of another method', permission(anyRoute.replace('/*/*/*', '/*/HEAD/missions'))],
    ['of a route alike', permission(anyRoute.replace('/*/*/*', '/*/GET/mission.'))],
    ['of another service', permission(anyRoute, { Service: 's3.amazonaws.com' })],
    ['of another region', permission(anyRoute.replace('us-east-1', 'eu-west-1'))],
  ])('fails when the permission of the function is %s', async (_, policy) => {
    held['/2015-03-31/functions/Missions/policy'] = policy;
    expect(await ask('/missions')).toMatchObject({ status: 500, body: message('Internal Server Error') });
    expect(invoke).not.toHaveBeenCalled();
    expect(log).toContain('no permission of Missions lets API Gateway call it for');
  });

  it('is served with the permission of exactly its route', async () => {
    const exact = anyRoute.replace('/*/*/*', '/*/GET/missions/{superhero}');
    held['/2015-03-31/functions/Missions/policy'] = permission(exact);
    expect(await ask('/missions/Superman')).toMatchObject({ status: 200 });
    expect(await ask('/missions')).toMatchObject({ status: 500 });
  });
});

describe('the route that is chosen', () => {
  const among = (keys: readonly string[], method: string, path: string) =>
    findRoute(routes(...keys), method, path)?.route.routeKey;

  it.each([
    ['the full path', ['GET /a/{b}', 'GET /a/b', '$default'], 'GET /a/b'],
    ['a parameter', ['GET /a/{b+}', 'GET /a/{b}', '$default'], 'GET /a/{b}'],
    ['all below', ['$default', 'GET /a/{b+}'], 'GET /a/{b+}'],
    ['the method itself', ['ANY /a/b', 'GET /a/b'], 'GET /a/b'],
    ['any method', ['POST /a/b', 'ANY /a/b'], 'ANY /a/b'],
    ['what is left', ['POST /a/b', '$default'], '$default'],
  ])('is %s', (_, keys, chosen) => {
    expect(among(keys, 'GET', '/a/b')).toBe(chosen);
  });

  it('fails when a dot is another character', () => {
    expect(among(['GET /a.b'], 'GET', '/axb')).toBeUndefined();
  });
});

describe('the caller', () => {
  const authorized = (route: object) => {
    held['/v2/apis/abc/routes'] = { items: [{ ...routes('GET /missions')[0], ...route }] };
  };

  it('signs where IAM is asked; the signature itself is believed, as in all of the emulator', async () => {
    authorized({ authorizationType: 'AWS_IAM' });
    const signed = (service: string) =>
      `AWS4-HMAC-SHA256 Credential=local/20261126/us-east-1/${service}/aws4_request, Signature=any`;

    expect(await ask('/missions')).toMatchObject({ status: 403 });
    expect(await ask('/missions', { authorization: signed('s3') })).toMatchObject({ status: 403 });
    expect(await ask('/missions', { authorization: signed('execute-api') })).toMatchObject({ status: 200 });
  });

  it('fails when something is asked that is not known here', async () => {
    authorized({ authorizationType: 'CUSTOM', authorizerId: 'any' });
    expect(await ask('/missions')).toMatchObject({ status: 501 });
  });

  it('has a token of the issuer, for the audience, that has not expired and is signed', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const { privateKey: foreign } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' };
    let issuer = '';
    const identity = createServer(({ url }, response) =>
      response.end(
        JSON.stringify(url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }),
      ),
    ).listen(0, '127.0.0.1');
    await once(identity, 'listening');
    issuer = `http://127.0.0.1:${(identity.address() as AddressInfo).port}`;
    held['/v2/apis/abc/authorizers/auth'] = { jwtConfiguration: { issuer, audience: ['missions'] } };
    authorized({ authorizationType: 'JWT', authorizerId: 'auth' });
    const token = (claims: JWTPayload = {}, key = privateKey, expires = '1h') =>
      new SignJWT({ iss: issuer, aud: 'missions', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setExpirationTime(expires)
        .sign(key);
    const status = async (given: string) =>
      (await ask('/missions', { authorization: `Bearer ${given}` })).status;
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ iss: issuer, aud: 'missions', exp: 9_999_999_999 }),
    ).toString('base64url')}.`;

    try {
      expect(await status(await token())).toBe(200);
      expect(eventOf().requestContext.authorizer.jwt.claims).toMatchObject({ aud: 'missions' });
      invoke.mockClear();
      expect([
        await status(await token({ iss: 'http://127.0.0.1:1' })),
        await status(await token({ aud: 'other' })),
        await status(await token({}, foreign)),
        await status(await token({}, privateKey, '-1m')),
        await status(unsigned),
        await status('nonsense'),
        (await ask('/missions')).status,
      ]).toEqual(Array(7).fill(401));
      expect(invoke).not.toHaveBeenCalled();
    } finally {
      identity.close();
      identity.closeAllConnections();
    }
  });

  it('waits where more is asked than the stage has room for', async () => {
    held['/v2/apis/abc/stages'] = {
      items: [
        {
          stageName: '$default',
          autoDeploy: true,
          defaultRouteSettings: { throttlingRateLimit: 0.001, throttlingBurstLimit: 2 },
        },
      ],
    };
    const statuses = [await ask('/missions'), await ask('/missions'), await ask('/missions')].map(
      (it) => it.status,
    );
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a page of another site', () => {
  const allowed = { allowOrigins: ['https://example.com'], allowMethods: ['GET', 'HEAD'] };

  it('is refused, a page of its own is not', async () => {
    expect(await ask('/missions', { origin: 'https://example.com' })).toMatchObject({ status: 403 });
    expect(await ask('/missions', { origin: 'null' })).toMatchObject({ status: 403 });
    expect(await ask('/missions', { origin: 'http://127.0.0.1:4566' })).toMatchObject({ status: 403 });
    expect(invoke).not.toHaveBeenCalled();
    expect(await ask('/missions', { origin: `http://${own}` })).toMatchObject({ status: 200 });
  });

  it('is answered where the API names it, errors too, and told beforehand what it may do', async () => {
    held['/v2/apis/abc'] = { apiId: 'abc', corsConfiguration: allowed };
    const headers = { 'access-control-allow-origin': 'https://example.com' };
    const origin = 'https://example.com';

    expect(await ask('/missions', { origin })).toMatchObject({ status: 200, headers });
    expect(await ask('/other', { origin })).toMatchObject({ status: 404, headers });
    expect(
      await ask('/missions', { method: 'OPTIONS', origin, 'access-control-request-method': 'GET' }),
    ).toMatchObject({ status: 204, headers: { ...headers, 'access-control-allow-methods': 'GET,HEAD' } });
    expect(await ask('/missions', { origin: 'https://example.org' })).toMatchObject({ status: 403 });
  });
});

describe('the answer of a function', () => {
  const answering = (payload: unknown, failed = false) =>
    invoke.mockResolvedValue({ payload: JSON.stringify(payload), failed });

  it('is the body of a success where it has no status', async () => {
    answering([{ Name: 'Superman' }]);
    expect(await ask('/missions')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '[{"Name":"Superman"}]',
    });
  });

  it('is decoded where it says so', async () => {
    answering({ statusCode: 200, body: 'aGVsbG8=', isBase64Encoded: true });
    expect((await ask('/missions')).body).toBe('hello');
  });

  it.each([
    ['fails', { errorType: 'Error', errorMessage: 'secret' }, true],
    ['has a status that is none', { statusCode: 'ok' }, false],
    ['has a body that is no text', { statusCode: 200, body: { a: 1 } }, false],
  ])('fails when it %s, without details', async (_, payload, failed) => {
    answering(payload, failed);
    expect(await ask('/missions')).toMatchObject({ status: 500, body: message('Internal Server Error') });
  });

  it('fails when the function cannot be run, which is logged', async () => {
    invoke.mockRejectedValue(new Error('no such function'));
    expect(await ask('/missions')).toMatchObject({ status: 500, body: message('Internal Server Error') });
    expect(log).toContain('no such function');
  });
});
