import { visible } from '../../input-error';
import { type Difference, differencesOf } from '../plan/json-differences';
import { type Attributes, isHidden, type ResourceChange, showableSides, unknown } from '../plan/plan-json';

/** What a finding is about, in order of danger. */
export const concerns = ['loss', 'access', 'protection', 'records', 'code', 'capacity', 'rest'] as const;
export type Concern = (typeof concerns)[number];

/** How a section about a concern is called. */
export const concernTitles: Readonly<Record<Concern, string>> = {
  loss: 'Destroyed and replaced',
  access: 'Wider access',
  protection: 'Weaker protection',
  records: 'Records',
  code: 'Code',
  capacity: 'Capacity and cost',
  rest: 'Everything else',
};

/** One thing that a plan does, in words. */
export interface Finding {
  readonly stack: string;
  /** As Terraform prints it. */
  readonly address: string;
  readonly concern: Concern;
  /** Such as `replace`, `wider-access` or `record-added`. */
  readonly kind: string;
  /** Goes on after the address. */
  readonly sentence: string;
  /** A line each. */
  readonly details: readonly string[];
  /** Whether data is certain to go. */
  readonly losesData?: true;
  /** The name by which the risk is accepted; without it there is none. */
  readonly risk?: string;
}

/** A finding as it is made: which attributes it has told of, so that nothing is told twice. */
export interface Told extends Omit<Finding, 'stack' | 'address'> {
  readonly paths?: readonly string[];
}

export type Action = 'create' | 'update' | 'replace' | 'destroy' | 'forget' | 'read' | 'no-op';

/** What becomes of a resource, in a word. */
export const actionWords = {
  destroy: 'destroyed',
  replace: 'replaced',
  forget: 'forgotten',
  update: 'changed',
  create: 'added',
  read: 'read',
  'no-op': 'not changed',
} as const;

/** A change with nothing in it that must not be shown. */
export interface ChangeView {
  readonly address: string;
  readonly type: string;
  readonly action: Action;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
  /** `expected` is the new value, `found` the old one; without what is known after apply only. */
  readonly differences: readonly Difference[];
  /** The same for what is known after apply only. */
  readonly later: readonly Difference[];
  readonly source: ResourceChange;
}

export function viewOf(source: ResourceChange): ChangeView {
  const { before, after } = showableSides(source.change);
  const differences = differencesOf(after, before);
  const isUnknown = ({ expected }: Difference) => expected === unknown;
  return {
    address: source.deposed ? `${source.address} (old copy ${source.deposed})` : source.address,
    type: source.type ?? source.address.split('.').at(-2) ?? '',
    action: actionOf(source.change.actions),
    before: asAttributes(before),
    after: asAttributes(after),
    differences: differences.filter((it) => !isUnknown(it)),
    later: differences.filter(isUnknown),
    source,
  };
}

function actionOf(actions: readonly string[]): Action {
  if (actions.includes('delete')) return actions.includes('create') ? 'replace' : 'destroy';
  if (actions.includes('forget')) return actions.includes('create') ? 'replace' : 'forget';
  const [action] = actions;
  return action === 'create' || action === 'update' || action === 'read' ? action : 'no-op';
}

function asAttributes(value: unknown): Attributes | undefined {
  return typeof value === 'object' && value !== null ? (value as Attributes) : undefined;
}

/** A value in words, short enough for a sentence. */
export function show(value: unknown, limit = 200): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (isHidden(value)) return String(value);
  const text = JSON.stringify(value);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** `<path>: <old value> → <new value>` */
export function describeChange({ path, expected, found }: Difference): string {
  return `${path === '' ? 'value' : path}: ${show(found)} → ${show(expected)}`;
}

/** A finding in lines for a terminal, its details indented. */
export function describeFinding({ address, sentence, details }: Finding): string[] {
  return [`${address} ${sentence}`, ...details.map((it) => `    ${it}`)].map(visible);
}

/** `1 record`, `2 records` */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Begins the sentence of what gives access that did not exist before. */
export const isNew = 'is new: ';

/** Findings by concern, in order of danger; a concern that nothing was found of is left out. */
export function sectionsOf(findings: readonly Finding[]) {
  return concerns
    .map((concern) => ({ concern, findings: findings.filter((it) => it.concern === concern) }))
    .filter((section) => section.findings.length > 0);
}
