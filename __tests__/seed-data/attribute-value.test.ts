import { hero, mistakesIn, readHeroes } from './heroes';

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
    expect(readHeroes(hero(`"x":${written}`))[0]?.item).toBe(`{"SuperHero":{"S":"A"},"x":{"N":"${plain}"}}`);
  });

  it.each([
    ['one digit too many', `${digits38}9`, 'with too many digits', 'at most 38 significant digits'],
    ['one digit too many after the point', `-1.${digits38}`, 'with too many digits', 'at most 38'],
    ['a magnitude too large', '1e126', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
    ['a magnitude too small', '-9.9e-131', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
    ['an absurd exponent', '1e999999999999', 'out of range', 'zero, or a magnitude from 1E-130 to 9.9'],
  ])('fails when one has %s', (_, written, what, expected) => {
    expect(mistakesIn(hero(`"x":${written}`))).toEqual([
      expect.stringContaining(`${x}: number ${what}, got "${written}"; expected ${expected}`),
    ]);
  });

  it('fails when one is too long and too large, with both', () => {
    expect(mistakesIn(hero(`"x":${digits38}9e200`))).toHaveLength(2);
  });
});

describe('values', () => {
  it('become DynamoDB JSON with names sorted and lists in order', () => {
    const attributes =
      '"z":[true,false,null,""],"a":{"y":[],"b":{},"constructor":"c"},"isLosslessNumber":true';
    expect(JSON.parse(readHeroes(hero(attributes))[0]?.item ?? '')).toEqual({
      SuperHero: { S: 'A' },
      a: { M: { b: { M: {} }, constructor: { S: 'c' }, y: { L: [] } } },
      isLosslessNumber: { BOOL: true },
      z: { L: [{ BOOL: true }, { BOOL: false }, { NULL: true }, { S: '' }] },
    });
    expect(readHeroes(hero(attributes))[0]?.item).toMatch(/"SuperHero".*"a".*"b".*"constructor".*"y".*"z"/);
  });

  it.each([`\${upper("x")}`, '%{ if true }', '#{TfToken[TOKEN.0]}', '&{TfToken[TOKEN.0]}', `$\${x}`])(
    'keep %s from being taken for a template',
    (text) => {
      const [item] = readHeroes(JSON.stringify([{ SuperHero: text, [text]: [text] }]));

      expect(item?.item).not.toMatch(/[$%#&]\{/);
      expect(JSON.parse(item?.item ?? '')).toEqual({ SuperHero: { S: text }, [text]: { L: [{ S: text }] } });
    },
  );

  it('may hold any whole character', () => {
    expect(mistakesIn(hero('"x":"\\u0000\\ud83e\\udd87\\uffff"'))).toEqual([]);
  });

  it.each([
    ['the first half of a surrogate pair', '"\\ud83e"', ''],
    ['the second half of a surrogate pair', '["\\udd87"]', '[0]'],
    ['halves in the wrong order', '{"y":"\\udd87\\ud83e"}', '.y'],
  ])('fails when one is %s', (_, json, path) => {
    expect(mistakesIn(hero(`"x":${json}`))).toEqual([
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
    expect(mistakesIn(hero(nested(31)))).toEqual([]);
  });

  it.each([
    ['lists', lists, '[0]'],
    ['maps', maps, '.x'],
  ])('fails when %s have 33 levels', (_, nested, step) => {
    expect(mistakesIn(hero(nested(32)))).toEqual([
      `${x}${step.repeat(32)}: nested too deep, got 33; expected at most 32 levels, the attribute being the first`,
    ]);
  });

  it('fails with one problem when it goes far deeper', () => {
    expect(mistakesIn(hero(lists(1_000)))).toHaveLength(1);
  });
});

describe('attribute names', () => {
  it('may have 65,535 bytes', () => {
    expect(mistakesIn(hero(`"a${'é'.repeat(32_767)}":1`))).toEqual([]);
  });

  it.each([
    ['empty', '', 'empty attribute name, got ""; expected 1 to 65535 bytes of UTF-8'],
    ['of 65,536 bytes', 'é'.repeat(32_768), 'attribute name too long, got "é'],
    ['half of a surrogate pair', '\ud83e', 'half of a surrogate pair'],
    ['dropped by the AWS SDK', '__proto__', 'attribute name that the AWS SDK drops, got "__proto__"'],
  ])('fails when one is %s', (_, name, message) => {
    const json = JSON.stringify(name);
    expect(mistakesIn(hero(`${json}:1`))).toEqual([
      expect.stringContaining(`seed-data/heroes.json[0]: ${message}`),
    ]);
    expect(mistakesIn(hero(`"x":[{${json}:1}]`))).toEqual([expect.stringContaining(`${x}[0]: ${message}`)]);
  });
});

describe('the size of an item', () => {
  const maxItemBytes = 409_600;
  const nameBytes = 'SuperHero'.length + 'A'.length + 'x'.length + 'pad'.length;

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

    expect(mistakesIn(padded(maxItemBytes))).toEqual([]);
    expect(mistakesIn(padded(maxItemBytes + 1))).toEqual([
      'seed-data/heroes.json[0]: item too large, got 409601; expected at most 409600 bytes, attribute names counted',
    ]);
  });
});
