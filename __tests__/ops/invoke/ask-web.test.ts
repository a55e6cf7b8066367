import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type Environment, readEnvironment } from '../../../environments';
import { overHttp } from '../../../lambdas/shared/over-http';
import { askWeb, findWeb, requestOf } from '../../../ops/invoke/ask-web';
import { smoke } from '../../../ops/invoke/smoke-test';
import { loadSeeds } from '../../../seed-data/load-seed';
import { webNames } from '../../../stacks/names';
import { detailsRoute, listRoute } from '../../../system';
import { names, partitionKey } from '../../names';
import { awsSession } from '../../session';

const local = readEnvironment({});
const { api: name } = webNames(local);

/** AWS at the thinnest seam: the API of Lambda and of API Gateway, and the web itself under a host of its own. */
let aws: Server;
let apis: readonly object[];
let web: RequestListener;
const items = loadSeeds(local).missions;
const seeds = items.mode === 'items' ? items.items.map(({ item }) => plain(JSON.parse(item))) : [];
const port = () => (aws.address() as AddressInfo).port;
const url = () => `http://127.0.0.1:${port()}`;
const endpoint = () => `http://abc.execute-api.us-east-1.localhost:${port()}`;

function plain(item: Record<string, Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, Object.values(value)[0]]));
}
const withName = (superhero: unknown) => seeds.filter((it) => it[partitionKey] === superhero);

beforeEach(async () => {
  apis = [{ name: 'another' }, { name, apiEndpoint: endpoint }];
  aws = createServer(async (request, response) => {
    if (request.headers.host?.startsWith('abc.')) return web(request, response);
    const json = (body: unknown) => response.end(JSON.stringify(body));
    if (request.url?.startsWith('/v2/apis')) {
      return json({
        items: apis.map((it) => ({ ...it, ...('apiEndpoint' in it && { apiEndpoint: endpoint() }) })),
      });
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const { superhero } = JSON.parse(body || '{}');
    if (request.url?.includes(`/${names.list.function}/`)) return json(seeds);
    if (request.url?.includes(`/${names.page.function}/`)) return json(html);
    const found = withName(superhero);
    return json({
      Items: found,
      Count: found.length,
      ScannedCount: found.length,
      ResponseMetadata: { HTTPStatusCode: 200 },
    });
  }).listen(0, '127.0.0.1');
  await once(aws, 'listening');
  web = answering();
});
afterEach(() => {
  aws.close();
  aws.closeAllConnections();
});

const html = {
  statusCode: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Missions</title>',
};
/** The web as it should be, but for what a test changes. */
const answering =
  (changed: (path: string) => object | undefined = () => undefined): RequestListener =>
  ({ url: path = '/' }, response) => {
    const name = decodeURIComponent(path.replace('/missions/', ''));
    const json = (status: number, body: unknown) => ({
      status,
      type: 'application/json',
      body: JSON.stringify(body),
    });
    const usual =
      path === '/'
        ? { status: 200, type: html.headers['content-type'], body: html.body }
        : path === '/missions'
          ? json(200, { items: seeds })
          : withName(name).length > 0
            ? json(200, { items: withName(name) })
            : json(404, { code: 'NotFound' });
    const { status, type, body } = { ...usual, ...changed(path) };
    response.writeHead(status, { 'content-type': type }).end(body);
  };

describe('what a route is asked for', () => {
  const fields = async (event: object, route: typeof listRoute | typeof detailsRoute) => {
    const { pathname, search } = new URL(requestOf(route, event), 'http://localhost');
    const direct = jest.fn(async (_: unknown) => []);
    const request = {
      version: '2.0',
      rawPath: decodeURIComponent(pathname),
      rawQueryString: search.slice(1),
      headers: {},
      requestContext: { http: { method: 'GET' } },
    };
    await overHttp(direct, route)(request, { awsRequestId: '1' } as never);
    return direct.mock.calls[0]?.[0];
  };

  it('is what an event asks its function for, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((it) => !/^\.{1,2}$|[/?#]/.test(it)),
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
        async (superhero, attributes) => {
          expect(await fields({ superhero, attributes }, detailsRoute)).toEqual({ superhero, attributes });
        },
      ),
    );
    expect(await fields({ limit: 10, cursor: 'a+/=' }, listRoute)).toEqual({ limit: 10, cursor: 'a+/=' });
  });

  it('leaves out what the route has no parameter for', () => {
    expect(requestOf(listRoute, { superhero: 'Superman' })).toBe('/missions');
    expect(requestOf(detailsRoute, { superhero: 'Captain America', team: 'A' })).toBe(
      '/missions/Captain%20America',
    );
  });
});

