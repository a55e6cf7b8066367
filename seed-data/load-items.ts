import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InputError, type Problem } from '../input-error';
import { preview, type Report } from './attribute-value';
import { type CheckedItem, checkItem, type ItemRules, reportDuplicateKey } from './check-item';
import { readJson, reportDuplicateName, withoutByteOrderMark } from './json-text';

/** An item as `aws_dynamodb_table_item` takes it. */
export interface SeedItem extends CheckedItem {
  /** Construct id, derived from the key alone: no other item changes it, nor does the file's order. */
  readonly id: string;
}

/** More are refused: nobody reviews a longer plan, and Terraform reads each item again at every refresh. */
export const maxItems = 200;

/**
 * Read items from a JSON file, sorted by key. Each is written in plain JSON, or as DynamoDB exports it.
 *
 * @throws InputError that lists every problem in the file, one per line.
 */
export function loadItems(file: string, rules: ItemRules): readonly SeedItem[] {
  return parseItems(readBytes(file), file, rules);
}

/** `loadItems` for content at hand; messages call it `file`. */
export function parseItems(content: Uint8Array, file: string, rules: ItemRules): readonly SeedItem[] {
  const start = { file, line: 1, column: 1 };
  const { json, duplicateNames } = readJson(withoutByteOrderMark(content), start, file);
  if (!Array.isArray(json)) {
    throw new InputError({
      where: file,
      what: 'not a list',
      got: preview(json),
      expected: 'a list of items',
    });
  }

  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  if (json.length > maxItems) {
    report({
      where: file,
      what: 'too many items to review one by one',
      got: json.length,
      expected: `at most ${maxItems}; for more, set the environment's seed in environments.ts to { mode: 'import', manifest: 'seed-data/import.json' }, write them as JSON Lines (jq -c '.[]' ${file} > items.jsonl) and run "npm run seed:upload -- items.jsonl"`,
    });
  }
  for (const { name, index } of duplicateNames) reportDuplicateName(name, `${file}[${index}]`, report);
  const checked = json.map((written, index) => checkItem(written, `${file}[${index}]`, rules, report));
  const keys = new Set<string>();
  for (const [index, item] of checked.entries()) {
    if (item === undefined) continue;
    if (keys.has(item.key)) reportDuplicateKey(item.key, `${file}[${index}]`, rules, report);
    keys.add(item.key);
  }
  if (problems.length > 0) throw new InputError(...problems);

  return checked
    .filter((item) => item !== undefined)
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
