import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { InputError } from '../../input-error';
import { type Conversion, convertRecords } from '../../seed-data/convert-for-import';
import { mistakesIn, readHeroes } from './heroes';

const place = mkdtempSync(join(tmpdir(), 'convert-records-'));
afterAll(() => rmSync(place, { recursive: true }));

const file = join(place, 'records');
const folder = join(place, 'parts');

function convert(content: string | Uint8Array, partBytes?: number): Promise<Conversion> {
  writeFileSync(file, content);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return convertRecords(file, { partitionKey: 'SuperHero', folder, ...(partBytes && { partBytes }) });
}

/** The lines of the error that converting ends with, the file called as `readHeroes` calls it; none when it is accepted. */
async function refusalOf(content: string | Uint8Array): Promise<readonly string[]> {
  try {
    await convert(content);
    return [];
  } catch (error) {
    if (error instanceof InputError)
      return error.message.replaceAll(file, 'seed-data/heroes.json').split('\n');
    throw error;
  }
}

const itemsOf = ({ parts }: Conversion) =>
  parts.map(({ file }) => gunzipSync(readFileSync(file)).toString()).join('');

const lines = (records: readonly unknown[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const summary = (problems: number, records: number) =>
  `seed-data/heroes.json: nothing was uploaded; records read: ${records}, problems: ${problems}`;

const records = [
  { SuperHero: 'ñandú', n: 1 },
  { SuperHero: '🦇', list: [1, { a: ',]}' }] },
  { SuperHero: 'A"\\' },
];

describe('a file of records', () => {
  it('becomes DynamoDB JSON, an item a line, numbers exact', async () => {
    const conversion = await convert('{"SuperHero":"B","n":9007199254740993}\n{"n":1.50,"SuperHero":"A"}');

    expect(itemsOf(conversion)).toBe(
      '{"Item":{"SuperHero":{"S":"B"},"n":{"N":"9007199254740993"}}}\n{"Item":{"SuperHero":{"S":"A"},"n":{"N":"1.5"}}}\n',
    );
    expect(conversion.manifest).toEqual({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      records: 2,
      parts: 1,
      bytes: 111,
      sample: [
        { SuperHero: { S: 'B' }, n: { N: '9007199254740993' } },
        { SuperHero: { S: 'A' }, n: { N: '1.5' } },
      ],
    });
  });

  it.each([
    ['a list', JSON.stringify(records)],
    ['an indented list', JSON.stringify(records, null, 2)],
    ['a list after a byte order mark', `\ufeff${JSON.stringify(records)}\n`],
    ['lines in Windows style', lines(records).replaceAll('\n', '\r\n')],
    ['lines without a last line feed', lines(records).trimEnd()],
    ['lines with empty ones between', `\n\n${lines(records).replaceAll('\n', '\n \n')}`],
    ['lines in gzip', gzipSync(lines(records))],
    [
      'lines in two pieces of gzip',
      Buffer.concat([gzipSync(lines(records).slice(0, 9)), gzipSync(lines(records).slice(9))]),
    ],
    ['a list in gzip', gzipSync(JSON.stringify(records))],
  ])('is read the same as %s', async (_, content) => {
    const [plain, other] = [await convert(lines(records)), await convert(content)];

    expect(other.manifest).toEqual(plain.manifest);
  });

  it('is split into parts, which the digest tells apart', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ SuperHero: `Hero ${index}` }));
    const whole = await convert(lines(many));
    const expected = itemsOf(whole);

    const split = await convert(lines(many), 1_000);

    expect(itemsOf(split)).toBe(expected);
    expect(split.manifest.parts).toBe(4);
    expect(split.manifest.digest).not.toBe(whole.manifest.digest);
    expect(new Set(split.parts.map(({ digest }) => digest)).size).toBe(4);
  });

  it('keeps large records out of the sample', async () => {
    const large = { SuperHero: 'A', text: 'x'.repeat(3_000) };

    const { manifest } = await convert(lines([large, ...records]));

    expect(manifest.sample).toHaveLength(3);
  });

  it.each([
    [
      'empty',
      '',
      ':1:1: not JSON (JSON value expected), got nothing; expected a list of records, or a record a line',
    ],
    ['an empty list', ' [ ] ', ': no records, got 0; expected at least one'],
    [
      'cut off',
      '[{"SuperHero":"A"}, ',
      ":1:21: not JSON (array element or end of array ']' expected), got nothing",
    ],
    [
      'cut off in a record',
      '[\n  {"a": 1',
      ":2:10: not JSON (Quoted object key or end of object '}' expected)",
    ],
    ['going on after the list', '[{"SuperHero":"A"}]\n ,', ':2:2: not JSON (the list ends here), got ","'],
    ['a list with a comma too many', '[{"SuperHero":"A"},]', ':1:20: not JSON (JSON value expected)'],
    ['in UTF-16', Buffer.from('\ufeff[]', 'utf16le'), ':1:1: not UTF-8, got "fffe5b00"'],
    ['broken gzip', gzipSync(lines(records)).subarray(0, 30), ': broken gzip, got "unexpected end of file"'],
  ])('fails when it is %s', async (_, content, message) => {
    const [first] = await refusalOf(content);
    expect(first).toContain(`seed-data/heroes.json${message}`);
  });

  it('fails when it is missing', async () => {
    await expect(convertRecords('none.jsonl', { partitionKey: 'SuperHero', folder: place })).rejects.toThrow(
      new InputError(
        'none.jsonl: cannot be read, got "ENOENT"; expected a file of records, a JSON list or JSON Lines, in gzip or not',
      ),
    );
  });
});

