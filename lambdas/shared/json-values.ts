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
    const entries = Object.entries(value).map(([name, inner]) => [visibleName(name), toJsonValue(inner)]);
    return Object.fromEntries(entries);
  }
  return value;
}

/** What the SDK, which would lose it, gets in the place of an attribute's name; no name holds U+0000 by accident. */
const hiddenProto = '\u0000proto';

/** The text of an answer of DynamoDB with every attribute's name `__proto__` hidden from the SDK. `toJsonValue` brings it back. */
export function hideProto(json: string): string {
  // A quotation mark in a text has a backslash before it, and only a name has a colon behind it.
  return json.replaceAll(/(?<!\\)"__proto__"(?=\s*:)/g, JSON.stringify(hiddenProto));
}

function visibleName(name: string): string {
  return name === hiddenProto ? '__proto__' : name;
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
