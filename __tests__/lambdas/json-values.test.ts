import fc from 'fast-check';
import { handler as missionDetails } from '../../lambdas/mission-details-function';
import { exactNumber } from '../../lambdas/shared/json-values';
import { names, partitionKey } from '../names';
import { asJson, captureLog, createContext, type LocalTable, startLocalTable } from './local-table';

let table: LocalTable;

beforeAll(async () => {
  table = await startLocalTable();
});

afterAll(() => table.stop());

beforeEach(() => {
  captureLog();
});

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['-1.5', -1.5],
    ['0.1', 0.1],
    ['9007199254740991', 9007199254740991],
    ['100000000000000000000', 1e20],
    ['1E+125', 1e125],
    ['0.00000000000000000001', 1e-20],
  ])('%s is a number', (decimal, number) => {
    expect(exactNumber(decimal)).toBe(number);
  });

  it.each([
    '9007199254740993',
    '0.12345678901234567890123456789012345678',
    '-99999999999999999999',
    '1.00000000000000000001',
  ])('%s stays a string, for a number would lose digits', (decimal) => {
    expect(exactNumber(decimal)).toBe(decimal);
  });

  it('of JavaScript come back as they are', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e125, max: 1e125 }).filter((number) => !Object.is(number, -0)),
        (number) => {
          expect(exactNumber(String(number))).toBe(number);
        },
      ),
    );
  });
});

it('every DynamoDB type survives JSON', async () => {
  await table.createTable('Types', [
    {
      [partitionKey]: { S: 'Vision' },
      Big: { N: '12345678901234567890123456789012345678' },
      Small: { N: '42.5' },
      Flag: { BOOL: false },
      Nothing: { NULL: true },
      Bytes: { B: Buffer.from('mind stone') },
      Words: { SS: ['one', 'two'] },
      Numbers: { NS: ['1', '12345678901234567890'] },
      Blobs: { BS: [Buffer.from('a')] },
      Nested: { M: { List: { L: [{ SS: ['deep'] }, { B: Buffer.from('b') }] } } },
    },
  ]);
  process.env.TABLE_NAME = 'Types';

  const answer = await asJson(missionDetails({ superhero: 'Vision' }, createContext(names.details.function)));

  expect(answer).toMatchObject({
    Items: [
      {
        [partitionKey]: 'Vision',
        Big: '12345678901234567890123456789012345678',
        Small: 42.5,
        Flag: false,
        Nothing: null,
        Bytes: 'bWluZCBzdG9uZQ==',
        Words: ['one', 'two'],
        Numbers: expect.arrayContaining([1, '12345678901234567890']),
        Blobs: ['YQ=='],
        Nested: { List: [['deep'], 'Yg=='] },
      },
    ],
  });
});
