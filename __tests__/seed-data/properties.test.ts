import { readFileSync } from 'node:fs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { problemsIn, readHeroes } from './heroes';

/** A JSON value that keeps what `JSON.parse` would lose: the digits of numbers and the order of names. */
type Json =
  | { readonly scalar: string | boolean | null }
  | { readonly written: string; readonly plain: string }
  | { readonly list: readonly Json[] }
  | { readonly members: readonly (readonly [name: string, value: Json])[] };

interface Hero {
  readonly key: string;
  readonly attributes: readonly (readonly [name: string, value: Json])[];
}

const text = fc.string({ unit: 'binary' });
/** The SDK, which reads the items here, drops `__proto__`. */
const name = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name !== '__proto__');
const key = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('Batman', 'batman', 'BATMAN ', 'a/b', 'a b', 'é', 'e\u0301', '🦇', '🦸', '3PO', '-'),
);

/** Up to 38 digits whose first one stands for a power of ten from -130 to 125, and the same in plain digits. */
const number = fc
  .record({
    sign: fc.constantFrom('', '-'),
    digits: fc.bigInt({ min: 1n, max: 10n ** 38n - 1n }).map(String),
    magnitude: fc.integer({ min: -130, max: 125 }),
    point: fc.boolean(),
    e: fc.constantFrom('e', 'E'),
  })
  .map(({ sign, digits, magnitude, point, e }) => ({
    written: point
      ? `${sign}${digits[0]}.${digits.slice(1)}0${e}${magnitude}`
      : `${sign}${digits}${e}${magnitude - digits.length + 1}`,
    plain: sign + plainDigits(digits.replace(/0+$/, ''), magnitude),
  }));

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.boolean(), fc.constant(null)).map((scalar) => ({ scalar })),
    number,
    fc.array(tie('value'), { maxLength: 4 }).map((list) => ({ list })),
    membersOf(tie('value')).map((members) => ({ members })),
  ),
}));

const heroes: fc.Arbitrary<Hero[]> = fc.uniqueArray(
  fc.record({
    key,
    attributes: membersOf(value).map((members) => members.filter(([name]) => name !== 'Name')),
  }),
  { selector: (hero) => hero.key, maxLength: 8 },
);

test('every valid item comes back from its item, digit by digit', () => {
  fc.assert(
    fc.property(heroes, (heroes) => {
      const items = readHeroes(write(heroes)).map(({ key, item }) => [
        key,
        unmarshall(JSON.parse(item), { wrapNumbers: (plain) => ({ plain }) }),
      ]);

      expect(new Map(items as [string, unknown][])).toEqual(
        new Map(heroes.map((hero) => [hero.key, expectedValue({ members: membersWithKey(hero) })])),
      );
    }),
  );
});

test('the order of items and attributes changes nothing', () => {
  const shuffled = heroes.chain((heroes) =>
    fc.tuple(fc.constant(heroes), fc.shuffledSubarray(heroes, { minLength: heroes.length })),
  );
  fc.assert(
    fc.property(shuffled, ([heroes, shuffled]) => {
      expect(readHeroes(write(shuffled, (members) => members.toReversed()))).toEqual(
        readHeroes(write(heroes)),
      );
    }),
  );
});

test('distinct keys have distinct and legal ids, and a key alone decides its id', () => {
  const keys = fc.uniqueArray(key, { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(keys, ([renamed = '', ...others]) => {
      const idsBefore = idsOf(others);
      const ids = idsOf([...others, renamed]);

      expect(new Set(ids.values()).size).toBe(others.length + 1);
      for (const id of ids.values()) expect(id).toMatch(/^[a-z][a-z0-9-]{7,53}$/);
      ids.delete(renamed);
      expect(ids).toEqual(idsBefore);
    }),
  );
});

test('no content ends in anything but items or a list of problems', () => {
  const shipped = readFileSync('seed-data/super-missions.json');
  const damaged = fc
    .tuple(fc.nat(shipped.length), fc.nat(20), fc.uint8Array({ maxLength: 8 }))
    .map(([start, length, bytes]) =>
      Buffer.concat([shipped.subarray(0, start), bytes, shipped.subarray(start + length)]),
    );
  const content = fc.oneof(
    fc.uint8Array(),
    fc.json().map((json) => Buffer.from(json)),
    fc.array(fc.json()).map((items) => Buffer.from(`[${items}]`)),
    damaged,
  );
  fc.assert(
    fc.property(content, (content) => {
      for (const problem of problemsIn(content))
        expect(problem).toMatch(/^seed-data\/heroes\.json.*; expected /s);
    }),
    { numRuns: 1_000 },
  );
});

function membersOf(value: fc.Arbitrary<Json>) {
  return fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name, maxLength: 5 });
}

function membersWithKey({ key, attributes }: Hero): Hero['attributes'] {
  return [['Name', { scalar: key }], ...attributes];
}

type Arrange = (members: Hero['attributes']) => Hero['attributes'];

function write(heroes: readonly Hero[], arrange: Arrange = (members) => members): string {
  return writeValue({ list: heroes.map((hero) => ({ members: membersWithKey(hero) })) }, arrange);
}

function writeValue(json: Json, arrange: Arrange): string {
  if ('scalar' in json) return JSON.stringify(json.scalar);
  if ('written' in json) return json.written;
  if ('list' in json) return `[${json.list.map((element) => writeValue(element, arrange))}]`;
  const members = arrange(json.members).map(
    ([name, value]) => `${JSON.stringify(name)}: ${writeValue(value, arrange)}`,
  );
  return `{${members}}`;
}

function expectedValue(json: Json): unknown {
  if ('scalar' in json) return json.scalar;
  if ('written' in json) return { plain: json.plain };
  if ('list' in json) return json.list.map(expectedValue);
  return Object.fromEntries(json.members.map(([name, value]) => [name, expectedValue(value)]));
}

/** `d.ddd` times ten to the power of `magnitude` without an exponent. */
function plainDigits(digits: string, magnitude: number): string {
  if (magnitude < 0) return `0.${'0'.repeat(-magnitude - 1)}${digits}`;
  const integer = digits.slice(0, magnitude + 1).padEnd(magnitude + 1, '0');
  const fraction = digits.slice(magnitude + 1);
  return fraction === '' ? integer : `${integer}.${fraction}`;
}

function idsOf(keys: readonly string[]): Map<string, string> {
  const items = readHeroes(JSON.stringify(keys.map((key) => ({ Name: key }))));
  return new Map(items.map(({ key, id }) => [key, id]));
}
