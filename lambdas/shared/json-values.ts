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

/**
 * Whether a decimal text is a number that DynamoDB stores.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html for its digits and its range.
 */
export function isNumber(decimal: string): boolean {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:e([-+]?\d{1,4}))?$/i.exec(decimal) ?? [];
  const digits = significantDigits(decimal);
  if (whole === '' || digits.length > 38) return false;
  const leadingZeros = (whole + fraction).search(/[1-9]/);
  const magnitude = whole.length - 1 - leadingZeros + Number(exponent);
  return digits === '' || (magnitude >= -130 && magnitude <= 125);
}

function significantDigits(decimal: string): string {
  return decimal
    .replace(/e.*/i, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
}
