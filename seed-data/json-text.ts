import { parse } from 'lossless-json';
import { InputError, type Problem } from '../input-error';
import type { Report } from './attribute-value';

/** Where a text starts in its file, as editors and terminals count: from 1, a column being a UTF-16 unit. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface DuplicateName {
  readonly name: string;
  /** Of the element that it is in, where the text is a list. */
  readonly index: number;
}

/** What keeps a text from being read at all. */
export class BrokenText extends InputError {
  constructor(readonly problem: Problem) {
    super(problem);
  }
}

/**
 * The value of a JSON text with every digit of its numbers, and the names that are written twice in one object, of which
 * the value has one.
 *
 * @param where - what messages call the value
 * @throws BrokenText if the content is not UTF-8 or not JSON
 */
export function readJson(
  content: Uint8Array,
  start: Place,
  where: string,
): { readonly json: unknown; readonly duplicateNames: Iterable<DuplicateName> } {
  const text = decodeUtf8(content, start);
  return { json: parseJson(text, start, where), duplicateNames: findDuplicateNames(text) };
}

export function reportDuplicateName(name: string, where: string, report: Report): void {
  report({ where, what: 'duplicate attribute name', got: name, expected: 'unique names' });
}

export function withoutByteOrderMark(content: Uint8Array): Uint8Array {
  const startsWithIt = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
  return startsWithIt ? content.subarray(3) : content;
}

function decodeUtf8(content: Uint8Array, start: Place): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    const repaired = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(content));
    const offset = repaired.findIndex((byte, index) => byte !== content[index]);
    throw new BrokenText({
      where: placeAfter(repaired.toString('utf8', 0, offset), start),
      what: 'not UTF-8',
      got: Buffer.from(content.subarray(offset, offset + 4)).toString('hex'),
      expected: 'a file saved as UTF-8',
    });
  }
}

function parseJson(text: string, start: Place, where: string): unknown {
  try {
    // Duplicate names are reported with all other problems.
    return parse(text, null, { onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // The parser is recursive: it runs out of stack far beyond the levels that DynamoDB allows.
    if (error instanceof RangeError) {
      throw new BrokenText({
        where,
        what: 'nested too deep',
        got: text.slice(0, 20),
        expected: 'fewer levels',
      });
    }
    const { message } = error as SyntaxError;
    const [, reason = message, position = '0'] = /^(.*?)(?: but .*)? at position (\d+)$/s.exec(message) ?? [];
    throw new BrokenText({
      where: placeAfter(text.slice(0, Number(position)), start),
      what: `not JSON (${reason.replace(/\p{Control}/gu, ' ')})`,
      got: text[Number(position)],
      expected: 'JSON',
    });
  }
}

function placeAfter(before: string, { file, line, column }: Place): string {
  const lines = before.split('\n');
  const width = (lines.at(-1) ?? '').length;
  return `${file}:${line + lines.length - 1}:${(lines.length > 1 ? 1 : column) + width}`;
}

/**
 * Names written twice in one object, of which a parser keeps one, each with the number of commas before it that belong to
 * the outermost list or object; `json` is valid.
 */
function* findDuplicateNames(json: string): Generator<DuplicateName> {
  const namesOfOpen: Set<string>[] = [];
  let index = 0;
  let stringStart: number | undefined;
  let string = '';
  for (const { 0: token, index: offset } of json.matchAll(/\\.|["{}[\],:]/g)) {
    if (token === '"') {
      if (stringStart !== undefined) string = json.slice(stringStart, offset + 1);
      stringStart = stringStart === undefined ? offset : undefined;
    } else if (stringStart !== undefined) {
      // Inside a string, where no token means anything.
    } else if (token === '{' || token === '[') {
      namesOfOpen.push(new Set());
    } else if (token === '}' || token === ']') {
      namesOfOpen.pop();
    } else if (token === ':') {
      const name: string = JSON.parse(string);
      const names = namesOfOpen.at(-1);
      if (names?.has(name)) yield { name, index };
      names?.add(name);
    } else if (namesOfOpen.length === 1) {
      index += 1;
    }
  }
}
