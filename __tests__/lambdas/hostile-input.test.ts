import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handler as missionDetails } from '../../lambdas/mission-details-function';
import { hideProto, toJsonValue } from '../../lambdas/shared/json-values';
import { handler as superDynamoDB } from '../../lambdas/super-dynamodb-function';
import { names, partitionKey } from '../names';
import { captureLog, createContext } from './local-table';

/** A stub of DynamoDB that answers one item, as text: the one in memory loses the attribute as the SDK would. */
let database: Server;
const item = `{
  "${partitionKey}": {"S": "T-proto"},
  "__proto__": {"S": "says \\"__proto__\\": {}"},
  "map": {"M": {"__proto__": {"M": {"a": {"BOOL": true}}}, "k": {"S": "__proto__"}, "\\"__proto__": {"N": "1"}}}
}`;

beforeAll(async () => {
  database = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(`{"Count": 1, "ScannedCount": 1, "Items": [${item}]}`);
  }).listen(0, '127.0.0.1');
  await once(database, 'listening');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(database.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TABLE_NAME: names.table,
    ATTRIBUTES: 'all',
  });
});
afterAll(() => {
  jest.restoreAllMocks();
  database.close();
  database.closeAllConnections();
});
beforeEach(() => captureLog());

describe('an attribute with the name __proto__', () => {
  const answered = `{"${partitionKey}":"T-proto","__proto__":"says \\"__proto__\\": {}","map":{"__proto__":{"a":true},"k":"__proto__","\\"__proto__":1}}`;

  test('is answered by a scan', async () => {
    const answer = await superDynamoDB({}, createContext(names.list.function));

    expect(JSON.stringify(answer)).toBe(`[${answered}]`);
  });

  test('is answered by a query', async () => {
    const answer = await missionDetails({ superhero: 'T-proto' }, createContext(names.details.function));

    expect(JSON.stringify(answer)).toContain(`{"Items":[${answered}],`);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each(['{"a":{"S":"__proto__"}}', '{"a":{"S":"\\"__proto__\\":"}}', '["__proto__"]'])(
    'is not taken from a text: %s',
    (json) => {
      expect(hideProto(json)).toBe(json);
    },
  );

  test.each(['{"__proto__":1}', '{"__proto__" : {"__proto__":null}}', '[{"a":{"__proto__":[]}}]'])(
    'comes back from %s',
    (json) => {
      expect(JSON.stringify(toJsonValue(JSON.parse(hideProto(json))))).toBe(json.replaceAll(' ', ''));
    },
  );
});

describe('fails when an event is nested 5,000 deep, and answers the client', () => {
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
  const cursor = Buffer.from(
    JSON.stringify({ [partitionKey]: 1 }).replace('1', '['.repeat(5_000) + ']'.repeat(5_000)),
  );

  test.each([
    [missionDetails, deep],
    [missionDetails, { superhero: deep }],
    [missionDetails, { superhero: 'Batman', attributes: [deep] }],
    [superDynamoDB, deep],
    [superDynamoDB, { limit: deep }],
    [superDynamoDB, { cursor: deep }],
    [superDynamoDB, { cursor: cursor.toString('base64url') }],
  ])('case %#', async (handler, event) => {
    process.env.ATTRIBUTES = 'visible';

    expect(await handler(event, createContext('any'))).toMatchObject({
      code: 'InvalidEvent',
      message: expect.stringMatching(/^event.*; expected /),
    });
  });
});
