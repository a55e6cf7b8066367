import { isDeepStrictEqual } from 'node:util';
import { isHidden } from '../../terraform/plan-json';
import { describeChange } from '../finding';
import { accessJudgements } from './policies';
import { isPolicy } from './policy-comparison';
import { fine, notJudged, type Rule, risk, type TypeRules, tags } from './rule';

/** Of any type, these protect while they are true. */
const protects = /^(deletion_protection(_enabled)?|enable_deletion_protection|(storage_)?encrypted)$/;
/** Of any type, these harm when they are true. */
const harms = /^(publicly_accessible|force_destroy|skip_final_snapshot)$/;

/** What can be said of an attribute that no rule is for. */
const attribute: Rule = (change) => {
  const { path, before, after, origin } = change;
  const [old, now] = [policiesIn(before), policiesIn(after)];
  const names = [...new Set([...old.texts.keys(), ...now.texts.keys()])];
  const access = names
    .filter((name) => old.texts.get(name) !== now.texts.get(name))
    .flatMap((name) => accessJudgements(old.texts.get(name), now.texts.get(name)));
  if (names.length > 0 && isDeepStrictEqual(old.rest, now.rest)) return access;
  const words = describeChange({ path, expected: after, found: before });
  const isWeaker = protects.test(path) ? before === true : harms.test(path) ? after === true : undefined;
  if (isWeaker !== undefined && !isHidden(after) && origin === 'existing') {
    return isWeaker
      ? risk('protection', `protection is weaker (${words})`)
      : fine('it protects more than before');
  }
  return [...access, notJudged(words)];
};

/** Policy texts in a value by their place, and the value without them. */
function policiesIn(value: unknown): { readonly texts: Map<string, string>; readonly rest: unknown } {
  const texts = new Map<string, string>();
  const walk = (it: unknown, path: string): unknown => {
    if (isPolicy(it)) {
      texts.set(path, it);
      return null;
    }
    if (typeof it !== 'object' || it === null) return it;
    const members = Object.entries(it).map(([name, member]) => [name, walk(member, `${path}.${name}`)]);
    return Array.isArray(it) ? members.map(([, member]) => member) : Object.fromEntries(members);
  };
  return { rest: walk(value, ''), texts };
}

/** A type that no rules are for: what is the same for all is said, everything else is not judged. */
export const generic = {
  ended: () => risk('loss', 'whether it holds data is not known'),
  begun: () => notJudged('is new, and no rule here is for its type'),
  attributes: tags,
  others: attribute,
} satisfies TypeRules;
