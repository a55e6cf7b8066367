import { partitionKey } from './attributes';
import { InvalidEvent } from './errors';

/** The key of an item. */
export interface Key {
  readonly [partitionKey]: string;
}

/** An event's fields. @throws {InvalidEvent} where the event is not an object. */
export function readFields(event: unknown): Readonly<Record<string, unknown>> {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw invalid('event', 'not an object', event, 'an object');
  }
  return event as Record<string, unknown>;
}

/**
 * A value of the partition key.
 * @throws {InvalidEvent} where DynamoDB would refuse it.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html for its 1 to 2,048 bytes.
 */
export function readKeyValue(where: string, value: unknown): string {
  const expected = `a string of 1 to ${maxKeyBytes} bytes`;
  if (typeof value !== 'string') throw invalid(where, 'not a string', value, expected);
  if (value === '') throw invalid(where, 'empty', value, expected);
  if (/\p{Surrogate}/u.test(value))
    throw invalid(where, 'half a surrogate pair', value, 'well-formed Unicode');
  if (Buffer.byteLength(value) > maxKeyBytes) throw invalid(where, 'too long', value, expected);
  return value;
}

/** The opaque text that stands for the last key of a page. */
export function writeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key that a cursor stands for. @throws {InvalidEvent} for anything that `writeCursor` does not write. */
export function readCursor(where: string, cursor: unknown): Key {
  const notACursor = () => invalid(where, 'not a cursor', cursor, 'the cursor of an earlier answer');
  if (typeof cursor !== 'string') throw notACursor();
  const key = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (typeof key !== 'object' || key === null || !(partitionKey in key)) throw notACursor();
  const startKey: Key = { [partitionKey]: readKeyValue(where, key[partitionKey]) };
  if (writeCursor(startKey) !== cursor) throw notACursor();
  return startKey;
}

/** `<where>: <what>, got <value>; expected <allowed>`, the form of every message about an event. */
export function describeProblem(where: string, what: string, got: unknown, expected: string): string {
  const text = JSON.stringify(got) ?? 'nothing';
  return `${where}: ${what}, got ${text.length > 80 ? `${text.slice(0, 79)}…` : text}; expected ${expected}`;
}

/** The error for a field of the event, its message in the form of `describeProblem`. */
export function invalid(...problem: Parameters<typeof describeProblem>): InvalidEvent {
  return new InvalidEvent(describeProblem(...problem));
}

const maxKeyBytes = 2_048;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