describe('problems', () => {
  it('are named by line, and do not hide those after them', async () => {
    const content =
      '{"SuperHero":"A"}\n{"SuperHero":\n7\n{"SuperHero":"B","n":1e126}\n{"SuperHero":"A","n":1,"n":1}\n';

    expect(await refusalOf(content)).toEqual([
      expect.stringMatching(/^seed-data\/heroes\.json:2:14: not JSON \(Object value expected/),
      'seed-data/heroes.json:3: record is not an object, got 7; expected attributes by name',
      expect.stringMatching(/^seed-data\/heroes\.json:4\.n: number out of range, got "1e126"/),
      'seed-data/heroes.json:5: duplicate attribute name, got "n"; expected unique names',
      'seed-data/heroes.json:5.SuperHero: duplicate partition key, got "A"; expected unique keys',
      summary(5, 5),
    ]);
  });

  it('are shown up to a hundred, and counted', async () => {
    const refusal = await refusalOf('{"SuperHero":5}\n'.repeat(250));

    expect(refusal).toHaveLength(102);
    expect(refusal.slice(-2)).toEqual(['seed-data/heroes.json: and 150 more', summary(250, 250)]);
  });

  it('of keys are counted, however often one is repeated', async () => {
    const refusal = await refusalOf('{"SuperHero":"A"}\n'.repeat(250));

    expect(refusal[0]).toBe(
      'seed-data/heroes.json:2.SuperHero: duplicate partition key, got "A"; expected unique keys',
    );
    expect(refusal.at(-1)).toBe(summary(249, 250));
  });

  it('are found when more keys are repeated than are remembered', async () => {
    const many = Array.from({ length: 10_050 }, (_, index) => ({ SuperHero: `${index}` }));

    expect((await refusalOf(lines([...many, ...many]))).at(-1)).toBe(summary(10_050, 20_100));
  });

  it.each([
    ['lines', (text: string) => `{"SuperHero":"A"}\n${text}\n{"SuperHero":"A"}\n`, ':2: ', ':3.SuperHero: '],
    ['a list', (text: string) => `[{"SuperHero":"A"},${text},{"SuperHero":"A"}]`, '[1]: ', '[2].SuperHero: '],
  ])('are a record of %s that fills the memory, and those after it', async (_, around, where, next) => {
    const content = around(`{"SuperHero":"B","x":"${'x'.repeat(3_000_000)}"}`);

    expect(await refusalOf(content)).toEqual([
      expect.stringContaining(`seed-data/heroes.json${where}text of a record too long, got 3000024`),
      expect.stringContaining(`seed-data/heroes.json${next}duplicate partition key`),
      summary(2, 2),
    ]);
  });
});

describe('whatever the records are', () => {
  const record = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        SuperHero: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('A')),
        x: fc.jsonValue(),
      }),
    },
    fc.jsonValue(),
  );
  const content = fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 8 }),
    space: fc.constantFrom(0, 1, '\t'),
  });

  it('a list has the same problems as one whose items are reviewed one by one, or the same items', async () => {
    await fc.assert(
      fc.asyncProperty(content, async ({ records, space }) => {
        const text = JSON.stringify(records, null, space);
        const refusal = (await refusalOf(text)).slice(0, -1);

        expect([...refusal].sort()).toEqual([...mistakesIn(text)].sort());
        if (refusal.length > 0) return;
        const items = itemsOf(await convert(text))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).Item);
        const reviewed = readHeroes(text).map(({ item }) => JSON.parse(item));
        expect(items).toHaveLength(reviewed.length);
        expect(items).toEqual(expect.arrayContaining(reviewed));
      }),
    );
  });
});
