import { readFileSync } from 'node:fs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { InputError } from '../../input-error';
import { loadSeedData, maxItems, type SeedItem } from '../../seed-data/load-items';
import { hero, mistakesIn, readHeroes } from './heroes';

const file = 'seed-data/super-missions.json';
const options = { partitionKey: 'SuperHero' };

describe('the shipped file', () => {
  const notebook = [
    missions('Superman', 'Save the world', 'Super strength', 'Laser eyes', [
      ['SuperWeakness', 'Kryptonite'],
      ...villains('Lex Luthor', 'Brainiac', 'Darkseid', 'Bizarro'),
    ]),
    missions('Batman', 'Save Gotham City', 'Super intelligence', 'Utility belt', [
      ...villains('Joker', 'Two-Face', 'Penguin'),
    ]),
    missions('Spiderman', 'Catch the bad guys', 'Super agility', 'Spider web', [
      ...villains('Green Goblin', 'Venom'),
    ]),
    missions('Ironman', 'Save the world', 'Super intelligence', 'Mark 50', [
      ...villains('Mandarin', 'Whiplash', 'Ultron'),
    ]),
    missions('Captain America', 'Save the world', 'Super strength', 'Shield', [
      ...villains('Red Skull', 'Hydra'),
    ]),
  ];

  it("holds the notebook's five records in its order", () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(notebook);
  });

  it('loads, sorted by key', () => {
    const items = loadSeedData(file, options);

    expect(items.map(({ key }) => key)).toEqual([
      'Batman',
      'Captain America',
      'Ironman',
      'Spiderman',
      'Superman',
    ]);
    expect(items.map(recordOf)).toEqual(expect.arrayContaining(notebook));
  });

  function missions(hero: string, mission: string, power: string, weapon: string, more: string[][]) {
    const attributes = { SuperHero: hero, SuperMission: mission, SuperPower: power, SuperWeapon: weapon };
    return { ...attributes, ...Object.fromEntries(more) };
  }

  function villains(...names: string[]) {
    return names.map((name, index) => [`Villain${index + 1}`, name]);
  }
});

describe('the file', () => {
  it('may be an empty list', () => {
    expect(readHeroes('[]')).toEqual([]);
  });

  it('may start with a byte order mark', () => {
    expect(readHeroes(`\ufeff${hero('"n":1')}`)).toEqual(readHeroes(hero('"n":1')));
  });

  it('fails when it is missing', () => {
    expect(() => loadSeedData('seed-data/none.json', options)).toThrow(
      new InputError('seed-data/none.json: cannot be read, got "ENOENT"; expected a JSON file'),
    );
  });

  it('fails when it is a folder', () => {
    expect(() => loadSeedData('seed-data', options)).toThrow(
      new InputError('seed-data: cannot be read, got "EISDIR"; expected a JSON file'),
    );
  });

  it.each([
    ['empty', '', ':1:1: not JSON (JSON value expected), got nothing; expected JSON'],
    ['cut off', '[\n  {"a": 1', ":2:10: not JSON (Quoted object key or end of object '}' expected)"],
    [
      'not JSON',
      '[{"a":1}\n {}]',
      ':2:2: not JSON (Comma \',\' expected after value), got "{"; expected JSON',
    ],
    ['broken by a line break in a string', '["a\nb"]', ':1:4: not JSON (Invalid character \' \'), got "\\n"'],
    ['an object', '{"a":1}', ': not a list, got "{…}"; expected an array of records'],
    ['a number', '1.50', ': not a list, got 1.5; expected an array of records'],
    [
      'nested beyond any use',
      '['.repeat(100_000),
      ': nested too deep, got "[[[[[[[[[[[[[[[[[[[["; expected fewer',
    ],
  ])('fails when it is %s', (_, text, message) => {
    expect(mistakesIn(text)).toEqual([expect.stringContaining(`seed-data/heroes.json${message}`)]);
  });

  it.each([
    ['in Latin-1', Buffer.from('[\n{"ñ":1}]', 'latin1'), ':2:3: not UTF-8, got "f1223a31"'],
    ['in UTF-16', Buffer.from('\ufeff[]', 'utf16le'), ':1:1: not UTF-8, got "fffe5b00"'],
    ['cut off within a character', Buffer.from('["ñ').subarray(0, 3), ':1:3: not UTF-8, got "c3"'],
  ])('fails when it is %s', (_, content, message) => {
    expect(mistakesIn(content)).toEqual([`seed-data/heroes.json${message}; expected a file saved as UTF-8`]);
  });
});

