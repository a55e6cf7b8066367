import { isHidden, unknown } from '../../terraform/plan-json';
import type { ChangeView } from '../change-view';
import { harms, show } from '../finding';
import { denies, type Widening, wideningsOf } from './policy-comparison';
import { policyText } from './policy-document';
import {
  type AttributeChange,
  type Context,
  type Ending,
  fine,
  isSet,
  type JointRule,
  type Judgement,
  type Rule,
  risk,
} from './rule';

/** The text of a policy. @param kind - goes before what it allows, such as "trust policy " */
export const policy =
  (kind = ''): Rule =>
  (change) => {
    const { path, before } = change;
    const after = resolved(change);
    if (isHidden(after) || isHidden(before)) {
      const reason = [after, before].includes(unknown) ? 'known after apply only' : 'sensitive';
      return risk('access', `${path} is ${reason}: what it allows cannot be reviewed`);
    }
    return accessJudgements(textOf(before), textOf(after), kind);
  };

/** Of a policy that a data source puts together during the deployment, what the plan knows of it. */
function resolved({ path, after, view, context }: AttributeChange): unknown {
  if (after !== unknown) return after;
  const written = context.writtenAs(view, path);
  const [, address] = /^\$\{(data\.aws_iam_policy_document\.[\w-]+)\.json\}$/.exec(written ?? '') ?? [];
  return policyText(context.views.get(address ?? '')?.after) ?? after;
}

const textOf = (value: unknown) => (isSet(value) ? String(value) : undefined);

/** What a policy allows that another one did not, and the other way round. */
export function accessJudgements(
  before: string | undefined,
  after: string | undefined,
  kind = '',
): Judgement[] {
  const wider = wideningsOf(before, after);
  const risks = wider.map((it) => ({
    ...risk(
      'access',
      `${kind}${wordsOf(it, it.short, before !== undefined)}`,
      it.isWorst ? harms.worst : harms.access,
    ),
    details: [`${kind}${wordsOf(it, it.long, before !== undefined)}`],
  }));
  if (before === undefined || after === undefined)
    return risks.length > 0 ? risks : [fine('it gives nothing')];
  const narrower = wideningsOf(after, before);
  if (risks.length > 0 && narrower.length === 0) return risks;
  const words =
    narrower.length === 0
      ? `${kind || 'policy '}is written in another way and allows the same`
      : `${kind || 'policy '}allows less${risks.length > 0 ? ' elsewhere' : ''}`;
  const verbs = {
    allowed: 'no longer ',
    'not-denied': 'now denies ',
    condition: 'stricter: ',
    unreadable: '',
  };
  const details = narrower.map((it) => `${verbs[it.kind]}${it.long.replace(/ removed \(/, ' added (')}`);
  return [...risks, { ...fine(words), kind: 'narrower-access', details }];
}

function wordsOf({ kind }: Widening, target: string, isChange: boolean): string {
  const verbs = {
    allowed: isChange ? 'may now also ' : 'may ',
    'not-denied': 'no longer denies ',
    condition: '',
    unreadable: '',
  };
  return `${verbs[kind]}${target}`;
}

/** The end of a policy opens something only where it denies. */
export const policyEnds: Ending = ({ before }, _context, isReplaced) =>
  isReplaced
    ? fine('the new one takes its place, and is judged by its text')
    : denies(String(before?.policy))
      ? risk('access', 'what it denies is no longer denied')
      : fine('it only allows, and nobody has it any more');

/** Who gets a managed policy. @param holder - the attribute that names who */
export const attachment = (holder: 'role' | 'user' | 'group'): JointRule => ({
  judge: ({ before, after, ...view }, context) => {
    const taken = before ? [takenAway(before.policy_arn, context)] : [];
    if (!after) return taken;
    return [...taken, given(holder, { before, after, ...view }, context)];
  },
});

