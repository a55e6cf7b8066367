import { isDeepStrictEqual } from 'node:util';
import { differencesOf } from '../../plan/json-differences';
import { isHidden } from '../../plan/plan-json';
import { type ChangeView, count, describeChange, show, type Told } from '../finding';

/** What is done to the record of an `aws_dynamodb_table_item`, attribute by attribute. */
export function recordsOf(view: ChangeView): Told[] {
  const { action, type, before, after } = view;
  if (type !== 'aws_dynamodb_table_item') return [];
  if (action === 'no-op' || action === 'read') return [];
  const [old, new_] = [before, action === 'destroy' || action === 'forget' ? undefined : after].map(
    readRecord,
  );
  const told = (kind: string, sentence: string, details: readonly string[]): Told => ({
    concern: 'records',
    kind,
    sentence,
    details,
    paths: ['item', 'table_name', 'hash_key', 'range_key'],
  });
  const added = (record: Record) =>
    told('record-added', `adds ${record.name}`, describeRecord(record.attributes));
  const removed = (record: Record) =>
    told('record-removed', `removes ${record.name}`, describeRecord(record.attributes));
  if (action === 'forget') return [told('record-forgotten', `leaves ${old?.name} to whoever wants it`, [])];
  if (!old || !new_) return [...(old ? [removed(old)] : []), ...(new_ ? [added(new_)] : [])];
  if (!isDeepStrictEqual(old.key, new_.key)) return [removed(old), added(new_)];
  const differences = differencesOf(new_.attributes, old.attributes);
  if (action === 'replace' && differences.length === 0) {
    return [told('record-added', `writes ${new_.name} again`, [])];
  }
  if (differences.length === 0) return [];
  const names = [...new Set(differences.map(({ path }) => path.split(/[.[]/)[0] || path))];
  return [
    told(
      'record-changed',
      `changes ${new_.name}: ${names.slice(0, 6).join(', ')}${names.length > 6 ? ` and ${count(names.length - 6, 'more attribute')}` : ''}`,
      differences.map(describeChange),
    ),
  ];
}

interface Record {
  /** Values of the partition and sort key, as far as they may be shown. */
  readonly key: readonly unknown[];
  readonly name: string;
  readonly attributes: unknown;
}

function readRecord(values: ChangeView['before']): Record | undefined {
  if (!values) return undefined;
  const { item, hash_key: hash, range_key: range, table_name: table } = values;
  const attributes = readAttributes(item);
  const names = [hash, range].filter((it): it is string => typeof it === 'string' && it !== '');
  const key = names.map((name) =>
    attributes && typeof attributes === 'object' ? member(attributes, name) : item,
  );
  const of = typeof table === 'string' && !isHidden(table) ? ` of ${table}` : '';
  return {
    key: [...key, table],
    name: `the record ${key.map((it) => show(it)).join(', ')}${of}`,
    attributes,
  };
}

function member(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as { [name: string]: unknown })[name] : undefined;
}

function readAttributes(item: unknown): unknown {
  if (typeof item !== 'string' || isHidden(item)) return item;
  try {
    return plainAttributes(JSON.parse(item));
  } catch {
    return item;
  }
}

function plainAttributes(attributes: object): object {
  return Object.fromEntries(Object.entries(attributes).map(([name, it]) => [name, plainValue(it)]));
}

/** An attribute value as JSON: what DynamoDB writes in text (numbers, bytes) stays text behind its type. */
function plainValue(value: unknown): unknown {
  const [[type, content] = ['', undefined], ...others] = Object.entries(Object(value));
  if (others.length > 0) return value;
  if (type === 'S' || type === 'BOOL') return content;
  if (type === 'NULL') return '(null)';
  if (type === 'N') return String(Number(content)) === content ? Number(content) : `number ${content}`;
  if (type === 'L' && Array.isArray(content)) return content.map(plainValue);
  if (type === 'M') return plainAttributes(Object(content));
  if (/^[SNB]S$/.test(type) && Array.isArray(content)) return { [`set of ${type[0]}`]: [...content].sort() };
  return value;
}

function describeRecord(attributes: unknown): string[] {
  if (typeof attributes !== 'object' || attributes === null) return [show(attributes)];
  return Object.entries(attributes).map(([name, value]) => `${name}: ${show(value)}`);
}
