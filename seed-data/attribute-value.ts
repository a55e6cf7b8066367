import Big from 'big.js';
import { LosslessNumber } from 'lossless-json';
import type { Problem } from '../input-error';

/** Takes note of a problem; reading goes on, so that all of them can be shown at once. */
export type Report = (problem: Problem) => void;

/** How attributes are written in a file: as plain JSON, or as DynamoDB JSON, which names the type of each value. */
export type Notation = 'JSON' | 'DynamoDB JSON';

export interface Attributes {
  readonly byName: ReadonlyMap<string, AttributeValue>;
  /** DynamoDB JSON with names sorted: the same text for the same attributes however they were written. */
  readonly json: string;
  /** Names and values as DynamoDB counts them. */
  readonly bytes: number;
}

export interface AttributeValue {
  /** `none` stands for a value that could not be read, which has been reported. */
  readonly type: Typed['type'] | 'none';
  /** JSON of the value, without its type. */
  readonly content: string;
  readonly bytes: number;
}

/** A value beside its type in DynamoDB JSON; those inside of it are as they are written. */
type Typed =
  | { readonly type: 'S' | 'N' | 'B'; readonly content: string }
  | { readonly type: 'SS' | 'NS' | 'BS'; readonly content: readonly string[] }
  | { readonly type: 'BOOL' | 'NULL'; readonly content: boolean }
  | { readonly type: 'L'; readonly content: readonly unknown[] }
  | { readonly type: 'M'; readonly content: JsonObject };

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

/** Reads attributes, and reports what DynamoDB would not take. */
export class AttributeReader {
  constructor(
    private readonly notation: Notation,
    private readonly report: Report,
  ) {}

  /** The attributes of an item, or the elements of a map; `level` is that of their values. */
  read(object: JsonObject, where: string, level = 1): Attributes {
    const byName = new Map<string, AttributeValue>();
    const members: string[] = [];
    let bytes = 0;
    for (const name of Object.keys(object).sort()) {
      this.#checkName(name, where);
      const value = this.#readValue(object[name], memberOf(where, name), level);
      byName.set(name, value);
      members.push(`${JSON.stringify(name)}:${toJson(value)}`);
      bytes += utf8Bytes(name) + value.bytes;
    }
    return { byName, json: `{${members}}`, bytes };
  }

