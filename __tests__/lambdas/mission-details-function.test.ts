// What the notebook's function answers, with its names written out as it writes them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { handler } from '../../lambdas/mission-details-function';
import { query } from '../../lambdas/shared/read-table';
import { missions } from '../../system';
import {
  asJson,
  captureLog,
  createContext,
  type LocalTable,
  requestId,
  startLocalTable,
} from './local-table';

const context = () => createContext('MissionDetailsFunction');
let table: LocalTable;

beforeAll(async () => {
  table = await startLocalTable();
});

afterAll(() => table.stop());

beforeEach(() => {
  captureLog();
  table.proxy.reset();
  process.env.ATTRIBUTES = 'all';
});

const superman = {
  SuperHero: 'Superman',
  SuperMission: 'Save the world',
  SuperPower: 'Super strength',
  SuperWeakness: 'Kryptonite',
  SuperWeapon: 'Laser eyes',
  Villain1: 'Lex Luthor',
  Villain2: 'Brainiac',
  Villain3: 'Darkseid',
  Villain4: 'Bizarro',
};
const ironman = {
  SuperHero: 'Ironman',
  SuperMission: 'Save the world',
  SuperPower: 'Super intelligence',
  SuperWeapon: 'Mark 50',
  Villain1: 'Mandarin',
  Villain2: 'Whiplash',
  Villain3: 'Ultron',
};

describe('all attributes', () => {
  it.each([
    ['Superman', superman],
    ['Ironman', ironman],
  ])('answers the whole response of the query for %s', async (superhero, item) => {
    const answer = await asJson(handler({ superhero }, context()));

    expect(answer).toEqual({
      Items: [item],
      Count: 1,
      ScannedCount: 1,
      ResponseMetadata: {
        RequestId: expect.stringMatching(/^[0-9A-Z]{52}$/),
        HTTPStatusCode: 200,
        HTTPHeaders: expect.objectContaining({
          'content-type': 'application/x-amz-json-1.0',
          'content-length': expect.stringMatching(/^\d+$/),
          date: expect.stringContaining('GMT'),
          'x-amz-crc32': expect.stringMatching(/^\d+$/),
          'x-amzn-requestid': expect.stringMatching(/^[0-9A-Z]{52}$/),
        }),
        RetryAttempts: 0,
      },
    });
  });

  it('answers no items for an unknown hero', async () => {
    expect(await asJson(handler({ superhero: 'superman' }, context()))).toMatchObject({
      Items: [],
      Count: 0,
    });
  });

  it('keeps the headers of concurrent invocations apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => asJson(handler({ superhero: 'Batman' }, context()))),
    );

    const metadata = answers.map((answer) => (answer as Awaited<ReturnType<typeof query>>).ResponseMetadata);
    for (const { RequestId, HTTPHeaders } of metadata)
      expect(HTTPHeaders['x-amzn-requestid']).toBe(RequestId);
    expect(new Set(metadata.map(({ RequestId }) => RequestId)).size).toBe(20);
  });

  it('asks for no projection, and ignores attributes and unknown fields of the event', async () => {
    const event = { superhero: 'Superman', attributes: ['SuperPower'], tenant: 7 };

    expect(await asJson(handler(event, context()))).toMatchObject({ Items: [superman] });
    expect(table.proxy.seen[0]?.body).not.toHaveProperty('ProjectionExpression');
    expect(table.proxy.seen[0]?.body).not.toHaveProperty('Select');
  });
});

describe('visible attributes', () => {
  beforeEach(() => {
    process.env.ATTRIBUTES = 'visible';
  });

  it('answers with the visible attributes only, and names them in the query', async () => {
    const { SuperHero, Villain1, Villain2, Villain3 } = superman;

    expect(await asJson(handler({ superhero: 'Superman' }, context()))).toMatchObject({ Count: 1 });
    expect(await itemsOf({ superhero: 'Superman' })).toEqual([{ SuperHero, Villain1, Villain2, Villain3 }]);
    expect(table.proxy.seen[0]?.body).toMatchObject({
      Select: 'SPECIFIC_ATTRIBUTES',
      ExpressionAttributeNames: {
        '#0': 'SuperHero',
        '#1': 'MissionStatus',
        '#2': 'Villain1',
        '#3': 'Villain2',
        '#4': 'Villain3',
      },
    });
  });

  it.each([{ attributes: ['Villain1'] }, { attributes: ['Villain1', 'SuperHero'] }])(
    'answers with $attributes and the key',
    async ({ attributes }) => {
      expect(await itemsOf({ superhero: 'Superman', attributes })).toEqual([
        { SuperHero: 'Superman', Villain1: 'Lex Luthor' },
      ]);
    },
  );

  it('answers with the key alone', async () => {
    expect(await itemsOf({ superhero: 'Superman', attributes: ['SuperHero'] })).toEqual([
      { SuperHero: 'Superman' },
    ]);
  });

  it.each(['SuperPower', 'superhero', 'Villain1, SuperPower', '#key', ''])(
    'fails when the event asks for the attribute %j, and names the visible ones',
    async (attribute) => {
      expect(
        await asJson(handler({ superhero: 'Superman', attributes: ['Villain1', attribute] }, context())),
      ).toEqual({
        code: 'AttributeNotVisible',
        message: `event.attributes[1]: not visible, got "${attribute}"; expected SuperHero, MissionStatus, Villain1, Villain2, Villain3`,
        requestId,
      });
      expect(table.proxy.seen).toEqual([]);
    },
  );

  it.each([
    ['not a list', 'Villain1', 'event.attributes: not a list, got "Villain1"'],
    ['null', null, 'event.attributes: not a list, got null'],
    ['empty', [], 'event.attributes: empty, got []'],
    ['a list with a number', ['Villain1', 3], 'event.attributes[1]: not a string, got 3'],
    [
      'a list with a name twice',
      ['Villain1', 'Villain1'],
      'event.attributes[1]: named twice, got "Villain1"',
    ],
  ])('fails when attributes is %s', async (_case, attributes, message) => {
    expect(await asJson(handler({ superhero: 'Superman', attributes }, context()))).toEqual({
      code: 'InvalidEvent',
      message: `${message}; expected a list of one or more different attribute names`,
      requestId,
    });
    expect(table.proxy.seen).toEqual([]);
  });

  async function itemsOf(event: unknown): Promise<unknown> {
    return ((await asJson(handler(event, context()))) as { Items: unknown }).Items;
  }
});

