import { isDeepStrictEqual } from 'node:util';
import { type Attributes, isHidden, unknown } from '../terraform/plan-json';
import { actionWords, type ChangeView } from './change-view';
import { harms, show } from './finding';
import { onlyReads, rulesFor } from './rules';
import {
  type AttributeChange,
  type BlockRules,
  type Context,
  fine,
  isSet,
  type JointRule,
  type Judgement,
  notJudged,
  type Rule,
  type Rules,
  risk,
  type TypeRules,
} from './rules/rule';

/** A judgement, and the change of an attribute that it is about if it is about one. */
export interface Judged extends Judgement {
  readonly change?: AttributeChange;
}

/**
 * Everything that a change does, judged. Whatever differs is in it: by a rule that says what it means, or as not judged.
 */
export function judge(view: ChangeView, context: Context): Judged[] {
  const { action, source, before, after, type } = view;
  const rules = rulesFor(type, source.provider_name);
  const changes = (origin: AttributeChange['origin'], sides: Partial<ChangeView> = {}) =>
    judgeAttributes(rules, { ...view, ...sides }, context, origin);
  switch (action) {
    case 'no-op':
      return [];
    case 'read':
      return onlyReads(type, source.provider_name)
        ? []
        : [notJudged('is read during the deployment, and no rule here is for what that does')];
    case 'unheard-of':
      return [notJudged(`has actions that are not known here: ${show(source.change.actions)}`)];
    case 'forget':
      return [forgotten];
    case 'destroy':
      return 'attachedTo' in rules
        ? [fine('what it changed is as without it'), ...changes('existing')]
        : [{ kind: 'destroy', ...rules.ended(view, context, false) }];
    case 'create': {
      if (!after) return [notJudged('is new, and the plan does not show what it is')];
      if ('attachedTo' in rules) return [fine('is new'), ...changes('attached')];
      return [rules.begun?.(after, view, context) ?? fine('is new'), ...changes('new')];
    }
    case 'update':
    case 'replace': {
      if (!before || !after || (action === 'update' && isDeepStrictEqual(before, after))) {
        return [notJudged(`would be ${actionWords[action]}, and the plan does not show in what`)];
      }
      const judged = isElsewhere(rules, before, after)
        ? [...changes('existing', { after: undefined }), ...changes('attached', { before: undefined })]
        : changes('existing');
      if (action === 'update') return judged;
      if (source.change.actions.includes('forget')) return [forgotten, ...judged];
      if ('ended' in rules) return [{ kind: 'replace', ...rules.ended(view, context, true) }, ...judged];
      return judged.length > 0 ? judged : [fine('the new one is the same')];
    }
  }
}

const forgotten: Judgement = {
  ...risk('loss', 'would be removed from state: it stays as it is, and no deployment looks after it'),
  kind: 'forget',
};

/** Whether what is attached is attached to something else, or nobody knows to what. */
function isElsewhere(rules: TypeRules, before: Attributes, after: Attributes): boolean {
  const targets = 'attachedTo' in rules ? rules.attachedTo : [];
  return targets.some((name) => after[name] === unknown || !isDeepStrictEqual(before[name], after[name]));
}

