import type { Fn, SmokeInvocation, Table } from '../../../declarations';
import { type Environment, readEnvironment } from '../../../environments';
import { answerDifferences, describeCheck, invocationsOf } from '../../../ops/invoke/smoke-test';
import { parseItems } from '../../../seed-data/load-items';
import type { Seed } from '../../../seed-data/load-seed';

const superman = { Name: 'Superman', SuperPower: 'Strength', Enemy1: 'Lex Luthor', Missions: 3 };
const hulk = { Name: 'Hulk', Enemy1: 'Abomination' };
const items = parseItems(Buffer.from(JSON.stringify([superman, hulk])), 'seeds.json', {
  key: { Name: 'S' },
});
const seedOf = (ownership: 'managed' | 'create-only'): Seed => ({
  mode: 'items',
  ownership,
  items,
});

interface Row extends Pick<Environment, 'accessMode'> {
  readonly seed: Seed;
}
const lab: Row = { accessMode: 'lab', seed: seedOf('managed') };
const guarded: Row = { accessMode: 'least-privilege', seed: seedOf('managed') };
const createOnly: Row = { accessMode: 'least-privilege', seed: seedOf('create-only') };
const imported: Row = {
  accessMode: 'least-privilege',
  seed: {
    mode: 'import',
    manifestFile: 'seed-data/import.json',
    manifest: {
      digest: 'any',
      items: 1_000_000,
      parts: 11,
      bytes: 3e8,
      sample: items.map(({ item }) => JSON.parse(item)),
    },
  },
};

const table: Table = { name: 'Heroes', key: { Name: 'S' } };
const scan = { event: { superhero: 'Superman' }, answers: 'all items' } satisfies SmokeInvocation;
const page = { event: { limit: 2 }, answers: 'a page' } satisfies SmokeInvocation;
const by = { superhero: 'Name' };
const queryFor = (superhero: string) =>
  ({ event: { superhero }, answers: 'a query', by }) satisfies SmokeInvocation;
const query = queryFor('Superman');
const scanFunction: Fn = { name: 'ScanFunction', reads: [{ scan: table }], smoke: [scan, page] };
const queryFunction: Fn = {
  name: 'QueryFunction',
  reads: [{ query: table, attributes: ['Name', 'Enemy1', 'Enemy2'] }],
  notebookPolicy: { sid: 'All', actions: ['dynamodb:Query'] },
  smoke: [query, queryFor('Ironman'), { event: 'each item', answers: 'a query', by }],
};
const differencesIn = (row: Row, invocation: SmokeInvocation, answer: unknown) => {
  const fn = invocation === query || 'by' in invocation ? queryFunction : scanFunction;
  const environment = { ...readEnvironment({}), accessMode: row.accessMode };
  return answerDifferences(environment, fn, row.seed, invocation, answer);
};
const response = (...items: object[]) => ({
  Items: items,
  Count: items.length,
  ScannedCount: items.length,
  ResponseMetadata: { RequestId: 'any', HTTPStatusCode: 200, HTTPHeaders: {}, RetryAttempts: 0 },
});
const { SuperPower: _, Missions: __, ...visible } = superman;

describe('what a function is invoked with', () => {
  it('is what its declaration says, then each item that was not asked for', () => {
    expect(invocationsOf(scanFunction, lab.seed)).toEqual([scan]);
    expect(invocationsOf(queryFunction, lab.seed)).toEqual([query, queryFor('Ironman'), queryFor('Hulk')]);
  });

  it('is a page of imported items, and each of the sample', () => {
    expect(invocationsOf(scanFunction, imported.seed)).toEqual([page]);
    expect(invocationsOf(queryFunction, imported.seed)).toEqual([queryFor('Hulk'), query]);
  });

  it('is the same for whatever a table starts from, where the declaration says the answer', () => {
    const fixed = { event: { team: 'Avengers' }, answer: [] };
    const fn: Fn = { ...scanFunction, smoke: [fixed] };

    expect([lab, imported].map(({ seed }) => invocationsOf(fn, seed))).toEqual([[fixed], [fixed]]);
    expect(differencesIn(lab, fixed, [])).toEqual([]);
    expect(differencesIn(lab, fixed, [{ Year: 1 }])).toEqual([
      { path: '[0].Year', expected: null, found: 1 },
    ]);
  });
});

describe('an attribute that is called __proto__', () => {
  const text = '[{"Name": "Loki", "__proto__": "trick"}]';
  const loki: Row = {
    accessMode: 'lab',
    seed: {
      mode: 'items',
      ownership: 'managed',
      items: parseItems(Buffer.from(text), 'seeds.json', { key: { Name: 'S' } }),
    },
  };

  it('is expected in the answer', () => {
    expect(differencesIn(loki, scan, JSON.parse(text))).toEqual([]);
  });

  it('fails when the answer lacks it', () => {
    expect(differencesIn(loki, scan, [{ Name: 'Loki' }])).toHaveLength(1);
  });
});

describe('a page of imported items', () => {
  it('is right when it holds items, whichever they are', () => {
    expect(differencesIn(imported, page, { items: [hulk], cursor: 'any' })).toEqual([]);
  });

  it.each([
    ['is empty', { items: [] }],
    ['is longer than was asked for', { items: [hulk, hulk, hulk] }],
    ['is a list', [hulk]],
  ])('fails when it %s', (_, answer) => {
    expect(differencesIn(imported, page, answer)).toEqual([
      { path: '', expected: 'a page of items', found: answer },
    ]);
  });
});

