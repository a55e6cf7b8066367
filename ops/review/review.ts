import { type Difference, differencesOf } from '../plan/json-differences';
import { isHidden, type Plan, resourcesOf, showableSides } from '../plan/plan-json';
import { type Graph, graphOf } from './dependency-graph';
import {
  type ChangeView,
  concerns,
  count,
  describeChange,
  type Finding,
  show,
  type Told,
  viewOf,
} from './finding';
import { type Reference, referencesOf, withoutInstances } from './references';
import { narrowerAccessOf, widerAccessOf } from './rules/access';
import { capacityChangesOf, codeChangesOf } from './rules/code-and-capacity';
import { recordsOf } from './rules/items';
import { lossesOf } from './rules/losses';
import { weakerProtectionsOf } from './rules/protection';
import { verdictOf } from './verdict';

/** The plan of one stack. */
export interface StackPlan {
  readonly stack: string;
  readonly plan: Plan;
}

export interface ReviewOptions {
  /** Names of risks that are accepted. @default none */
  readonly accepted?: readonly string[];
  /** How many records of a stack may change before that is a risk; one that is removed always is. @default 10 */
  readonly maxChangedItems?: number;
  /** Bytes of an archive beside a plan, if it is there. */
  readonly sizeOf?: (stack: string, file: string) => number | undefined;
}

/** What plans do, for a reader who has a minute; nothing in it is sensitive. */
export interface Review {
  /** One line. */
  readonly verdict: string;
  readonly status: 'no-changes' | 'safe' | 'accepted' | 'open-risks';
  readonly stacks: readonly StackSummary[];
  /** In order of danger. */
  readonly findings: readonly Finding[];
  readonly risks: readonly Risk[];
  /** Names that were accepted, and that no plan has. */
  readonly unusedAccepts: readonly string[];
  /** What was changed outside Terraform since the last deployment. */
  readonly drift: readonly Finding[];
  readonly outputs: readonly OutputChange[];
  readonly graph: Graph;
}

export interface StackSummary {
  readonly stack: string;
  /** Such as "1 to add, 2 to change, 0 to destroy". */
  readonly counts: string;
  readonly hasChanges: boolean;
}

export interface Risk {
  /** What `--accept` takes. */
  readonly name: string;
  /** With the address. */
  readonly sentence: string;
  readonly isAccepted: boolean;
}

export interface OutputChange {
  readonly stack: string;
  readonly name: string;
  readonly sentence: string;
}

/** Read the plans of stacks, in the order of their deployment. */
export function review(plans: readonly StackPlan[], options: ReviewOptions = {}): Review {
  const { accepted = [], maxChangedItems = 10 } = options;
  const read = plans.map((it) => readStack(it, options));
  const findings = read
    .flatMap((it) => [...it.findings, ...recordRisks(it.stack, it.findings, maxChangedItems)])
    .sort((a, b) => rankOf(a) - rankOf(b));
  const risks = risksOf(findings, accepted);
  const names = new Set(risks.map(({ name }) => name));
  const risky = new Set(findings.flatMap((it) => (it.risk ? [`${it.stack} ${it.address}`] : [])));
  const outputs = read.flatMap((it) => it.outputs);
  const status = statusOf(read, findings, risks);
  return {
    verdict: verdictOf(status, findings, outputs.length),
    status,
    stacks: read.map(
      ({ findings: _, drift: __, outputs: ___, plan: ____, views: _____, ...summary }) => summary,
    ),
    findings,
    risks,
    unusedAccepts: [...new Set(accepted)].filter((name) => !names.has(name)),
    drift: read.flatMap(({ drift }) => drift),
    outputs,
    graph: graphOf(read, risky),
  };
}

interface ReadStack extends StackSummary, StackPlan {
  readonly findings: readonly Finding[];
  readonly drift: readonly Finding[];
  readonly outputs: readonly OutputChange[];
  readonly views: readonly ChangeView[];
}

