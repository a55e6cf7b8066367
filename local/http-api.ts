import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Where an HTTP API of API Gateway is, on AWS and here: a host of its own, so that its pages reach nothing else. */
const awsEndpoint = /https:\/\/(\w+\.execute-api\.[\w-]+)\.amazonaws\.com/g;
const localHost = /^(\w+)\.execute-api\.([\w-]+)\.localhost(?::\d+)?$/i;

/** The id and the region of the API that a host is of, if it is of one. */
export function apiOf(host: string): { readonly id: string; readonly region: string } | undefined {
  const [, id, region] = localHost.exec(host) ?? [];
  return id && region ? { id, region } : undefined;
}

/** A text of API Gateway with the addresses that its APIs have on this machine. */
export function withLocalEndpoints(text: string, port: string): string {
  return text.replace(awsEndpoint, `http://$1.localhost:${port}`);
}

/** What serves an API. */
export interface Backend {
  /** Asks the emulator; the authorization says which service of which region is meant. */
  readonly ask: (path: string, authorization: string) => Promise<Response>;
  /** Runs a function. */
  readonly invoke: (functionName: string, region: string, event: string) => Promise<FunctionAnswer>;
  readonly log: (line: string) => void;
}

interface FunctionAnswer {
  readonly payload: string;
  readonly failed: boolean;
}

/** The emulator's. */
const account = '123456789012';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const payloadLimitBytes = 10 * 2 ** 20;
const integrationLimitMs = 30_000;

/**
 * Serves HTTP APIs by what the emulator holds of them: routes, integrations, authorizers, the stage `$default` and its throttling,
 * CORS, and the permissions of the functions. What API Gateway could do beyond that is answered with status 501.
 */
export class HttpApis {
  private readonly buckets = new Map<string, { tokens: number; filledAt: number }>();
  private readonly keys = new Map<string, Promise<JWTVerifyGetKey>>();

  constructor(private readonly backend: Backend) {}

