import type { Problem } from '../input-error';
import { maxItemBytes, type Place, withoutByteOrderMark } from './check-item';

/** The text of one record as it stands in its file. */
export interface RecordText {
  readonly content: Uint8Array;
  /** What messages call the record: `file[index]` in a list, `file:line` in JSON Lines. */
  readonly where: string;
  readonly start: Place;
}

/**
 * A longer text is not kept, so that no record fills the memory. JSON needs three bytes for one of the item where every
 * letter is escaped, and a few around them.
 */
const maxTextBytes = 3 * maxItemBytes + 65_536;

const [space, tab, lineFeed, carriageReturn] = [0x20, 0x09, 0x0a, 0x0d];
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Split a JSON list of records, or JSON Lines, into the texts of the records. Which of the two it is, the first letter
 * says: only a list starts with `[`. The texts are not parsed: what is not JSON comes out as it is.
 *
 * @param report - called with what is wrong between records
 */
export async function* splitRecords(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  report: (problem: Problem) => void,
): AsyncGenerator<RecordText> {
  const splitter = new Splitter(file, report);
  for await (const chunk of withoutStartMark(chunks)) yield* splitter.push(chunk);
  yield* splitter.end();
}

/** The first chunk has at least the three bytes of a byte order mark, if there are so many; the mark is left out. */
async function* withoutStartMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
    } else {
      start = Buffer.concat([start, chunk]);
      if (start.length < 3) continue;
      yield withoutByteOrderMark(start);
      start = undefined;
    }
  }
  if (start !== undefined) yield withoutByteOrderMark(start);
}

class Splitter {
  #form: 'unknown' | 'list' | 'lines' | 'after the list' = 'unknown';
  /** Of the text that is being collected. */
  #line = 1;
  #column = 1;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Records of a list so far. */
  #index = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(
    private readonly file: string,
    private readonly report: (problem: Problem) => void,
  ) {}

  *push(chunk: Uint8Array): Generator<RecordText> {
    let from = 0;
    while (from < chunk.length) {
      switch (this.#form) {
        case 'unknown':
          from = this.#skipToStart(chunk, from);
          break;
        case 'lines': {
          const end = chunk.indexOf(lineFeed, from);
          this.#collect(chunk.subarray(from, end === -1 ? chunk.length : end));
          if (end !== -1) yield* this.#takeLine();
          from = end === -1 ? chunk.length : end + 1;
          break;
        }
        case 'list': {
          const end = this.#findEnd(chunk, from);
          this.#collect(chunk.subarray(from, end));
          if (end < chunk.length) yield* this.#takeElement(chunk[end] === closeBracket);
          from = end + 1;
          break;
        }
        case 'after the list': {
          const rest = chunk.subarray(from);
          if (!isBlank(rest) && isBlank(this.#pieces)) this.#reportBroken('the list ends here', rest);
          this.#collect(rest);
          from = chunk.length;
        }
      }
    }
  }

  *end(): Generator<RecordText> {
    if (this.#form === 'lines') yield* this.#takeLine();
    if (this.#form === 'list') {
      yield* this.#take(`${this.file}[${this.#index}]`, isBlank(this.#pieces));
      this.#reportBroken("array element or end of array ']' expected");
    }
    if (this.#form === 'unknown') this.#reportBroken('JSON value expected');
  }

  #skipToStart(chunk: Uint8Array, from: number): number {
    const length = chunk.subarray(from).findIndex((byte) => !isWhitespace(byte));
    const end = length === -1 ? chunk.length : from + length;
    this.#advance([chunk.subarray(from, end)]);
    if (end === chunk.length) return end;
    this.#form = chunk[end] === openBracket ? 'list' : 'lines';
    if (this.#form === 'lines') return end;
    this.#column += 1;
    return end + 1;
  }

  /** Where the element ends that is being read; the chunk's length if it goes on in the next one. */
  #findEnd(chunk: Uint8Array, from: number): number {
    let [depth, inString, escaped] = [this.#depth, this.#inString, this.#escaped];
    let index = from;
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) {
        inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        depth += 1;
      } else if (byte === closeBrace || byte === closeBracket) {
        if (depth > 0) depth -= 1;
        else if (byte === closeBracket) break;
      } else if (byte === comma && depth === 0) {
        break;
      }
    }
    [this.#depth, this.#inString, this.#escaped] = [depth, inString, escaped];
    return index;
  }

  #collect(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.#pieces.push(piece);
    if (this.#bytes <= maxTextBytes) return;
    this.#advance(this.#pieces);
    this.#pieces = [];
  }

  *#takeLine(): Generator<RecordText> {
    yield* this.#take(`${this.file}:${this.#line}`, isBlank(this.#pieces));
    this.#line += 1;
    this.#column = 1;
  }

  *#takeElement(isLast: boolean): Generator<RecordText> {
    const isEmptyList = isLast && this.#index === 0 && isBlank(this.#pieces);
    yield* this.#take(`${this.file}[${this.#index}]`, isEmptyList);
    this.#index += 1;
    this.#column += 1;
    if (isLast) this.#form = 'after the list';
  }

  *#take(where: string, isNone: boolean): Generator<RecordText> {
    const pieces = this.#pieces;
    const isTooLong = this.#bytes > maxTextBytes;
    const start = { file: this.file, line: this.#line, column: this.#column };
    if (isTooLong) {
      this.report({
        where,
        what: 'text of a record too long',
        got: this.#bytes,
        expected: `at most ${maxTextBytes} bytes, enough for every item that is written without indentation`,
      });
    }
    this.#pieces = [];
    this.#bytes = 0;
    // A line has but its own end to count.
    if (this.#form === 'list') this.#advance(pieces);
    if (isTooLong || isNone) return;
    const [only] = pieces;
    yield { content: pieces.length === 1 && only ? only : Buffer.concat(pieces), where, start };
  }

  /** Move the place behind what has been read. */
  #advance(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      let lastEnd = -1;
      for (let end = piece.indexOf(lineFeed); end !== -1; end = piece.indexOf(lineFeed, end + 1)) {
        this.#line += 1;
        this.#column = 1;
        lastEnd = end;
      }
      this.#column += utf16Units(piece.subarray(lastEnd + 1));
    }
  }

  #reportBroken(reason: string, rest: Uint8Array = new Uint8Array()): void {
    const before = rest.findIndex((byte) => !isWhitespace(byte));
    this.#advance([...this.#pieces, rest.subarray(0, Math.max(before, 0))]);
    this.report({
      where: `${this.file}:${this.#line}:${this.#column}`,
      what: `not JSON (${reason})`,
      got: before === -1 ? undefined : Buffer.from(rest.subarray(before, before + 1)).toString(),
      expected: 'a list of records, or a record a line',
    });
  }
}

function isWhitespace(byte: number): boolean {
  return byte === space || byte === lineFeed || byte === carriageReturn || byte === tab;
}

function isBlank(content: Uint8Array | readonly Uint8Array[]): boolean {
  return content instanceof Uint8Array ? content.every(isWhitespace) : content.every((it) => isBlank(it));
}

/** Columns are counted as `String.length` counts; a letter that is cut by the end of a piece counts for its start. */
function utf16Units(utf8: Uint8Array): number {
  let units = 0;
  for (const byte of utf8) {
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
