import { differencesOf } from '../terraform/json-differences';
import { type Change, isSecretName, type Plan, showableSides } from '../terraform/plan-json';
import { actionOf, type ChangeView, viewOf } from './change-view';
import { graphOf } from './dependency-graph';
import { count, describeChange, type Finding, harms, inOrderOfHarm, shortHash } from './finding';
import { findingsOf, type NamelessFinding, settingsOf } from './findings-of-change';
import { contextOf, type StackPlan } from './plan-context';
import type { OutputChange, Review, Risk, StackSummary } from './review-result';
import { verdictOf } from './verdict';

export interface ReviewOptions {
  /** Names of risks that are accepted. @default none */
  readonly accepted?: readonly string[];
  /** The same, by the environment: one of a planned stack that no plan has any more is to be taken out. @default none */
  readonly acceptedRisks?: readonly string[] | undefined;
  /** How many items of a stack may change before that is a risk; one that is removed always is. @default 10 */
  readonly maxChangedItems?: number | undefined;
  /** Names of attributes, variables and outputs whose values are not shown. @default those that look like secrets */
  readonly secretNames?: readonly string[] | undefined;
  /** Bytes of an archive beside a plan, if it is there. */
  readonly sizeOf?: (stack: string, file: string) => number | undefined;
}

/** Read the plans of stacks, in the order of their deployment. */
export function review(plans: readonly StackPlan[], options: ReviewOptions = {}): Review {
  const { acceptedRisks = [], maxChangedItems = 10 } = options;
  const accepted = [...(options.accepted ?? []), ...acceptedRisks];
  const read = plans.map((it) => readStack(it, options));
  const findings = inOrderOfHarm(
    read
      .flatMap(({ stack, findings }) => [...findings, ...itemRisks(stack, findings, maxChangedItems)])
      .map(named),
  );
  const risks = findings.flatMap(({ risk, address, sentence }) =>
    risk ? { name: risk, sentence: `${address} ${sentence}`, isAccepted: accepted.includes(risk) } : [],
  );
  const stacks = plans.map(({ stack }) => stack);
  const isPlanned = (name: string) => stacks.includes(/^[a-z-]+:([^/#]*)/.exec(name)?.[1] ?? '');
  const staleAccepts = acceptedRisks.filter(
    (name) => isPlanned(name) && !risks.some((it) => it.name === name),
  );
  const risky = new Set(findings.flatMap(({ risk, stack, address }) => (risk ? `${stack} ${address}` : [])));
  const outputs = read.flatMap((it) => it.outputs);
  const hasChanges = read.some((it) => it.hasChanges);
  const isOpen = staleAccepts.length > 0 || risks.some(({ isAccepted }) => !isAccepted);
  const status = isOpen ? 'open-risks' : risks.length > 0 ? 'accepted' : hasChanges ? 'safe' : 'no-changes';
  return {
    verdict: verdictOf({ status, risks, staleAccepts, outputs }, findings),
    status,
    stacks: read.map(({ stack, counts, hasChanges }) => ({ stack, counts, hasChanges })),
    findings,
    risks,
    staleAccepts,
    drift: read.flatMap(({ drift }) => drift),
    outputs,
    graph: graphOf(read, risky),
  };
}

function named(finding: NamelessFinding): Finding {
  const { stack, address, kind, sentence, details, harm } = finding;
  if (harm === harms.none) return finding;
  const place = address === stack ? stack : `${stack}/${address}`;
  return { ...finding, risk: `${kind}:${place}#${shortHash([kind, sentence, ...details].join('\n'))}` };
}

interface ReadStack extends StackSummary, StackPlan {
  readonly findings: readonly NamelessFinding[];
  readonly drift: readonly NamelessFinding[];
  readonly outputs: readonly OutputChange[];
  readonly views: readonly ChangeView[];
}

function readStack(stackPlan: StackPlan, { sizeOf, secretNames = [] }: ReviewOptions): ReadStack {
  const { stack, plan } = stackPlan;
  const all = (plan.resource_changes ?? []).map((it) => viewOf(it, secretNames));
  const context = contextOf(stackPlan, all, (file) => sizeOf?.(stack, file));
  const outputs = outputChangesOf(stack, plan, secretNames);
  const findings = [
    ...wholePlanFindings(stack, plan),
    ...outputs.flatMap(({ finding }) => finding ?? []),
    ...all.flatMap((view) => findingsOf(stack, view, context)),
  ];
  const views = all.filter(({ source }) => source.mode !== 'data');
  const planned = new Map(all.map((it) => [it.address, it]));
  return {
    stack,
    plan,
    views,
    counts: countsOf(views),
    hasChanges:
      findings.length + outputs.length > 0 ||
      all.some(({ action }) => action !== 'no-op' && action !== 'read'),
    findings,
    drift: (plan.resource_drift ?? [])
      .map((it) => viewOf(it, secretNames))
      .flatMap((view) => driftOf(stack, view, planned.get(view.address))),
    outputs: outputs.map(({ finding: _, ...it }) => it),
  };
}

function countsOf(views: readonly ChangeView[]): string {
  const having = (action: string) =>
    views.filter(({ source }) => source.change.actions.includes(action)).length;
  const imported = views.filter(({ source }) => source.change.importing).length;
  const forgotten = having('forget');
  return [
    ...(imported > 0 ? [`${imported} to import`] : []),
    `${having('create')} to add`,
    `${having('update')} to change`,
    `${having('delete')} to destroy`,
    ...(forgotten > 0 ? [`${forgotten} to remove from state`] : []),
  ].join(', ');
}

/** @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation */
const members = new Set(
  `format_version terraform_version variables planned_values resource_drift resource_changes deferred_changes
  action_invocations deferred_action_invocations output_changes prior_state configuration relevant_attributes checks
  timestamp applyable complete errored`.split(/\s+/),
);

/** What a plan does beside changing resources, and what keeps it from being the whole truth. */
function wholePlanFindings(stack: string, plan: Plan): NamelessFinding[] {
  const finding = (
    address: string,
    kind: string,
    sentence: string,
    details: readonly string[] = [],
  ): NamelessFinding => ({
    stack,
    address,
    concern: 'not-judged',
    kind,
    sentence,
    details,
    harm: kind === 'incomplete' ? harms.loss : harms.unclear,
  });
  const failed = (plan.checks ?? [])
    .filter(({ status }) => status === 'fail' || status === 'error')
    .map(({ address, instances = [] }) => ({
      address: address?.to_display ?? 'a check',
      messages: instances.flatMap(({ problems = [] }) => problems.map(({ message }) => message ?? '')),
    }));
  const deferred = plan.deferred_changes ?? [];
  const isUnknown = (name: string) =>
    !members.has(name) && differencesOf((plan as never)[name], null).length > 0;
  const isMade = plan.resource_changes?.some(({ change }) => change.actions.includes('create'));
  return [
    ...(plan.errored
      ? [
          finding(
            stack,
            'incomplete',
            'could not be planned to the end: what is here is not all',
            failed.map(({ address, messages }) => `${address}: ${messages.join(', ')}`),
          ),
        ]
      : failed.map(({ address, messages }) => finding(address, 'failed-check', 'fails', messages))),
    ...(plan.complete === false && deferred.length === 0 && !plan.errored
      ? [finding(stack, 'incomplete', 'is not planned to the end: another plan has to follow')]
      : []),
    ...deferred.map(({ reason = 'unknown', resource_change: it }) =>
      finding(
        it?.address ?? 'a resource',
        'deferred',
        `is deferred (${reason}): it needs another plan after this one`,
      ),
    ),
    ...(plan.action_invocations ?? []).map(({ address }) =>
      finding(address, 'action', 'is invoked: what an action does is not in a plan'),
    ),
    ...(plan.deferred_action_invocations?.length
      ? [finding(stack, 'action', 'invokes actions later on: what an action does is not in a plan')]
      : []),
    ...(Object.keys(plan).some(isUnknown)
      ? [
          finding(
            stack,
            'unread',
            `has more than is read here: ${Object.keys(plan).filter(isUnknown).join(', ')}`,
          ),
        ]
      : []),
    ...(isMade && !plan.configuration
      ? [
          finding(
            stack,
            'unread',
            'lacks its configuration: whether programs run on this machine is not known',
          ),
        ]
      : []),
  ];
}

/** Removed items are a risk, and changed ones above a limit: there are too many of them to be accepted one by one. */
function itemRisks(stack: string, findings: readonly NamelessFinding[], limit: number): NamelessFinding[] {
  const having = (kind: string) => findings.filter((it) => it.kind === kind);
  const [removed, changed] = [having('item-removed'), having('item-changed')];
  const isOver = changed.length > limit;
  if (removed.length === 0 && !isOver) return [];
  const covered = [...removed, ...(isOver ? changed : [])];
  const words = [
    ...(removed.length > 0 ? [`removes ${count(removed.length, 'item')}`] : []),
    ...(isOver ? [`changes ${count(changed.length, 'item')}, more than ${limit}`] : []),
  ];
  return [
    {
      stack,
      address: stack,
      concern: 'items',
      kind: 'items',
      sentence: words.join(' and '),
      details: covered.map(({ address, sentence }) => `${address} ${sentence}`),
      harm: removed.length > 0 ? harms.worst : harms.small,
    },
  ];
}

/** What was changed outside Terraform, as far as the plan undoes it: what AWS itself counts and computes is no drift. */
function driftOf(stack: string, view: ChangeView, planned?: ChangeView): NamelessFinding[] {
  const base = { stack, address: view.address, concern: 'rest', kind: 'drift', harm: harms.none } as const;
  if (!planned || planned.action === 'no-op') return [];
  if (view.action === 'destroy')
    return [{ ...base, sentence: 'is gone, and would be made again', details: [] }];
  const undone = new Set(differencesOf(planned.after, planned.before).map(({ path }) => path));
  const differences = differencesOf(view.after, view.before).filter(({ path }) => undone.has(path));
  if (differences.length === 0) return [];
  const details = settingsOf(view) ?? differences.map(describeChange);
  return [{ ...base, sentence: 'was changed, and would be changed back', details }];
}

/** An output is a value in the state: whoever can read that sees it, and nothing else comes of it. */
function outputChangesOf(stack: string, plan: Plan, secretNames: readonly string[]) {
  return Object.entries(plan.output_changes ?? {}).flatMap(([name, change]) => {
    const action = actionOf(change.actions);
    if (action === 'no-op') return [];
    const { before, after } = showableSides(
      isSecretName(name, secretNames) ? { ...change, after_sensitive: true } : change,
      secretNames,
    );
    const sentence = differencesOf(after, before).map(describeChange).join(', ') || 'changes';
    return [{ stack, name, sentence, finding: outputRisk(stack, name, change) }];
  });
}

function outputRisk(stack: string, name: string, change: Change): NamelessFinding | undefined {
  const base = { stack, address: `output.${name}`, details: [] } as const;
  if (!['create', 'update', 'destroy'].includes(actionOf(change.actions))) {
    const sentence = `has actions that are not known here: ${change.actions.join(', ')}`;
    return { ...base, concern: 'not-judged', kind: 'not-judged', sentence, harm: harms.unclear };
  }
  const isShown = change.before_sensitive === true && change.after_sensitive !== true && change.after != null;
  return isShown
    ? {
        ...base,
        concern: 'access',
        kind: 'wider-access',
        sentence: 'is no longer sensitive: every plan shows it',
        harm: harms.access,
      }
    : undefined;
}

/** The line that accepts risks, to be pasted behind `npm run review -- <plans>`. */
export function acceptLine(risks: readonly Risk[]): string {
  return risks
    .map(({ name }) => `--accept ${/^[\w.:/#-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`}`)
    .join(' ');
}
