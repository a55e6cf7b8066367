import { isSafeNumber, LosslessNumber, parse, stringify } from 'lossless-json';

/**
 * Read JSON without losing anything: a number that JavaScript would round is kept as it is written.
 *
 * @throws SyntaxError if it is not JSON, or if one object has two members of one name, of which each reader takes another
 */
export function parseExactly(text: string): unknown {
  return parse(text, undefined, (number) =>
    isSafeNumber(number) ? Number(number) : new LosslessNumber(number),
  );
}

/** The JSON text of what `parseExactly` has read. */
export function stringifyExactly(value: unknown): string {
  return stringify(value, undefined, 2) ?? '';
}