describe('reserved words', () => {
  beforeAll(() =>
    table.createTable('ReservedWords', [
      { SuperHero: { S: 'Hulk' }, Name: { S: 'Bruce' }, Status: { S: 'green' } },
    ]),
  );

  const invocation = () => ({
    signal: new AbortController().signal,
    usage: { pages: 0, items: 0, readCapacityUnits: 0 },
  });

  it('are attributes like others', async () => {
    process.env.TABLE_NAME = 'ReservedWords';
    const { Items } = await query(
      missions,
      { SuperHero: 'Hulk' },
      { attributes: ['Name', 'Status'] },
      invocation(),
    );
    process.env.TABLE_NAME = 'SuperMissionTable';

    expect(Items).toEqual([{ Name: 'Bruce', Status: 'green' }]);
  });

  it('fails when a query names them without placeholders', async () => {
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const query = client.send(
      new QueryCommand({
        TableName: 'ReservedWords',
        KeyConditionExpression: 'SuperHero = :key',
        ExpressionAttributeValues: { ':key': 'Hulk' },
        ProjectionExpression: 'Status',
      }),
    );

    await expect(query).rejects.toThrow('reserved keyword');
  });
});

describe('superhero', () => {
  const expected = 'expected a string of 1 to 2048 bytes';

  it.each([
    ['no object: text', 'Superman', 'event: not an object, got "Superman"; expected an object'],
    ['no object: null', null, 'event: not an object, got null; expected an object'],
    ['no object: nothing', undefined, 'event: not an object, got nothing; expected an object'],
    ['no object: a list', ['Superman'], 'event: not an object, got ["Superman"]; expected an object'],
    ['without superhero', {}, `event.superhero: not a string, got nothing; ${expected}`],
    [
      'with other letter case',
      { SuperHero: 'Superman' },
      `event.superhero: not a string, got nothing; ${expected}`,
    ],
    ['with null', { superhero: null }, `event.superhero: not a string, got null; ${expected}`],
    ['with a number', { superhero: 7 }, `event.superhero: not a string, got 7; ${expected}`],
    [
      'with an object',
      { superhero: { S: 'Superman' } },
      `event.superhero: not a string, got {"S":"Superman"}; ${expected}`,
    ],
    ['with an empty string', { superhero: '' }, `event.superhero: empty, got ""; ${expected}`],
    [
      'with too long a string',
      { superhero: 'x'.repeat(2_049) },
      `event.superhero: too long, got "${'x'.repeat(78)}…; ${expected}`,
    ],
    [
      'with too many bytes',
      { superhero: 'é'.repeat(1_025) },
      `event.superhero: too long, got "${'é'.repeat(78)}…; ${expected}`,
    ],
    [
      'with half a surrogate pair',
      { superhero: 'Super\ud83d' },
      'event.superhero: half a surrogate pair, got "Super\\ud83d"; expected well-formed Unicode',
    ],
  ])('fails when the event is %s', async (_case, event, message) => {
    expect(await asJson(handler(event, context()))).toEqual({ code: 'InvalidEvent', message, requestId });
    expect(table.proxy.seen).toEqual([]);
  });

  it.each([
    ['2048 letters of a byte', 'x'.repeat(2_048)],
    ['1024 letters of two bytes', 'é'.repeat(1_024)],
    ['a surrogate pair', '🦸'],
    ['the name of a property of every object', 'constructor'],
    ['a space', ' '],
  ])('may be %s', async (_case, superhero) => {
    expect(await asJson(handler({ superhero }, context()))).toMatchObject({ Count: 0 });
  });
});
