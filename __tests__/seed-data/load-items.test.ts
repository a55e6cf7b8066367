import { readFileSync } from 'node:fs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { InputError } from '../../input-error';
import type { ItemRules } from '../../seed-data/check-item';
import { loadItems, maxItems, type SeedItem } from '../../seed-data/load-items';
import { missions } from '../../system';
import { partitionKey } from '../names';
import { hero, problemsIn, readHeroes } from './heroes';

const file = 'seed-data/super-missions.json';
const heroes: ItemRules = { key: { Name: 'S' } };

describe('the shipped file', () => {
  const notebook = [
    mission('Superman', 'Save the world', 'Super strength', 'Laser eyes', [
      ['SuperWeakness', 'Kryptonite'],
      ...villains('Lex Luthor', 'Brainiac', 'Darkseid', 'Bizarro'),
    ]),
    mission('Batman', 'Save Gotham City', 'Super intelligence', 'Utility belt', [
      ...villains('Joker', 'Two-Face', 'Penguin'),
    ]),
    mission('Spiderman', 'Catch the bad guys', 'Super agility', 'Spider web', [
      ...villains('Green Goblin', 'Venom'),
    ]),
    mission('Ironman', 'Save the world', 'Super intelligence', 'Mark 50', [
      ...villains('Mandarin', 'Whiplash', 'Ultron'),
    ]),
    mission('Captain America', 'Save the world', 'Super strength', 'Shield', [
      ...villains('Red Skull', 'Hydra'),
    ]),
  ];

  it("holds the notebook's five items in its order", () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(notebook);
  });

  it('loads, sorted by key', () => {
    const items = loadItems(file, missions);

    expect(items.map(({ key }) => key)).toEqual([
      'Batman',
      'Captain America',
      'Ironman',
      'Spiderman',
      'Superman',
    ]);
    expect(items.map(plainItem)).toEqual(expect.arrayContaining(notebook));
  });

  function mission(hero: string, mission: string, power: string, weapon: string, more: string[][]) {
    const attributes = {
      [partitionKey]: hero,
      SuperMission: mission,
      SuperPower: power,
      SuperWeapon: weapon,
    };
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
    expect(() => loadItems('seed-data/none.json', heroes)).toThrow(
      new InputError('seed-data/none.json: cannot be read, got "ENOENT"; expected a JSON file'),
    );
  });

  it('fails when it is a folder', () => {
    expect(() => loadItems('seed-data', heroes)).toThrow(
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
    ['an object', '{"a":1}', ': not a list, got "{…}"; expected a list of items'],
    ['a number', '1.50', ': not a list, got 1.5; expected a list of items'],
    [
      'nested beyond any use',
      '['.repeat(100_000),
      ': nested too deep, got "[[[[[[[[[[[[[[[[[[[["; expected fewer',
    ],
  ])('fails when it is %s', (_, text, message) => {
    expect(problemsIn(text)).toEqual([expect.stringContaining(`seed-data/heroes.json${message}`)]);
  });

  it.each([
    ['in Latin-1', Buffer.from('[\n{"ñ":1}]', 'latin1'), ':2:3: not UTF-8, got "f1223a31"'],
    ['in UTF-16', Buffer.from('\ufeff[]', 'utf16le'), ':1:1: not UTF-8, got "fffe5b00"'],
    ['cut off within a character', Buffer.from('["ñ').subarray(0, 3), ':1:3: not UTF-8, got "c3"'],
  ])('fails when it is %s', (_, content, message) => {
    expect(problemsIn(content)).toEqual([`seed-data/heroes.json${message}; expected a file saved as UTF-8`]);
  });
});

