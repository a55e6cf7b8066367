import { createHash } from 'node:crypto';
import { visible } from '../../input-error';
import type { Difference } from '../terraform/json-differences';
import { isHidden } from '../terraform/plan-json';

/**
 * How much is at stake: `worst` is access for everybody, everything on everything, and the certain loss of data, whatever
 * the concern; `none` is no risk.
 */
export const harms = { worst: 6, loss: 5, access: 4, unclear: 3, weaker: 2, small: 1, none: 0 } as const;
export type Harm = (typeof harms)[keyof typeof harms];

/**
 * What a finding is about: what its section is called, how a first line begins of which it is the worst, what kind it is
 * and how much is at stake if no rule says more.
 */
export const concerns = {
  loss: { title: 'Destroyed and replaced', opening: 'Destroys', kind: 'loss', harm: harms.loss },
  access: { title: 'Wider access', opening: 'Widens access', kind: 'wider-access', harm: harms.access },
  'not-judged': { title: 'Not judged', opening: 'Not judged', kind: 'not-judged', harm: harms.unclear },
  protection: {
    title: 'Weaker protection',
    opening: 'Weakens protection',
    kind: 'weaker-protection',
    harm: harms.weaker,
  },
  service: {
    title: 'Interrupted or redirected service',
    opening: 'Interrupts service',
    kind: 'service',
    harm: harms.weaker,
  },
  items: { title: 'Items', opening: 'Changes items', kind: 'item-changed', harm: harms.small },
  code: { title: 'Code', opening: 'Changes code', kind: 'code', harm: harms.small },
  capacity: {
    title: 'Capacity and cost',
    opening: 'Changes capacity or cost',
    kind: 'capacity',
    harm: harms.small,
  },
  rest: { title: 'Everything else', opening: 'Safe', kind: 'change', harm: harms.none },
} as const;
export type Concern = keyof typeof concerns;
const inOrder = Object.keys(concerns);

/** One thing that a plan does, in words. */
export interface Finding {
  readonly stack: string;
  /** As Terraform prints it. */
  readonly address: string;
  readonly concern: Concern;
  /** Such as `replace`, `wider-access` or `item-added`. */
  readonly kind: string;
  /** Goes on after the address. */
  readonly sentence: string;
  /** A line each. */
  readonly details: readonly string[];
  readonly harm: Harm;
  /** The name by which the risk is accepted; without it there is none. */
  readonly risk?: string;
}

/** A value in words, short enough for a sentence; one that is cut ends with a hash, so that another one reads otherwise. */
export function show(value: unknown, limit = 200): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (isHidden(value)) return String(value);
  const text = JSON.stringify(value);
  return text.length > limit ? `${text.slice(0, limit - 1)}… #${shortHash(text)}` : text;
}

export const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** `<path>: <old value> → <new value>`; `expected` is the new value, `found` the old one. */
export function describeChange({ path, expected, found }: Difference): string {
  return `${path === '' ? 'value' : path}: ${show(found)} → ${show(expected)}`;
}

/** A finding in lines for a terminal, its details indented. */
export function describeFinding({ address, sentence, details }: Finding): string[] {
  return [`${address} ${sentence}`, ...details.map((it) => `    ${it}`)].map(visible);
}

/** `1 item`, `2 items` */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Begins the sentence of what gives access that did not exist before. */
export const isNew = 'is new: ';

/** The most harm first, then by concern; what is no risk comes last. */
export function inOrderOfHarm(findings: readonly Finding[]): Finding[] {
  const rank = ({ harm, concern, kind }: Finding) =>
    -harm * 100 + inOrder.indexOf(concern) * 2 + Number(kind.endsWith('-added'));
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

/** Findings by concern, the concern with the most harm first; one that nothing was found of is left out. */
export function sectionsOf(findings: readonly Finding[]) {
  const found = [...new Set(inOrderOfHarm(findings).map(({ concern }) => concern))];
  return found.map((concern) => ({
    concern,
    title: concerns[concern].title,
    findings: findings.filter((it) => it.concern === concern),
  }));
}
