import fc from 'fast-check';
import { defineHandler } from '../../lambdas/shared/define-handler';
import { DeadlineExceeded, Misconfigured, ResponseTooLarge } from '../../lambdas/shared/errors';
import { readFields } from '../../lambdas/shared/event';
import { overHttp } from '../../lambdas/shared/over-http';

const list = { get: '/missions', query: { limit: 'number', cursor: 'text' } } as const;
const one = { get: '/missions/{superhero}', query: { attributes: 'list' } } as const;

const context = { awsRequestId: 'request-1', functionName: 'F', getRemainingTimeInMillis: () => 10_000 };

/** As API Gateway writes it: the path decoded, the query string as it was sent. */
const request = (path: string, query = '', method = 'GET', headers: Record<string, string> = {}) => ({
  version: '2.0',
  routeKey: `${method} ${path}`,
  rawPath: path,
  rawQueryString: query,
  headers,
  requestContext: { http: { method, path } },
});

async function ask(
  answer: (event: unknown) => unknown,
  event: unknown,
  route: Parameters<typeof overHttp>[1] = list,
) {
  const response: any = await overHttp(async (it) => answer(it), route)(event, context);
  const { body } = response;
  return { ...response, json: body && JSON.parse(body) };
}

const item = { Name: 'Superman', Enemy: 'Lex <b>Luthor</b>' };

describe('an event of a direct invocation', () => {
  it('is handed on as it is, and its answer too', async () => {
    const event = fc.oneof(
      fc.jsonValue(),
      fc.record({ version: fc.constantFrom('1.0', '2.0'), rawPath: fc.string(), superhero: fc.string() }),
    );
    await fc.assert(
      fc.asyncProperty(event, fc.jsonValue(), async (event, answer) => {
        const direct = jest.fn(async () => answer);
        expect(await overHttp(direct, one)(event, context)).toBe(answer);
        expect(direct).toHaveBeenCalledWith(event, context);
      }),
    );
  });

  it('fails as the handler fails', async () => {
    const fault = new Misconfigured('variable TABLE_NAME: missing');
    await expect(overHttp(() => Promise.reject(fault), list)({}, context)).rejects.toBe(fault);
  });
});

describe('a request', () => {
  const eventOf = async (event: unknown, route: Parameters<typeof overHttp>[1]) => {
    const direct = jest.fn(async (_event: unknown) => [item]);
    const response: any = await overHttp(direct, route)(event, context);
    return { event: direct.mock.calls[0]?.[0], ...response };
  };

  it('is an event with the parameters of path and query', async () => {
    expect(await eventOf(request('/missions', 'limit=10&cursor=abc'), list)).toMatchObject({
      event: { limit: 10, cursor: 'abc' },
    });
    const twice = request('/missions/Ironman', 'attributes=Enemy1&attributes=Enemy%32');
    expect(await eventOf(twice, one)).toMatchObject({
      event: { superhero: 'Ironman', attributes: ['Enemy1', 'Enemy2'] },
    });
  });

  it('has whatever name the path has, without a slash', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.includes('/')),
        async (superhero) => {
          expect((await eventOf(request(`/missions/${superhero}`), one)).event).toEqual({ superhero });
        },
      ),
    );
  });

  it('has whatever values the query string says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), async (attributes) => {
        const query = attributes.map((it) => `attributes=${encodeURIComponent(it)}`).join('&');
        expect((await eventOf(request('/missions/A', query), one)).event).toEqual({
          superhero: 'A',
          attributes,
        });
      }),
    );
  });

  it('leaves what is no number to the handler, which says so', async () => {
    for (const limit of ['', 'ten', '1e2', '0x10', '1.5', '9'.repeat(16)]) {
      expect((await eventOf(request('/missions', `limit=${limit}`), list)).event).toEqual({ limit });
    }
    expect((await eventOf(request('/missions', 'limit=-5'), list)).event).toEqual({ limit: -5 });
  });

  it.each([
    ['an unknown parameter', 'limt=3', 'query: unknown parameter, got "limt"; expected limit, cursor'],
    ['a name of every object', '__proto__=3', 'query: unknown parameter, got "__proto__"'],
    ['a name of every object', 'constructor=3', 'query: unknown parameter, got "constructor"'],
    [
      'one that is given twice',
      'limit=3&limit=4',
      'limit: given more than once, got ["3","4"]; expected one value',
    ],
  ])('fails when there is %s: %s', async (_, query, message) => {
    const direct = jest.fn();
    const { statusCode, json } = await ask(direct, request('/missions', query));

    expect({ statusCode, code: json.code, requestId: json.requestId }).toEqual({
      statusCode: 400,
      code: 'InvalidRequest',
      requestId: 'request-1',
    });
    expect(json.message).toMatch(message);
    expect(direct).not.toHaveBeenCalled();
  });
});