function given(holder: 'role' | 'user' | 'group', view: ChangeView, context: Context): Judgement {
  const made = (attribute: string, type: string, name: string) => {
    const written = context.writtenAs(view, attribute) ?? '';
    const [, address] = new RegExp(`^\\$\\{(${type}\\.[\\w-]+)\\.${name}\\}$`).exec(written) ?? [];
    return context.views.get(address ?? '');
  };
  const policy = made('policy_arn', 'aws_iam_policy', 'arn');
  const arn = view.after?.policy_arn;
  const isOfNewRole = made(holder, `aws_iam_${holder}`, 'name')?.action === 'create';
  if (arn === unknown && policy?.action === 'create' && isOfNewRole) {
    return fine('both are new, and what the policy allows is told with it');
  }
  const named = arn === unknown ? (policy?.address ?? arn) : arn;
  const isAll = /:iam::aws:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/.test(String(arn));
  return risk(
    'access',
    `gives ${show(view.after?.[holder])} the policy ${show(named)}`,
    isAll ? harms.worst : harms.access,
  );
}

/** A policy that is taken off opens something only where it denies, or where nobody knows. */
export function takenAway(arn: unknown, { known }: Context): Judgement {
  const policy = known('aws_iam_policy').find((it) => it.arn === arn && typeof it.policy === 'string');
  const mayDeny = policy
    ? denies(String(policy.policy))
    : !/^arn:aws[a-z-]*:iam::aws:policy\//.test(String(arn)) || /deny|quarantine/i.test(String(arn));
  return mayDeny
    ? risk('access', `takes away the policy ${show(arn)}, which may deny something`)
    : fine('the policy that is taken away only allows');
}

/** Policies of a role that are written into it, by their name. */
export const inlinePolicies: Rule = (change) => {
  const { before, after, path } = change;
  if (isHidden(before) || isHidden(after)) {
    return risk('access', `${path} is ${show(after)}: what it allows cannot be reviewed`);
  }
  const byName = (value: unknown) =>
    new Map([isSet(value) ? value : []].flat().map((it) => [String(Object(it).name), Object(it).policy]));
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const sides = { before: old.get(name) ?? null, after: now.get(name) ?? null };
    return sides.before === sides.after ? [] : policy()({ ...change, ...sides, path: `${path}[${name}]` });
  });
};

/** Managed policies that are named by the role itself. */
export const managedPolicies: Rule = ({ before, after, path, context }) => {
  if (isHidden(before) || isHidden(after)) return risk('access', `gets policies (${path} is ${show(after)})`);
  const [old, now] = [before, after].map((it) => (isSet(it) ? [it].flat() : []));
  const added = (now ?? []).filter((arn) => !old?.includes(arn));
  const removed = (old ?? []).filter((arn) => !now?.includes(arn));
  return [
    ...added.map((arn) => risk('access', `gets the policy ${show(arn)}`)),
    ...removed.map((arn) => takenAway(arn, context)),
  ];
};

/** The right that a Lambda permission gives, as the statement that AWS makes of it. */
export const permission: JointRule = {
  judge: ({ before, after }) => {
    if (after && [after.principal, after.action].some(isHidden)) {
      return [risk('access', 'whom it gives what is known after apply only')];
    }
    return accessJudgements(before && permissionText(before), after && permissionText(after));
  },
};

function permissionText(values: NonNullable<ChangeView['after']>): string {
  const { principal, action, function_name: name, qualifier } = values;
  const conditions = {
    ArnLike: { 'aws:SourceArn': values.source_arn },
    StringEquals: {
      'aws:SourceAccount': values.source_account,
      'aws:PrincipalOrgID': values.principal_org_id,
      'lambda:FunctionUrlAuthType': values.function_url_auth_type,
      'lambda:EventSourceToken': values.event_source_token,
    },
  };
  const Condition = Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).filter(([, value]) => isSet(value))),
    ]),
  );
  const isService = /\.amazonaws\.com(\.cn)?$/.test(String(principal));
  const Principal = principal === '*' ? '*' : { [isService ? 'Service' : 'AWS']: principal };
  const Resource = `function ${name}${isSet(qualifier) ? `:${qualifier}` : ''}`;
  const statement = { Effect: 'Allow', Principal, Action: action, Resource, Condition };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}
