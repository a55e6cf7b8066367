import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { InputError } from '../../input-error';
import type { ItemRules } from '../../seed-data/check-item';
import { type Conversion, convertItems } from '../../seed-data/convert-for-import';
import { problemsIn, readHeroes } from './heroes';

const place = mkdtempSync(join(tmpdir(), 'convert-items-'));
afterAll(() => rmSync(place, { recursive: true }));

const file = join(place, 'items');
const folder = join(place, 'parts');

const heroes: ItemRules = { key: { Name: 'S' } };

function convert(content: string | Uint8Array, partBytes?: number, rules = heroes): Promise<Conversion> {
  writeFileSync(file, content);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return convertItems(file, { rules, folder, ...(partBytes && { partBytes }) });
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

const lines = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');
const summary = (problems: number, items: number) =>
  `seed-data/heroes.json: nothing was uploaded; items read: ${items}, problems: ${problems}`;

const items = [{ Name: 'ñandú', n: 1 }, { Name: '🦇', list: [1, { a: ',]}' }] }, { Name: 'A"\\' }];

describe('a file of items', () => {
  it('becomes DynamoDB JSON, an item a line, numbers exact', async () => {
    const conversion = await convert('{"Name":"B","n":9007199254740993}\n{"n":1.50,"Name":"A"}');

    expect(itemsOf(conversion)).toBe(
      '{"Item":{"Name":{"S":"B"},"n":{"N":"9007199254740993"}}}\n{"Item":{"Name":{"S":"A"},"n":{"N":"1.5"}}}\n',
    );
    expect(conversion.manifest).toEqual({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      items: 2,
      parts: 1,
      bytes: 101,
      sample: [
        { Name: { S: 'B' }, n: { N: '9007199254740993' } },
        { Name: { S: 'A' }, n: { N: '1.5' } },
      ],
    });
  });

  it.each([
    ['lines after a byte order mark', `\ufeff${lines(items)}`],
    ['lines in Windows style', lines(items).replaceAll('\n', '\r\n')],
    ['lines without a last line feed', lines(items).trimEnd()],
    ['lines with empty ones between', `\n\n${lines(items).replaceAll('\n', '\n \n')}`],
    ['lines in gzip', gzipSync(lines(items))],
    [
      'lines in two pieces of gzip',
      Buffer.concat([gzipSync(lines(items).slice(0, 9)), gzipSync(lines(items).slice(9))]),
    ],
    ['an export of DynamoDB', lines(items.map((item) => ({ Item: marshall(item) })))],
    ['an export of DynamoDB in gzip', gzipSync(lines(items.map((item) => ({ Item: marshall(item) }))))],
    ['an export in part', lines(items.map((item, index) => (index === 1 ? { Item: marshall(item) } : item)))],
    ['lines with every letter escaped', escaped(lines(items))],
  ])('is read the same as %s', async (_, content) => {
    const [plain, other] = [await convert(lines(items)), await convert(content)];

    expect(other.manifest).toEqual(plain.manifest);
  });

  it('is split into parts, which the digest tells apart', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ Name: `Hero ${index}` }));
    const whole = await convert(lines(many));
    const expected = itemsOf(whole);

    const split = await convert(lines(many), 1_000);

    expect(itemsOf(split)).toBe(expected);
    expect(split.manifest.parts).toBe(4);
    expect(split.manifest.digest).not.toBe(whole.manifest.digest);
    expect(new Set(split.parts.map(({ digest }) => digest)).size).toBe(4);
  });

  it('keeps large items out of the sample', async () => {
    const large = { Name: 'A', text: 'x'.repeat(3_000) };

    const { manifest } = await convert(lines([large, ...items]));

    expect(manifest.sample).toHaveLength(3);
  });

  it.each([
    ['empty', '', ': no items, got 0; expected at least one'],
    ['cut off', '{"Name":"A"}\n{"a": 1', ":2:8: not JSON (Quoted object key or end of object '}' expected)"],
    [
      'a list',
      ' \n[{"Name":"A"}]',
      `: a JSON list, got "["; expected JSON Lines, an item a line: jq -c '.[]' "seed-data/heroes.json" > items.jsonl`,
    ],
    [
      'a list in gzip',
      gzipSync('\ufeff[]'),
      `: a JSON list, got "["; expected JSON Lines, an item a line: gunzip -c "seed-data/heroes.json" | jq -c '.[]' > items.jsonl`,
    ],
    ['a list that fills the memory', `[${' '.repeat(65 * 2 ** 20)}]`, ': a JSON list, got "["'],
    [
      'an export in Amazon Ion',
      gzipSync('$ion_1_0 {Item:{Name:"A"}}\n'),
      ': Amazon Ion, got "$ion_1_0"; expected JSON Lines, for example an export of DynamoDB with the format DYNAMODB_JSON',
    ],
    ['in UTF-16', Buffer.from('\ufeff[]', 'utf16le'), ':1:1: not UTF-8, got "fffe5b00"'],
    ['broken gzip', gzipSync(lines(items)).subarray(0, 30), ': broken gzip, got "unexpected end of file"'],
  ])('fails when it is %s', async (_, content, message) => {
    const [first] = await refusalOf(content);
    expect(first).toContain(`seed-data/heroes.json${message}`);
  });

  it('fails with the reason when it is to end', async () => {
    writeFileSync(file, lines(items));
    const signal = AbortSignal.abort(new Error('interrupted'));

    await expect(convertItems(file, { rules: heroes, folder: place, signal })).rejects.toThrow('interrupted');
  });

  it('fails when it is missing', async () => {
    await expect(convertItems('none.jsonl', { rules: heroes, folder: place })).rejects.toThrow(
      new InputError(
        'none.jsonl: cannot be read, got "ENOENT"; expected a file of items in JSON Lines, in gzip or not',
      ),
    );
  });
});

