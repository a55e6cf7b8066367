import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { pathParameters, type QueryParameter, type Route } from '../../declarations';
import type { ClientErrorAnswer, HandlerContext } from './define-handler';
import { describeProblem } from './event';
import { readVariable } from './read-variable';
import { routeVariable } from './variable-names';

/** A request of an HTTP API, payload 2.0. */
type Request = Pick<APIGatewayProxyEventV2, 'rawPath' | 'rawQueryString' | 'headers' | 'requestContext'>;
type Response = APIGatewayProxyStructuredResultV2 & { readonly statusCode: number };
type Handler = (event: unknown, context: HandlerContext) => Promise<unknown>;

/**
 * Make a handler that answers requests of API Gateway by another one: a request becomes the other's event, its answer a response.
 * Every other event, and its answer, is handed on as it is.
 *
 * A list, a page and the response of a query are answered as `{ items }`, with the `cursor` of the next page. Where the path names
 * something, nothing found is 404.
 */
export function overHttp(direct: Handler, route: Route = JSON.parse(readVariable(routeVariable))): Handler {
  return async (event, context) => {
    if (!isRequest(event)) return direct(event, context);
    const { awsRequestId: requestId } = context;
    const refuse = (statusCode: number, code: string, message: string) =>
      json(statusCode, { code, message, requestId });
    const respond = async (): Promise<Response> => {
      const { fields, problem } = readRequest(event, route);
      if (!fields) return refuse(400, 'InvalidRequest', problem);
      const answer = await direct(fields, context);
      if (isClientError(answer, requestId)) {
        const { code, message } = answer;
        return refuse(statusOf[code] ?? 400, code, message.replace(/^event\./, ''));
      }
      if (route.speaksHttp) return answer as Response;
      const body = bodyOf(answer);
      if (pathParameters(route).length > 0 && isNothing(body)) {
        return refuse(404, 'NotFound', 'there is nothing of that name');
      }
      return json(200, body);
    };
    const response = await respond().catch((error: unknown) => {
      const { name } = Object(error);
      if (!Object.hasOwn(retryable, name)) return refuse(500, 'InternalError', 'the request failed');
      const [statusCode, message] = retryable[name] as [number, string];
      return json(statusCode, { code: name, message, requestId }, { 'retry-after': '1' });
    });
    const finished = finish(response, event);
    return Buffer.byteLength(JSON.stringify(finished)) <= maxResponseBytes
      ? finished
      : finish(refuse(413, 'ResponseTooLarge', tooLarge), event);
  };
}

/**
 * The largest answer of a synchronous invocation; in it the body is a string, its quotation marks escaped.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxResponseBytes = 6_291_556;
const tooLarge =
  'the answer is larger than a response can be; ask for less of it, such as pages with a limit';

function isRequest(event: unknown): event is Request {
  const { version, rawPath, requestContext } = Object(event);
  return version === '2.0' && typeof rawPath === 'string' && typeof requestContext?.http === 'object';
}

type Fields = Readonly<Record<string, unknown>>;

/** The event that a request stands for, or what is wrong with it. */
function readRequest(
  { rawPath, rawQueryString }: Request,
  { get, query = {} }: Route,
):
  | { readonly fields: Fields; readonly problem?: never }
  | { readonly fields?: never; readonly problem: string } {
  // API Gateway has decoded the path.
  const pattern = get.replaceAll(/[.~-]/g, '\\$&').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const fields: Record<string, unknown> = { ...new RegExp(`^${pattern}$`, 's').exec(rawPath)?.groups };
  const given = new URLSearchParams(rawQueryString);
  for (const name of new Set(given.keys())) {
    const kind = Object.hasOwn(query, name) ? query[name] : undefined;
    const values = given.getAll(name);
    if (!kind) {
      const expected = Object.keys(query).join(', ') || 'no parameters';
      return { problem: describeProblem('query', 'unknown parameter', name, expected) };
    }
    if (kind !== 'list' && values.length > 1) {
      return { problem: describeProblem(name, 'given more than once', values, 'one value') };
    }
    fields[name] = read[kind](values);
  }
  return { fields };
}

/** What is no number stays as it is, for the handler to refuse. */
const read: Readonly<Record<QueryParameter, (values: readonly string[]) => unknown>> = {
  text: ([value]) => value,
  number: ([value = '']) => (/^-?\d{1,15}$/.test(value) ? Number(value) : value),
  list: (values) => values,
};

/** An answer that happens to look like one does not have the id of this request. */
function isClientError(answer: unknown, requestId: string): answer is ClientErrorAnswer {
  const { code, message, requestId: its } = Object(answer);
  return typeof code === 'string' && typeof message === 'string' && its === requestId;
}

/** Of client errors that are not just a bad request. */
const statusOf: Readonly<Record<string, number>> = { ResponseTooLarge: 413 };

/** Faults after which the same request may succeed; of any other the caller hears no more than that there was one. */
const retryable: Readonly<Record<string, readonly [statusCode: number, message: string]>> = {
  Throttled: [429, 'the database limits the rate of reads'],
  Unavailable: [503, 'the database does not answer'],
  DeadlineExceeded: [503, 'the time ran out'],
};

function bodyOf(answer: unknown): unknown {
  if (Array.isArray(answer)) return { items: answer };
  const { Items } = Object(answer);
  return Array.isArray(Items) ? { items: Items } : answer;
}

function isNothing(body: unknown): boolean {
  return body === undefined || body === null || Object(body).items?.length === 0;
}

function json(statusCode: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** What every response has; one that is as the caller knows it already is not sent again. */
function finish({ statusCode, headers, body = '' }: Response, request: Request): Response {
  const isFound = statusCode === 200;
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const all = {
    // Anybody's browser may keep it, and asks whether it is still so.
    'cache-control': isFound ? 'private, no-cache' : 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    ...(isFound && { etag }),
    ...headers,
  };
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((it) => it.trim().replace(/^W\//, ''));
  if (isFound && known.some((it) => it === etag || it === '*')) return { statusCode: 304, headers: all };
  return { statusCode, headers: all, body: request.requestContext.http.method === 'HEAD' ? '' : body };
}
