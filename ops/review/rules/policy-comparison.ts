import { isDeepStrictEqual } from 'node:util';
import { parse } from 'lossless-json';

/** What a new version of an IAM policy allows that the old one did not, in words. */
export interface Widening {
  readonly kind: 'allowed' | 'condition' | 'not-denied' | 'unreadable';
  /** Such as `dynamodb:PutItem on table/Heroes`. */
  readonly short: string;
  /** The same with whole ARNs. */
  readonly long: string;
  /** Whether it is for everybody, or everything on everything. */
  readonly isWorst?: boolean;
}

/**
 * Compare two IAM policies and name what the new one allows, or no longer denies, that cannot be shown to be covered by
 * the old one. An empty answer is a proof; anything that is not understood is named.
 *
 * @param before - the policy's text; undefined if there was none
 * @param after - undefined if there is none any more
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function wideningsOf(before: string | undefined, after: string | undefined): Widening[] {
  if (before === after) return [];
  const [old, now] = [before, after].map((text) => (text === undefined ? [] : readStatements(text)));
  if (!now) return [unreadable('its new text cannot be read as a policy')];
  const allowed = now.filter(({ effect }) => effect === 'Allow');
  if (!old) {
    return [
      unreadable('its old text cannot be read as a policy'),
      ...uncovered(allowed, []).map(({ grant }) => describe('allowed', grant)),
    ];
  }
  const oldAllowed = old.filter(({ effect }) => effect === 'Allow');
  const [oldDenied, denied] = [old, now].map((it) => it.filter(({ effect }) => effect === 'Deny'));
  return [
    ...uncovered(allowed, oldAllowed).flatMap(({ grant, loosened }) =>
      loosened ? describeLoosened(grant, loosened) : [describe('allowed', grant)],
    ),
    ...uncovered(oldDenied as Statement[], denied as Statement[]).map(({ grant }) =>
      describe('not-denied', grant),
    ),
  ];
}

/** Whether a policy denies anything, so that its end opens something; a text that cannot be read may. */
export function denies(text: string): boolean {
  return readStatements(text)?.some(({ effect }) => effect === 'Deny') ?? true;
}