  async serve(request: IncomingMessage, response: ServerResponse, { id, region }: ApiAddress): Promise<void> {
    const answer = await this.answer(request, id, region).catch((error: unknown) => {
      if (error instanceof Refusal) return error;
      this.backend.log(`API ${id}: ${error instanceof Error ? error.stack : error}\n`);
      return new Refusal(500, 'Internal Server Error');
    });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  private async answer(request: IncomingMessage, id: string, region: string): Promise<Answer> {
    const { origin, host } = request.headers;
    const api = (await this.read(id, region, '')) as Api | undefined;
    if (!api) throw new Refusal(404, 'Not Found');
    const cors = corsHeaders(api, origin);
    // As for the rest of the local AWS: what no page of another site may have is not given to one, and not done for one.
    if (origin && origin !== `http://${host}` && !cors) throw new Refusal(403, 'Forbidden');
    const { url = '/', method = 'GET' } = request;
    if (method === 'OPTIONS' && cors && request.headers['access-control-request-method']) {
      return { status: 204, headers: cors, body: '' };
    }
    const [encodedPath = '/', query = ''] = splitOnce(url, '?');
    const path = decodePath(encodedPath);
    const answer = await this.answerRoute(api, region, { request, method, path, query }).catch(
      (error: unknown) => {
        if (error instanceof Refusal) return error;
        throw error;
      },
    );
    return { ...answer, headers: { ...answer.headers, ...cors } };
  }

  private async answerRoute(api: Api, region: string, asked: Asked): Promise<Answer> {
    const { apiId: id } = api;
    const [stages, routes] = await Promise.all([
      this.list<Stage>(id, region, 'stages'),
      this.list<Route>(id, region, 'routes'),
    ]);
    const stage = stages.find((it) => it.stageName === '$default');
    const found = stage && findRoute(routes, asked.method, asked.path);
    if (!found) throw new Refusal(404, 'Not Found');
    if (!stage.autoDeploy) throw new Refusal(501, 'only a stage that deploys by itself is served here');
    this.expectRoom(id, stage);
    const authorizer = await this.authorize(api, region, found.route, asked.request.headers);
    const integration = (await this.read(
      id,
      region,
      `/integrations/${found.route.target?.replace('integrations/', '')}`,
    )) as Integration | undefined;
    const [, functionName] = /:function:([\w-]+)/.exec(integration?.integrationUri ?? '') ?? [];
    if (
      integration?.integrationType !== 'AWS_PROXY' ||
      integration.payloadFormatVersion !== '2.0' ||
      !functionName
    ) {
      throw new Refusal(501, 'only functions, asked with payload 2.0, are integrated here');
    }
    const { routeKey } = found.route;
    await this.expectPermission(
      functionName,
      region,
      `${id}/${stage.stageName}/${routeKey.replace(' ', '')}`,
    );
    const event = await eventOf(asked, found, { api, region, stage: stage.stageName, authorizer });
    const answer = await withinLimit(this.backend.invoke(functionName, region, JSON.stringify(event)));
    if (answer.failed) throw new Refusal(500, 'Internal Server Error');
    return responseOf(answer.payload);
  }

  /** @throws Refusal where the caller is not who the route asks for */
  private async authorize(api: Api, region: string, route: Route, headers: IncomingHttpHeaders) {
    const { authorizationType, authorizerId } = route;
    if (!authorizationType || authorizationType === 'NONE') return undefined;
    const { authorization = '' } = headers;
    if (authorizationType === 'AWS_IAM') {
      // As in the rest of the emulator: who signs is believed.
      if (/^AWS4-HMAC-SHA256 .*\/execute-api\/aws4_request\b/.test(authorization)) return undefined;
      throw new Refusal(403, authorization ? 'Forbidden' : 'Missing Authentication Token');
    }
    if (authorizationType !== 'JWT') throw new Refusal(501, `no ${authorizationType} is asked here`);
    const found = await this.read(api.apiId, region, `/authorizers/${authorizerId}`);
    const { jwtConfiguration: jwt } = (found ?? {}) as Authorizer;
    if (!jwt) throw new Refusal(500, 'Internal Server Error');
    const token = authorization.replace(/^Bearer /i, '');
    const claims = await this.claimsOf(token, jwt).catch((error: Error) => {
      this.backend.log(`API ${api.apiId}: token refused, ${error.message}\n`);
      throw new Refusal(401, 'Unauthorized', { 'www-authenticate': 'Bearer' });
    });
    return { jwt: { claims, scopes: null } };
  }

  private async claimsOf(token: string, { issuer, audience }: JwtConfiguration) {
    const keys = this.keys.get(issuer) ?? keysOf(issuer);
    this.keys.set(issuer, keys);
    keys.catch(() => this.keys.delete(issuer));
    // API Gateway takes signatures by RSA only.
    const options = { issuer, algorithms: ['RS256', 'RS384', 'RS512'], requiredClaims: ['exp'] };
    const { payload } = await jwtVerify(token, await keys, options);
    const isFor = [payload.aud ?? payload.client_id].flat();
    if (!isFor.some((it) => audience.includes(String(it)))) throw new Error(`for ${isFor}`);
    return payload;
  }

  /** @throws Refusal where the policy of the function lets nobody call it for this route of this API */
  private async expectPermission(functionName: string, region: string, route: string): Promise<void> {
    const answer = await this.backend.ask(
      `/2015-03-31/functions/${functionName}/policy`,
      authorizationFor('lambda', region),
    );
    const { Policy = '{}' } = answer.ok ? ((await answer.json()) as { Policy?: string }) : {};
    const arn = `arn:aws:execute-api:${region}:${account}:${route}`;
    const statements: readonly Statement[] = JSON.parse(Policy).Statement ?? [];
    const isAllowed = statements.some(({ Effect, Action, Principal, Condition }) => {
      const [pattern] = [Object(Condition?.ArnLike)['AWS:SourceArn'] ?? []].flat();
      return (
        Effect === 'Allow' &&
        [Action].flat().includes('lambda:InvokeFunction') &&
        Object(Principal).Service === 'apigateway.amazonaws.com' &&
        (pattern === undefined || isLike(arn, pattern))
      );
    });
    if (isAllowed) return;
    this.backend.log(`API: no permission of ${functionName} lets API Gateway call it for ${arn}\n`);
    throw new Refusal(500, 'Internal Server Error');
  }

  /** @throws Refusal where more is asked than the stage has room for */
  private expectRoom(id: string, { defaultRouteSettings: settings = {} }: Stage): void {
    const { throttlingRateLimit: rate, throttlingBurstLimit: burst } = settings;
    if (rate === undefined || burst === undefined) return;
    const now = performance.now();
    const { tokens, filledAt } = this.buckets.get(id) ?? { tokens: burst, filledAt: now };
    const left = Math.min(burst, tokens + ((now - filledAt) / 1_000) * rate);
    this.buckets.set(id, { tokens: left >= 1 ? left - 1 : left, filledAt: now });
    if (left < 1) throw new Refusal(429, 'Too Many Requests');
  }

  private async list<T>(id: string, region: string, kind: string): Promise<readonly T[]> {
    const { items = [] } = (await this.read(id, region, `/${kind}`)) as { items?: T[] };
    return items;
  }

  private async read(id: string, region: string, path: string): Promise<object | undefined> {
    const answer = await this.backend.ask(`/v2/apis/${id}${path}`, authorizationFor('apigateway', region));
    if (answer.status === 404) return undefined;
    return (await answer.json()) as object;
  }
}

/** The emulator takes service and region from the signature, and does not check it. */
export function authorizationFor(service: string, region: string): string {
  return `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=local`;
}

type ApiAddress = NonNullable<ReturnType<typeof apiOf>>;

interface Api {
  readonly apiId: string;
  readonly corsConfiguration?: Readonly<Record<string, unknown>> | null;
}

interface Stage {
  readonly stageName: string;
  readonly autoDeploy?: boolean;
  readonly defaultRouteSettings?: {
    readonly throttlingRateLimit?: number;
    readonly throttlingBurstLimit?: number;
  };
}

interface Route {
  readonly routeKey: string;
  readonly target?: string;
  readonly authorizationType?: string | null;
  readonly authorizerId?: string | null;
}

interface Integration {
  readonly integrationType?: string;
  readonly integrationUri?: string;
  readonly payloadFormatVersion?: string;
}

interface JwtConfiguration {
  readonly issuer: string;
  readonly audience: readonly string[];
}

interface Authorizer {
  readonly jwtConfiguration?: JwtConfiguration | null;
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: { readonly ArnLike?: unknown };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Decoded, as API Gateway has it. */
  readonly path: string;
  readonly query: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

/** What API Gateway answers in the place of a function. */
class Refusal extends Error implements Answer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.body = JSON.stringify({ message });
    this.headers = { 'content-type': 'application/json', ...headers };
  }
}

