import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  accessOf,
  type Fn,
  type Index,
  pathParameters,
  type Route,
  type Table,
  type TableKey,
  tableLabel,
} from './declarations';
import { InputError, type Problem } from './input-error';

/** What is declared, by ids. */
export interface System {
  readonly tables: Readonly<Record<string, Table>>;
  readonly functions: Readonly<Record<string, Fn>>;
}

/**
 * Check what the compiler cannot see: what AWS takes, and what fits together.
 *
 * @param nameSuffix - ends the names in AWS
 * @throws InputError with one line for each problem
 */
export function checkSystem(system: System, nameSuffix: string): void {
  const problems: Problem[] = [];
  for (const [id, table] of Object.entries(system.tables)) {
    problems.push(...tableProblems(`system.ts: tables.${id}`, id, table, nameSuffix));
  }
  for (const [id, fn] of Object.entries(system.functions)) {
    problems.push(...functionProblems(`system.ts: functions.${id}`, id, fn, system, nameSuffix));
  }
  problems.push(...repeatedNames(system));
  if (problems.length > 0) throw new InputError(...problems);
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html for names, keys and indexes. */
const [tableNamePattern, tableNameExpected] = [
  /^[\w.-]{3,255}$/,
  '3 to 255 letters, digits, dots, hyphens and underscores, the suffix of the environment included',
];
const maxKeyNameBytes = 255;
const maxIndexes = { global: 20, local: 5 };
const maxProjected = 100;

function* tableProblems(where: string, id: string, table: Table, nameSuffix: string): Generator<Problem> {
  yield* unlessMatches(where, id, /^[a-z][a-zA-Z0-9-]*$/, 'an id of letters, digits and hyphens');
  yield* unlessMatches(`${where}.name`, `${table.name}${nameSuffix}`, tableNamePattern, tableNameExpected);
  yield* unlessMatches(
    `${where}.label`,
    tableLabel(table),
    /^[a-z][a-z0-9_]*$/,
    'lower-case letters, digits and underscores',
  );
  if (table.seed !== undefined) {
    yield* unlessMatches(
      `${where}.seed`,
      table.seed,
      /^seed-data\/[\w.-]+\.json$/,
      'a JSON file in seed-data/',
    );
  }
  yield* keyProblems(`${where}.key`, table.key);

  const indexes = Object.entries(table.indexes ?? {});
  for (const kind of ['global', 'local'] as const) {
    const got = indexes.filter(([, index]) => (index.kind ?? 'global') === kind).length;
    const expected = `at most ${maxIndexes[kind]}`;
    if (got > maxIndexes[kind])
      yield { where: `${where}.indexes`, what: `too many ${kind} ones`, got, expected };
  }
  const named = indexes.flatMap(([, { projection }]) => (Array.isArray(projection) ? projection : []));
  if (named.length > maxProjected) {
    const expected = `at most ${maxProjected} in all lists of "projection"`;
    yield { where: `${where}.indexes`, what: 'too many attributes', got: named.length, expected };
  }
  const types = new Map(Object.entries(table.key));
  for (const [name, index] of indexes) {
    const place = `${where}.indexes.${name}`;
    yield* unlessMatches(
      place,
      name,
      tableNamePattern,
      '3 to 255 letters, digits, dots, hyphens and underscores',
    );
    yield* keyProblems(`${place}.key`, index.key);
    yield* indexProblems(place, table, index);
    for (const [attribute, type] of Object.entries(index.key)) {
      const other = types.get(attribute) ?? type;
      if (other !== type) {
        const expected = `${other}, its type in another key of the table`;
        yield { where: `${place}.key.${attribute}`, what: 'another type', got: type, expected };
      }
      types.set(attribute, type);
    }
  }
  if (table.visibleAttributes) {
    yield* attributeProblems(`${where}.visibleAttributes`, table.visibleAttributes, Object.keys(table.key));
  }
}

function* keyProblems(where: string, key: TableKey): Generator<Problem> {
  const names = Object.keys(key);
  if (names.length < 1 || names.length > 2) {
    const expected = 'a partition key, or a partition key and a sort key';
    yield { where, what: 'not a key', got: names, expected };
  }
  for (const [name, type] of Object.entries(key)) {
    const bytes = Buffer.byteLength(name);
    // JavaScript puts names that are whole numbers first, whatever their order in the source.
    if (bytes < 1 || bytes > maxKeyNameBytes || /^\d+$/.test(name)) {
      const expected = `a name of 1 to ${maxKeyNameBytes} bytes that is no whole number`;
      yield { where, what: 'bad name of an attribute', got: name, expected };
    }
    if (!['S', 'N', 'B'].includes(type)) {
      yield { where: `${where}.${name}`, what: 'unknown type', got: type, expected: 'S, N or B' };
    }
  }
}

function* indexProblems(where: string, table: Table, { key, kind, projection }: Index): Generator<Problem> {
  if (kind === 'local') {
    const [partitionKey, sortKey] = Object.keys(table.key);
    const [ownPartitionKey, ownSortKey] = Object.keys(key);
    if (!sortKey || !ownSortKey || ownPartitionKey !== partitionKey) {
      const expected = `${partitionKey} and a sort key, in a table that has a sort key`;
      yield { where: `${where}.key`, what: 'not a local index', got: Object.keys(key), expected };
    }
  }
  if (Array.isArray(projection)) {
    const keys = [...Object.keys(table.key), ...Object.keys(key)];
    const named = projection.filter((name) => keys.includes(name));
    if (projection.length === 0 || named.length > 0) {
      const expected = 'attributes beside those of the keys, which every index holds; or "keys"';
      yield { where: `${where}.projection`, what: 'bad list', got: projection, expected };
    }
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html for the names. */
function* functionProblems(
  where: string,
  id: string,
  fn: Fn,
  { tables }: System,
  nameSuffix: string,
): Generator<Problem> {
  const withSuffix = (name: string) => `${name}${nameSuffix}`;
  const included = 'the suffix of the environment included';
  yield* unlessMatches(where, id, /^[a-z][a-z0-9-]*$/, 'an id of lower-case letters, digits and hyphens');
  const entry = `lambdas/${id}-function/index.ts`;
  if (!existsSync(join(__dirname, entry)))
    yield { where, what: 'no handler', got: undefined, expected: entry };
  yield* unlessMatches(
    `${where}.name`,
    withSuffix(fn.name),
    /^[\w-]{1,64}$/,
    `1 to 64 letters, digits, hyphens and underscores, ${included}`,
  );
  yield* unlessMatches(
    `${where}.role`,
    withSuffix(fn.role ?? `${fn.name}Role`),
    /^[\w+=,.@-]{1,64}$/,
    `1 to 64 letters, digits and characters of +=,.@-_, ${included}`,
  );
  if (fn.policy) {
    yield* unlessMatches(
      `${where}.policy.id`,
      fn.policy.id,
      /^(?!logs$)[a-z][a-z0-9-]*$/,
      'an id other than "logs"',
    );
    yield* unlessMatches(
      `${where}.policy.name`,
      withSuffix(fn.policy.name),
      /^[\w+=,.@-]{1,128}$/,
      `1 to 128 letters, digits and characters of +=,.@-_, ${included}`,
    );
  }
  for (const name of Object.keys(fn.variables ?? {})) {
    const expected = 'a letter, then letters, digits and underscores, not beginning with AWS_';
    yield* unlessMatches(`${where}.variables`, name, /^(?!AWS_)[a-zA-Z][a-zA-Z0-9_]+$/, expected);
  }
  if (fn.smoke.length === 0) {
    const expected =
      'at least one invocation, with what is right: without it nobody knows that the function works';
    yield { where: `${where}.smoke`, what: 'not smoke-tested', got: fn.smoke, expected };
  }
  if (fn.webOnly && !fn.route) {
    const expected = 'a route, by which the web gets to it';
    yield { where: `${where}.webOnly`, what: 'nobody would call it', got: true, expected };
  }
  const comparesItems = fn.smoke.some((it) => 'answers' in it && it.answers !== 'HTML');
  if (fn.reads.length === 0 && (comparesItems || fn.notebookPolicy)) {
    const expected = 'a table; or smoke invocations with their answers, and no notebookPolicy';
    yield { where: `${where}.reads`, what: 'nothing to compare answers with', got: fn.reads, expected };
  }
  if (fn.route) yield* routeProblems(`${where}.route`, fn.route);
  for (const [index, read] of fn.reads.entries()) {
    const { operation, table, index: indexName, attributes } = accessOf(read);
    const place = `${where}.reads[${index}]`;
    if (!Object.values(tables).includes(table)) {
      const expected = `one of ${Object.keys(tables).join(', ')}`;
      yield { where: place, what: 'a table that is not among tables', got: table.name, expected };
    }
    if (read.attributes === 'visible' && !table.visibleAttributes) {
      const expected = 'a list, or visibleAttributes in the table';
      yield { where: `${place}.attributes`, what: 'no such list', got: read.attributes, expected };
    }
    if (operation === 'GetItem' && (indexName !== undefined || attributes)) {
      const expected =
        'neither index nor attributes: no condition of IAM surely limits what GetItem answers; use query';
      yield { where: place, what: 'more than get can do', got: read, expected };
      continue;
    }
    const found = indexName === undefined ? undefined : table.indexes?.[indexName];
    if (indexName !== undefined && !found) {
      const expected = `one of ${Object.keys(table.indexes ?? {}).join(', ') || 'none: the table has no index'}`;
      yield { where: `${place}.index`, what: 'no such index', got: indexName, expected };
    }
    if (!attributes) continue;
    const keys = Object.keys({ ...table.key, ...found?.key });
    yield* attributeProblems(`${place}.attributes`, attributes, found ? Object.keys(found.key) : keys);
    const { projection = 'all' } = found ?? {};
    if (projection === 'all') continue;
    const held = [...keys, ...(projection === 'keys' ? [] : projection)];
    for (const got of attributes.filter((name) => !held.includes(name))) {
      const expected = `one of ${held.join(', ')}`;
      yield { where: `${place}.attributes`, what: 'not in the index', got, expected };
    }
  }
}

function* routeProblems(where: string, route: Route): Generator<Problem> {
  yield* unlessMatches(
    `${where}.get`,
    route.get,
    /^\/$|^(\/([\w.~-]+|\{[a-zA-Z]\w*\}))+$/,
    'a path such as /missions/{superhero}, without a slash at its end',
  );
  const names = [...pathParameters(route), ...Object.keys(route.query ?? {})];
  for (const got of names.filter((name, index) => names.indexOf(name) !== index)) {
    yield { where, what: 'named twice', got, expected: 'different names of all parameters' };
  }
  for (const [name, got] of Object.entries(route.query ?? {})) {
    yield* unlessMatches(
      `${where}.query`,
      name,
      /^[a-zA-Z]\w*$/,
      'a name of letters, digits and underscores',
    );
    if (['text', 'number', 'list'].includes(got)) continue;
    yield { where: `${where}.query.${name}`, what: 'unknown kind', got, expected: 'text, number or list' };
  }
}

/** A request names the key it looks for, so IAM finds it among the attributes. */
function* attributeProblems(
  where: string,
  attributes: readonly string[],
  keys: readonly string[],
): Generator<Problem> {
  for (const name of keys.filter((it) => !attributes.includes(it))) {
    yield { where, what: 'lacks an attribute of the key', got: attributes, expected: `${name} among them` };
  }
  const twice = attributes.filter((name, index) => attributes.indexOf(name) !== index);
  for (const got of twice) yield { where, what: 'named twice', got, expected: 'different names' };
}

function* repeatedNames({ tables, functions }: System): Generator<Problem> {
  const fns = Object.entries(functions);
  const named: Record<string, readonly (readonly [where: string, name: string])[]> = {
    table: Object.entries(tables).map(([id, { name }]) => [`tables.${id}.name`, name]),
    label: Object.entries(tables).map(([id, table]) => [`tables.${id}.label`, tableLabel(table)]),
    function: fns.map(([id, { name }]) => [`functions.${id}.name`, name]),
    role: fns.map(([id, { name, role }]) => [`functions.${id}.role`, role ?? `${name}Role`]),
    policy: fns.map(([id, { name, policy }]) => [
      `functions.${id}.policy`,
      policy?.name ?? `${name}ReadPolicy`,
    ]),
    // Paths are the same to API Gateway whatever their segments are called.
    route: fns.flatMap(([id, { route }]) =>
      route ? [[`functions.${id}.route.get`, route.get.replaceAll(/\{\w+\}/g, '{}')] as const] : [],
    ),
  };
  for (const [what, names] of Object.entries(named)) {
    const seen = new Set<string>();
    for (const [where, got] of names) {
      if (seen.has(got))
        yield {
          where: `system.ts: ${where}`,
          what: `that of another ${what}`,
          got,
          expected: 'one of its own',
        };
      seen.add(got);
    }
  }
}

function* unlessMatches(where: string, got: string, pattern: RegExp, expected: string): Generator<Problem> {
  if (!pattern.test(got)) yield { where, what: 'bad value', got, expected };
}