describe('the web of an environment', () => {
  it('is found by its name, and asked under its own host', async () => {
    const session = await awsSession(local, url());

    expect(await findWeb(session)).toBe(endpoint());
    expect(await askWeb(`${await findWeb(session)}/missions/Nobody`, session.aws)).toEqual({
      status: 404,
      contentType: 'application/json',
      body: '{"code":"NotFound"}',
    });
  });

  it('fails when it is not deployed, or not the only one of its name', async () => {
    const session = await awsSession(local, url());
    apis = [{ name: 'another' }];
    await expect(findWeb(session)).rejects.toThrow(
      `API ${name}: not deployed in environment local, got []; expected its URL; deploy it with "npm run deploy"`,
    );
    apis = [
      { name, apiEndpoint: 'a' },
      { name, apiEndpoint: 'b' },
    ];
    await expect(findWeb(session)).rejects.toThrow(`API ${name}: several of that name`);
  });
});

describe('the smoke test over HTTP', () => {
  const run = async (environment: Environment = local) => {
    const { checks } = await smoke(await awsSession(environment, url()), loadSeeds(local), () => {});
    const overWeb = checks.filter(({ event }) => String(event).startsWith('GET '));
    return { overWeb, failed: overWeb.filter((it) => !it.ok) };
  };
  const access = (mode: 'iam' | 'jwt') =>
    ({
      ...local,
      web: { ...local.web, access: { mode, issuer: 'https://issuer.example', audience: ['a'] } },
    }) as Environment;

  it('asks every route for what its function is invoked with', async () => {
    const { overWeb, failed } = await run();

    expect(failed).toEqual([]);
    expect(overWeb.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['GET /', 'GET /missions', 'GET /missions/Captain%20America']),
    );
  });

  it('asks nothing where there is no web', async () => {
    const { web: _, ...without } = local;
    expect((await run(without)).overWeb).toEqual([]);
  });

  it.each<[string, (path: string) => object | undefined, object]>([
    [
      'an item is another',
      (path) =>
        path === '/missions/Superman'
          ? { body: JSON.stringify({ items: [{ [partitionKey]: 'Superman' }] }) }
          : undefined,
      { event: 'GET /missions/Superman', problem: null },
    ],
    [
      'a hero is missing',
      (path) => (path === '/missions/Batman' ? { status: 404, body: '{}' } : undefined),
      { event: 'GET /missions/Batman', problem: null },
    ],
    [
      'the list is no JSON',
      (path) => (path === '/missions' ? { type: 'text/plain' } : undefined),
      { event: 'GET /missions', problem: expect.stringMatching(/^status 200: /) },
    ],
    [
      'the page is an error',
      (path) => (path === '/' ? { status: 500 } : undefined),
      { event: 'GET /', differences: [{ path: 'statusCode', expected: 200, found: 500 }] },
    ],
  ])('fails when %s', async (_, changed, check) => {
    web = answering(changed);
    expect((await run()).failed).toMatchObject([{ ok: false, ...check }]);
  });

  it('fails when the web is not deployed, or does not answer', async () => {
    apis = [];
    expect((await run()).failed[0]?.problem).toContain('not deployed in environment local');
    apis = [{ name, apiEndpoint: endpoint }];
    web = (_, response) => response.destroy();
    expect((await run()).failed[0]?.problem).toMatch(/^no answer: /);
  });

  it.each([
    ['iam', 403],
    ['jwt', 401],
  ] as const)('is refused where %s is asked, and says that no more was asked', async (mode, status) => {
    web = answering(() => ({ status }));
    const { overWeb, failed } = await run(access(mode));
    expect(failed).toEqual([]);
    for (const it of overWeb) expect(it.problem).toMatch(/^refused, as it must be; not asked as somebody /);

    web = answering();
    const [open] = (await run(access(mode))).failed;
    expect(open?.problem).toBe(`answered with status 200 to nobody; expected ${status}`);
  });
});
