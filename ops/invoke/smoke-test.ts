import { unmarshall } from '@aws-sdk/util-dynamodb';
import { accessOf, type Fn, type Read, type Route, type SmokeInvocation } from '../../declarations';
import { type Environment, functionsOf } from '../../environments';
import { InputError } from '../../input-error';
import { exactNumber, hideProto, toJsonValue } from '../../lambdas/shared/json-values';
import { type Seed, type Seeds, seedOf } from '../../seed-data/load-seed';
import { isAsInNotebook } from '../../stacks/function-access';
import { type Difference, describeDifference, differencesOf } from '../terraform/json-differences';
import type { AwsSession } from '../terraform/session';
import { askWeb, findWeb, requestOf, type WebAnswer } from './ask-web';
import { invoke } from './invoke-function';

/** What `npm run smoke -- --json` prints. */
export interface SmokeReport {
  readonly environment: string;
  readonly ok: boolean;
  readonly checks: readonly SmokeCheck[];
}

export interface SmokeCheck {
  /** The function's name without the environment's suffix. */
  readonly functionName: string;
  /** Null where there was nothing to invoke the function with; over HTTP the request, such as `GET /missions`. */
  readonly event: unknown;
  readonly ok: boolean;
  /** Expected by the seed data or the declaration, found in the answer. */
  readonly differences: readonly Difference[];
  /** Why there is no answer to compare, or null. */
  readonly problem: string | null;
}

/**
 * Invoke every function as its declaration says, directly and, where the environment has a web, over HTTP, and compare the
 * answers with the seed data.
 *
 * @param report - called with each check as it is done
 */
export async function smoke(
  session: AwsSession,
  seeds: Seeds,
  report: (check: SmokeCheck) => void,
): Promise<SmokeReport> {
  const checks: SmokeCheck[] = [];
  const add = (check: SmokeCheck) => {
    report(check);
    checks.push(check);
  };
  const web = session.environment.web && (await webOrExplain(session));
  for (const [, fn] of functionsOf(session.environment)) {
    const [read] = fn.reads;
    const seed = read ? seedOf(seeds, accessOf(read).table) : nothingToStartFrom;
    const invocations = invocationsOf(fn, seed);
    for (const invocation of invocations) {
      add(await runCheck(session, fn, seed, invocation));
      if (web && fn.route) add(await runWebCheck(session, web, fn, seed, invocation));
    }
    if (invocations.length === 0) {
      const problem = 'not invoked: nothing in "smoke" of system.ts applies to what its table starts from';
      add({ functionName: fn.name, event: null, ok: false, differences: [], problem });
    }
  }
  return { environment: session.environment.name, ok: checks.every(({ ok }) => ok), checks };
}

/** What a function is invoked with: an event for each item in place of `each item`, and no event twice. */
export function invocationsOf({ smoke }: Fn, seed: Seed): SmokeInvocation[] {
  const isImported = seed.mode === 'import';
  const invocations = smoke.flatMap((it): readonly SmokeInvocation[] => {
    if ('answer' in it) return [it];
    if (it.answers === 'a page') return isImported ? [it] : [];
    if (it.answers === 'HTML') return [it];
    if (it.answers === 'all items' || it.event !== 'each item') return isImported ? [] : [it];
    return expectedItems(seed).map((item) => ({ ...it, event: eventFor(it.by, item) }));
  });
  const events = invocations.map(({ event }) => JSON.stringify(event));
  return invocations.filter((_, index) => events.indexOf(events[index] as string) === index);
}

/** How an answer differs from what the seed data, the declaration and the environment say of it. */
export function answerDifferences(
  environment: Environment,
  fn: Fn,
  seed: Seed,
  invocation: SmokeInvocation,
  answer: unknown,
): Difference[] {
  if ('answer' in invocation) return differencesOf(invocation.answer, answer);
  if (invocation.answers === 'HTML') {
    const { statusCode, headers, body } = Object(answer);
    return differencesOf(
      { statusCode: 200, type: 'text/html; charset=utf-8', isPage: true },
      { statusCode, type: Object(headers)['content-type'], isPage: /^<!doctype html>/i.test(body) },
    );
  }
  const { table, attributes } = accessOf(fn.reads[0] as Read);
  const keyNames = Object.keys(table.key);
  const keyOf = (item: Item) => JSON.stringify(keyNames.map((name) => item[name]));
  const seen = attributes && !isAsInNotebook(environment, fn) ? attributes : undefined;
  const ownership = seed.mode === 'import' ? 'create-only' : seed.ownership;
  const items = expectedItems(seed);
  const compare = (expected: Item, item: Item | undefined, path: string) =>
    item
      ? differencesOf(only(seen, expectedItem[ownership](expected, item, keyNames)), item, path)
      : [{ path, expected: only(seen, expected), found: null }];

  if (invocation.answers === 'a page') {
    const { items: found } = Object(answer);
    const isPage = Array.isArray(found) && found.length > 0 && found.length <= invocation.event.limit;
    return isPage ? [] : [{ path: '', expected: 'a page of items', found: answer }];
  }
  if (invocation.answers === 'all items') {
    if (!Array.isArray(answer)) return [{ path: '', expected: 'a list of items', found: answer }];
    // The table may hold more than the seed data.
    const found = new Map(answer.map((item) => [keyOf(Object(item)), item]));
    return items.flatMap((item) => compare(item, found.get(keyOf(item)), keyOf(item)));
  }

  const { Items, Count, ScannedCount, ResponseMetadata } = Object(answer);
  if (!Array.isArray(Items)) return [{ path: '', expected: 'the response of a query', found: answer }];
  const event = JSON.stringify(invocation.event);
  const expected = items.filter((item) => JSON.stringify(eventFor(invocation.by, item)) === event);
  return [
    ...differencesOf(
      { Count: expected.length, ScannedCount: expected.length, HTTPStatusCode: 200 },
      { Count, ScannedCount, HTTPStatusCode: ResponseMetadata?.HTTPStatusCode },
    ),
    ...expected.flatMap((item, index) => compare(item, Items[index], `Items[${index}]`)),
  ];
}

