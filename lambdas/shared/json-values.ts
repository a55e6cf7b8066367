/** A number of DynamoDB as a JavaScript number where no digit is lost, and as its decimal string otherwise. */
export function exactNumber(decimal: string): number | string {
  const number = Number(decimal);
  return significantDigits(String(number)) === significantDigits(decimal) ? number : decimal;
}

/** A value that `JSON.stringify` writes in full: sets become arrays, binary becomes a base64 string. */
export function toJsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Set) return Array.from(value, toJsonValue);
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJsonValue(inner)]));
  }
  return value;
}

function significantDigits(decimal: string): string {
  return decimal
    .replace(/e.*/i, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
}
