import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { LosslessNumber, parse } from 'lossless-json';
import { describeMistake, InputError, type Mistake } from '../input-error';
import { isObject, memberOf, type Report, toAttributes, utf8Bytes } from './attribute-value';

/** A record as `aws_dynamodb_table_item` takes it. */
export interface SeedItem {
  /** Construct id, derived from the key alone: no other record changes it, nor does the file's order. */
  readonly id: string;
  /** Value of the partition key. */
  readonly key: string;
  /** DynamoDB JSON, the same text for the same record however the file writes it. */
  readonly item: string;
}

export interface SeedDataOptions {
  /** Name of the table's partition key, a string attribute. */
  readonly partitionKey: string;
}

/** More are refused: nobody reviews a longer plan, and Terraform reads each item again at every refresh. */
export const maxItems = 200;

/**
 * DynamoDB's limits on keys and items; its KB has 1,024 bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const maxKeyNameBytes = 255;
const maxKeyBytes = 2_048;
const maxItemBytes = 400 * 1_024;

/**
 * Read plain records from a JSON file, sorted by key.
 *
 * @throws InputError that lists every mistake in the file, one per line.
 */
export function loadSeedData(file: string, options: SeedDataOptions): readonly SeedItem[] {
  return parseSeedData(readBytes(file), file, options);
}

/** `loadSeedData` for content at hand; messages call it `file`. */
export function parseSeedData(
  content: Uint8Array,
  file: string,
  { partitionKey }: SeedDataOptions,
): readonly SeedItem[] {
  const text = decodeUtf8(content, file);
  const records = parseJson(text, file);
  if (!Array.isArray(records)) {
    throw mistaken({
      where: file,
      what: 'not a list',
      got: preview(records),
      expected: 'an array of records',
    });
  }

  const mistakes: Mistake[] = [];
  const report: Report = (mistake) => mistakes.push(mistake);
  if (records.length > maxItems) {
    report({
      where: file,
      what: 'too many records to review one by one',
      got: records.length,
      expected: `at most ${maxItems}; for more, DynamoDB's import from S3 (import_table of the table)`,
    });
  }
  if (utf8Bytes(partitionKey) > maxKeyNameBytes) {
    report({
      where: file,
      what: 'name of the partition key too long',
      got: partitionKey,
      expected: `at most ${maxKeyNameBytes} bytes of UTF-8`,
    });
  }
  reportDuplicateNames(text, file, report);
  const items = records.map((record, index) => toSeedItem(record, `${file}[${index}]`, partitionKey, report));
  reportDuplicateKeys(items, file, partitionKey, report);
  if (mistakes.length > 0) throw mistaken(...mistakes);

  return items
    .filter((item) => item !== undefined)
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw mistaken({ where: file, what: 'cannot be read', got: code, expected: 'a JSON file' });
  }
}

function decodeUtf8(content: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    const repaired = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(content));
    const offset = repaired.findIndex((byte, index) => byte !== content[index]);
    throw mistaken({
      where: placeAfter(repaired.toString('utf8', 0, offset), file),
      what: 'not UTF-8',
      got: Buffer.from(content.subarray(offset, offset + 4)).toString('hex'),
      expected: 'a file saved as UTF-8',
    });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    // Duplicate names are reported with all other mistakes.
    return parse(text, null, { onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // The parser is recursive: it runs out of stack far beyond the levels that DynamoDB allows.
    if (error instanceof RangeError) {
      throw mistaken({
        where: file,
        what: 'nested too deep',
        got: text.slice(0, 20),
        expected: 'fewer levels',
      });
    }
    const { message } = error as SyntaxError;
    const [, reason = message, position = '0'] = /^(.*?)(?: but .*)? at position (\d+)$/s.exec(message) ?? [];
    throw mistaken({
      where: placeAfter(text.slice(0, Number(position)), file),
      what: `not JSON (${reason.replace(/\p{Control}/gu, ' ')})`,
      got: text[Number(position)],
      expected: 'JSON',
    });
  }
}

/** Where the text after `before` starts, as editors and terminals understand it. */
function placeAfter(before: string, file: string): string {
  const lines = before.split('\n');
  return `${file}:${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

/** Names written twice in one object, of which a parser keeps one; `json` is valid, with a list on top. */
function reportDuplicateNames(json: string, file: string, report: Report): void {
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
      if (names?.has(name)) {
        const where = `${file}[${index}]`;
        report({ where, what: 'duplicate attribute name', got: name, expected: 'unique names' });
      }
      names?.add(name);
    } else if (namesOfOpen.length === 1) {
      index += 1; // a comma between records
    }
  }
}

/** Undefined without a usable key; all else that is wrong is only reported. */
function toSeedItem(
  record: unknown,
  where: string,
  partitionKey: string,
  report: Report,
): SeedItem | undefined {
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
  return { id: toConstructId(key), key, item: withoutTemplates(JSON.stringify(marshall(value))) };
}

function wrongKey(key: unknown): string {
  if (key === undefined) return 'partition key missing';
  if (typeof key !== 'string') return 'partition key is not a string';
  return key === '' ? 'partition key is empty' : 'partition key too long';
}

function reportDuplicateKeys(
  items: readonly (SeedItem | undefined)[],
  file: string,
  partitionKey: string,
  report: Report,
): void {
  const keys = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (item === undefined) continue;
    if (keys.has(item.key)) {
      const where = memberOf(`${file}[${index}]`, partitionKey);
      report({ where, what: 'duplicate partition key', got: item.key, expected: 'unique keys' });
    }
    keys.add(item.key);
  }
}

/**
 * Readable, and distinct for keys that differ in any byte. Ids are a contract with Terraform's state: another
 * way to make them replaces every item.
 */
function toConstructId(key: string): string {
  const slug = key
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
  const name = /^[a-z]/.test(slug) ? [slug] : ['item', slug];
  return [...name, hash].filter((part) => part !== '').join('-');
}

/** Terraform takes `${` and `%{` in any string for a template, CDKTF `#{` and `&{` for a token. */
function withoutTemplates(json: string): string {
  return json.replace(/[$%#&](?=\{)/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** A value short enough for a message. */
function preview(json: unknown): unknown {
  if (json instanceof LosslessNumber) return Number(json.value);
  if (Array.isArray(json)) return '[…]';
  return isObject(json) ? '{…}' : json;
}

function mistaken(...mistakes: readonly Mistake[]): InputError {
  return new InputError(mistakes.map(describeMistake).join('\n'));
}
