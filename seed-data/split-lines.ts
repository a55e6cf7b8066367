import type { Problem } from '../input-error';
import { type Place, withoutByteOrderMark } from './json-text';

/** A line of a file, without its end. */
export interface Line {
  readonly content: Uint8Array;
  /** What messages call it: `file:line`. */
  readonly where: string;
  readonly start: Place;
}

/**
 * A longer line is not kept, so that no line fills the memory. The largest item in JSON, 400 KB of numbers with 130 digits
 * for two bytes each, has a third of it.
 */
const maxLineBytes = 64 * 2 ** 20;

const lineFeed = 0x0a;

/**
 * The lines of a file that are not blank; what is in them is not looked at.
 *
 * @param report - called with each line that is too long
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  report: (problem: Problem) => void,
): AsyncGenerator<Line> {
  let line = 1;
  let bytes = 0;
  let pieces: Uint8Array[] = [];
  const collect = (piece: Uint8Array) => {
    bytes += piece.length;
    if (bytes > maxLineBytes) pieces = [];
    else pieces.push(piece);
  };
  const take = (): Line => {
    const where = `${file}:${line}`;
    if (bytes > maxLineBytes) {
      const expected = `at most ${maxLineBytes} bytes, an item a line`;
      report({ where, what: 'line too long', got: bytes, expected });
    }
    const content = line === 1 ? withoutByteOrderMark(Buffer.concat(pieces)) : Buffer.concat(pieces);
    const taken = { content, where, start: { file, line, column: 1 } };
    line += 1;
    bytes = 0;
    pieces = [];
    return taken;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      collect(chunk.subarray(from, end));
      from = end + 1;
      const taken = take();
      if (!isBlank(taken.content)) yield taken;
    }
    collect(chunk.subarray(from));
  }
  const last = take();
  if (!isBlank(last.content)) yield last;
}

/** Whether it holds nothing but JSON's white space. */
function isBlank(content: Uint8Array): boolean {
  return content.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
