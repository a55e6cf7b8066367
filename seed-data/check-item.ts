import { marshall } from '@aws-sdk/util-dynamodb';
import { LosslessNumber, parse } from 'lossless-json';
import { describeProblem, InputError, type Problem } from '../input-error';
import { isObject, memberOf, type Report, toAttributes, utf8Bytes } from './attribute-value';

/** A record that DynamoDB takes. */
export interface CheckedRecord {
  /** Value of the partition key. */
  readonly key: string;
  /** DynamoDB JSON, the same text for the same record however it was written; none for an item that is too large. */
  readonly item: string;
}

/** Where a text starts in its file, as editors and terminals count: from 1, a column being a UTF-16 unit. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * DynamoDB's limits on keys and items; its KB has 1,024 bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const maxKeyNameBytes = 255;
const maxKeyBytes = 2_048;
export const maxItemBytes = 400 * 1_024;

export function checkKeyName(partitionKey: string, where: string, report: Report): void {
  if (utf8Bytes(partitionKey) > maxKeyNameBytes) {
    report({
      where,
      what: 'name of the partition key too long',
      got: partitionKey,
      expected: `at most ${maxKeyNameBytes} bytes of UTF-8`,
    });
  }
}

/** Undefined without a usable key; all else that is wrong is only reported. `where` is what messages call the record. */
export function checkRecord(
  record: unknown,
  where: string,
  partitionKey: string,
  report: Report,
): CheckedRecord | undefined {
  if (!isObject(record)) {
    report({ where, what: 'record is not an object', got: preview(record), expected: 'attributes by name' });
    return undefined;
  }
  const { value, bytes } = toAttributes(record, where, report);
  if (bytes > maxItemBytes) {
    const expected = `at most ${maxItemBytes} bytes, attribute names counted`;
    report({ where, what: 'item too large', got: bytes, expected });
  }
  const key = record[partitionKey];
  if (typeof key !== 'string' || key === '' || utf8Bytes(key) > maxKeyBytes) {
    report({
      where: memberOf(where, partitionKey),
      what: wrongKey(key),
      got: preview(key),
      expected: `a string of 1 to ${maxKeyBytes} bytes of UTF-8`,
    });
    return undefined;
  }
  return { key, item: bytes > maxItemBytes ? '' : JSON.stringify(marshall(value)) };
}

function wrongKey(key: unknown): string {
  if (key === undefined) return 'partition key missing';
  if (typeof key !== 'string') return 'partition key is not a string';
  return key === '' ? 'partition key is empty' : 'partition key too long';
}

export function reportDuplicateKey(key: string, where: string, partitionKey: string, report: Report): void {
  report({
    where: memberOf(where, partitionKey),
    what: 'duplicate partition key',
    got: key,
    expected: 'unique keys',
  });
}

export function withoutByteOrderMark(content: Uint8Array): Uint8Array {
  const startsWithIt = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
  return startsWithIt ? content.subarray(3) : content;
}

/** @throws BrokenText if the content is not UTF-8 */
export function decodeUtf8(content: Uint8Array, start: Place): string {
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

/** @throws BrokenText if the text is not JSON; `where` is what messages call its value */
export function parseJson(text: string, start: Place, where: string): unknown {
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
export function* duplicateNames(json: string): Generator<{ readonly name: string; readonly index: number }> {
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

export function reportDuplicateName(name: string, where: string, report: Report): void {
  report({ where, what: 'duplicate attribute name', got: name, expected: 'unique names' });
}

/** A value short enough for a message. */
export function preview(json: unknown): unknown {
  if (json instanceof LosslessNumber) return Number(json.value);
  if (Array.isArray(json)) return '[…]';
  return isObject(json) ? '{…}' : json;
}

/** What keeps a text from being read at all. */
export class BrokenText extends InputError {
  constructor(readonly problem: Problem) {
    super(describeProblem(problem));
  }
}