describe('a response', () => {
  const page = { items: [item], cursor: 'next' };

  it.each([
    ['a list', [item], { items: [item] }],
    ['an empty list', [], { items: [] }],
    ['a page', page, page],
    [
      'the response of a query, without what the database says of it',
      { Items: [item], Count: 1, ResponseMetadata: {} },
      { items: [item] },
    ],
  ])('has %s in its body', async (_, answer, body) => {
    expect(await ask(() => answer, request('/missions'))).toMatchObject({
      statusCode: 200,
      json: body,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
      },
    });
  });

  it.each([
    ['an empty list', []],
    ['a query without items', { Items: [], Count: 0 }],
    ['nothing', undefined],
  ])('is 404 where the path names something and the answer is %s', async (_, answer) => {
    expect(await ask(() => answer, request('/missions/Nobody'), one)).toMatchObject({
      statusCode: 404,
      json: { code: 'NotFound', message: 'there is nothing of that name', requestId: 'request-1' },
      headers: { 'cache-control': 'no-store' },
    });
  });

  it('is as the handler has it where that speaks HTTP itself', async () => {
    const html = { statusCode: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html>' };
    const page = overHttp(async () => html, { get: '/', speaksHttp: true });
    expect(await page(request('/'), context)).toMatchObject({
      ...html,
      headers: { ...html.headers, etag: expect.any(String) },
    });
  });

  it('is never what an item says that looks like one', async () => {
    const look = { statusCode: 201, headers: { 'content-type': 'text/html' }, body: '<script>' };
    expect(await ask(() => look, request('/missions'))).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      json: look,
    });
  });

  it('is 304 without a body for whoever has it, and has the same tag for the same body only', async () => {
    const first = await ask(() => [item], request('/missions'));
    const { etag } = first.headers;
    const known = (value: string) =>
      ask(() => [item], request('/missions', '', 'GET', { 'if-none-match': value }));

    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { statusCode, body, headers } = await known(value);
      expect({ statusCode, body, etag: headers.etag }).toEqual({ statusCode: 304, body: undefined, etag });
    }
    expect((await known('"other"')).statusCode).toBe(200);
    expect((await ask(() => [], request('/missions'))).headers.etag).not.toBe(etag);
  });

  it('is the same without its body for HEAD', async () => {
    const { body, ...got } = await ask(() => [item], request('/missions'));
    const head = await ask(() => [item], request('/missions', '', 'HEAD'));
    expect({ ...head, json: got.json }).toEqual({ ...got, body: '', json: got.json });
    expect(body).not.toBe('');
  });

  it('is 413 when it would be larger than a function can answer, its quotation marks escaped', async () => {
    const quotes = (bytes: number) => ({ Name: '"'.repeat(bytes / 4) });
    expect(await ask(() => [quotes(6_290_000)], request('/missions'))).toMatchObject({ statusCode: 200 });
    expect(await ask(() => [quotes(6_292_000)], request('/missions'))).toMatchObject({
      statusCode: 413,
      json: { code: 'ResponseTooLarge' },
    });
  });
});

describe('an error', () => {
  const throwing = (error: unknown) =>
    overHttp(
      defineHandler(() => Promise.reject(error)),
      list,
    );
  const status = async (error: unknown) => {
    const { statusCode, body, headers } = (await throwing(error)(request('/missions'), context)) as any;
    return { statusCode, retryAfter: headers['retry-after'], ...JSON.parse(body) };
  };
  beforeEach(() => void jest.spyOn(process.stdout, 'write').mockReturnValue(true));
  afterEach(() => jest.restoreAllMocks());

  it('of the client is 400, with the words of the handler', async () => {
    const direct = defineHandler(async (event) => readFields(Object(event).fields));
    const response: any = await overHttp(direct, list)(request('/missions'), context);
    expect({ ...response, ...JSON.parse(response.body) }).toMatchObject({
      statusCode: 400,
      code: 'InvalidEvent',
      requestId: 'request-1',
      message: 'event: not an object, got nothing; expected an object',
    });
  });

  it('is no error when an item looks like one', async () => {
    const look = { code: 'InvalidEvent', message: 'a riddle', requestId: 'another' };
    expect(await ask(() => look, request('/missions'))).toMatchObject({ statusCode: 200, json: look });
  });

  it.each([
    [new ResponseTooLarge('all items together exceed the limit'), 413, 'ResponseTooLarge', undefined],
    [Object.assign(new Error(), { name: 'ThrottlingException' }), 429, 'Throttled', '1'],
    [Object.assign(new Error(), { code: 'ECONNRESET' }), 503, 'Unavailable', '1'],
    [new DeadlineExceeded('late'), 503, 'DeadlineExceeded', '1'],
    [new Misconfigured('variable SECRET: missing'), 500, 'InternalError', undefined],
    [
      Object.assign(new Error('arn:aws:iam::1:role/A'), { name: 'AccessDeniedException' }),
      500,
      'InternalError',
      undefined,
    ],
    [new TypeError('items of /var/task'), 500, 'InternalError', undefined],
  ])('of the system is a status without details: %s', async (error, statusCode, code, retryAfter) => {
    const got = await status(error);

    expect(got).toMatchObject({ statusCode, code, requestId: 'request-1' });
    expect(got.retryAfter).toBe(retryAfter);
    expect(JSON.stringify(got)).not.toMatch(/SECRET|arn:|\/var\/task|at /);
  });

  it.each([undefined, null, 'text', { name: 'constructor' }])('fails when %j is thrown', async (thrown) => {
    const response: any = await overHttp(() => Promise.reject(thrown), list)(request('/missions'), context);
    expect(response).toMatchObject({ statusCode: 500 });
  });
});