describe('the list of all items', () => {
  it.each<[string, Row, unknown]>([
    ['holds the items in any order', lab, [superman, hulk]],
    ['holds more than the items', lab, [hulk, { Name: 'Robin' }, superman]],
    [
      'holds items that the application has changed, where they are its own',
      createOnly,
      [{ ...superman, Missions: 4 }, hulk],
    ],
    ['holds all attributes, where callers of a query see a few', guarded, [superman, hulk]],
  ])('is right when it %s', (_, row, answer) => {
    expect(differencesIn(row, scan, answer)).toEqual([]);
  });

  it.each<[string, Row, unknown, object[]]>([
    ['lacks an item', lab, [superman], [{ path: '["Hulk"]', expected: hulk, found: null }]],
    ['lacks a create-only item', createOnly, [superman], [{ path: '["Hulk"]', expected: hulk, found: null }]],
    [
      'holds a changed item',
      lab,
      [{ ...superman, Missions: 4 }, hulk],
      [{ path: '["Superman"].Missions', expected: 3, found: 4 }],
    ],
    ['is no list', lab, { Items: [] }, [{ path: '', expected: 'a list of items', found: { Items: [] } }]],
  ])('fails when it %s', (_, row, answer, differences) => {
    expect(differencesIn(row, scan, answer)).toEqual(differences);
  });
});

describe('the answer to a query', () => {
  it.each<[string, Row, unknown]>([
    ['is the whole item, where every attribute is open', lab, response(superman)],
    ['is the visible attributes, where others are protected', guarded, response(visible)],
    ['is the visible attributes of an imported item', imported, response(visible)],
    [
      'is what the application has made of an imported item',
      imported,
      response({ ...visible, Missions: undefined, Enemy1: 'Joker' }),
    ],
    [
      'is what the application has made of a create-only item',
      createOnly,
      response({ ...visible, Enemy1: 'Joker', Enemy2: 'Bane' }),
    ],
  ])('is right when it %s', (_, row, answer) => {
    expect(differencesIn(row, query, answer)).toEqual([]);
  });

  it('is right when it is empty for a hero of the notebook who is not in the seed data', () => {
    const ironman = queryFor('Ironman');
    expect(differencesIn(lab, ironman, response())).toEqual([]);
  });

  it.each<[string, Row, unknown, object[]]>([
    [
      'shows a protected attribute',
      guarded,
      response({ ...visible, SuperPower: 'Strength' }),
      [{ path: 'Items[0].SuperPower', expected: null, found: 'Strength' }],
    ],
    [
      'lacks an imported item',
      imported,
      response(),
      [
        { path: 'Count', expected: 1, found: 0 },
        { path: 'ScannedCount', expected: 1, found: 0 },
        { path: 'Items[0]', expected: visible, found: null },
      ],
    ],
    [
      'shows a protected attribute of a create-only item',
      createOnly,
      response({ ...visible, SuperPower: 'Flight' }),
      [{ path: 'Items[0].SuperPower', expected: null, found: 'Flight' }],
    ],
    [
      'lacks an attribute',
      lab,
      response(visible),
      [
        { path: 'Items[0].Missions', expected: 3, found: null },
        { path: 'Items[0].SuperPower', expected: 'Strength', found: null },
      ],
    ],
    [
      'is another item',
      createOnly,
      response(hulk),
      [{ path: 'Items[0].Name', expected: 'Superman', found: 'Hulk' }],
    ],
    [
      'is empty',
      guarded,
      response(),
      [
        { path: 'Count', expected: 1, found: 0 },
        { path: 'ScannedCount', expected: 1, found: 0 },
        { path: 'Items[0]', expected: visible, found: null },
      ],
    ],
    ['is none of a query', lab, 1, [{ path: '', expected: 'the response of a query', found: 1 }]],
    [
      'has no metadata',
      lab,
      { ...response(superman), ResponseMetadata: undefined },
      [{ path: 'HTTPStatusCode', expected: 200, found: null }],
    ],
  ])('fails when it %s', (_, row, answer, differences) => {
    expect(differencesIn(row, query, answer)).toEqual(
      expect.arrayContaining(differences.map((it) => expect.objectContaining(it))),
    );
    expect(differencesIn(row, query, answer)).toHaveLength(differences.length);
  });
});

describe('a line for each check', () => {
  it.each([
    [{ ok: true, differences: [], problem: null }, 'ok     QueryFunction {"superhero":"Superman"}'],
    [
      { ok: false, differences: [{ path: 'Count', expected: 1, found: 0 }], problem: null },
      'failed QueryFunction {"superhero":"Superman"}\n  Count: expected 1, found 0',
    ],
    [
      { ok: false, differences: [], problem: 'not deployed' },
      'failed QueryFunction {"superhero":"Superman"}\n  not deployed',
    ],
  ])('tells %j', (outcome, text) => {
    expect(describeCheck({ functionName: 'QueryFunction', event: query.event, ...outcome })).toBe(text);
  });
});
