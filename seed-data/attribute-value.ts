import { type NativeAttributeValue, NumberValueImpl as NumberValue } from '@aws-sdk/util-dynamodb';
import Big from 'big.js';
import { LosslessNumber } from 'lossless-json';
import type { Problem } from '../input-error';

/** Takes note of a problem; reading goes on, so that all of them can be shown at once. */
export type Report = (problem: Problem) => void;

/** A JSON value as DynamoDB stores it: what `marshall` takes, and the bytes that DynamoDB counts for it. */
export interface AttributeValue<T = NativeAttributeValue> {
  readonly value: T;
  readonly bytes: number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * DynamoDB's limits on names, values and their nesting.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const maxNameBytes = 65_535;
const maxLevels = 32;
const maxDigits = 38;
const minExponent = -130;
const maxExponent = 125;

/**
 * Bytes that DynamoDB adds to a list or map, and to each of its elements.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
const containerBytes = 3;
const elementBytes = 1;

/** The attributes of an item, or the elements of a map, sorted by name. `level` is that of their values. */
export function toAttributes(
  object: JsonObject,
  where: string,
  report: Report,
  level = 1,
): AttributeValue<Map<string, NativeAttributeValue>> {
  const value = new Map<string, NativeAttributeValue>();
  let bytes = 0;
  for (const name of Object.keys(object).sort()) {
    checkName(name, where, report);
    const attribute = toAttributeValue(object[name], memberOf(where, name), report, level);
    value.set(name, attribute.value);
    bytes += utf8Bytes(name) + attribute.bytes;
  }
  return { value, bytes };
}

export function isObject(json: unknown): json is JsonObject {
  return (
    typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof LosslessNumber)
  );
}

/** How messages point to a member of what `where` points to. */
export function memberOf(where: string, name: string): string {
  return /^\w+$/.test(name) ? `${where}.${name}` : `${where}[${JSON.stringify(name)}]`;
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text);
}

function toAttributeValue(json: unknown, where: string, report: Report, level: number): AttributeValue {
  if (level > maxLevels) {
    report({
      where,
      what: 'nested too deep',
      got: level,
      expected: `at most ${maxLevels} levels, the attribute being the first`,
    });
    return { value: null, bytes: 0 };
  }
  if (typeof json === 'string') {
    checkText(json, where, report);
    return { value: json, bytes: utf8Bytes(json) };
  }
  if (json instanceof LosslessNumber) return toNumber(json.value, where, report);
  if (Array.isArray(json)) {
    const value: NativeAttributeValue[] = [];
    let bytes = containerBytes;
    for (const [index, written] of json.entries()) {
      const element = toAttributeValue(written, `${where}[${index}]`, report, level + 1);
      value.push(element.value);
      bytes += elementBytes + element.bytes;
    }
    return { value, bytes };
  }
  if (isObject(json)) {
    const { value, bytes } = toAttributes(json, where, report, level + 1);
    return { value, bytes: containerBytes + value.size * elementBytes + bytes };
  }
  return { value: json, bytes: 1 }; // null or a boolean
}

function toNumber(text: string, where: string, report: Report): AttributeValue<NumberValue> {
  const number = new Big(text);
  const digits = number.c.length;
  const tooPrecise = digits > maxDigits;
  const outOfRange = number.e < minExponent || number.e > maxExponent;
  if (tooPrecise) {
    report({
      where,
      what: 'number with too many digits',
      got: text,
      expected: `at most ${maxDigits} significant digits`,
    });
  }
  if (outOfRange) {
    report({
      where,
      what: 'number out of range',
      got: text,
      expected: `zero, or a magnitude from 1E${minExponent} to 9.9999999999999999999999999999999999999E+${maxExponent}`,
    });
  }
  return {
    // DynamoDB answers with plain digits whatever was written, and Terraform compares numbers as text.
    value: new NumberValue(tooPrecise || outOfRange ? text : number.toFixed()),
    bytes: Math.ceil(digits / 2) + 1 + (number.s < 0 ? 1 : 0),
  };
}

function checkName(name: string, where: string, report: Report): void {
  if (name === '' || utf8Bytes(name) > maxNameBytes) {
    report({
      where,
      what: name === '' ? 'empty attribute name' : 'attribute name too long',
      got: name,
      expected: `1 to ${maxNameBytes} bytes of UTF-8`,
    });
  }
  // DynamoDB would take it, but the AWS SDK for JavaScript drops it when it writes and when it reads.
  if (name === '__proto__') {
    report({ where, what: 'attribute name that the AWS SDK drops', got: name, expected: 'any other name' });
  }
  checkText(name, where, report);
}

function checkText(text: string, where: string, report: Report): void {
  if (/\p{Surrogate}/u.test(text)) {
    report({
      where,
      what: 'half of a surrogate pair, which UTF-8 cannot hold',
      got: text,
      expected: 'whole characters',
    });
  }
}