describe('items', () => {
  it(`may be ${maxItems}`, () => {
    expect(readHeroes(manyHeroes(maxItems))).toHaveLength(maxItems);
  });

  it('fails when they are more, and says how many are loaded', () => {
    expect(problemsIn(manyHeroes(maxItems + 1))).toEqual([
      "seed-data/heroes.json: too many items to review one by one, got 201; expected at most 200; for more, set the environment's seed in environments.ts to { mode: 'import', manifest: 'seed-data/import.json' }, write them as JSON Lines (jq -c '.[]' seed-data/heroes.json > items.jsonl) and run \"npm run seed:upload -- items.jsonl\"",
    ]);
  });

  it.each([
    ['null', 'null'],
    ['1e3', '1000'],
    ['"Batman"', '"Batman"'],
    ['[]', '"[…]"'],
  ])('fails when one is %s', (item, shown) => {
    expect(problemsIn(`[{"Name":"A"},${item}]`)).toEqual([
      `seed-data/heroes.json[1]: item is not an object, got ${shown}; expected attributes by name`,
    ]);
  });

  it('may repeat a name in different objects', () => {
    expect(problemsIn('[{"Name":"A","x":{"x":[{"x":1},{"x":1}]}},{"Name":"B","x":1}]')).toEqual([]);
  });

  it('may hold text that looks like JSON', () => {
    expect(problemsIn(hero('"x":"{\\"a\\":1,\\"a\\":1},\\\\"'))).toEqual([]);
  });

  it.each([
    ['other values', '"x":1,"x":2'],
    ['equal values', '"x":"same","x":"same"'],
    ['values of another type', '"x":[],"x":{}'],
    ['the name spelt otherwise', '"x":1,"\\u0078":1'],
    ['a map in between', '"x":1,"y":{"z":[{}]},"x":1'],
    ['the repetition in a map', '"y":[{"x":1,"x":1}]'],
  ])('fails when a name is repeated with %s', (_, attributes) => {
    expect(problemsIn(`[{"Name":"B","y":[1,{}]},${hero(attributes).slice(1)}`)).toEqual([
      'seed-data/heroes.json[1]: duplicate attribute name, got "x"; expected unique names',
    ]);
  });

  it('fails with all problems at once', () => {
    const text = `[
      {"Name": "A", "n": [1, {"odd name": 1e126}]},
      {"Name": "A", "Name": "A", "": "\\ud800"},
      {"superHero": "B"},
      7
    ]`;

    expect(problemsIn(text)).toEqual([
      'seed-data/heroes.json[1]: duplicate attribute name, got "Name"; expected unique names',
      'seed-data/heroes.json[0].n[1]["odd name"]: number out of range, got "1e126"; expected zero, or a magnitude from 1E-130 to 9.9999999999999999999999999999999999999E+125',
      'seed-data/heroes.json[1]: empty attribute name, got ""; expected 1 to 65535 bytes of UTF-8',
      'seed-data/heroes.json[1][""]: half of a surrogate pair, which UTF-8 cannot hold, got "\\ud800"; expected whole characters',
      'seed-data/heroes.json[2].Name: partition key missing, got nothing; expected a string of 1 to 2048 bytes of UTF-8',
      'seed-data/heroes.json[3]: item is not an object, got 7; expected attributes by name',
      'seed-data/heroes.json[1].Name: duplicate partition key, got "A"; expected unique keys',
    ]);
  });

  function manyHeroes(count: number) {
    return JSON.stringify(Array.from({ length: count }, (_, index) => ({ Name: `hero ${index}` })));
  }
});