interface Found {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The route that a request is for: a full match before one with parameters, and that before one that takes all below it; the
 * method itself before any.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function findRoute(routes: readonly Route[], method: string, path: string): Found | undefined {
  const found = routes.flatMap((route) => {
    const [itsMethod = '', pattern = ''] = splitOnce(route.routeKey, ' ');
    if (itsMethod !== method && itsMethod !== 'ANY') return [];
    const expression = pattern.replaceAll(/\{(\w+)(\+?)\}|[.*+?^$()|[\]\\]/g, (text, name, greedy) =>
      name ? `(?<${name}>${greedy ? '.+' : '[^/]+'})` : `\\${text}`,
    );
    const match = new RegExp(`^${expression}$`, 's').exec(path);
    if (!match) return [];
    const rank = [pattern.includes('+}'), pattern.split('{').length, itsMethod === 'ANY'].map(Number);
    return [{ route, parameters: { ...match.groups }, rank }];
  });
  const [best] = found.sort((a, b) => {
    const place = a.rank.findIndex((it, index) => it !== b.rank[index]);
    return place < 0 ? 0 : (a.rank[place] as number) - (b.rank[place] as number);
  });
  const other = routes.find((it) => it.routeKey === '$default');
  return best ?? (other && { route: other, parameters: {} });
}

/** @throws Refusal for what is no path */
function decodePath(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Refusal(400, 'Bad Request');
  }
}

function splitOnce(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + at.length)];
}

interface Surroundings {
  readonly api: Api;
  readonly region: string;
  readonly stage: string;
  readonly authorizer: unknown;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
async function eventOf(
  { request, method, path, query }: Asked,
  { route, parameters }: Found,
  { api, region, stage, authorizer }: Surroundings,
) {
  const body = await buffer(request);
  if (body.length > payloadLimitBytes) throw new Refusal(413, 'Request Entity Too Large');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]),
  );
  const { cookie, ...others } = headers;
  const given = new URLSearchParams(query);
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split('; ') }),
    headers: others,
    ...(given.size > 0 && {
      queryStringParameters: Object.fromEntries(
        [...given.keys()].map((name) => [name, given.getAll(name).join(',')]),
      ),
    }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: account,
      apiId: api.apiId,
      ...(authorizer !== undefined && { authorizer }),
      domainName: `${api.apiId}.execute-api.${region}.amazonaws.com`,
      domainPrefix: api.apiId,
      http: {
        method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.routeKey,
      stage,
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}

/** What a function has answered, as API Gateway takes it: whatever has no `statusCode` is the body of a success. */
function responseOf(payload: string): Answer {
  const answer: unknown = JSON.parse(payload);
  const { statusCode, headers = {}, body = '', cookies = [], isBase64Encoded = false } = Object(answer);
  if (statusCode === undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  if (!Number.isInteger(statusCode) || typeof body !== 'string')
    throw new Refusal(500, 'Internal Server Error');
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...headers,
      ...(cookies.length && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

/** Headers for a page of another site that may read the answer. */
function corsHeaders({ corsConfiguration }: Api, origin?: string): Record<string, string> | undefined {
  const listOf = (name: string): readonly string[] => {
    const value = corsConfiguration?.[name];
    return Array.isArray(value) ? value : [];
  };
  const origins = listOf('allowOrigins');
  if (!origin || !(origins.includes(origin) || origins.includes('*'))) return undefined;
  return {
    'access-control-allow-origin': origin,
    vary: 'origin',
    ...(listOf('allowMethods').length > 0 && {
      'access-control-allow-methods': listOf('allowMethods').join(','),
    }),
    ...(listOf('allowHeaders').length > 0 && {
      'access-control-allow-headers': listOf('allowHeaders').join(','),
    }),
  };
}

/** As `ArnLike` compares. */
function isLike(arn: string, pattern: string): boolean {
  const expression = pattern
    .replaceAll(/[.^$+()|[\]{}\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(arn);
}

async function keysOf(issuer: string): Promise<JWTVerifyGetKey> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { jwks_uri } = (await answer.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(jwks_uri));
}

async function withinLimit(answer: Promise<FunctionAnswer>): Promise<FunctionAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refusal(503, 'Service Unavailable')), integrationLimitMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