  #readValue(written: unknown, where: string, level: number): AttributeValue {
    if (level > maxLevels) {
      const expected = `at most ${maxLevels} levels, the attribute being the first`;
      this.report({ where, what: 'nested too deep', got: level, expected });
      return none;
    }
    const typed = this.notation === 'JSON' ? typeOfJson(written) : typeInDynamoDbJson(written);
    if (!typed) {
      const expected = 'one type and its value, such as {"S": "text"}, {"N": "1.5"} or {"B": "<base64>"}';
      this.report({ where, what: 'not DynamoDB JSON', got: preview(written), expected });
      return none;
    }
    switch (typed.type) {
      case 'S':
      case 'N':
      case 'B': {
        const { text, bytes } = this.#readScalar(typed.type, typed.content, where);
        return { type: typed.type, content: JSON.stringify(text), bytes };
      }
      case 'SS':
      case 'NS':
      case 'BS':
        return this.#readSet(typed.type, typed.content, where);
      case 'L': {
        const elements = typed.content.map((it, index) =>
          this.#readValue(it, `${where}[${index}]`, level + 1),
        );
        const bytes = containerBytes + sum(elements.map((element) => elementBytes + element.bytes));
        return { type: typed.type, content: `[${elements.map(toJson)}]`, bytes };
      }
      case 'M': {
        const { byName, json, bytes } = this.read(typed.content, where, level + 1);
        return {
          type: typed.type,
          content: json,
          bytes: containerBytes + byName.size * elementBytes + bytes,
        };
      }
      default:
        return { type: typed.type, content: String(typed.content), bytes: 1 };
    }
  }

  /** Sorted, as the order of a set means nothing to DynamoDB. */
  #readSet(type: 'SS' | 'NS' | 'BS', written: readonly string[], where: string): AttributeValue {
    const scalar = type[0] as 'S' | 'N' | 'B';
    const elements = written.map((text, index) => this.#readScalar(scalar, text, `${where}[${index}]`));
    const texts = [...new Set(elements.map(({ text }) => text))].sort();
    if (texts.length < elements.length || texts.length === 0) {
      const what = texts.length === 0 ? 'empty set' : 'set with an element twice';
      this.report({ where, what, got: written, expected: 'unique elements, at least one' });
    }
    return { type, content: JSON.stringify(texts), bytes: sum(elements.map(({ bytes }) => bytes)) };
  }

  /** The text of a scalar in DynamoDB JSON, and what DynamoDB counts for it. */
  #readScalar(type: 'S' | 'N' | 'B', text: string, where: string): { text: string; bytes: number } {
    if (type === 'N') return this.#readNumber(text, where);
    if (type === 'S') {
      this.#checkText(text, where);
      return { text, bytes: utf8Bytes(text) };
    }
    const content = Buffer.from(text, 'base64');
    if (content.toString('base64') !== text) {
      this.report({ where, what: 'not base64', got: text, expected: 'base64 with padding, such as "aGk="' });
    }
    return { text, bytes: content.length };
  }

  #readNumber(text: string, where: string) {
    let number: Big;
    try {
      number = new Big(text);
    } catch {
      this.report({ where, what: 'not a number', got: text, expected: 'a decimal number such as "-1.5"' });
      return { text, bytes: 0 };
    }
    const digits = number.c.length;
    const tooPrecise = digits > maxDigits;
    const outOfRange = number.e < minExponent || number.e > maxExponent;
    if (tooPrecise) {
      const expected = `at most ${maxDigits} significant digits`;
      this.report({ where, what: 'number with too many digits', got: text, expected });
    }
    if (outOfRange) {
      const expected = `zero, or a magnitude from 1E${minExponent} to 9.9999999999999999999999999999999999999E+${maxExponent}`;
      this.report({ where, what: 'number out of range', got: text, expected });
    }
    return {
      // DynamoDB answers with plain digits whatever was written, and Terraform compares numbers as text.
      text: tooPrecise || outOfRange ? text : number.toFixed(),
      bytes: Math.ceil(digits / 2) + 1 + (number.s < 0 ? 1 : 0),
    };
  }

  #checkName(name: string, where: string): void {
    if (name === '' || utf8Bytes(name) > maxNameBytes) {
      this.report({
        where,
        what: name === '' ? 'empty attribute name' : 'attribute name too long',
        got: name,
        expected: `1 to ${maxNameBytes} bytes of UTF-8`,
      });
    }
    this.#checkText(name, where);
  }

  #checkText(text: string, where: string): void {
    if (/\p{Surrogate}/u.test(text)) {
      const what = 'half of a surrogate pair, which UTF-8 cannot hold';
      this.report({ where, what, got: text, expected: 'whole characters' });
    }
  }
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

/** A value short enough for a message. */
export function preview(json: unknown): unknown {
  if (json instanceof LosslessNumber) return Number(json.value);
  if (Array.isArray(json)) return '[…]';
  return isObject(json) ? '{…}' : json;
}

function utf8Bytes(text: string): number {
  return Buffer.byteLength(text);
}

const none: AttributeValue = { type: 'none', content: 'null', bytes: 0 };

function typeOfJson(written: unknown): Typed {
  if (typeof written === 'string') return { type: 'S', content: written };
  if (written instanceof LosslessNumber) return { type: 'N', content: written.value };
  if (Array.isArray(written)) return { type: 'L', content: written };
  if (isObject(written)) return { type: 'M', content: written };
  return written === null ? { type: 'NULL', content: true } : { type: 'BOOL', content: written === true };
}

function typeInDynamoDbJson(written: unknown): Typed | undefined {
  const [[type, content] = [], ...others] = isObject(written) ? Object.entries(written) : [];
  const isType = type !== undefined && others.length === 0 && Object.hasOwn(isContentOf, type);
  return isType && isContentOf[type as Typed['type']](content) ? ({ type, content } as Typed) : undefined;
}

const isText = (content: unknown) => typeof content === 'string';
const isTextList = (content: unknown) => Array.isArray(content) && content.every(isText);
const isContentOf: Readonly<Record<Typed['type'], (content: unknown) => boolean>> = {
  S: isText,
  N: isText,
  B: isText,
  SS: isTextList,
  NS: isTextList,
  BS: isTextList,
  BOOL: (content) => typeof content === 'boolean',
  NULL: (content) => content === true,
  L: Array.isArray,
  M: isObject,
};

function toJson({ type, content }: AttributeValue): string {
  return `{"${type}":${content}}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
