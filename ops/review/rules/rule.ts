import { isDeepStrictEqual } from 'node:util';
import { type Attributes, isHidden } from '../../terraform/plan-json';
import type { ChangeView } from '../change-view';
import { type Concern, concerns, describeChange, type Harm, harms, show } from '../finding';

/**
 * What a change means. Without harm it is no risk: `rest` says why it is harmless, every other concern what a reader
 * should know.
 */
export interface Judgement {
  readonly concern: Concern;
  readonly words: string;
  readonly details?: readonly string[];
  readonly harm: Harm;
  /** Such as `item-added`. @default by the concern */
  readonly kind?: string;
}

export const fine = (reason: string): Judgement => ({ concern: 'rest', words: reason, harm: harms.none });
export const note = (concern: Concern, words: string): Judgement => ({ concern, words, harm: harms.none });
export const notJudged = (words: string): Judgement => ({
  concern: 'not-judged',
  words,
  harm: harms.unclear,
});

export const risk = (concern: Concern, words: string, harm: Harm = concerns[concern].harm): Judgement => ({
  concern,
  words,
  harm,
});

/** What is known beside a change. */
export interface Context {
  /** Every change of the plan by its address, data sources included. */
  readonly views: ReadonlyMap<string, ChangeView>;
  /** Values of all resources and data sources of a type, of the state and of those that are planned. */
  readonly known: (type: string) => readonly Attributes[];
  /** Whether the configuration gives an attribute or block; undefined if the plan does not tell. */
  readonly isGiven: (view: ChangeView, path: readonly string[], isBlock: boolean) => boolean | undefined;
  /** How the configuration writes an attribute, such as `${aws_iam_role.a.arn}`, if its text is at hand; a list by commas. */
  readonly writtenAs: (view: ChangeView, attribute: string) => string | undefined;
  /** Bytes of the archive that would be deployed. */
  readonly newCodeBytes: (view: ChangeView) => number | undefined;
}

/** A change of one attribute or block; what is not there is null. */
export interface AttributeChange {
  /** Such as `ttl.enabled`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /**
   * `existing`: of what is there. `new`: of what is made, and stands for itself. `attached`: of what is made, and changes
   * what it is attached to, of which nothing is known before.
   */
  readonly origin: 'existing' | 'new' | 'attached';
  readonly view: ChangeView;
  readonly context: Context;
}

export type Rule = (change: AttributeChange) => Judgement | readonly Judgement[];

/** Rules for the members of a block, of which there is one, or several that are told apart by a member. */
export interface BlockRules {
  readonly members: Rules;
  readonly by?: string;
  /** What it means that a whole block comes or goes. @default what it means of its members */
  readonly added?: Rule;
  readonly removed?: Rule;
}

/** One rule for several attributes, which say nothing each on its own. */
export interface JointRule {
  readonly judge: (view: ChangeView, context: Context) => readonly Judgement[];
}

/** A rule, or one for a block as a whole. */
export type Rules = Readonly<Record<string, Rule | { readonly block: Rule } | BlockRules | JointRule>>;

/** What it means that a resource goes: `isReplaced` if another takes its place. */
export type Ending = (view: ChangeView, context: Context, isReplaced: boolean) => Judgement;

/** All that a review knows of a type of resources. */
export type TypeRules = {
  readonly attributes: Rules;
  /** For those that no rule is for. @default not judged */
  readonly others?: Rule;
} & (
  | {
      /** It stands for itself. */
      readonly ended: Ending;
      /** What is worth knowing of a new one. */
      readonly begun?: (after: Attributes, view: ChangeView, context: Context) => Judgement;
    }
  /** Attributes that name what it changes: the same content elsewhere is an end there and a beginning here. */
  | { readonly attachedTo: readonly string[] }
);

// Endings

/** With it goes data that is nowhere else. */
export const loses =
  (what: string): Ending =>
  () =>
    risk('loss', what, harms.worst);
export const endsFor =
  (words: string, replaced?: string): Ending =>
  (_view, _context, isReplaced) =>
    isReplaced && replaced !== undefined ? fine(replaced) : risk('service', words);
