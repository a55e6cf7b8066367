import fc from 'fast-check';
import type { Problem } from '../../input-error';
import { type RecordText, splitRecords } from '../../seed-data/split-items';

async function split(chunks: readonly Uint8Array[]) {
  const problems: Problem[] = [];
  const records: [string, string, number, number][] = [];
  async function* stream() {
    yield* chunks;
  }
  const texts: AsyncIterable<RecordText> = splitRecords(stream(), 'f', (problem) => problems.push(problem));
  for await (const { content, where, start } of texts) {
    records.push([Buffer.from(content).toString(), where, start.line, start.column]);
  }
  return { records, problems };
}

/** A text cut into pieces at any bytes. */
const inPieces = (text: fc.Arbitrary<string>) =>
  text.chain((it) => {
    const bytes = Buffer.from(it);
    return fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      return { text: it, pieces: ends.slice(1).map((end, index) => bytes.subarray(ends[index], end)) };
    });
  });

const anyJson = fc.array(fc.json(), { maxLength: 6 });
const text = fc.oneof(
  anyJson.map((records) => records.join('\n')),
  anyJson.map((records) => `[${records.join(' ,\n')}]`),
  fc.string({
    unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ' ', '\n', 'a', 'ñ', '🦇', '\ufeff'),
  }),
);

it('finds the same records however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(inPieces(text), async ({ text, pieces }) => {
      expect(await split(pieces)).toEqual(await split([Buffer.from(text)]));
    }),
    { numRuns: 500 },
  );
});

it('finds each record of a list, and where it starts', async () => {
  expect(await split([Buffer.from('[1,"ñ🦇,]",\n{"a":[2,"\\"]"]}, 3\n]')])).toEqual({
    records: [
      ['1', 'f[0]', 1, 2],
      ['"ñ🦇,]"', 'f[1]', 1, 4],
      ['\n{"a":[2,"\\"]"]}', 'f[2]', 1, 12],
      [' 3\n', 'f[3]', 2, 17],
    ],
    problems: [],
  });
});

it('finds each line that is not empty', async () => {
  expect(await split([Buffer.from('\n {"a":1}\n\n[2]\n3')])).toEqual({
    records: [
      ['{"a":1}', 'f:2', 2, 2],
      ['[2]', 'f:4', 4, 1],
      ['3', 'f:5', 5, 1],
    ],
    problems: [],
  });
});