export function describeCheck({ functionName, event, ok, differences, problem }: SmokeCheck): string {
  return [
    `${ok ? 'ok    ' : 'failed'} ${functionName} ${JSON.stringify(event)}`,
    ...(problem === null ? [] : [`  ${problem}`]),
    ...differences.map((difference) => `  ${describeDifference(difference)}`),
  ].join('\n');
}

type Item = Readonly<Record<string, unknown>>;

/** What a seed item should have become: itself, or whatever has been made of it under the same key. */
const expectedItem = {
  managed: (seedItem) => seedItem,
  'create-only': (seedItem, item, keyNames) => ({ ...item, ...only(keyNames, seedItem) }),
} satisfies Record<
  'managed' | 'create-only',
  (seedItem: Item, item: Item, keyNames: readonly string[]) => Item
>;

function only(attributes: readonly string[] | undefined, item: Item): Item {
  return attributes ? Object.fromEntries(attributes.map((name) => [name, item[name]])) : item;
}

function eventFor(by: Readonly<Record<string, string>>, item: Item): Item {
  return Object.fromEntries(Object.entries(by).map(([field, attribute]) => [field, item[attribute]]));
}

async function runCheck(
  session: AwsSession,
  fn: Fn,
  seed: Seed,
  invocation: SmokeInvocation,
): Promise<SmokeCheck> {
  const { event } = invocation;
  const { answer, failed, problem } = await invokeOrExplain(session, fn.name, event);
  const differences = failed ? [] : answerDifferences(session.environment, fn, seed, invocation, answer);
  return { functionName: fn.name, event, ok: !failed && differences.length === 0, differences, problem };
}

/** The same, asked for over HTTP. Whoever is not to call without a name is refused, which is all that can be seen without one. */
async function runWebCheck(
  session: AwsSession,
  web: Web,
  fn: Fn & { readonly route?: Route },
  seed: Seed,
  invocation: SmokeInvocation,
): Promise<SmokeCheck> {
  const { environment } = session;
  const request = requestOf(fn.route as Route, invocation.event);
  const check = { functionName: fn.name, event: `GET ${request}` };
  const failed = (problem: string) => ({ ...check, ok: false, differences: [], problem });
  if (web.problem !== undefined) return failed(web.problem);
  const answer = await askWeb(web.url + request, session.aws).catch((error: Error) => error.message);
  if (typeof answer === 'string') return failed(`no answer: ${answer}`);
  const { status, body } = answer;
  const refusal = refusals[environment.web?.access.mode ?? 'public'];
  if (refusal) {
    return status === refusal.status
      ? {
          ...check,
          ok: true,
          differences: [],
          problem: `refused, as it must be; not asked as ${refusal.who}`,
        }
      : failed(`answered with status ${status} to nobody; expected ${refusal.status}`);
  }
  const direct = directAnswer(invocation, answer);
  if (direct === undefined) return failed(`status ${status}: ${body.slice(0, 200)}`);
  const differences = answerDifferences(environment, fn, seed, invocation, direct);
  return { ...check, ok: differences.length === 0, differences, problem: null };
}

type Web =
  | { readonly url: string; readonly problem?: never }
  | { readonly url?: never; readonly problem: string };

const refusals: Readonly<Record<string, { readonly status: number; readonly who: string }>> = {
  iam: { status: 403, who: 'somebody who signs requests' },
  jwt: { status: 401, who: 'somebody with a token' },
};

async function webOrExplain(session: AwsSession): Promise<Web> {
  try {
    return { url: await findWeb(session) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: error.message };
  }
}

/** What a direct invocation would have answered, by what an answer over HTTP says of it; nothing for an error. */
function directAnswer(invocation: SmokeInvocation, { status, contentType, body }: WebAnswer): unknown {
  if ('answers' in invocation && invocation.answers === 'HTML') {
    return { statusCode: status, headers: { 'content-type': contentType }, body };
  }
  const isMissing = status === 404 && 'answers' in invocation && invocation.answers === 'a query';
  if ((status !== 200 && !isMissing) || contentType !== 'application/json') return undefined;
  const answer = JSON.parse(body);
  if (!('answers' in invocation)) return Array.isArray(invocation.answer) ? answer.items : answer;
  if (invocation.answers === 'a page') return answer;
  const items = isMissing ? [] : answer.items;
  if (invocation.answers === 'all items') return items;
  const count = items?.length;
  return { Items: items, Count: count, ScannedCount: count, ResponseMetadata: { HTTPStatusCode: 200 } };
}

/** Of a function that reads nothing. */
const nothingToStartFrom: Seed = { mode: 'items', ownership: 'managed', items: [] };

async function invokeOrExplain(session: AwsSession, name: string, event: unknown) {
  try {
    const { answer, failed } = await invoke(session, name, event);
    return { answer, failed, problem: failed ? `the function failed: ${JSON.stringify(answer)}` : null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { answer: null, failed: true, problem: error.message };
  }
}

/** The items that a seed tells of, as the functions answer them. */
function expectedItems(seed: Seed): Item[] {
  const texts =
    seed.mode === 'import'
      ? seed.manifest.sample.map((item) => JSON.stringify(item))
      : seed.items.map(({ item }) => item);
  return texts.map((text) => {
    const item = JSON.parse(hideProto(text));
    return toJsonValue(unmarshall(item, { wrapNumbers: exactNumber })) as Item;
  });
}
