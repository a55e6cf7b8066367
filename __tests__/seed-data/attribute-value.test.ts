import { hero, problemsIn, readHeroes } from './heroes';

const x = 'seed-data/heroes.json[0].x';

describe('numbers', () => {
  const digits38 = '12345678901234567890123456789012345678';

  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.000e7', '0'],
    ['0e999999999', '0'],
    ['1.50', '1.5'],
    ['12300', '12300'],
    ['-1.5E+3', '-1500'],
    ['12.5e-3', '0.0125'],
    ['9007199254740993', '9007199254740993'],
    [digits38, digits38],
    [`-0.${digits38}`, `-0.${digits38}`],
    [`${digits38}000`, `${digits38}000`],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    [`9.${'9'.repeat(37)}E+125`, `${'9'.repeat(38)}${'0'.repeat(88)}`],
  ])('%s is written as DynamoDB answers it', (written, plain) => {
    expect(readHeroes(hero(`"x":${written}`))[0]?.item).toBe(`{"Name":{"S":"A"},"x":{"N":"${plain}"}}`);
  });

  it.each([
    ['one digit too many', `${digits38}9`, 'with too many digits', 'at most 38 significant digits'],
    ['one digit too many after the point', `-1.${digits38}`, 'with too many digits', 'at most 38'],
    ['a magnitude too large', '1e126', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
    ['a magnitude too small', '-9.9e-131', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
    ['an absurd exponent', '1e999999999999', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
  ])('fails when one has %s', (_, written, what, expected) => {
    expect(problemsIn(hero(`"x":${written}`))).toEqual([
      expect.stringContaining(`${x}: number ${what}, got "${written}"; expected ${expected}`),
    ]);
  });

  it('fails when one is too long and too large, with both', () => {
    expect(problemsIn(hero(`"x":${digits38}9e200`))).toHaveLength(2);
  });
});

describe('values', () => {
  it('become DynamoDB JSON with names sorted and lists in order', () => {
    const attributes =
      '"z":[true,false,null,""],"a":{"y":[],"b":{},"constructor":"c"},"isLosslessNumber":true';
    expect(JSON.parse(readHeroes(hero(attributes))[0]?.item ?? '')).toEqual({
      Name: { S: 'A' },
      a: { M: { b: { M: {} }, constructor: { S: 'c' }, y: { L: [] } } },
      isLosslessNumber: { BOOL: true },
      z: { L: [{ BOOL: true }, { BOOL: false }, { NULL: true }, { S: '' }] },
    });
    expect(readHeroes(hero(attributes))[0]?.item).toMatch(/"Name".*"a".*"b".*"constructor".*"y".*"z"/);
  });

  it.each([`\${upper("x")}`, '%{ if true }', '#{TfToken[TOKEN.0]}', '&{TfToken[TOKEN.0]}', `$\${x}`])(
    'keep %s from being taken for a template',
    (text) => {
      const [item] = readHeroes(JSON.stringify([{ Name: text, [text]: [text] }]));

      expect(item?.item).not.toMatch(/[$%#&]\{/);
      expect(JSON.parse(item?.item ?? '')).toEqual({ Name: { S: text }, [text]: { L: [{ S: text }] } });
    },
  );

  it('may hold any whole character', () => {
    expect(problemsIn(hero('"x":"\\u0000\\ud83e\\udd87\\uffff"'))).toEqual([]);
  });

  it.each([
    ['the first half of a surrogate pair', '"\\ud83e"', ''],
    ['the second half of a surrogate pair', '["\\udd87"]', '[0]'],
    ['halves in the wrong order', '{"y":"\\udd87\\ud83e"}', '.y'],
  ])('fails when one is %s', (_, json, path) => {
    expect(problemsIn(hero(`"x":${json}`))).toEqual([
      expect.stringContaining(`${x}${path}: half of a surrogate pair`),
    ]);
  });
});

describe('nesting', () => {
  const lists = (depth: number) => `"x":${'['.repeat(depth)}1${']'.repeat(depth)}`;
  const maps = (depth: number) => `"x":${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it.each([
    ['lists', lists],
    ['maps', maps],
  ])('of %s may have 32 levels, the innermost value counted', (_, nested) => {
    expect(problemsIn(hero(nested(31)))).toEqual([]);
  });

  it.each([
    ['lists', lists, '[0]'],
    ['maps', maps, '.x'],
  ])('fails when %s have 33 levels', (_, nested, step) => {
    expect(problemsIn(hero(nested(32)))).toEqual([
      `${x}${step.repeat(32)}: nested too deep, got 33; expected at most 32 levels, the attribute being the first`,
    ]);
  });

  it('fails with one problem when it goes far deeper', () => {
    expect(problemsIn(hero(lists(1_000)))).toHaveLength(1);
  });
});

describe('attribute names', () => {
  it('may have 65,535 bytes', () => {
    expect(problemsIn(hero(`"a${'é'.repeat(32_767)}":1`))).toEqual([]);
  });

  it('may be one that JavaScript has a meaning for', () => {
    const attributes = '"__proto__":"x","m":{"__proto__":{"a":true},"constructor":[]}';
    expect(readHeroes(hero(attributes))[0]?.item).toBe(
      '{"Name":{"S":"A"},"__proto__":{"S":"x"},"m":{"M":{"__proto__":{"M":{"a":{"BOOL":true}}},"constructor":{"L":[]}}}}',
    );
  });

  it.each([
    ['empty', '', 'empty attribute name, got ""; expected 1 to 65535 bytes of UTF-8'],
    ['of 65,536 bytes', 'é'.repeat(32_768), 'attribute name too long, got "é'],
    ['half of a surrogate pair', '\ud83e', 'half of a surrogate pair'],
  ])('fails when one is %s', (_, name, message) => {
    const json = JSON.stringify(name);
    expect(problemsIn(hero(`${json}:1`))).toEqual([
      expect.stringContaining(`seed-data/heroes.json[0]: ${message}`),
    ]);
    expect(problemsIn(hero(`"x":[{${json}:1}]`))).toEqual([expect.stringContaining(`${x}[0]: ${message}`)]);
  });
});

describe('the size of an item', () => {
  const maxItemBytes = 409_600;
  const nameBytes = 'Name'.length + 'A'.length + 'x'.length + 'pad'.length;

  it.each([
    ['a string', '"é"', 2],
    ['an empty string', '""', 0],
    ['null', 'null', 1],
    ['a boolean', 'false', 1],
    ['a number', '12345', 4],
    ['a negative number', '-12345', 5],
    ['a number with zeros at its ends', '0.00120', 2],
    ['an empty list', '[]', 3],
    ['a list', '[null,"ab"]', 3 + 1 + 1 + 1 + 2],
    ['an empty map', '{}', 3],
    ['a map', '{"ñ":true,"b":[]}', 3 + 1 + 2 + 1 + 1 + 1 + 3],
  ])('may be 409,600 bytes and fails when it is one more, with %s', (_, json, bytes) => {
    const padded = (itemBytes: number) =>
      hero(`"x":${json},"pad":"${'p'.repeat(itemBytes - nameBytes - bytes)}"`);

    expect(problemsIn(padded(maxItemBytes))).toEqual([]);
    expect(problemsIn(padded(maxItemBytes + 1))).toEqual([
      'seed-data/heroes.json[0]: item too large, got 409601; expected at most 409600 bytes, attribute names counted',
    ]);
  });
});

describe('DynamoDB JSON', () => {
  const exported = (value: string) => `[{"Item":{"Name":{"S":"A"},"x":${value}}}]`;

  it.each([
    ['a string', '{"S":"é"}'],
    ['a number', '{"N":"-1.5"}'],
    ['binary', '{"B":"AP8="}'],
    ['a boolean', '{"BOOL":false}'],
    ['null', '{"NULL":true}'],
    ['a list', '{"L":[{"N":"1"},{"B":""}]}'],
    ['a map', '{"M":{"__proto__":{"N":"2"},"y":{"SS":["a"]}}}'],
    ['a set of strings', '{"SS":["","a"]}'],
    ['a set of numbers', '{"NS":["1","2"]}'],
    ['a set of binary values', '{"BS":["AA==","AQ=="]}'],
  ])('keeps %s', (_, value) => {
    expect(readHeroes(exported(value))[0]?.item).toBe(`{"Name":{"S":"A"},"x":${value}}`);
  });

  it.each([
    ['numbers', '{"L":[{"N":"1.50"},{"N":"1E3"},{"N":"-0"}]}', '{"L":[{"N":"1.5"},{"N":"1000"},{"N":"0"}]}'],
    ['the order of sets', '{"NS":["2","1.0"]}', '{"NS":["1","2"]}'],
  ])('is written in one way where it has several, for %s', (_, written, one) => {
    expect(readHeroes(exported(written))[0]?.item).toBe(`{"Name":{"S":"A"},"x":${one}}`);
  });

  it('is the notation of an item, never of an attribute', () => {
    expect(readHeroes(hero('"x":{"B":"AP8="},"Item":{"S":"y"}'))[0]?.item).toBe(
      '{"Item":{"M":{"S":{"S":"y"}}},"Name":{"S":"A"},"x":{"M":{"B":{"S":"AP8="}}}}',
    );
  });

  it.each([
    ['no type', '"y"', 'not DynamoDB JSON, got "y"; expected one type and its value, such as {"S": "text"}'],
    ['an unknown type', '{"X":"y"}', 'not DynamoDB JSON'],
    ['a type of JavaScript', '{"constructor":"y"}', 'not DynamoDB JSON'],
    ['two types', '{"S":"y","N":"1"}', 'not DynamoDB JSON'],
    ['a value of another type', '{"N":1}', 'not DynamoDB JSON'],
    ['null that is not true', '{"NULL":false}', 'not DynamoDB JSON'],
    ['a set of mixed elements', '{"SS":["a",1]}', 'not DynamoDB JSON'],
    ['no number', '{"N":"0x1F"}', 'not a number, got "0x1F"; expected a decimal number'],
    ['a number out of range', '{"N":"1e126"}', 'number out of range, got "1e126"'],
    ['a number of too many digits', `{"N":"${'1'.repeat(39)}"}`, 'number with too many digits'],
    ['base64 without padding', '{"B":"AP8"}', 'not base64, got "AP8"; expected base64 with padding'],
    ['no base64', '{"B":"é"}', 'not base64'],
    ['an empty set', '{"SS":[]}', 'empty set, got []; expected unique elements, at least one'],
    ['a set with one number twice', '{"NS":["1","1.0"]}', 'set with an element twice, got ["1","1.0"]'],
  ])('fails when it has %s', (_, value, message) => {
    expect(problemsIn(exported(value))).toEqual([expect.stringContaining(`${x}: ${message}`)]);
  });

  it('fails when it has a wrong value deep inside, with its place', () => {
    expect(problemsIn(exported('{"M":{"y":{"L":[{"N":"1"},{"NS":["1","z"]}]}}}'))).toEqual([
      expect.stringContaining(`${x}.y[1][1]: not a number, got "z"`),
    ]);
  });

  it.each([
    ['binary', '{"B":"AP8="}', 2],
    ['a set', '{"NS":["100","-12"]}', 2 + 3],
    ['a set of binary values', '{"BS":["AP8=","AA=="]}', 3],
  ])('counts the bytes of %s as DynamoDB does', (_, value, bytes) => {
    const pad = (padBytes: number) => exported(`${value},"pad":{"S":"${'p'.repeat(padBytes)}"}`);
    const free = 409_600 - 'NameAxpad'.length - bytes;

    expect(problemsIn(pad(free))).toEqual([]);
    expect(problemsIn(pad(free + 1))).toEqual([expect.stringContaining('item too large, got 409601')]);
  });
});
