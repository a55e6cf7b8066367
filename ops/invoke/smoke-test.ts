import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { partitionKey, visibleAttributes } from '../../lambdas/shared/attributes';
import { exactNumber, toJsonValue } from '../../lambdas/shared/json-values';
import type { Seed } from '../../seed-data/load-seed';
import { answeredAttributes } from '../../stacks/function-access';
import { type Difference, describeDifference, differencesOf } from '../plan/json-differences';
import type { AwsSession } from '../terraform/session';
import { invoke } from './invoke-function';

/** What `npm run smoke -- --json` prints. */
export interface SmokeReport {
  readonly environment: string;
  readonly ok: boolean;
  readonly checks: readonly SmokeCheck[];
}

export interface SmokeCheck extends SmokeInvocation {
  readonly ok: boolean;
  /** Expected by the seed data, found in the answer. */
  readonly differences: readonly Difference[];
  /** Why there is no answer to compare, or null. */
  readonly problem: string | null;
}

export interface SmokeInvocation {
  /** The function's name without the environment's suffix. */
  readonly functionName: 'SuperDynamoDBFunction' | 'MissionDetailsFunction';
  readonly event: { readonly superhero: string } | { readonly limit: number };
}

const query = (superhero: string) =>
  ({ functionName: 'MissionDetailsFunction', event: { superhero } }) as const;

/** The notebook's own invocations. */
export const notebookInvocations = [
  { functionName: 'SuperDynamoDBFunction', event: { superhero: 'Superman' } },
  query('Superman'),
  query('Ironman'),
] as const;

/** An answer cannot hold all of many records. */
const onePage = { functionName: 'SuperDynamoDBFunction', event: { limit: 10 } } as const;

/**
 * Invoke the deployed functions and compare their answers with the seed data.
 *
 * @param report - called with each check as it is done
 */
export async function smoke(
  session: AwsSession,
  seed: Seed,
  report: (check: SmokeCheck) => void,
): Promise<SmokeReport> {
  const checks: SmokeCheck[] = [];
  for (const invocation of invocationsFor(seed)) {
    const check = await runCheck(session, seed, invocation);
    report(check);
    checks.push(check);
  }
  return { environment: session.environment.name, ok: checks.every(({ ok }) => ok), checks };
}

/** The notebook's invocations, or one for a page of imported records, then a query for each record not yet asked for. */
export function invocationsFor(seed: Seed): SmokeInvocation[] {
  const keys = expectedRecords(seed).map((record) => String(record[partitionKey]));
  if (seed.mode === 'import') return [onePage, ...keys.map(query)];
  const asked = new Set<string>(notebookInvocations.map(({ event }) => event.superhero));
  return [...notebookInvocations, ...keys.filter((key) => !asked.has(key)).map(query)];
}

/** How an answer differs from what the seed data and the environment's configuration say of it. */
export function answerDifferences(
  { accessMode }: Pick<Environment, 'accessMode'>,
  seed: Seed,
  { functionName, event }: SmokeInvocation,
  answer: unknown,
): Difference[] {
  const records = expectedRecords(seed);
  const ownership = seed.mode === 'import' ? 'create-only' : seed.ownership;
  const compare = (record: ItemRecord, item: ItemRecord | undefined, path: string, attributes: Attributes) =>
    item
      ? differencesOf(onlyAttributes[attributes](expectedItem[ownership](record, item)), item, path)
      : [{ path, expected: onlyAttributes[attributes](record), found: null }];

  if ('limit' in event) {
    const { items } = Object(answer);
    const isPage = Array.isArray(items) && items.length > 0 && items.length <= event.limit;
    return isPage ? [] : [{ path: '', expected: 'a page of items', found: answer }];
  }
  if (functionName === 'SuperDynamoDBFunction') {
    if (!Array.isArray(answer)) return [{ path: '', expected: 'a list of items', found: answer }];
    // The table may hold more than the seed data.
    const found = new Map(answer.map((item) => [Object(item)[partitionKey], item]));
    return records.flatMap((record) => {
      const key = record[partitionKey];
      return compare(record, found.get(key), `[${JSON.stringify(key)}]`, 'all');
    });
  }

  const { Items, Count, ScannedCount, ResponseMetadata } = Object(answer);
  if (!Array.isArray(Items)) return [{ path: '', expected: 'the response of a query', found: answer }];
  const expected = records.filter((record) => record[partitionKey] === event.superhero);
  return [
    ...differencesOf(
      { Count: expected.length, ScannedCount: expected.length, HTTPStatusCode: 200 },
      { Count, ScannedCount, HTTPStatusCode: ResponseMetadata?.HTTPStatusCode },
    ),
    ...expected.flatMap((record, index) =>
      compare(record, Items[index], `Items[${index}]`, answeredAttributes[accessMode]),
    ),
  ];
}

export function describeCheck({ functionName, event, ok, differences, problem }: SmokeCheck): string {
  return [
    `${ok ? 'ok    ' : 'failed'} ${functionName} ${JSON.stringify(event)}`,
    ...(problem === null ? [] : [`  ${problem}`]),
    ...differences.map((difference) => `  ${describeDifference(difference)}`),
  ].join('\n');
}

type ItemRecord = Readonly<Record<string, unknown>>;

/** The item that a record should have become: itself, or whatever has been made of it under the same key. */
const expectedItem: Record<'managed' | 'create-only', (record: ItemRecord, item: ItemRecord) => ItemRecord> =
  {
    managed: (record) => record,
    'create-only': (record, item) => ({ ...item, [partitionKey]: record[partitionKey] }),
  };

type Attributes = (typeof answeredAttributes)[keyof typeof answeredAttributes];

const onlyAttributes: Record<Attributes, (item: ItemRecord) => ItemRecord> = {
  all: (item) => item,
  visible: (item) => Object.fromEntries(visibleAttributes.map((attribute) => [attribute, item[attribute]])),
};

async function runCheck(session: AwsSession, seed: Seed, invocation: SmokeInvocation): Promise<SmokeCheck> {
  const { answer, failed, problem } = await invokeOrExplain(session, invocation);
  const differences = failed ? [] : answerDifferences(session.environment, seed, invocation, answer);
  return { ...invocation, ok: !failed && differences.length === 0, differences, problem };
}

async function invokeOrExplain(session: AwsSession, { functionName, event }: SmokeInvocation) {
  try {
    const { answer, failed } = await invoke(session, functionName, event);
    return { answer, failed, problem: failed ? `the function failed: ${JSON.stringify(answer)}` : null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { answer: null, failed: true, problem: error.message };
  }
}

/** The records that a seed tells of, as the functions answer them. */
function expectedRecords(seed: Seed): ItemRecord[] {
  const items =
    seed.mode === 'import' ? seed.manifest.sample : seed.items.map(({ item }) => JSON.parse(item));
  return items.map((item) => toJsonValue(unmarshall(item, { wrapNumbers: exactNumber })) as ItemRecord);
}
