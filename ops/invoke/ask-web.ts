import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Api, ApiGatewayV2Client, GetApisCommand } from '@aws-sdk/client-apigatewayv2';
import { pathParameters, type Route } from '../../declarations';
import { InputError } from '../../input-error';
import { webNames } from '../../stacks/names';
import type { AwsConfiguration, AwsSession } from '../terraform/session';

/** What the web of an environment has answered. */
export interface WebAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** An answer takes no longer than API Gateway waits for a function. */
const answerLimitMs = 35_000;

/** The APIs of a name in an account; names need not be unique. */
export async function findApis(client: ApiGatewayV2Client, name: string): Promise<Api[]> {
  const found: Api[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new GetApisCommand({ MaxResults: '500', NextToken: token }));
    found.push(...(page.Items ?? []).filter((it) => it.Name === name));
    token = page.NextToken;
  } while (token);
  return found;
}

/**
 * The URL of the web of an environment, without a slash at its end.
 *
 * @throws InputError if it is not deployed, or there are several
 */
export async function findWeb({
  environment,
  aws,
}: Pick<AwsSession, 'environment' | 'aws'>): Promise<string> {
  const { api: name } = webNames(environment);
  const found = await findApis(new ApiGatewayV2Client(aws), name);
  const [url, ...others] = found.map((it) => it.ApiEndpoint ?? '');
  if (url && others.length === 0) return url;
  throw new InputError({
    where: `API ${name}`,
    what: url ? 'several of that name' : `not deployed in environment ${environment.name}`,
    got: found.map((it) => it.ApiEndpoint),
    expected: url ? 'one; delete those that nothing uses' : 'its URL; deploy it with "npm run deploy"',
  });
}

/** The path and query that ask a route for what an event asks its function for; fields without a parameter are left out. */
export function requestOf(route: Route, event: unknown): string {
  const fields: Readonly<Record<string, unknown>> = Object(event);
  const path = pathParameters(route).reduce(
    (path, name) => path.replace(`{${name}}`, encodeURIComponent(String(fields[name]))),
    route.get,
  );
  const query = new URLSearchParams();
  for (const name of Object.keys(route.query ?? {})) {
    for (const value of [fields[name] ?? []].flat()) query.append(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Ask for something, and read the whole answer. */
export async function askWeb(
  url: string,
  { requestHandler }: Pick<AwsConfiguration, 'requestHandler'>,
): Promise<WebAnswer> {
  const { protocol, hostname, host } = new URL(url);
  const signal = AbortSignal.timeout(answerLimitMs);
  // Not every resolver knows names below localhost: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
  const loopback = hostname.endsWith('.localhost') && { hostname: '127.0.0.1', headers: { host } };
  const agents = 'httpsAgent' in requestHandler && { agent: requestHandler.httpsAgent };
  const request =
    protocol === 'https:' ? getHttps(url, { signal, ...agents }) : getHttp(url, { signal, ...loopback });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: await text(response),
  };
}