describe('records', () => {
  it(`may be ${maxItems}`, () => {
    expect(readHeroes(manyHeroes(maxItems))).toHaveLength(maxItems);
  });

  it('fails when they are more, and names the road for many', () => {
    expect(mistakesIn(manyHeroes(maxItems + 1))).toEqual([
      "seed-data/heroes.json: too many records to review one by one, got 201; expected at most 200; for more, set the row's seed in environments.ts to { mode: 'import', manifest: 'seed-data/import.json' } and run \"npm run seed:upload -- seed-data/heroes.json\"",
    ]);
  });

  it.each([
    ['null', 'null'],
    ['1e3', '1000'],
    ['"Batman"', '"Batman"'],
    ['[]', '"[…]"'],
  ])('fails when one is %s', (record, shown) => {
    expect(mistakesIn(`[{"SuperHero":"A"},${record}]`)).toEqual([
      `seed-data/heroes.json[1]: record is not an object, got ${shown}; expected attributes by name`,
    ]);
  });

  it('may repeat a name in different objects', () => {
    expect(mistakesIn('[{"SuperHero":"A","x":{"x":[{"x":1},{"x":1}]}},{"SuperHero":"B","x":1}]')).toEqual([]);
  });

  it('may hold text that looks like JSON', () => {
    expect(mistakesIn(hero('"x":"{\\"a\\":1,\\"a\\":1},\\\\"'))).toEqual([]);
  });

  it.each([
    ['other values', '"x":1,"x":2'],
    ['equal values', '"x":"same","x":"same"'],
    ['values of another type', '"x":[],"x":{}'],
    ['the name spelt otherwise', '"x":1,"\\u0078":1'],
    ['a map in between', '"x":1,"y":{"z":[{}]},"x":1'],
    ['the repetition in a map', '"y":[{"x":1,"x":1}]'],
  ])('fails when a name is repeated with %s', (_, attributes) => {
    expect(mistakesIn(`[{"SuperHero":"B","y":[1,{}]},${hero(attributes).slice(1)}`)).toEqual([
      'seed-data/heroes.json[1]: duplicate attribute name, got "x"; expected unique names',
    ]);
  });

  it('fails with all problems at once', () => {
    const text = `[
      {"SuperHero": "A", "n": [1, {"odd name": 1e126}]},
      {"SuperHero": "A", "SuperHero": "A", "": "\\ud800"},
      {"superHero": "B"},
      7
    ]`;

    expect(mistakesIn(text)).toEqual([
      'seed-data/heroes.json[1]: duplicate attribute name, got "SuperHero"; expected unique names',
      'seed-data/heroes.json[0].n[1]["odd name"]: number out of range, got "1e126"; expected zero, or a magnitude from 1E-130 to 9.9999999999999999999999999999999999999E+125',
      'seed-data/heroes.json[1]: empty attribute name, got ""; expected 1 to 65535 bytes of UTF-8',
      'seed-data/heroes.json[1][""]: half of a surrogate pair, which UTF-8 cannot hold, got "\\ud800"; expected whole characters',
      'seed-data/heroes.json[2].SuperHero: partition key missing, got nothing; expected a string of 1 to 2048 bytes of UTF-8',
      'seed-data/heroes.json[3]: record is not an object, got 7; expected attributes by name',
      'seed-data/heroes.json[1].SuperHero: duplicate partition key, got "A"; expected unique keys',
    ]);
  });

  function manyHeroes(count: number) {
    return JSON.stringify(Array.from({ length: count }, (_, index) => ({ SuperHero: `hero ${index}` })));
  }
});

describe('the partition key', () => {
  it.each([
    ['of one byte', 'A'],
    ['of 2,048 bytes', 'é'.repeat(1_024)],
    ['of spaces', ' '],
  ])('may be %s', (_, key) => {
    expect(readHeroes(JSON.stringify([{ SuperHero: key }]))[0]?.key).toBe(key);
  });

  it.each([
    ['missing', '"superhero":"A"', 'partition key missing, got nothing'],
    ['null', '"SuperHero":null', 'partition key is not a string, got null'],
    ['a number', '"SuperHero":5', 'partition key is not a string, got 5'],
    ['a list', '"SuperHero":["A"]', 'partition key is not a string, got "[…]"'],
    ['empty', '"SuperHero":""', 'partition key is empty, got ""'],
    ['of 2,049 bytes', `"SuperHero":"a${'é'.repeat(1_024)}"`, 'partition key too long, got "aé'],
  ])('fails when it is %s', (_, attributes, message) => {
    const where = 'seed-data/heroes.json[0].SuperHero';
    expect(mistakesIn(`[{${attributes}}]`)).toEqual([expect.stringContaining(`${where}: ${message}`)]);
  });

  it('may have a name of 255 bytes', () => {
    const name = 'é'.repeat(127).concat('a');
    expect(mistakesIn(JSON.stringify([{ [name]: 'A' }]), name)).toEqual([]);
  });

  it('fails when its name has 256 bytes', () => {
    const name = 'é'.repeat(128);
    expect(mistakesIn(JSON.stringify([{ [name]: 'A' }]), name)).toEqual([
      expect.stringContaining('seed-data/heroes.json: name of the partition key too long'),
    ]);
  });

  it.each([
    ['case', 'Batman', 'batman'],
    ['Unicode form', 'Águila'.normalize('NFC'), 'Águila'.normalize('NFD')],
    ['a space at the end', 'Batman', 'Batman '],
  ])('may differ from another by %s alone', (_, one, other) => {
    const items = readHeroes(JSON.stringify([{ SuperHero: one }, { SuperHero: other }]));
    expect(new Set(items.map(({ id }) => id)).size).toBe(2);
  });

  it('fails when it equals another, however it is written', () => {
    expect(mistakesIn('[{"SuperHero":"A"},{"SuperHero":"B"},{"SuperHero":"\\u0041"}]')).toEqual([
      'seed-data/heroes.json[2].SuperHero: duplicate partition key, got "A"; expected unique keys',
    ]);
  });

  it('orders items by its bytes', () => {
    const keys = ['Zorro', 'a', 'É', '\u{fb01}', '🦇'];
    const items = readHeroes(JSON.stringify(keys.toReversed().map((key) => ({ SuperHero: key }))));
    expect(items.map(({ key }) => key)).toEqual(keys);
  });
});

describe('the construct id', () => {
  it.each([
    ['captain-america-90b34f77', 'Captain America'],
    ['aguila-roja-5151cca4', '  Águila / Roja  '],
    ['item-3po-b8a8f053', '3PO'],
    ['item-ab0cbf3c', '🦇'],
    [`${'x'.repeat(40)}-1d1801f7`, 'x'.repeat(2_048)],
  ])('stays %s', (id, key) => {
    expect(readHeroes(JSON.stringify([{ SuperHero: key }]))[0]?.id).toBe(id);
  });
});

function recordOf({ item }: SeedItem) {
  return unmarshall(JSON.parse(item));
}
