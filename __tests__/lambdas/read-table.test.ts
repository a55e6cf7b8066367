import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Table } from '../../declarations';
import { type Key, readCursor, readKeyValue, writeCursor } from '../../lambdas/shared/event';
import { isNumber } from '../../lambdas/shared/json-values';
import { getItem, type Item, queryPages, scanPages } from '../../lambdas/shared/read-table';
import { type LocalTable, startLocalTable } from './local-table';

const seasons = {
  name: 'Seasons',
  key: { Team: 'S', Year: 'N' },
  indexes: { ByBadge: { key: { Badge: 'B', Year: 'N' } } },
} as const satisfies Table;
const exact = '12345678901234567890123456789012345678';
const items = [
  { Team: { S: 'Avengers' }, Year: { N: '2012' }, Badge: { B: Buffer.from('A') }, City: { S: 'New York' } },
  { Team: { S: 'Avengers' }, Year: { N: '2019' }, Badge: { B: Buffer.from('B') }, City: { S: 'New York' } },
  { Team: { S: 'Avengers' }, Year: { N: exact }, Badge: { B: Buffer.from('B') }, City: { S: 'Wakanda' } },
  { Team: { S: 'X-Men' }, Year: { N: '2000' }, City: { S: 'Westchester' } },
];
const invocation = () => ({
  signal: new AbortController().signal,
  usage: { pages: 0, items: 0, readCapacityUnits: 0 },
});
let table: LocalTable;

beforeAll(async () => {
  table = await startLocalTable();
  process.env.SEASONS_NAME = 'Seasons';
  const client = new DynamoDBClient({});
  const throughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  await client.send(
    new CreateTableCommand({
      TableName: 'Seasons',
      AttributeDefinitions: [
        { AttributeName: 'Team', AttributeType: 'S' },
        { AttributeName: 'Year', AttributeType: 'N' },
        { AttributeName: 'Badge', AttributeType: 'B' },
      ],
      KeySchema: [
        { AttributeName: 'Team', KeyType: 'HASH' },
        { AttributeName: 'Year', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'ByBadge',
          KeySchema: [
            { AttributeName: 'Badge', KeyType: 'HASH' },
            { AttributeName: 'Year', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
          ProvisionedThroughput: throughput,
        },
      ],
      ProvisionedThroughput: throughput,
    }),
  );
  for (const Item of items) await client.send(new PutItemCommand({ TableName: 'Seasons', Item }));
  client.destroy();
});

afterAll(() => table.stop());

async function all(pages: AsyncGenerator<{ items: readonly Item[] }>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...page.items);
  return found;
}

describe('a table with a sort key', () => {
  it('is queried by partition, in the order of the sort key, whatever the digits', async () => {
    const found = await all(queryPages(seasons, { Team: 'Avengers' }, {}, invocation()));

    expect(found.map(({ Year }) => Year)).toEqual([2012, 2019, exact]);
  });

  it.each([2012, '2012', exact])('has one item of the whole key, %j', async (Year) => {
    const found = await all(queryPages(seasons, { Team: 'Avengers', Year }, {}, invocation()));

    expect(found).toMatchObject([{ Team: 'Avengers' }]);
    expect(await getItem(seasons, { Team: 'Avengers', Year }, invocation())).toEqual(found[0]);
  });

  it('has no item of a key that is not there', async () => {
    expect(await getItem(seasons, { Team: 'Avengers', Year: 1 }, invocation())).toBeUndefined();
  });

  it('answers with the attributes that are asked for, of items that the filter lets through', async () => {
    const reading = { attributes: ['City'], filter: { City: 'New York' } };

    expect(await all(scanPages(seasons, reading, invocation()))).toEqual([
      { City: 'New York' },
      { City: 'New York' },
    ]);
  });
});

describe('pages', () => {
  it.each<[string, undefined | 'ByBadge']>([
    ['a table', undefined],
    ['an index', 'ByBadge'],
  ])('of %s go on from a cursor, each item once', async (_, index) => {
    const found: unknown[] = [];
    let startKey: Key | undefined;
    do {
      const paging = { limit: 1, ...(index && { index }), ...(startKey && { startKey }) };
      const { value: page } = await scanPages(seasons, paging, invocation()).next();
      if (!page) break;
      found.push(...page.items.map(({ Year }: Item) => Year));
      startKey = page.lastKey && readCursor('cursor', writeCursor(page.lastKey), seasons, index);
    } while (startKey);

    expect(found.map(String).sort()).toEqual(['2012', '2019', exact, ...(index ? [] : ['2000'])].sort());
  });

  it('of an index are found by binary, which events have in base64', async () => {
    const Badge = readKeyValue('event.badge', 'Qg==', seasons.indexes.ByBadge.key, 'Badge');

    const found = await all(queryPages(seasons, { Badge }, { index: 'ByBadge' }, invocation()));

    expect(found).toMatchObject([{ Year: 2019, Badge: 'Qg==' }, { Year: exact }]);
  });
});

describe('a cursor', () => {
  const key = { Team: 'Avengers', Year: 2012 };

  it.each<[string, Key, undefined | 'ByBadge']>([
    ['without the sort key', { Team: 'Avengers' }, undefined],
    ['of another attribute', { Team: 'Avengers', City: 'New York' }, undefined],
    ['of a table, for an index', key, 'ByBadge'],
    ['of an index, for a table', { ...key, Badge: 'Qg==' }, undefined],
  ])('fails when it is %s', (_, written, index) => {
    expect(() => readCursor('event.cursor', writeCursor(written), seasons, index)).toThrow('not a cursor');
  });

  it('is read as it was written', () => {
    expect(readCursor('event.cursor', writeCursor(key), seasons)).toEqual(key);
  });
});

describe('a value of a key', () => {
  it.each<[unknown, string, string]>([
    ['many', 'Year', 'event.it: not a number, got "many"'],
    [true, 'Year', 'event.it: not a number, got true'],
    ['1e126', 'Year', 'event.it: not a number, got "1e126"'],
    ['1'.repeat(39), 'Year', 'event.it: not a number, got "111'],
    [7, 'Team', 'event.it: not a string, got 7'],
  ])('fails when %j is to be %s', (value, name, message) => {
    expect(() => readKeyValue('event.it', value, seasons.key, name)).toThrow(message);
  });

  it.each<[unknown, string]>([
    ['Qg', 'event.it: not base64, got "Qg"'],
    ['', 'event.it: empty'],
    [Buffer.alloc(2_049).toString('base64'), 'event.it: too long'],
  ])('fails when %j is to be binary', (value, message) => {
    expect(() => readKeyValue('event.it', value, seasons.indexes.ByBadge.key, 'Badge')).toThrow(message);
  });

  it('has 1,024 bytes at most in a sort key', () => {
    const key = { A: 'S', B: 'S' } as const;

    expect(readKeyValue('it', 'x'.repeat(1_024), key, 'B')).toHaveLength(1_024);
    expect(() => readKeyValue('it', 'x'.repeat(1_025), key, 'B')).toThrow('it: too long');
    expect(readKeyValue('it', 'x'.repeat(2_048), key, 'A')).toHaveLength(2_048);
  });

  it.each(['0', '-0.5', '1E-130', '9.9e125', '00012', exact])('may be the number %s', (text) => {
    expect(isNumber(text)).toBe(true);
  });

  it.each(['', '.5', '1e-131', '1e126', '0x10', 'Infinity', '1 '])('is not the number %j', (text) => {
    expect(isNumber(text)).toBe(false);
  });
});
