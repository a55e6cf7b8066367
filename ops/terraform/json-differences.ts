import { isDeepStrictEqual } from 'node:util';
import { isSafeNumber, parse } from 'lossless-json';
import { memberOf } from '../../seed-data/attribute-value';

/** One place in which two values differ; what is not there is null. */
export interface Difference {
  /** Such as `tags.owner` or `policy.Statement[0].Action`. */
  readonly path: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/**
 * The places in which two JSON values differ. Texts that hold JSON, as policies and items do, are compared by what they
 * hold; nothing, null, and an empty list or object are the same.
 */
export function differencesOf(expected: unknown, found: unknown, path = ''): Difference[] {
  const [left, right] = [readJson(expected), readJson(found)];
  const sides = [left, right].filter((side) => side !== null);
  if (sides.length > 0 && sides.every(isObject)) {
    const names = new Set(sides.flatMap(Object.keys));
    return [...names]
      .sort()
      .flatMap((name) =>
        differencesOf(left?.[name], right?.[name], path === '' ? name : memberOf(path, name)),
      );
  }
  if (sides.length > 0 && sides.every(isListOfObjects)) {
    const length = Math.max(...sides.map((side) => side.length));
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differencesOf(left?.[index], right?.[index], `${path}[${index}]`),
    );
  }
  return isDeepStrictEqual(left, right) ? [] : [{ path, expected: left, found: right }];
}

/** `<path>: expected <value>, found <value>` */
export function describeDifference({ path, expected, found }: Difference): string {
  const show = (value: unknown) => (value === null ? 'nothing' : JSON.stringify(value));
  return `${path === '' ? '' : `${path}: `}expected ${show(expected)}, found ${show(found)}`;
}

/** Levels of JSON that are read: far beyond what is written by anybody who means well, and safe to walk. */
export const maxLevels = 200;

/** Whether JSON is nested deeper than it is safe to walk. */
export function isDeeperThan(levels: number, json: unknown): boolean {
  let level: unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((it) => (typeof it === 'object' && it !== null ? Object.values(it) : []));
  }
  return false;
}

/** Numbers that JavaScript may not keep as they are written. */
const mayBeRounded = /\d{16}|\d[eE]/;
const exactNumber = (text: string) => (isSafeNumber(text) ? Number(text) : text);

// biome-ignore lint/suspicious/noExplicitAny: any JSON value
type Json = any;

function readJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object') return Object.keys(value).length === 0 ? null : value;
  const json = jsonIn(value);
  return json === undefined ? value : readJson(json);
}

/** The list or object that a text holds, as policies and items do; undefined if it holds none that is safe to walk. */
export function jsonIn(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = mayBeRounded.test(text) ? parse(text, undefined, exactNumber) : JSON.parse(text);
    return isDeeperThan(maxLevels, json) ? undefined : json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json): value is object {
  return typeof value === 'object' && !Array.isArray(value);
}

function isListOfObjects(value: Json): value is object[] {
  return Array.isArray(value) && value.every((element) => element !== null && isObject(element));
}