function readStack({ stack, plan }: StackPlan, { sizeOf }: ReviewOptions): ReadStack {
  const all = (plan.resource_changes ?? []).map(viewOf);
  const views = all.filter(({ source }) => source.mode !== 'data');
  const known = [
    ...resourcesOf(plan.prior_state?.values?.root_module),
    ...resourcesOf(plan.planned_values?.root_module),
  ];
  const context = {
    references: referencesOf(plan),
    views: new Map(all.map((it) => [it.address, it])),
    prior: known.map(({ values }) => values ?? {}),
  };
  const archives = new Map(
    known.flatMap(({ type, values }) =>
      type === 'archive_file' ? [[values?.output_path, values?.output_size] as const] : [],
    ),
  );
  const newSize = ({ after }: ChangeView) => {
    const file = after?.filename;
    if (typeof file !== 'string' || isHidden(file)) return undefined;
    return sizeOf?.(stack, file) ?? (Number(archives.get(file)) || undefined);
  };
  const records = views.filter(({ type, before }) => type === 'aws_dynamodb_table_item' && before).length;
  const findings = views.flatMap((view): Finding[] => {
    const wider = widerAccessOf(view, context);
    const told = [
      ...lossesOf(view, records),
      ...wider,
      ...narrowerAccessOf(view, wider.length > 0),
      ...weakerProtectionsOf(view),
      ...recordsOf(view),
      ...codeChangesOf(view, newSize(view)),
    ];
    const settled = withoutComputed(view, context.references);
    told.push(...capacityChangesOf(settled));
    return [...told, ...restOf(settled, told)].map(({ paths: _, ...it }) => ({
      stack,
      address: view.address,
      ...it,
    }));
  });
  const outputs = outputChangesOf(stack, plan);
  const incomplete = incompletenessOf(stack, plan);
  return {
    stack,
    plan,
    views,
    counts: countsOf(views),
    hasChanges: incomplete.length + findings.length + outputs.length > 0,
    findings: [...incomplete, ...findings],
    drift: (plan.resource_drift ?? [])
      .map(viewOf)
      .flatMap((view) => driftOf(stack, view, context.views.get(view.address))),
    outputs,
  };
}

/** What takes the place of a resource gets anew what its configuration leaves open: no value there is no change. */
function withoutComputed(view: ChangeView, references: ReadonlyMap<string, Reference>): ChangeView {
  const given = references.get(withoutInstances(view.source.address))?.given;
  if (view.action !== 'replace' || !given) return view;
  const isGiven = ({ path, expected }: Difference) =>
    expected !== null || given.has(path.split(/[.[]/)[0] as string);
  return { ...view, differences: view.differences.filter(isGiven), later: [] };
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
    ...(forgotten > 0 ? [`${forgotten} to forget`] : []),
  ].join(', ');
}

/** What keeps a plan from being the whole truth. */
function incompletenessOf(stack: string, plan: Plan): Finding[] {
  const deferred = (plan.deferred_changes ?? []).map(
    ({ reason = 'unknown', resource_change: it }): Finding => ({
      stack,
      address: it?.address ?? 'a resource',
      concern: 'rest',
      kind: 'deferred',
      sentence: `is deferred (${reason}): it needs another plan after this one`,
      details: [],
    }),
  );
  if (!plan.errored) return deferred;
  const details = (plan.checks ?? [])
    .filter(({ status }) => status === 'fail' || status === 'error')
    .flatMap(({ address, instances = [] }) => [
      `${address?.to_display ?? 'a check'}: ${instances
        .flatMap(({ problems = [] }) => problems.map(({ message }) => message ?? ''))
        .join(', ')}`,
    ]);
  return [
    ...deferred,
    {
      stack,
      address: stack,
      concern: 'loss',
      kind: 'incomplete',
      sentence: 'could not be planned to the end: what is here is not all',
      details,
      risk: `incomplete:${stack}`,
    },
  ];
}

