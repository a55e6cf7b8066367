import fc from 'fast-check';
import { handler as missionDetails } from '../../lambdas/mission-details-function';
import { writeCursor } from '../../lambdas/shared/event';
import { handler as superDynamoDB } from '../../lambdas/super-dynamodb-function';
import { missions } from '../../system';
import { names, partitionKey } from '../names';
import type { FaultKind } from './fault-proxy';
import { captureLog, createContext, type LocalTable, requestId, startLocalTable } from './local-table';

let table: LocalTable;

beforeAll(async () => {
  table = await startLocalTable();
});

afterAll(() => table.stop());

const hero = fc.oneof(
  fc.constantFrom('Superman', 'Batman', 'Captain America'),
  fc.string({ unit: 'binary' }),
  // Halves of surrogate pairs, which no well-formed text holds.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 2_000, max: 2_100 }).map((length) => 'x'.repeat(length)),
);
const cursor = fc.oneof(
  hero.map((name) => writeCursor({ [partitionKey]: name })),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
  fc.string(),
  fc.jsonValue(),
);
const attribute = fc.constantFrom(...missions.visibleAttributes, 'SuperPower', '__proto__');
const missionEvent = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      superhero: fc.oneof({ weight: 3, arbitrary: hero }, fc.jsonValue()),
      attributes: fc.oneof({ weight: 3, arbitrary: fc.array(attribute, { maxLength: 4 }) }, fc.jsonValue()),
      other: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
);
const scanEvent = fc.oneof(
  fc.jsonValue(),
  fc.record(
    { limit: fc.oneof(fc.integer({ min: -1, max: 1_100 }), fc.jsonValue()), cursor, other: fc.jsonValue() },
    { requiredKeys: [] },
  ),
);
const attributesMode = fc.constantFrom('all', 'visible');
const mishap = fc.option(
  fc.constantFrom<FaultKind>('noRight', 'noTable', 'notUnderstood', 'notJson', 'dropped'),
  {
    freq: 5,
  },
);
/** Plenty of time, or less than is kept back to answer at all. */
const remainingMs = fc.oneof({ weight: 9, arbitrary: fc.constant(5_000) }, fc.constant(400));

const mistakeCodes = ['InvalidEvent', 'AttributeNotVisible', 'ResponseTooLarge'];
const faultCodes = ['Unavailable', 'DeadlineExceeded', 'AccessDenied', 'Misconfigured', 'InternalError'];
const logFields = [
  'requestId',
  'function',
  'coldStart',
  'durationMs',
  'pages',
  'items',
  'readCapacityUnits',
  'outcome',
  'cause',
  'trace',
];

describe.each([
  [names.list.function, superDynamoDB, scanEvent],
  [names.details.function, missionDetails, missionEvent],
])('%s', (name, handler, event) => {
  it('answers 1,000 generated events in a known form, in time, without leaks', async () => {
    const outcomes = new Set<string>();

    await fc.assert(
      fc.asyncProperty(
        event,
        attributesMode,
        mishap,
        remainingMs,
        async (generated, attributes, fault, timeMs) => {
          process.env.ATTRIBUTES = attributes;
          const { lines } = captureLog();
          table.proxy.reset();
          if (fault) table.proxy.next(fault);
          const startedAt = performance.now();

          const outcome = await handler(generated, createContext(name, { remainingMs: timeMs })).then(
            (answer) => describeAnswer(answer, attributes),
            describeError,
          );

          expect(performance.now() - startedAt).toBeLessThan(5_000);
          expect(lines).toHaveLength(1);
          const line = JSON.parse(lines[0] ?? '');
          expect(logFields).toEqual(expect.arrayContaining(Object.keys(line)));
          expect(line).toMatchObject({ requestId, function: name, outcome });
          expect(lines[0]).not.toMatch(new RegExp(`${names.table}|arn:|Superman|Save the world`));
          outcomes.add(outcome);
        },
      ),
      { numRuns: 1_000 },
    );

    expect([...outcomes]).toEqual(
      expect.arrayContaining(['ok', 'InvalidEvent', 'DeadlineExceeded', 'AccessDenied', 'InternalError']),
    );
  }, 180_000);
});

/** The outcome that an answer shows, once it has a known form. */
function describeAnswer(answer: unknown, attributes: string): string {
  const plain = JSON.parse(JSON.stringify(answer));
  if ('code' in plain) {
    expect(Object.keys(plain)).toEqual(['code', 'message', 'requestId']);
    expect(mistakeCodes).toContain(plain.code);
    expect(plain.message).toMatch(/^event.*: .+, got .+; expected .+$/s);
    expect(JSON.stringify(plain)).not.toMatch(new RegExp(`${names.table}|arn:|node_modules`));
    return plain.code;
  }
  const isKnown = Array.isArray(plain) || Array.isArray(plain.items) || Array.isArray(plain.Items);
  expect(isKnown).toBe(true);
  if (attributes === 'visible') {
    const named = (plain.Items ?? []).flatMap(Object.keys);
    expect(missions.visibleAttributes).toEqual(expect.arrayContaining(named));
  }
  return 'ok';
}

/** The outcome that an error shows, once it has a known form. */
function describeError(error: Error): string {
  expect(faultCodes).toContain(error.name);
  expect(error.stack).toBe(`${error.name}: ${error.message}`);
  expect(error.message).toContain(requestId);
  expect(`${error.message}${JSON.stringify(error)}${error.cause}`).not.toMatch(
    new RegExp(`${names.table}|arn:|Superman|bad expression`),
  );
  return error.name;
}