function judgeAttributes(
  rules: TypeRules,
  view: ChangeView,
  context: Context,
  origin: AttributeChange['origin'],
): Judged[] {
  const joint = new Set<JointRule>();
  const judged = judgeMembers(rules.attributes, [view.before, view.after], [], []);
  if (origin === 'attached') judged.push(...leftOut());
  const together = [...joint].flatMap((it) => it.judge(view, context));
  return joint.size > 0 && together.length === 0
    ? [...judged, fine('it gives no more than before')]
    : [...judged, ...together];

  /** What is attached without a word of something may turn it off. */
  function leftOut(): Judged[] {
    return Object.entries(rules.attributes).flatMap(([name, rule]) => {
      if (typeof rule !== 'function' || isSet(memberOf(view.after, name))) return [];
      const change = { path: name, before: null, after: null, origin, view, context };
      return ofRule(rule, change).filter(({ harm }) => harm > harms.none);
    });
  }

  /**
   * @param names - those of the path, without the keys of blocks
   * @param isUnknown - whether nothing of it is known before the deployment
   */
  function judgeMembers(
    members: Rules,
    [before, after]: readonly [Attributes | undefined, Attributes | undefined],
    path: readonly string[],
    names: readonly string[],
    isUnknown = false,
  ): Judged[] {
    const all = new Set([before, after].flatMap((it) => Object.keys(it ?? {})));
    return [...all].flatMap((name) => {
      const [was, is] = [memberOf(before, name), memberOf(after, name)];
      const isEmpty = !isSet(was) && !isSet(is);
      if (isDeepStrictEqual(was, is) || (isEmpty && (origin !== 'existing' || path.length > 0))) return [];
      const change = { path: [...path, name].join('.'), before: was, after: is, origin, view, context };
      const rule = Object.hasOwn(members, name) ? members[name] : undefined;
      const isBlock = typeof rule === 'object' && !('judge' in rule);
      const isGiven = is === unknown && !isUnknown ? context.isGiven(view, [...names, name], isBlock) : true;
      // What the configuration leaves open is AWS's to fill in, and nothing that this plan sets.
      if (isGiven === false) return [{ ...fine('the configuration leaves it open'), change }];
      if (rule === undefined) {
        return rules.others
          ? ofRule(rules.others, change)
          : [{ ...notJudged(`${change.path}: no rule`), change }];
      }
      if (typeof rule === 'function') return ofRule(rule, change);
      if ('judge' in rule) {
        joint.add(rule);
        return [];
      }
      const inside =
        'block' in rule
          ? ofRule(rule.block, change)
          : judgeBlocks(rule, change, [...path, name], [...names, name]);
      if (isGiven === undefined && inside.some(({ harm }) => harm > harms.none)) {
        return [
          notJudged(`${change.path} is known after apply, and the plan alone does not tell if it is given`),
        ];
      }
      return inside.length > 0 ? inside : [{ ...fine('the same but for what is empty'), change }];
    });
  }

  function judgeBlocks(
    { members, by, added, removed }: BlockRules,
    change: AttributeChange,
    path: readonly string[],
    names: readonly string[],
  ): Judged[] {
    if (change.after === unknown && !by && !isHidden(change.before)) {
      const after = Object.fromEntries(Object.keys(members).map((name) => [name, unknown]));
      return judgeMembers(members, [blocksOf(change.before)[0], after], path, names, true);
    }
    if (isHidden(change.after) || isHidden(change.before)) {
      return [{ ...notJudged(`${change.path}: ${show(change.after)}`), change }];
    }
    const keyed = (value: unknown) =>
      new Map(blocksOf(value).map((it, index) => [by ? String(it[by]) : String(index), it]));
    const [before, after] = [keyed(change.before), keyed(change.after)];
    const isEachTold = [before, after].every((it) => ![...it.keys()].some(isHidden));
    if (
      !isEachTold ||
      before.size + after.size < blocksOf(change.before).length + blocksOf(change.after).length
    ) {
      return [{ ...notJudged(`${change.path}: blocks that cannot be told apart`), change }];
    }
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
      const sides = [before.get(key), after.get(key)] as const;
      const inside = by || key !== '0' ? [...path.slice(0, -1), `${path.at(-1)}[${key}]`] : path;
      const whole = { ...change, path: inside.join('.'), before: sides[0] ?? null, after: sides[1] ?? null };
      const ofWhole = sides[0] ? (sides[1] ? undefined : removed) : added;
      if (ofWhole) return ofRule(ofWhole, whole);
      return judgeMembers(members, sides, inside, names);
    });
  }
}

const ofRule = (rule: Rule, change: AttributeChange): Judged[] =>
  [rule(change)].flat().map((it) => ({ ...it, change }));

function blocksOf(value: unknown): Attributes[] {
  return (isSet(value) ? [value].flat() : []).map((it) => Object(it));
}

function memberOf(attributes: Attributes | undefined, name: string): unknown {
  return attributes && Object.hasOwn(attributes, name) ? attributes[name] : null;
}