describe('the partition key', () => {
  it.each([
    ['of one byte', 'A'],
    ['of 2,048 bytes', 'é'.repeat(1_024)],
    ['of spaces', ' '],
  ])('may be %s', (_, key) => {
    expect(readHeroes(JSON.stringify([{ Name: key }]))[0]?.key).toBe(key);
  });

  it.each([
    ['missing', '"superhero":"A"', 'partition key missing, got nothing'],
    ['null', '"Name":null', 'partition key is not a string, got null'],
    ['a number', '"Name":5', 'partition key is not a string, got 5'],
    ['a list', '"Name":["A"]', 'partition key is not a string, got "[…]"'],
    ['empty', '"Name":""', 'partition key is empty, got ""'],
    ['of 2,049 bytes', `"Name":"a${'é'.repeat(1_024)}"`, 'partition key too long, got "aé'],
  ])('fails when it is %s', (_, attributes, message) => {
    const where = 'seed-data/heroes.json[0].Name';
    expect(problemsIn(`[{${attributes}}]`)).toEqual([expect.stringContaining(`${where}: ${message}`)]);
  });

  it.each([
    ['case', 'Batman', 'batman'],
    ['Unicode form', 'Águila'.normalize('NFC'), 'Águila'.normalize('NFD')],
    ['a space at the end', 'Batman', 'Batman '],
  ])('may differ from another by %s alone', (_, one, other) => {
    const items = readHeroes(JSON.stringify([{ Name: one }, { Name: other }]));
    expect(new Set(items.map(({ id }) => id)).size).toBe(2);
  });

  it('fails when it equals another, however it is written', () => {
    expect(problemsIn('[{"Name":"A"},{"Name":"B"},{"Name":"\\u0041"}]')).toEqual([
      'seed-data/heroes.json[2].Name: duplicate partition key, got "A"; expected unique keys',
    ]);
  });

  it('orders items by its bytes', () => {
    const keys = ['Zorro', 'a', 'É', '\u{fb01}', '🦇'];
    const items = readHeroes(JSON.stringify(keys.toReversed().map((key) => ({ Name: key }))));
    expect(items.map(({ key }) => key)).toEqual(keys);
  });
});

describe('a key with a sort key', () => {
  const years: ItemRules = { key: { Team: 'S', Year: 'N' } };
  const one = { Team: 'Avengers', Year: 2012 };

  it('is unique as a whole', () => {
    expect(problemsIn(JSON.stringify([one, { ...one, Year: 2015 }, { ...one, Team: 'X' }]), years)).toEqual(
      [],
    );
  });

  it('fails when it equals another, however its number is written', () => {
    expect(
      problemsIn('[{"Team":"Avengers","Year":2012},{"Team":"Avengers","Year":20.120e2}]', years),
    ).toEqual([
      'seed-data/heroes.json[1]: duplicate key of Team and Year, got ["Avengers","2012"]; expected unique keys',
    ]);
  });

  it.each([
    ['has no sort key', { Team: 'A' }, '.Year: sort key missing, got nothing; expected a number'],
    [
      'has no partition key',
      { Year: 1 },
      '.Team: partition key missing, got nothing; expected a string of 1',
    ],
    ['has a sort key of another type', { Team: 'A', Year: '1' }, '.Year: sort key is not a number, got "1"'],
  ])('fails when an item %s', (_, item, message) => {
    expect(problemsIn(JSON.stringify([item]), years)).toEqual([
      expect.stringContaining(`seed-data/heroes.json[0]${message}`),
    ]);
  });

  it('may have 1,024 bytes beside a partition key of 2,048, and fails when either has one more', () => {
    const rules: ItemRules = { key: { a: 'S', b: 'S' } };
    const item = (a: number, b: number) => JSON.stringify([{ a: 'a'.repeat(a), b: 'b'.repeat(b) }]);

    expect(problemsIn(item(2_048, 1_024), rules)).toEqual([]);
    expect(problemsIn(item(2_049, 1_025), rules)).toEqual([
      expect.stringContaining('[0].a: partition key too long'),
      expect.stringContaining('[0].b: sort key too long'),
    ]);
  });

  it('has ids that no other key has, whatever its texts are', () => {
    const rules: ItemRules = { key: { a: 'S', b: 'S' } };
    const keys = [
      ['x', 'y'],
      ['x,y', 'z'],
      ['x', 'y,z'],
      ['x"', 'y'],
      ['x', '"y'],
    ];
    const items = readHeroes(JSON.stringify(keys.map(([a, b]) => ({ a, b }))), rules);
    expect(new Set(items.map(({ id }) => id)).size).toBe(keys.length);
  });
});

