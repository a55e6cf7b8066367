import { type KeyType, keySchema, type Table } from '../declarations';
import {
  AttributeReader,
  type AttributeValue,
  isObject,
  memberOf,
  preview,
  type Report,
} from './attribute-value';

/** An item that DynamoDB takes. */
export interface CheckedItem {
  /** The values of its key as one text: the same for keys that are the same to DynamoDB. */
  readonly key: string;
  /** DynamoDB JSON, the same text for the same item however it was written. */
  readonly item: string;
}

/** What the items of a table are checked against. */
export type ItemRules = Pick<Table, 'key' | 'indexes'>;

/**
 * DynamoDB's limits on keys and items; its KB has 1,024 bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const keyParts = [
  { part: 'partition key', maxBytes: 2_048 },
  { part: 'sort key', maxBytes: 1_024 },
] as const;
const maxItemBytes = 400 * 1_024;

/**
 * Check an item: its attributes by name in JSON, or `{"Item": {…}}` with its attributes in DynamoDB JSON, which is how
 * DynamoDB exports it.
 *
 * @param where - what messages call the item
 * @returns undefined without a usable key; all else that is wrong is only reported
 */
export function checkItem(
  written: unknown,
  where: string,
  rules: ItemRules,
  report: Report,
): CheckedItem | undefined {
  if (!isObject(written)) {
    report({ where, what: 'item is not an object', got: preview(written), expected: 'attributes by name' });
    return undefined;
  }
  const names = Object.keys(written);
  if (names.includes('Keys') && names.every((name) => incrementalExport.has(name))) {
    const expected = 'a full export, lines {"Item": {…}}';
    report({ where, what: 'line of an incremental export', got: names.join(', '), expected });
    return undefined;
  }
  const { Item } = written;
  // Where it is the name of the partition key, a plain item may have this one attribute.
  const isPlain = keySchema(rules.key).partitionKey.name === 'Item' && !Object.hasOwn(Object(Item), 'Item');
  const isExported = names.length === 1 && isObject(Item) && !isPlain;
  const attributes = isExported ? Item : written;
  const reader = new AttributeReader(isExported ? 'DynamoDB JSON' : 'JSON', report);
  const { byName, json, bytes } = reader.read(attributes, where);
  const entryBytes = localEntryBytes(byName, bytes, rules);
  if (bytes + entryBytes > maxItemBytes) {
    const expected = `at most ${maxItemBytes} bytes, attribute names counted`;
    const counted = entryBytes > 0 ? ', and its entries in local indexes' : '';
    report({ where, what: 'item too large', got: bytes + entryBytes, expected: `${expected}${counted}` });
  }

  const wrong = reportWrongKeys(byName, rules, (name, what, expected) => {
    const got = isExported ? attributes[name] : preview(attributes[name]);
    report({ where: memberOf(where, name), what, got, expected });
  });
  const contents = Object.keys(rules.key).map((name) => byName.get(name)?.content ?? '');
  if (Object.keys(rules.key).some((name) => wrong.has(name))) return undefined;
  return { key: contents.length === 1 ? JSON.parse(String(contents)) : `[${contents}]`, item: json };
}

export function reportDuplicateKey(key: string, where: string, rules: ItemRules, report: Report): void {
  const { partitionKey, sortKey } = keySchema(rules.key);
  const problem = sortKey
    ? { where, what: `duplicate key of ${partitionKey.name} and ${sortKey.name}`, got: JSON.parse(key) }
    : { where: memberOf(where, partitionKey.name), what: 'duplicate partition key', got: key };
  report({ ...problem, expected: 'unique keys' });
}

/**
 * Bytes of the entries of an item in local indexes, which share its limit.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, item size for tables with local secondary indexes
 */
function localEntryBytes(
  attributes: ReadonlyMap<string, AttributeValue>,
  itemBytes: number,
  { key, indexes = {} }: ItemRules,
): number {
  let bytes = 0;
  for (const index of Object.values(indexes)) {
    const isEntry = Object.keys(index.key).every((name) => attributes.has(name));
    if (index.kind !== 'local' || !isEntry) continue;
    const { projection = 'all' } = index;
    if (projection === 'all') {
      bytes += itemBytes;
      continue;
    }
    const projected = projection === 'keys' ? [] : projection;
    for (const name of new Set([...Object.keys(key), ...Object.keys(index.key), ...projected])) {
      const value = attributes.get(name);
      if (value) bytes += Buffer.byteLength(name) + value.bytes;
    }
  }
  return bytes;
}

/** Names of a line that tells of a change, where a full export has the item alone. */
const incrementalExport = new Set(['Metadata', 'Keys', 'NewImage', 'OldImage']);

/** Reports each attribute once, though it may belong to several keys; returns the names of those that are wrong. */
function reportWrongKeys(
  attributes: ReadonlyMap<string, AttributeValue>,
  { key, indexes = {} }: ItemRules,
  report: (name: string, what: string, expected: string) => void,
): ReadonlySet<string> {
  const wrong = new Set<string>();
  for (const [index, keyed] of [['', { key }] as const, ...Object.entries(indexes)]) {
    for (const [position, [name, type]] of Object.entries(keyed.key).entries()) {
      const { part, maxBytes } = keyParts[position === 0 ? 0 : 1];
      const value = attributes.get(name);
      const problem = keyProblem(value, type, maxBytes, index !== '');
      if (problem === undefined || wrong.has(name)) continue;
      wrong.add(name);
      if (value?.type === 'none') continue;
      const expected = expectedValue(name, type, maxBytes);
      if (index === '') report(name, `${part} ${problem}`, expected);
      else report(name, `${part} of index ${index} ${problem}`, `${expected}, or no such attribute`);
    }
  }
  return wrong;
}

function keyProblem(
  value: AttributeValue | undefined,
  type: KeyType,
  maxBytes: number,
  isOptional: boolean,
): string | undefined {
  if (!value) return isOptional ? undefined : 'missing';
  if (value.type !== type) return `is not ${typeNames[type]}`;
  if (value.bytes === 0) return 'is empty';
  return value.bytes > maxBytes ? 'too long' : undefined;
}

const typeNames = { S: 'a string', N: 'a number', B: 'binary' } as const;

function expectedValue(name: string, type: KeyType, maxBytes: number): string {
  if (type === 'N') return 'a number';
  if (type === 'S') return `a string of 1 to ${maxBytes} bytes of UTF-8`;
  const written = `{"Item": {${JSON.stringify(name)}: {"B": "<base64>"}}}`;
  return `1 to ${maxBytes} bytes, in an item written as DynamoDB JSON: ${written}`;
}
