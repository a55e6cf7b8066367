import { setTimeout } from 'node:timers/promises';
import { handler as missionDetails } from '../../lambdas/mission-details-function';
import { handler as superDynamoDB } from '../../lambdas/super-dynamodb-function';
import { names } from '../names';
import type { FaultKind } from './fault-proxy';
import {
  asJson,
  captureLog,
  createContext,
  errorOf,
  type LocalTable,
  requestId,
  startLocalTable,
  tableName,
} from './local-table';

let table: LocalTable;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  table = await startLocalTable();
});

afterAll(() => table.stop());

beforeEach(() => {
  jest.restoreAllMocks();
  log = captureLog();
  table.proxy.reset();
  process.env.TABLE_NAME = tableName;
  process.env.ATTRIBUTES = 'all';
});

/** More than the attempts that the client makes. */
const always = (kind: FaultKind) => Array.from({ length: 10 }, () => kind);

const unavailable = 'the database does not answer; retryable';

describe.each([
  [names.list.function, superDynamoDB],
  [names.details.function, missionDetails],
])('%s', (name, handler) => {
  const invoke = (remainingMs = 90_000) =>
    handler({ superhero: 'Batman' }, createContext(name, { remainingMs }));

  it.each<[FaultKind, string, string, string, number]>([
    [
      'throttled',
      'Throttled',
      'the database limits the rate of reads; retryable',
      'ProvisionedThroughputExceededException',
      3,
    ],
    ['serverError', 'Unavailable', unavailable, 'InternalServerError', 3],
    ['dropped', 'Unavailable', unavailable, 'ECONNRESET', 3],
    ['droppedInBody', 'Unavailable', unavailable, 'ECONNRESET', 3],
    [
      'noRight',
      'AccessDenied',
      'the function may not read from the database; not retryable',
      'AccessDeniedException',
      1,
    ],
    [
      'noTable',
      'Misconfigured',
      'the function is set up wrongly; not retryable',
      'ResourceNotFoundException',
      1,
    ],
    [
      'notUnderstood',
      'InternalError',
      'the function failed unexpectedly; not retryable',
      'ValidationException',
      1,
    ],
    ['notJson', 'InternalError', 'the function failed unexpectedly; not retryable', 'SyntaxError', 1],
  ])(
    'fails when every request is %s: %s',
    async (kind, code, message, cause, attempts) => {
      table.proxy.next(...always(kind));
      const startedAt = performance.now();

      const error = await errorOf(invoke());

      expect(error).toEqual({
        name: code,
        message: `${message}, request ${requestId}`,
        stack: `${code}: ${message}, request ${requestId}`,
      });
      expect(JSON.parse(log.lines[0] ?? '')).toMatchObject({ outcome: code, cause });
      expect(table.proxy.seen).toHaveLength(attempts);
      expect(performance.now() - startedAt).toBeLessThan(8_000);
    },
    20_000,
  );

  it.each<FaultKind>(['throttled', 'serverError', 'dropped', 'droppedInBody'])(
    'answers when one request is %s and the next is not',
    async (kind) => {
      table.proxy.next(kind);

      expect(await asJson(invoke())).toBeTruthy();
      expect(table.proxy.seen).toHaveLength(2);
    },
    20_000,
  );

  it.each<FaultKind>(['hanging', 'hangingInBody', 'throttled'])(
    'fails when time runs out while requests are %s, before it has run out',
    async (kind) => {
      jest.spyOn(Math, 'random').mockReturnValue(0.99); // the longest wait between attempts
      table.proxy.next(...always(kind));
      const startedAt = performance.now();

      const error = await errorOf(invoke(1_000));

      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(error.name).toBe('DeadlineExceeded');
      expect(error.message).toBe(`the function's time ran out; retryable, request ${requestId}`);
      expect(JSON.parse(log.lines[0] ?? '')).toMatchObject({ outcome: 'DeadlineExceeded' });
    },
  );

  it('fails when its time had run out before it began, with a timer that Node.js does not warn of', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');

    const error = await errorOf(invoke(100));

    expect(error.name).toBe('DeadlineExceeded');
    expect(timers.mock.calls.map(([, delayMs]) => Number(delayMs)).filter((it) => it < 0)).toEqual([]);
  });

  it('asks for nothing more once its time has run out', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.99);
    table.proxy.next(...always('throttled'));

    await errorOf(invoke(1_000));
    const asked = table.proxy.seen.length;
    await setTimeout(1_500); // the next attempt would come after one second

    expect(table.proxy.seen).toHaveLength(asked);
  });

  it('fails when the variable with the name of the table is missing', async () => {
    delete process.env.TABLE_NAME;

    const error = await errorOf(invoke());

    expect(error.name).toBe('Misconfigured');
    expect(error.message).toBe(
      `variable TABLE_NAME: missing; expected a value; not retryable, request ${requestId}`,
    );
    expect(table.proxy.seen).toEqual([]);
  });

  it('writes one line of log for an answer, and another for a fault', async () => {
    await invoke();
    table.proxy.next('noRight');
    await errorOf(invoke());

    const usage = { pages: 1, items: expect.any(Number), readCapacityUnits: 0.5 };
    const line = { requestId, function: name, coldStart: false, durationMs: expect.any(Number) };
    expect(log.lines.map((text) => JSON.parse(text))).toEqual([
      { ...line, ...usage, outcome: 'ok' },
      {
        ...line,
        pages: 0,
        items: 0,
        readCapacityUnits: 0,
        outcome: 'AccessDenied',
        cause: 'AccessDeniedException',
        trace: expect.arrayContaining([expect.stringMatching(/^at /)]),
      },
    ]);
    expect(log.lines.join()).not.toMatch(new RegExp(`Batman|Gotham|arn:|${tableName}`));
  });
});

