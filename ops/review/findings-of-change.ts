import { differencesOf } from '../terraform/json-differences';
import { isHidden, unknown } from '../terraform/plan-json';
import type { ChangeView } from './change-view';
import { type Concern, concerns, describeChange, type Finding, harms, isNew, show } from './finding';
import { type Judged, judge } from './judge';
import type { PlanContext } from './plan-context';
import { withoutInstances } from './references';
import { item } from './rules/items';
import { isSet, notJudged } from './rules/rule';

export type NamelessFinding = Omit<Finding, 'risk'>;

/** What a change of a resource does, in findings: one for each concern, and one for all that is harmless. */
export function findingsOf(stack: string, view: ChangeView, context: PlanContext): NamelessFinding[] {
  const judged = [...judge(view, context), ...programs(view, context)];
  if (judged.length === 0 && view.action !== 'no-op' && view.action !== 'read') {
    judged.push(notJudged('does what no rule here speaks of'));
  }
  const told = judged.filter(({ concern }) => concern !== 'rest');
  const groups = new Map<string, Judged[]>();
  for (const it of told) {
    const group = `${it.concern} ${it.kind ?? ''} ${it.harm > harms.none}`;
    groups.set(group, [...(groups.get(group) ?? []), it]);
  }
  const findings = [...groups.values()].map((it) => findingOf(view, it));
  const rest = restOf(
    view,
    judged.filter(({ concern }) => concern === 'rest'),
    findings.length > 0,
  );
  return [...findings, ...rest].map((it) => ({ stack, address: view.address, ...it }));
}

/** Programs that Terraform runs when it makes or destroys a resource. */
function programs({ action, source }: ChangeView, { references }: PlanContext): Judged[] {
  const { hasProvisioners } = references.get(withoutInstances(source.address)) ?? {};
  return hasProvisioners && ['create', 'replace', 'destroy'].includes(action)
    ? [notJudged('runs a program (provisioner)')]
    : [];
}

type Said = Omit<NamelessFinding, 'stack' | 'address'>;

/** @param group - judgements of one concern and kind */
function findingOf(view: ChangeView, group: readonly Judged[]): Said {
  const [{ concern, kind = concerns[concern].kind }] = group as [Judged];
  const sentences =
    concern === 'not-judged' ? notJudgedSentences(group) : [...new Set(group.map(({ words }) => words))];
  const more = sentences.length > 3 ? `; and ${sentences.length - 3} more` : '';
  const lines = new Set(group.flatMap(({ words, details = [words] }) => details));
  const said = `${sentences.slice(0, 3).join('; ')}${more}`;
  return {
    concern,
    kind,
    sentence: `${prefixOf(view, concern, kind)}${said}`,
    details: [...lines].filter((it) => sentences.length > 3 || !sentences.includes(it)),
    harm: Math.max(...group.map(({ harm }) => harm)) as Finding['harm'],
  };
}

function prefixOf(view: ChangeView, concern: Concern, kind: string): string {
  if (kind === 'destroy' || kind === 'replace') return `${endWords(view)}: `;
  if (concern === 'access' && view.action === 'create') return isNew;
  return view.action === 'destroy' && concern !== 'items' ? 'would be destroyed: ' : '';
}

function notJudgedSentences(group: readonly Judged[]): string[] {
  const paths = [...new Set(group.flatMap(({ change }) => change?.path ?? []))];
  const shown = `${paths.slice(0, 8).join(', ')}${paths.length > 8 ? ` and ${paths.length - 8} more` : ''}`;
  const own = [...new Set(group.flatMap(({ change, words }) => (change ? [] : words)))];
  if (paths.length === 0) return own;
  return own.length > 0
    ? [`${own.join('; ')} (${shown})`]
    : [`changes ${shown}, and no rule here judges that`];
}

const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: 'it is tainted: making it was interrupted',
  replace_by_request: 'asked for by -replace',
  replace_by_triggers: 'replace_triggered_by',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each was added or removed',
  delete_because_count_index: 'count is smaller',
  delete_because_each_key: 'for_each no longer has its key',
  delete_because_no_move_target: 'moved to what is not in the configuration',
};

function endWords({ action, source }: ChangeView): string {
  const paths = (source.change.replace_paths ?? []).map((path) => path.join('.'));
  const because = [...new Set(paths)].join(', ') || reasons[source.action_reason ?? ''];
  return `would be ${action === 'replace' ? 'replaced' : 'destroyed'}${because ? ` (${because})` : ''}`;
}

/** What is harmless, and why. */
function restOf(view: ChangeView, judged: readonly Judged[], isTold: boolean): Said[] {
  const { action, source, after } = view;
  const rest = (kind: string, sentence: string, details: readonly string[] = []): Said => ({
    concern: 'rest',
    kind,
    sentence,
    details,
    harm: harms.none,
  });
  const moved = source.previous_address ? [rest('moved', `is the former ${source.previous_address}`)] : [];
  const id = source.change.importing?.id;
  const imported = source.change.importing ? [rest('import', `is imported${id ? ` (${id})` : ''}`)] : [];
  const before = [...moved, ...imported];
  if (action === 'no-op' || action === 'read' || action === 'unheard-of') return before;
  if (action === 'create' || action === 'destroy') {
    const [{ words = '' } = {}] = judged;
    const said =
      action === 'create'
        ? rest('create', 'is new', describeNew(after))
        : rest('destroy', `${endWords(view)}: ${words}`);
    return isTold ? before : [...before, said];
  }
  const changed = judged.filter(({ change }) => change && change.after !== unknown);
  const ends = judged.flatMap(({ change, words }) => (change ? [] : `${endWords(view)}: ${words}`));
  const narrower = changed.filter(({ kind }) => kind === 'narrower-access');
  const others = changed.filter((it) => !narrower.includes(it));
  const names = new Set(
    others.map(({ change }) => change?.path.replace(/^tags_all/, 'tags').split(/[.[]/)[0]),
  );
  const sentences = [
    ...ends,
    ...narrower.map(({ words }) => words),
    ...(names.size > 0 ? [`changes ${[...names].join(', ')}`] : []),
  ];
  if (sentences.length === 0)
    return isTold ? before : [...before, rest('change', 'changes what AWS computes only')];
  const details = [
    ...narrower.flatMap((it) => it.details ?? []),
    ...others.flatMap((it) => linesOf(it, names.has('tags'))),
  ];
  const kind = ends.length > 0 ? 'replace' : others.length > 0 ? 'change' : 'narrower-access';
  return [...before, rest(kind, sentences.join('; '), [...new Set(details)])];
}

/** `tags_all` is `tags` and the default ones, so it tells all. */
function linesOf({ change, words }: Judged, hasTags: boolean): string[] {
  if (!change) return [];
  const path = change.path === 'tags_all' ? 'tags' : change.path;
  if (hasTags && change.path === 'tags' && isSet(Object(change.view.after).tags_all)) return [];
  return differencesOf(change.after, change.before, path).map((it) => `${describeChange(it)} (${words})`);
}

function describeNew(after: ChangeView['after']): string[] {
  return Object.entries(after ?? {})
    .filter(([name, value]) => isSet(value) && !isHidden(value) && name !== 'tags_all')
    .map(([name, value]) => `${name}: ${show(value)}`);
}

/** Lines of what changes of an item, in the form that people write them. */
export function settingsOf(view: ChangeView): readonly string[] | undefined {
  if (view.type !== 'aws_dynamodb_table_item') return undefined;
  return item.judge(view, {} as PlanContext)[0]?.details;
}