describe('a key of binary', () => {
  const rules: ItemRules = { key: { Hash: 'B' } };
  const item = (base64: string) => `{"Item":{"Hash":{"B":"${base64}"}}}`;

  it('is written in DynamoDB JSON', () => {
    expect(readHeroes(`[${item('AP8=')}]`, rules)).toEqual([
      { id: expect.stringMatching(/^ap8-[0-9a-f]{8}$/), key: 'AP8=', item: '{"Hash":{"B":"AP8="}}' },
    ]);
  });

  it('fails when it is text, and shows how it is written', () => {
    expect(problemsIn('[{"Hash":"AP8="}]', rules)).toEqual([
      'seed-data/heroes.json[0].Hash: partition key is not binary, got "AP8="; expected 1 to 2048 bytes, in an item written as DynamoDB JSON: {"Item": {"Hash": {"B": "<base64>"}}}',
    ]);
  });

  it.each([
    ['equals another', `${item('AP8=')},${item('AP8=')}`, '[1].Hash: duplicate partition key, got "AP8="'],
    ['is empty', item(''), '[0].Hash: partition key is empty, got {"B":""}'],
    ['has 2,049 bytes', item(Buffer.alloc(2_049).toString('base64')), '[0].Hash: partition key too long'],
  ])('fails when it %s', (_, items, message) => {
    expect(problemsIn(`[${items}]`, rules)).toEqual([expect.stringContaining(message)]);
  });

  it('may have 2,048 bytes', () => {
    expect(problemsIn(`[${item(Buffer.alloc(2_048).toString('base64'))}]`, rules)).toEqual([]);
  });
});

describe('the key of an index', () => {
  const rules: ItemRules = {
    key: { Team: 'S', Year: 'N' },
    indexes: { ByScore: { key: { Team: 'S', Score: 'N' } }, ByVillain: { key: { Villain: 'S', Team: 'S' } } },
  };
  const problems = (item: object) => problemsIn(JSON.stringify([{ Team: 'A', Year: 1, ...item }]), rules);

  it('may be missing, and may be like that of another item', () => {
    expect(problems({})).toEqual([]);
    const both = [1, 2].map((Year) => ({ Team: 'A', Year, Score: 5, Villain: 'Joker' }));
    expect(problemsIn(JSON.stringify(both), rules)).toEqual([]);
  });

  it.each([
    [
      'a sort key',
      { Score: '5' },
      '.Score: sort key of index ByScore is not a number, got "5"; expected a number',
    ],
    ['null', { Villain: null }, '.Villain: partition key of index ByVillain is not a string, got null'],
    [
      'a map',
      { Villain: { S: 'Joker' } },
      '.Villain: partition key of index ByVillain is not a string, got "{…}"',
    ],
    ['empty', { Villain: '' }, '.Villain: partition key of index ByVillain is empty, got ""'],
    ['too long', { Villain: 'v'.repeat(2_049) }, '.Villain: partition key of index ByVillain too long'],
    [
      'a partition key too long to be the sort key of an index',
      { Team: 'A'.repeat(1_025) },
      '.Team: sort key of index ByVillain too long',
    ],
  ])('fails when it is %s', (_, item, message) => {
    expect(problems(item)).toEqual([expect.stringContaining(`seed-data/heroes.json[0]${message}`)]);
  });

  it('fails with one problem when it is wrong for the table and for an index', () => {
    expect(problems({ Team: 5 })).toEqual([
      expect.stringContaining('.Team: partition key is not a string, got 5'),
    ]);
  });
});