describe('a connection that hangs', () => {
  it('is given up, and another answers', async () => {
    table.proxy.next('hanging');

    expect(await asJson(superDynamoDB({}, createContext(names.list.function)))).toHaveLength(5);
    expect(table.proxy.seen).toHaveLength(2);
  }, 20_000);

  it('fails when others hang too, long before the function times out', async () => {
    table.proxy.next('hanging', 'hangingInBody', 'hanging');
    const startedAt = performance.now();

    const error = await errorOf(superDynamoDB({}, createContext(names.list.function)));

    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(error.name).toBe('Unavailable');
  }, 20_000);
});

describe('variables', () => {
  it.each([
    [undefined, 'missing'],
    ['', 'missing'],
    ['some', 'unknown value'],
  ])('fails when the variable ATTRIBUTES is %j', async (value, what) => {
    if (value === undefined) delete process.env.ATTRIBUTES;
    else process.env.ATTRIBUTES = value;

    const error = await errorOf(
      missionDetails({ superhero: 'Batman' }, createContext(names.details.function)),
    );

    expect(error.name).toBe('Misconfigured');
    expect(error.message).toContain(`variable ATTRIBUTES: ${what}; expected all or visible; not retryable`);
  });
});

describe('retries', () => {
  it('are counted in the answer as boto3 counts them, with the headers of the last attempt', async () => {
    table.proxy.next('serverError');

    expect(
      await asJson(missionDetails({ superhero: 'Batman' }, createContext(names.details.function))),
    ).toMatchObject({
      ResponseMetadata: {
        RetryAttempts: 1,
        HTTPStatusCode: 200,
        HTTPHeaders: { 'x-amzn-requestid': expect.any(String) },
      },
    });
  });
});

describe('loading', () => {
  it.each(['super-dynamodb-function', 'mission-details-function'])(
    '%s asks for nothing and needs no variable',
    async (name) => {
      const variables = process.env;
      process.env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
      try {
        await jest.isolateModulesAsync(async () => {
          expect(jest.requireActual(`../../lambdas/${name}`)).toHaveProperty('handler');
        });
      } finally {
        process.env = variables;
      }
      expect(table.proxy.connections).toBe(0);
    },
  );
});

describe('invocations', () => {
  it('share a connection', async () => {
    for (const superhero of ['Batman', 'Superman', 'Ironman']) {
      await missionDetails({ superhero }, createContext(names.details.function));
    }

    expect(table.proxy.seen).toHaveLength(3);
    expect(table.proxy.connections).toBeLessThanOrEqual(1);
  });
});

describe('a cold start', () => {
  it('is the first invocation only', async () => {
    await jest.isolateModulesAsync(async () => {
      const { handler } = jest.requireActual<{ readonly handler: typeof missionDetails }>(
        '../../lambdas/mission-details-function',
      );
      await handler({}, createContext(names.details.function));
      await handler({}, createContext(names.details.function));
    });

    expect(log.lines.map((line) => JSON.parse(line))).toMatchObject([
      { coldStart: true, outcome: 'InvalidEvent' },
      { coldStart: false, outcome: 'InvalidEvent' },
    ]);
  });
});