/** What no other concern has told. */
function restOf(view: ChangeView, told: readonly Told[]): Told[] {
  const { action, source, differences, later, type, after } = view;
  const rest = (kind: string, sentence: string, details: readonly string[] = []): Told[] => [
    { concern: 'rest', kind, sentence, details },
  ];
  const moved = source.previous_address ? rest('moved', `is the former ${source.previous_address}`) : [];
  const imported = source.change.importing
    ? rest('import', `is imported${source.change.importing.id ? ` (${source.change.importing.id})` : ''}`)
    : [];
  const before = [...moved, ...imported];
  if (action === 'create')
    return told.length > 0 ? before : [...before, ...rest('create', 'is new', describeNew(after))];
  if (action !== 'update' && action !== 'replace') return before;
  const paths = new Set(told.flatMap((it) => it.paths ?? []));
  const isTold = ({ path }: Difference) => paths.has(path) || paths.has(path.split(/[.[]/)[0] as string);
  const left = withoutDefaultTags(differences).filter((it) => !isTold(it));
  const computed = later.flatMap(({ path }) =>
    paths.has(path) || type === 'aws_dynamodb_table_item' ? [] : path,
  );
  const details = [
    ...left.map(describeChange),
    ...(computed.length > 0 ? [`known after apply: ${computed.join(', ')}`] : []),
  ];
  if (details.length === 0 || (left.length === 0 && told.length > 0)) return before;
  const names = [...new Set(left.map(({ path }) => path.split(/[.[]/)[0] || 'value'))];
  const sentence =
    names.length > 0 ? `changes ${names.join(', ')}` : 'changes what is known after apply only';
  return [...before, ...rest('change', sentence, details)];
}

/** `tags_all` is `tags` and the default ones, so it tells all. */
function withoutDefaultTags(differences: readonly Difference[]): Difference[] {
  const all = new Set(differences.map(({ path }) => path));
  return differences
    .filter(({ path }) => !/^tags(\.|\[|$)/.test(path) || !all.has(path.replace('tags', 'tags_all')))
    .map((it) => ({ ...it, path: it.path.replace(/^tags_all/, 'tags') }));
}

function describeNew(after: ChangeView['after']): string[] {
  return Object.entries(after ?? {})
    .filter(([name, value]) => !isEmpty(value) && !isHidden(value) && name !== 'tags_all')
    .map(([name, value]) => `${name}: ${show(value)}`);
}

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  );
}

/** Removed records are a risk, and changed ones above a limit: there are too many of them to be accepted one by one. */
function recordRisks(stack: string, findings: readonly Finding[], limit: number): Finding[] {
  const having = (kind: string) => findings.filter((it) => it.kind === kind).length;
  const [removed, changed] = [having('record-removed'), having('record-changed')];
  if (removed === 0 && changed <= limit) return [];
  const words = [
    ...(removed > 0 ? [`removes ${count(removed, 'record')}`] : []),
    ...(changed > limit ? [`changes ${count(changed, 'record')}, more than ${limit}`] : []),
  ];
  return [
    {
      stack,
      address: stack,
      concern: 'records',
      kind: 'records',
      sentence: words.join(' and '),
      details: [],
      risk: `records:${stack}`,
    },
  ];
}

/** What was changed outside Terraform, as far as the plan undoes it: what AWS itself counts and computes is no drift. */
function driftOf(stack: string, view: ChangeView, planned?: ChangeView): Finding[] {
  const base = { stack, address: view.address, concern: 'rest', kind: 'drift' } as const;
  if (!planned || planned.action === 'no-op') return [];
  if (view.action === 'destroy')
    return [{ ...base, sentence: 'is gone, and would be made again', details: [] }];
  const undone = new Set(planned.differences.map(({ path }) => path));
  const differences = view.differences.filter(({ path }) => undone.has(path));
  if (differences.length === 0) return [];
  const [record] = recordsOf(view);
  const details = record?.details ?? withoutDefaultTags(differences).map(describeChange);
  return [{ ...base, sentence: 'was changed, and would be changed back', details }];
}

function outputChangesOf(stack: string, plan: Plan): OutputChange[] {
  return Object.entries(plan.output_changes ?? {}).flatMap(([name, change]) => {
    if (change.actions.every((it) => it === 'no-op')) return [];
    const { before, after } = showableSides(change);
    return [
      { stack, name, sentence: differencesOf(after, before).map(describeChange).join(', ') || 'changes' },
    ];
  });
}

function risksOf(findings: readonly Finding[], accepted: readonly string[]): Risk[] {
  const byName = new Map<string, string[]>();
  for (const { risk, address, sentence } of findings) {
    if (risk) byName.set(risk, [...(byName.get(risk) ?? []), `${address} ${sentence}`]);
  }
  return [...byName].map(([name, sentences]) => ({
    name,
    sentence: sentences.join('; '),
    isAccepted: accepted.includes(name),
  }));
}

/** The order of a reader's interest: by concern, and within one what is a risk first. */
function rankOf({ concern, risk, kind, losesData }: Finding): number {
  const isWorst = kind === 'incomplete' || losesData;
  return (
    concerns.indexOf(concern) * 10 + (risk ? 0 : 4) + (isWorst ? 0 : 2) + (kind.endsWith('added') ? 1 : 0)
  );
}

function statusOf(
  read: readonly StackSummary[],
  findings: readonly Finding[],
  risks: readonly Risk[],
): Review['status'] {
  if (risks.some(({ isAccepted }) => !isAccepted)) return 'open-risks';
  if (risks.length > 0) return 'accepted';
  return findings.length > 0 || read.some(({ hasChanges }) => hasChanges) ? 'safe' : 'no-changes';
}

/** The line that accepts risks, to be pasted behind `npm run review -- <plans>`. */
export function acceptLine(risks: readonly Risk[]): string {
  return risks
    .map(({ name }) => `--accept ${/^[\w.:/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`}`)
    .join(' ');
}