/** Whether a text is meant to be an IAM policy. */
export function isPolicy(text: unknown): text is string {
  return typeof text === 'string' && /^\s*\{/.test(text) && /"Statement"/i.test(text);
}

/** Patterns of which one must fit, or none. */
interface Patterns {
  readonly not: boolean;
  readonly patterns: readonly string[];
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** None in a policy that belongs to an identity. */
  readonly principals: Patterns | undefined;
  readonly actions: Patterns;
  /** None in an assume-role policy. */
  readonly resources: Patterns | undefined;
  readonly conditions: readonly Condition[];
}

/** A statement of which only what is not covered is left. */
type Grant = Statement;

const elements = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

function readStatements(text: string): Statement[] | undefined {
  try {
    const { Statement, Version, Id, ...others } = parsed(text);
    // Without this version a policy variable is text, so what it covers is another thing.
    if (Version !== '2012-10-17' && /\$\{/.test(text)) return undefined;
    if (Statement === undefined || Object.keys(others).length > 0) return undefined;
    return list(Statement).map(readStatement);
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: checked as it is read
type Json = any;

/** @throws SyntaxError if a name is there twice: which of the two counts is up to whoever reads it */
function parsed(text: string): Json {
  const json: unknown = JSON.parse(text);
  return JSON.stringify(json) === text ? json : parse(text, undefined, String);
}

function readStatement(json: Json): Statement {
  if (Object.keys(json).some((name) => !elements.includes(name))) throw new TypeError('unknown element');
  if (json.Effect !== 'Allow' && json.Effect !== 'Deny') throw new TypeError('unknown effect');
  const either = (name: string, read: (value: Json) => string[]): Patterns | undefined => {
    const not = json[`Not${name}`] !== undefined;
    if (not && json[name] !== undefined) throw new TypeError(`both ${name} and Not${name}`);
    const value = not ? json[`Not${name}`] : json[name];
    return value === undefined ? undefined : { not, patterns: read(value) };
  };
  const actions = either('Action', texts);
  if (!actions) throw new TypeError('no action');
  return {
    effect: json.Effect,
    principals: either('Principal', readPrincipals),
    actions,
    resources: either('Resource', texts),
    conditions: Object.entries<Json>(json.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries<Json>(keys).map(([key, values]) => ({ operator, key, values: texts(values).sort() })),
    ),
  };
}

function readPrincipals(value: Json): string[] {
  if (value === '*') return ['*'];
  if (typeof value !== 'object' || value === null) throw new TypeError('bad principal');
  return Object.entries<Json>(value).flatMap(([type, ids]) =>
    texts(ids).map((id) => {
      if (type !== 'AWS') return `${type} ${id}`;
      return id === '*' || !/^\d{12}$/.test(id) ? id : `arn:aws:iam::${id}:root`;
    }),
  );
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}

function texts(value: Json): string[] {
  return list(value).map((it) => {
    if (!['string', 'number', 'boolean'].includes(typeof it)) throw new TypeError('not a text');
    return String(it);
  });
}

interface Uncovered {
  readonly grant: Grant;
  /** Statements that cover it but for their conditions. */
  readonly loosened?: readonly Statement[];
}

/**
 * What of `statements` no one of `others` covers. A statement grants each of its actions on each of its resources to each
 * of its principals, so it may be covered piece by piece.
 */
function uncovered(statements: readonly Statement[], others: readonly Statement[]): Uncovered[] {
  return statements.flatMap((statement) => {
    if (others.some((it) => coversAll(it, statement))) return [];
    const added: Grant[] = [];
    const loosened: Grant[] = [];
    const formerly = new Set<Statement>();
    for (const piece of piecesOf(statement)) {
      const covers = others.filter((it) => coversTarget(it, piece));
      if (covers.some((it) => coversConditions(it, piece))) continue;
      (covers.length > 0 ? loosened : added).push(piece);
      for (const it of covers) formerly.add(it);
    }
    return [
      ...join(statement, added),
      ...join(statement, loosened).map(({ grant }) => ({ grant, loosened: [...formerly] })),
    ];
  });
}

const coversAll = (cover: Statement, it: Statement) => coversTarget(cover, it) && coversConditions(cover, it);

/** IAM's own limits keep policies far below this; what is longer is compared as a whole. */
const maxPieces = 5_000;

function piecesOf(statement: Statement): Grant[] {
  const { principals, actions, resources } = statement;
  const split = <T extends Patterns | undefined>(it: T): (T | Patterns)[] =>
    !it || it.not ? [it] : it.patterns.map((pattern) => ({ not: false, patterns: [pattern] }));
  const parts = [split(principals), split(actions), split(resources)] as const;
  if (parts.reduce((product, it) => product * it.length, 1) > maxPieces) return [statement];
  return parts[0].flatMap((principal) =>
    (parts[1] as Patterns[]).flatMap((action) =>
      parts[2].map((resource) => ({
        ...statement,
        principals: principal,
        actions: action,
        resources: resource,
      })),
    ),
  );
}

function join(statement: Statement, pieces: readonly Grant[]): Uncovered[] {
  if (pieces.length === 0) return [];
  const all = (of: (it: Grant) => Patterns | undefined): Patterns | undefined => {
    const whole = of(statement);
    return (
      whole && { not: whole.not, patterns: [...new Set(pieces.flatMap((it) => of(it)?.patterns ?? []))] }
    );
  };
  return [
    {
      grant: {
        ...statement,
        principals: all((it) => it.principals),
        actions: all((it) => it.actions) as Patterns,
        resources: all((it) => it.resources),
      },
    },
  ];
}

function coversTarget(cover: Statement, it: Statement): boolean {
  return (
    coversPatterns(cover.actions, it.actions, (a, b) => coversGlob(a.toLowerCase(), b.toLowerCase())) &&
    coversPatterns(cover.resources, it.resources, coversArn) &&
    coversPrincipals(cover.principals, it.principals)
  );
}

/** A principal has no wildcards but the one for everybody; whom an account's exclusion excludes is not for us to say. */
function coversPrincipals(cover: Patterns | undefined, it: Patterns | undefined): boolean {
  if (cover?.not || !cover) return isDeepStrictEqual(cover, it);
  return coversPatterns(cover, it, (a, b) => a === b || a === '*');
}

function coversPatterns(
  cover: Patterns | undefined,
  it: Patterns | undefined,
  covers: (cover: string, pattern: string) => boolean,
): boolean {
  if (!cover || !it) return cover === it;
  // The pieces of a statement share their patterns, so that there are few pairs of them.
  const answers = compared.get(cover) ?? new WeakMap<Patterns, boolean>();
  compared.set(cover, answers);
  const answer = answers.get(it) ?? comparePatterns(cover, it, covers);
  answers.set(it, answer);
  return answer;
}

const compared = new WeakMap<Patterns, WeakMap<Patterns, boolean>>();

function comparePatterns(
  cover: Patterns,
  it: Patterns,
  covers: (cover: string, pattern: string) => boolean,
): boolean {
  if (cover.not) {
    if (it.not) return cover.patterns.every((pattern) => it.patterns.some((other) => covers(other, pattern)));
    // Something certain that is surely none of those which are left out.
    const mayFit = (pattern: string, text: string) =>
      pattern.includes('${') || coversGlob(pattern, text) || covers(pattern, text);
    return it.patterns.every(
      (text) => !/[*?$]/.test(text) && !cover.patterns.some((pattern) => mayFit(pattern, text)),
    );
  }
  if (it.not) return cover.patterns.includes('*');
  return it.patterns.every((pattern) => cover.patterns.some((one) => covers(one, pattern)));
}

/** Whether every text that fits the second pattern fits the first one: never said without being so. */
export function coversGlob(cover: string, pattern: string): boolean {
  if (cover === pattern || cover === '*') return true;
  if (!beginsAlike(cover, pattern)) return false;
  const [left, right] = [cover, pattern].map(tokens) as [string[], string[]];
  // The states of the first pattern after each token of the second.
  let states = afterStars(left, new Set([0]));
  for (const token of right) {
    const next = new Set<number>();
    for (const state of states) {
      const own = left[state];
      if (own === '*') next.add(state);
      else if (own === token ? token !== '*' : own === '?' && token.length === 1 && token !== '*') {
        next.add(state + 1);
      }
    }
    states = afterStars(left, next);
  }
  return states.has(left.length);
}

/** What comes before the first wildcard must be there as it is, and most pairs differ in it. */
function beginsAlike(cover: string, pattern: string): boolean {
  const wildcard = cover.search(/[*?]/);
  return wildcard >= 0 && pattern.startsWith(cover.slice(0, wildcard));
}

/** Characters, wildcards, and policy variables such as `${aws:username}`, which stand for any text. */
function tokens(pattern: string): string[] {
  return pattern.match(/\$\{[^}]*\}|[\s\S]/gu) ?? [];
}

function afterStars(pattern: readonly string[], states: Set<number>): Set<number> {
  for (const state of states) if (pattern[state] === '*') states.add(state + 1);
  return states;
}

/** Part by part, as the parts of an ARN are matched one by one. */
function coversArn(cover: string, pattern: string): boolean {
  if (cover === '*' || cover === pattern) return true;
  if (!beginsAlike(cover, pattern)) return false;
  const [left, right] = [cover, pattern].map((it) => {
    const parts = it.split(':');
    return [...parts.slice(0, 5), parts.slice(5).join(':')];
  }) as [string[], string[]];
  if (left.length !== 6 || right.length !== 6 || left[5] === '' || right[5] === '') return false;
  return left.every((part, index) => coversGlob(part, right[index] as string));
}

function coversConditions(cover: Statement, it: Statement): boolean {
  return cover.conditions.every((condition) => it.conditions.some((other) => implies(other, condition)));
}

/** Operators that hold when one of the values fits, so that fewer values are stricter. */
const anyOf =
  /^(ForAllValues:|ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|NumericEquals|DateEquals|BinaryEquals|IpAddress|ArnEquals|ArnLike)(IfExists)?$/;
/** Operators that hold when none of the values fits, so that more values are stricter. */
const noneOf =
  /^(ForAllValues:|ForAnyValue:)?(StringNotEquals|StringNotEqualsIgnoreCase|StringNotLike|NumericNotEquals|DateNotEquals|NotIpAddress|ArnNotEquals|ArnNotLike)(IfExists)?$/;

function implies(strict: Condition, weak: Condition): boolean {
  if (strict.key.toLowerCase() !== weak.key.toLowerCase()) return false;
  if (strict.operator !== weak.operator && `${strict.operator}IfExists` !== weak.operator) return false;
  const within = (few: readonly string[], many: readonly string[]) => few.every((it) => many.includes(it));
  if (within(strict.values, weak.values) && within(weak.values, strict.values)) return true;
  if (anyOf.test(strict.operator)) return strict.values.length > 0 && within(strict.values, weak.values);
  if (noneOf.test(strict.operator)) return within(weak.values, strict.values);
  return false;
}

function describe(kind: Widening['kind'], grant: Grant): Widening {
  const isWorst = kind === 'allowed' && isForAll(grant);
  return { kind, short: describeGrant(grant, true), long: describeGrant(grant, false), isWorst };
}

/** To everybody without a condition, or nearly every action on every resource. */
function isForAll({ actions, resources, principals, conditions }: Grant): boolean {
  const isAll = (it: Patterns | undefined) => it !== undefined && (it.not || it.patterns.includes('*'));
  // Whoever calls by a URL without authorization is everybody.
  const limits = conditions.filter(({ key }) => !/^lambda:FunctionUrlAuthType$/i.test(key));
  return (isAll(principals) && limits.length === 0) || (isAll(actions) && isAll(resources));
}

function describeLoosened(grant: Grant, others: readonly Statement[]): Widening[] {
  const lost = others
    .flatMap(({ conditions }) => conditions)
    .filter((condition) => !grant.conditions.some((it) => implies(it, condition)));
  const seen = new Map(lost.map((it) => [`${it.operator} ${it.key.toLowerCase()}`, it]));
  return [...seen.values()].map((condition) => {
    const now = grant.conditions.find(
      (it) => it.operator === condition.operator && it.key.toLowerCase() === condition.key.toLowerCase(),
    );
    const added = now?.values.filter((it) => !condition.values.includes(it)) ?? [];
    const change = !now
      ? `condition ${condition.key} removed (${describeCondition(condition)})`
      : added.length > 0
        ? `condition ${condition.key} also takes ${added.join(', ')} (${condition.operator})`
        : `condition ${describeCondition(condition)} replaced by ${describeCondition(now)}`;
    const words = (short: boolean) => `${change}: ${describeTarget(grant, short)}`;
    return { kind: 'condition', short: words(true), long: words(false), isWorst: isForAll(grant) };
  });
}

function describeGrant(grant: Grant, short: boolean): string {
  const { conditions } = grant;
  const when = conditions.map(describeCondition).join(' and ');
  return `${describeTarget(grant, short)}${when === '' ? '' : ` if ${when}`}`;
}

function describeTarget({ actions, resources, principals }: Grant, short: boolean): string {
  const same = (it: string) => it;
  return [
    describePatterns(actions, same, 'any action'),
    ...(resources ? [`on ${describePatterns(resources, short ? shortArn : same, 'anything')}`] : []),
    ...(principals ? [`by ${describePatterns(principals, same, 'everybody')}`] : []),
  ].join(' ');
}

function describePatterns({ not, patterns }: Patterns, show: (it: string) => string, all: string): string {
  if (not) return `${all} but ${patterns.map(show).join(', ')}`;
  return patterns.map((it) => (it === '*' ? `${all} (*)` : show(it))).join(', ');
}

function describeCondition({ operator, key, values }: Condition): string {
  return `${key} ${operator} ${values.join(', ')}`;
}

/** Only the last part: the whole ARN is in the details. */
function shortArn(arn: string): string {
  const parts = arn.split(':');
  return parts.length > 5 && parts[0] === 'arn' ? parts.slice(5).join(':') : arn;
}

function unreadable(words: string): Widening {
  return { kind: 'unreadable', short: words, long: words };
}
