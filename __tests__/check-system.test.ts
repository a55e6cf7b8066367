import { checkSystem, type System } from '../check-system';
import type { Fn, Table } from '../declarations';
import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import * as declared from '../system';

const [id = '', otherId = ''] = Object.keys(declared.functions);
const seasons: Table = {
  name: 'Seasons',
  key: { Team: 'S', Year: 'N' },
  indexes: {
    ByCity: { key: { City: 'S' }, projection: ['Coach'] },
    ByWins: { key: { Team: 'S', Wins: 'N' }, kind: 'local', projection: 'keys' },
  },
  visibleAttributes: ['Team', 'Year'],
};
const reader: Fn = {
  name: 'Reader',
  reads: [{ query: seasons, index: 'ByCity', attributes: ['City', 'Coach', 'Year'] }, { get: seasons }],
  smoke: [{ event: {}, answer: [] }],
};
const system = (table: object = {}, fn: object = {}): System => {
  const changed = { ...seasons, ...table } as Table;
  const reads = reader.reads.map((read) =>
    'query' in read ? { ...read, query: changed } : { get: changed },
  );
  return { tables: { seasons: changed }, functions: { [id]: { ...reader, reads, ...fn } as unknown as Fn } };
};
const reading = (read: object) => ({ reads: [{ query: seasons, ...read }] });
const inTable = (read: object): System => ({
  tables: { seasons },
  functions: { [id]: { ...reader, ...reading(read) } as unknown as Fn },
});

it('accepts tables with sort keys and indexes of every kind', () => {
  expect(() => checkSystem(system(), '-prod')).not.toThrow();
});

it.each(['local', 'lab', 'prod'])('accepts what is declared, in %s', (name) => {
  expect(readEnvironment({ SUPERMISSION_ENV: name }).name).toBe(name);
});