describe("an item's entries in local indexes", () => {
  const maxItemBytes = 409_600;
  const itemOf = (textBytes: number, more: object) =>
    JSON.stringify([{ Team: 'A', Year: 1, Text: 't'.repeat(textBytes), ...more }]);
  // Names and values of Team, Year and Score.
  const [keyBytes, scoreBytes] = [4 + 1 + 4 + 2, 5 + 2];
  const own = keyBytes + 4 + scoreBytes;

  it.each([
    ['of all attributes', 'all', maxItemBytes / 2 - own],
    ['of keys', 'keys', maxItemBytes - own - keyBytes - scoreBytes],
    ['of a named attribute', ['Note'], maxItemBytes - own - 4 - 1 - keyBytes - scoreBytes - 4 - 1],
  ] as const)('share its 409,600 bytes: %s', (_, projection, textBytes) => {
    const rules: ItemRules = {
      key: { Team: 'S', Year: 'N' },
      indexes: { ByScore: { kind: 'local', key: { Team: 'S', Score: 'N' }, projection } },
    };
    const more = { Score: 5, ...(Array.isArray(projection) && { Note: 'n' }) };

    expect(problemsIn(itemOf(textBytes, more), rules)).toEqual([]);
    expect(problemsIn(itemOf(textBytes + 1, more), rules)).toEqual([
      expect.stringMatching(/item too large, got 4096\d\d; .*, and its entries in local indexes$/),
    ]);
    expect(problemsIn(itemOf(textBytes + 1, { ...more, Score: undefined }), rules)).toEqual([]);
  });

  it('are none in a global index', () => {
    const rules: ItemRules = {
      key: { Team: 'S', Year: 'N' },
      indexes: { ByScore: { key: { Team: 'S', Score: 'N' } } },
    };
    expect(problemsIn(itemOf(maxItemBytes - own, { Score: 5 }), rules)).toEqual([]);
  });
});

describe('an item as DynamoDB exports it', () => {
  it('is the same as in plain JSON', () => {
    expect(readHeroes('[{"Item":{"Name":{"S":"A"},"n":{"N":"1.50"}}}]')).toEqual(readHeroes(hero('"n":1.5')));
  });

  it.each([
    ['a plain one', '[{"Item":"A","B":{"S":"x"}}]', { B: { M: { S: { S: 'x' } } }, Item: { S: 'A' } }],
    ['an exported one', '[{"Item":{"Item":{"S":"A"}}}]', { Item: { S: 'A' } }],
  ])('is told from %s where the partition key is called Item', (_, text, item) => {
    const [loaded] = readHeroes(text, { key: { Item: 'S' } });
    expect(JSON.parse(loaded?.item ?? '')).toEqual(item);
  });

  it('fails when a key is wrong, once', () => {
    expect(
      problemsIn('[{"Item":{"Name":"A"}},{"Item":{"Name":{"N":"5"}}},{"Item":{"x":{"S":"y"}}}]'),
    ).toEqual([
      expect.stringContaining('[0].Name: not DynamoDB JSON, got "A"'),
      expect.stringContaining('[1].Name: partition key is not a string, got {"N":"5"}'),
      expect.stringContaining('[2].Name: partition key missing, got nothing'),
    ]);
  });

  it('fails when it tells of a change only', () => {
    const line = '{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"Name":{"S":"A"}},"NewImage":{}}';
    expect(problemsIn(`[${line}]`)).toEqual([
      'seed-data/heroes.json[0]: line of an incremental export, got "Metadata, Keys, NewImage"; expected a full export, lines {"Item": {…}}',
    ]);
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
    expect(readHeroes(JSON.stringify([{ Name: key }]))[0]?.id).toBe(id);
  });

  it.each([
    ['item-2012-4b9a7f50', { Year: 'N' }, { Year: 2012 }],
    ['avengers-2012-c3a1dc7e', { Team: 'S', Year: 'N' }, { Team: 'Avengers', Year: 2012 }],
  ] as const)('stays %s for other keys', (id, key, item) => {
    expect(readHeroes(JSON.stringify([item]), { key })[0]?.id).toBe(id);
  });
});

function plainItem({ item }: SeedItem) {
  return unmarshall(JSON.parse(item));
}
