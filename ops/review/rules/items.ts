import { isDeepStrictEqual } from 'node:util';
import { differencesOf } from '../../terraform/json-differences';
import { isHidden } from '../../terraform/plan-json';
import type { ChangeView } from '../change-view';
import { count, describeChange, harms, show } from '../finding';
import type { JointRule, Judgement } from './rule';

/** What is done to an item, attribute by attribute. How many of a stack may change is judged when all are known. */
export const item: JointRule = {
  judge: ({ action, before, after }) => {
    const judged = (kind: string, words: string, details: readonly string[]): Judgement => ({
      concern: 'items',
      kind,
      words,
      details,
      harm: harms.none,
    });
    const added = (it: Item) => judged('item-added', `adds ${it.name}`, describeItem(it.attributes));
    const removed = (it: Item) => judged('item-removed', `removes ${it.name}`, describeItem(it.attributes));
    const [old, now] = [before, after].map(readItem);
    if (!old || !now) return [...(old ? [removed(old)] : []), ...(now ? [added(now)] : [])];
    if (!isDeepStrictEqual(old.key, now.key)) return [removed(old), added(now)];
    const differences = differencesOf(now.attributes, old.attributes);
    if (differences.length === 0) {
      const words = `${action === 'replace' ? 'writes' : 'leaves'} ${now.name} as it is`;
      return [judged('item-written', words, [])];
    }
    const names = [...new Set(differences.map(({ path }) => path.split(/[.[]/)[0] || path))];
    const more = names.length > 6 ? ` and ${count(names.length - 6, 'more attribute')}` : '';
    const words = `changes ${now.name}: ${names.slice(0, 6).join(', ')}${more}`;
    return [judged('item-changed', words, differences.map(describeChange))];
  },
};

interface Item {
  /** Values of the partition and sort key, as far as they may be shown. */
  readonly key: readonly unknown[];
  readonly name: string;
  readonly attributes: unknown;
}

function readItem(values: ChangeView['before']): Item | undefined {
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
    name: `the item ${key.map((it) => show(it)).join(', ')}${of}`,
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

function describeItem(attributes: unknown): string[] {
  if (typeof attributes !== 'object' || attributes === null) return [show(attributes)];
  return Object.entries(attributes).map(([name, value]) => `${name}: ${show(value)}`);
}
