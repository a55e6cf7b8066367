import { keySchema, type Table, type TableKey } from '../../declarations';
import { InvalidEvent } from './errors';
import { isNumber } from './json-values';

/** A key as events, cursors and answers have it: numbers that JavaScript would round are decimal strings, binary is base64. */
export type Key = Readonly<Record<string, string | number>>;

/** An event's fields. @throws {InvalidEvent} where the event is not an object. */
export function readFields(event: unknown): Readonly<Record<string, unknown>> {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw invalid('event', 'not an object', event, 'an object');
  }
  return event as Record<string, unknown>;
}

/**
 * The value of one attribute of a key.
 * @throws {InvalidEvent} where DynamoDB would refuse it.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html for the bytes of a partition key,
 * 2,048 at most, and of a sort key, 1,024.
 */
export function readKeyValue(where: string, value: unknown, key: TableKey, name: string): string | number {
  const { partitionKey } = keySchema(key);
  const maxBytes = name === partitionKey.name ? 2_048 : 1_024;
  if (key[name] === 'N') return readNumber(where, value);
  const bytesOf = key[name] === 'B' ? bytesOfBase64 : bytesOfText;
  const expected =
    key[name] === 'B' ? `base64 of 1 to ${maxBytes} bytes` : `a string of 1 to ${maxBytes} bytes`;
  if (typeof value !== 'string') throw invalid(where, 'not a string', value, expected);
  if (value === '') throw invalid(where, 'empty', value, expected);
  const bytes = bytesOf(where, value);
  if (bytes > maxBytes) throw invalid(where, 'too long', value, expected);
  return value;
}

function readNumber(where: string, value: unknown): string | number {
  if ((typeof value === 'number' || typeof value === 'string') && isNumber(String(value))) return value;
  throw invalid(
    where,
    'not a number',
    value,
    'a number, or its digits as a string, as DynamoDB can store it',
  );
}

function bytesOfText(where: string, value: string): number {
  if (/\p{Surrogate}/u.test(value))
    throw invalid(where, 'half a surrogate pair', value, 'well-formed Unicode');
  return Buffer.byteLength(value);
}

function bytesOfBase64(where: string, value: string): number {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value)
    throw invalid(where, 'not base64', value, 'base64 with its padding');
  return bytes.length;
}

/** The opaque text that stands for the last key of a page. */
export function writeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key that a cursor stands for.
 * @param index - the index that is read page by page, if it is not the table itself
 * @throws {InvalidEvent} for anything that `writeCursor` does not write of a key of this table.
 */
export function readCursor(where: string, cursor: unknown, { key, indexes }: Table, index?: string): Key {
  const notACursor = () => invalid(where, 'not a cursor', cursor, 'the cursor of an earlier answer');
  if (typeof cursor !== 'string') throw notACursor();
  const written = parseJson(Buffer.from(cursor, 'base64url').toString());
  const keys = [key, ...(index === undefined ? [] : [indexes?.[index]?.key ?? {}])];
  const names = new Set(keys.flatMap(Object.keys));
  if (typeof written !== 'object' || written === null || Object.keys(written).length !== names.size)
    throw notACursor();
  const startKey: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(written)) {
    const own = keys.find((it) => Object.hasOwn(it, name));
    if (!own) throw notACursor();
    startKey[name] = readKeyValue(where, value, own, name);
  }
  if (writeCursor(startKey) !== cursor) throw notACursor();
  return startKey;
}

/** `<where>: <what>, got <value>; expected <allowed>`, the form of every message about an event. */
export function describeProblem(where: string, what: string, got: unknown, expected: string): string {
  const text = textOf(got);
  return `${where}: ${what}, got ${text.length > 80 ? `${text.slice(0, 79)}…` : text}; expected ${expected}`;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // Nesting has no limit in what is read, only in what is written.
    return 'a value nested too deeply';
  }
}

/** The error for a field of the event, its message in the form of `describeProblem`. */
export function invalid(...problem: Parameters<typeof describeProblem>): InvalidEvent {
  return new InvalidEvent(describeProblem(...problem));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
