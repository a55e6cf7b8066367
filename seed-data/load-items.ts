import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InputError, type Problem } from '../input-error';
import type { Report } from './attribute-value';
import {
  type CheckedRecord,
  checkKeyName,
  checkRecord,
  decodeUtf8,
  duplicateNames,
  parseJson,
  preview,
  reportDuplicateKey,
  reportDuplicateName,
  withoutByteOrderMark,
} from './check-item';

/** A record as `aws_dynamodb_table_item` takes it. */
export interface SeedItem extends CheckedRecord {
  /** Construct id, derived from the key alone: no other record changes it, nor does the file's order. */
  readonly id: string;
}

export interface SeedDataOptions {
  /** Name of the table's partition key, a string attribute. */
  readonly partitionKey: string;
}

/** More are refused: nobody reviews a longer plan, and Terraform reads each item again at every refresh. */
export const maxItems = 200;

/**
 * Read plain records from a JSON file, sorted by key.
 *
 * @throws InputError that lists every problem in the file, one per line.
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
  const start = { file, line: 1, column: 1 };
  const text = decodeUtf8(withoutByteOrderMark(content), start);
  const records = parseJson(text, start, file);
  if (!Array.isArray(records)) {
    throw new InputError({
      where: file,
      what: 'not a list',
      got: preview(records),
      expected: 'an array of records',
    });
  }

  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  if (records.length > maxItems) {
    report({
      where: file,
      what: 'too many records to review one by one',
      got: records.length,
      expected: `at most ${maxItems}; for more, set the row's seed in environments.ts to { mode: 'import', manifest: 'seed-data/import.json' } and run "npm run seed:upload -- ${file}"`,
    });
  }
  checkKeyName(partitionKey, file, report);
  for (const { name, index } of duplicateNames(text)) reportDuplicateName(name, `${file}[${index}]`, report);
  const checked = records.map((record, index) =>
    checkRecord(record, `${file}[${index}]`, partitionKey, report),
  );
  const keys = new Set<string>();
  for (const [index, record] of checked.entries()) {
    if (record === undefined) continue;
    if (keys.has(record.key)) reportDuplicateKey(record.key, `${file}[${index}]`, partitionKey, report);
    keys.add(record.key);
  }
  if (problems.length > 0) throw new InputError(...problems);

  return checked
    .filter((record) => record !== undefined)
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
    .map(({ key, item }) => ({ id: toConstructId(key), key, item: withoutTemplates(item) }));
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError({ where: file, what: 'cannot be read', got: code, expected: 'a JSON file' });
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
