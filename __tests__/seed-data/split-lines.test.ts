import fc from 'fast-check';
import type { Problem } from '../../input-error';
import { splitLines } from '../../seed-data/split-lines';

async function split(chunks: Iterable<Uint8Array>) {
  const problems: Problem[] = [];
  const lines: [string, string, number][] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const { content, where, start } of splitLines(stream(), 'f', (it) => problems.push(it))) {
    lines.push([Buffer.from(content).toString(), where, start.line]);
  }
  return { lines, problems };
}

/** A text cut into pieces at any bytes. */
const inPieces = fc
  .string({ unit: fc.constantFrom('{', '"', ' ', '\r', '\t', '\n', 'a', 'ñ', '🦇', '\ufeff') })
  .chain((text) => {
    const bytes = Buffer.from(text);
    return fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      return { text, pieces: ends.slice(1).map((end, index) => bytes.subarray(ends[index], end)) };
    });
  });

it('finds the same lines however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(inPieces, async ({ text, pieces }) => {
      const expected = text
        .split('\n')
        .map((line, index) => [line.replace(index === 0 ? /^\ufeff/ : '', ''), `f:${index + 1}`, index + 1])
        .filter(([line]) => !/^[ \t\r]*$/.test(String(line)));

      expect(await split(pieces)).toEqual({ lines: expected, problems: [] });
    }),
    { numRuns: 500 },
  );
});

it('fails when a line would fill the memory, and goes on', async () => {
  const mebibyte = Buffer.alloc(2 ** 20, 'x');
  function* chunks() {
    yield Buffer.from('1\n');
    for (let count = 0; count < 65; count += 1) yield mebibyte;
    yield Buffer.from('\n3');
  }

  expect(await split(chunks())).toEqual({
    lines: [
      ['1', 'f:1', 1],
      ['3', 'f:3', 3],
    ],
    problems: [
      {
        where: 'f:2',
        what: 'line too long',
        got: 65 * 2 ** 20,
        expected: 'at most 67108864 bytes, an item a line',
      },
    ],
  });
});