describe('problems', () => {
  it('are named by line, and do not hide those after them', async () => {
    const content = '{"Name":"A"}\n{"Name":\n7\n{"Name":"B","n":1e126}\n{"Name":"A","n":1,"n":1}\n';

    expect(await refusalOf(content)).toEqual([
      expect.stringMatching(/^seed-data\/heroes\.json:2:9: not JSON \(Object value expected/),
      'seed-data/heroes.json:3: item is not an object, got 7; expected attributes by name',
      expect.stringMatching(/^seed-data\/heroes\.json:4\.n: number out of range, got "1e126"/),
      'seed-data/heroes.json:5: duplicate attribute name, got "n"; expected unique names',
      'seed-data/heroes.json:5.Name: duplicate partition key, got "A"; expected unique keys',
      summary(5, 5),
    ]);
  });

  it('are shown up to a hundred, and counted', async () => {
    const refusal = await refusalOf('{"Name":5}\n'.repeat(250));

    expect(refusal).toHaveLength(102);
    expect(refusal.slice(-2)).toEqual(['seed-data/heroes.json: and 150 more', summary(250, 250)]);
  });

  it('of keys are counted, however often one is repeated', async () => {
    const refusal = await refusalOf('{"Name":"A"}\n'.repeat(250));

    expect(refusal[0]).toBe(
      'seed-data/heroes.json:2.Name: duplicate partition key, got "A"; expected unique keys',
    );
    expect(refusal.at(-1)).toBe(summary(249, 250));
  });

  it('are found when more keys are repeated than are remembered', async () => {
    const many = Array.from({ length: 10_050 }, (_, index) => ({ Name: `${index}` }));

    expect((await refusalOf(lines([...many, ...many]))).at(-1)).toBe(summary(10_050, 20_100));
  });

  it('are named by the whole key where it has a sort key', async () => {
    const rules: ItemRules = { key: { Team: 'S', Year: 'N' } };
    const content =
      '{"Team":"A","Year":1}\n{"Team":"A","Year":2}\n{"Item":{"Team":{"S":"A"},"Year":{"N":"1.0"}}}';

    await expect(convert(content, undefined, rules)).rejects.toThrow(
      ':3: duplicate key of Team and Year, got ["A","1"]; expected unique keys',
    );
  });
});

describe('an item of 400 KB', () => {
  const item = { Name: 'AB', x: 'é'.repeat(204_796), y: '' };

  it.each([
    ['as it is', JSON.stringify(item)],
    ['with every letter escaped', escaped(JSON.stringify(item))],
    ['with white space', JSON.stringify(item).replace('{', `{${' '.repeat(3_000_000)}`)],
  ])('is accepted %s', async (_, content) => {
    expect(itemsOf(await convert(content))).toBe(`{"Item":${JSON.stringify(marshall(item))}}\n`);
  });

  it('fails when it has one byte more', async () => {
    expect(await refusalOf(JSON.stringify({ ...item, y: 'z' }))).toEqual([
      'seed-data/heroes.json:1: item too large, got 409601; expected at most 409600 bytes, attribute names counted',
      summary(1, 1),
    ]);
  });
});

describe('whatever the items are', () => {
  const item = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        Name: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('A')),
        x: fc.jsonValue(),
      }),
    },
    fc.jsonValue(),
  );

  it('lines have the same problems as a list whose items are reviewed one by one, or the same items', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 8 }), async (items) => {
        // A list that starts the file is refused as a whole.
        const text = `{"Name":"the first"}\n${lines(items)}`;
        const list = JSON.stringify([{ Name: 'the first' }, ...items]);
        const refusal = (await refusalOf(text)).slice(0, -1);
        const byIndex = refusal.map((line) => line.replace(/json:(\d+)/, (_, it) => `json[${it - 1}]`));

        expect(byIndex.sort()).toEqual([...problemsIn(list)].sort());
        if (refusal.length > 0) return;
        const converted = itemsOf(await convert(text))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).Item);
        const reviewed = readHeroes(list).map(({ item }) => JSON.parse(item));
        expect(converted).toHaveLength(reviewed.length);
        expect(converted).toEqual(expect.arrayContaining(reviewed));
      }),
    );
  });
});

/** JSON with each letter of its strings written as an escape. */
function escaped(json: string): string {
  return json.replace(/\p{L}/gu, (letter) =>
    [...Array(letter.length).keys()]
      .map((index) => `\\u${letter.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