const table = 'system.ts: tables.seasons';
const fn = `system.ts: functions.${id}`;
it.each<[string, System, string]>([
  [
    'a name with a space',
    system({ name: 'All Seasons' }),
    `${table}.name: bad value, got "All Seasons-prod"; expected 3 to 255`,
  ],
  ['no key', system({ key: {} }), `${table}.key: not a key, got []; expected a partition key, or`],
  ['three keys', system({ key: { A: 'S', B: 'S', C: 'S' } }), `${table}.key: not a key, got ["A","B","C"]`],
  [
    'a key of a wrong type',
    system({ key: { Team: 'SS' } }),
    `${table}.key.Team: unknown type, got "SS"; expected S, N or B`,
  ],
  ['a key that is a number', system({ key: { 7: 'S' } }), `${table}.key: bad name of an attribute, got "7"`],
  [
    'a seed elsewhere',
    system({ seed: '../a.json' }),
    `${table}.seed: bad value, got "../a.json"; expected a JSON file in seed-data/`,
  ],
  [
    'visible attributes without the key',
    system({ visibleAttributes: ['Team'] }),
    `${table}.visibleAttributes: lacks an attribute of the key, got ["Team"]; expected Year among them`,
  ],
  [
    'an attribute with two types',
    system({ indexes: { ByYear: { key: { Year: 'S' } } } }),
    `${table}.indexes.ByYear.key.Year: another type, got "S"; expected N, its type in another key of the table`,
  ],
  [
    'a local index with a partition key of its own',
    system({ indexes: { ByCity: { key: { City: 'S', Year: 'N' }, kind: 'local' } } }),
    `${table}.indexes.ByCity.key: not a local index, got ["City","Year"]; expected Team and a sort key`,
  ],
  [
    'a projection that names a key',
    system({ indexes: { ByCity: { key: { City: 'S' }, projection: ['Team'] } } }),
    `${table}.indexes.ByCity.projection: bad list, got ["Team"]`,
  ],
  [
    'six local indexes',
    system({
      indexes: Object.fromEntries(
        [1, 2, 3, 4, 5, 6].map((n) => [`Local${n}`, { key: { Team: 'S', [`A${n}`]: 'S' }, kind: 'local' }]),
      ),
    }),
    `${table}.indexes: too many local ones, got 6; expected at most 5`,
  ],
  [
    'a hundred and one projected attributes',
    system({
      indexes: {
        ByCity: { key: { City: 'S' }, projection: Array.from({ length: 51 }, (_, n) => `A${n}`) },
        ByYear: { key: { Year: 'N' }, projection: Array.from({ length: 50 }, (_, n) => `A${n}`) },
      },
    }),
    `${table}.indexes: too many attributes, got 101; expected at most 100 in all lists of "projection"`,
  ],
  ['a name that is too long', system({}, { name: 'x'.repeat(60) }), `${fn}.name: bad value, got "xxx`],
  [
    'no smoke invocation',
    system({}, { smoke: [] }),
    `${fn}.smoke: not smoke-tested, got []; expected at least one invocation`,
  ],
  [
    'a variable of Lambda',
    system({}, { variables: { AWS_REGION: 'x' } }),
    `${fn}.variables: bad value, got "AWS_REGION"`,
  ],
  [
    'the policy id of the logs',
    system({}, { policy: { id: 'logs', name: 'A' } }),
    `${fn}.policy.id: bad value, got "logs"`,
  ],
  [
    'a table that is not declared',
    { tables: {}, functions: { [id]: reader } },
    `${fn}.reads[0]: a table that is not among tables, got "Seasons"`,
  ],
  [
    'an index that is not declared',
    inTable({ index: 'ByX' }),
    `${fn}.reads[0].index: no such index, got "ByX"; expected one of ByCity, ByWins`,
  ],
  [
    'attributes without the key of the index',
    inTable({ index: 'ByCity', attributes: ['Team'] }),
    `${fn}.reads[0].attributes: lacks an attribute of the key, got ["Team"]; expected City among them`,
  ],
  [
    'attributes that an index does not hold',
    inTable({ index: 'ByCity', attributes: ['City', 'Wins'] }),
    `${fn}.reads[0].attributes: not in the index, got "Wins"; expected one of Team, Year, City, Coach`,
  ],
  [
    'limits on get',
    system({}, { reads: [{ get: seasons, attributes: ['Team', 'Year'] }] }),
    `${fn}.reads[0]: more than get can do`,
  ],
  [
    'a function without a handler',
    { tables: { seasons }, functions: { nowhere: reader } },
    'system.ts: functions.nowhere: no handler, got nothing; expected lambdas/nowhere-function/index.ts',
  ],
  [
    'a function of the web without a route',
    system({}, { webOnly: true }),
    `${fn}.webOnly: nobody would call it, got true; expected a route`,
  ],
  [
    'a function that reads nothing and is to answer items',
    system({}, { reads: [], smoke: [{ event: {}, answers: 'all items' }] }),
    `${fn}.reads: nothing to compare answers with, got []; expected a table`,
  ],
  [
    'a route without a path',
    system({}, { route: { get: 'missions' } }),
    `${fn}.route.get: bad value, got "missions"; expected a path such as /missions/{superhero}`,
  ],
  [
    'a route with half a parameter',
    system({}, { route: { get: '/missions/{superhero' } }),
    `${fn}.route.get: bad value, got "/missions/{superhero"`,
  ],
  [
    'a parameter that is named twice',
    system({}, { route: { get: '/missions/{hero}', query: { hero: 'text' } } }),
    `${fn}.route: named twice, got "hero"; expected different names of all parameters`,
  ],
  [
    'a parameter of an unknown kind',
    system({}, { route: { get: '/missions', query: { limit: 'integer' } } }),
    `${fn}.route.query.limit: unknown kind, got "integer"; expected text, number or list`,
  ],
  [
    'a parameter with a hyphen',
    system({}, { route: { get: '/missions', query: { 'page-size': 'number' } } }),
    `${fn}.route.query: bad value, got "page-size"`,
  ],
  [
    'two routes that API Gateway cannot tell apart',
    {
      tables: { seasons },
      functions: {
        [id]: { ...reader, route: { get: '/seasons/{team}' } },
        [otherId]: { ...reader, name: 'Other', route: { get: '/seasons/{city}' } },
      },
    },
    `system.ts: functions.${otherId}.route.get: that of another route, got "/seasons/{}"; expected one of its own`,
  ],
  [
    'two tables of one name',
    { tables: { seasons, others: { ...seasons, label: 'others' } }, functions: {} },
    'system.ts: tables.others.name: that of another table, got "Seasons"; expected one of its own',
  ],
])('fails when there is %s', (_, declaration, message) => {
  expect(() => checkSystem(declaration, '-prod')).toThrow(InputError);
  expect(() => checkSystem(declaration, '-prod')).toThrow(message);
});