export const endsQuietly =
  (reason: string): Ending =>
  () =>
    fine(reason);

// Rules

const words = ({ path, before, after }: AttributeChange) =>
  describeChange({ path, expected: after, found: before });
/** Whether there is a value that means anything. */
export const isSet = (value: unknown) =>
  value !== null &&
  value !== undefined &&
  value !== '' &&
  !(typeof value === 'object' && Object.keys(value).length === 0);

export const harmless =
  (reason: string): Rule =>
  () =>
    fine(reason);

/** What AWS computes and nobody can set: it changes because something else does. */
export const computed = harmless('AWS tells it, nobody sets it');
export const label = harmless('a label');
export const timeouts = harmless('how long Terraform waits');

/** What makes a resource another one: Terraform replaces it, and that is judged as such. */
export const identity: Rule = (change) =>
  change.view.action === 'update'
    ? notJudged(`${words(change)}: in place, though only a replacement is known to change it`)
    : fine('part of which resource it is');

/** How much is paid for, or can be done. */
export const capacity: Rule = (change) =>
  change.origin === 'new' ? fine('told with the new resource') : note('capacity', words(change));

/** What must not become weaker. @param isStrong - of a value, null included */
export const keeps =
  (isStrong: (value: unknown) => boolean, lost: string, concern: Concern = 'protection'): Rule =>
  (change) => {
    const { before, after, origin } = change;
    if (!isHidden(after) && isStrong(after)) return fine('as strong as it can be');
    if (origin === 'new') return fine('nothing is there yet that it protects');
    if (origin === 'existing' && !isHidden(before) && !isStrong(before)) return fine('it was off before');
    return risk(concern, isHidden(after) ? `${lost}, or may be (${words(change)})` : lost);
  };
export const staysOn = (lost: string, concern?: Concern) => keeps((it) => it === true, lost, concern);
export const staysOff = (harm: string, concern?: Concern) => keeps((it) => it !== true, harm, concern);

/** Of which less is kept when it is smaller. @param amount - of a value, null included */
export const neverLess =
  (lost: string, amount: (value: unknown) => number = Number): Rule =>
  (change) => {
    const { before, after, origin } = change;
    if (origin === 'new') return fine('nothing is there yet');
    const isLess = isHidden(after) || isHidden(before) || !(amount(after) >= amount(before));
    return isLess ? risk('protection', `${lost} (${words(change)})`) : note('capacity', words(change));
  };

/** Any other value is a risk for what is there. */
export const stays =
  (concern: Concern, harm: string): Rule =>
  (change) =>
    change.origin === 'existing' ? risk(concern, `${harm} (${words(change)})`) : fine('part of what is new');

/** It may be added, and is a risk when it changes or goes. */
export const staysOnceSet =
  (concern: Concern, lost: string): Rule =>
  (change) =>
    change.origin === 'existing' && isSet(change.before)
      ? stays(concern, lost)(change)
      : fine('there was none before');

/** The key that encrypts. */
export const encryptionKey: Rule = staysOnceSet('protection', 'another key, or none of its own, encrypts');

/** A list of which each element gives something away. @param gives - goes before the elements */
export const gives =
  (concern: Concern, giving: string): Rule =>
  ({ path, before, after }) => {
    if (isHidden(after)) return risk(concern, `${giving} what is ${show(after)} (${path})`);
    const [old, now] = [before, after].map((it) => (isSet(it) ? [it].flat() : []));
    const added = (now ?? []).filter((it) => !old?.some((one) => isDeepStrictEqual(one, it)));
    return added.length > 0
      ? risk(concern, `${giving} ${added.map((it) => show(it)).join(', ')}`)
      : fine('nothing is added');
  };

/** Where something is handed to, which gets to know it; it is lost where it is handed to nobody. */
export const handsOn =
  (giving: string, lost: string): Rule =>
  (change) =>
    isSet(change.after) ? gives('access', giving)(change) : stays('service', lost)(change);

export const tags = { tags: label, tags_all: label };
