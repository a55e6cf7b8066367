import { concerns, count, type Finding, harms, isNew } from './finding';
import type { Review } from './review-result';

/** The first line of a review. @param findings - the most harm first */
export function verdictOf(
  { status, risks, staleAccepts, outputs }: Pick<Review, 'status' | 'risks' | 'staleAccepts' | 'outputs'>,
  findings: readonly Finding[],
): string {
  if (status === 'no-changes') return 'No changes';
  if (status === 'open-risks' && risks.every(({ isAccepted }) => isAccepted)) {
    return `Accepts what no plan has: take ${staleAccepts.join(', ')} out of environments.ts`;
  }
  const summary = summarize(findings, outputs.length);
  const worst = findings.find(
    ({ risk, concern, kind }) => risk || (concern !== 'rest' && !kind.endsWith('-added')),
  );
  if (!worst) return `Safe: ${summary}${findings.length > 0 ? ', nothing else' : ''}`;
  const risky = findings.filter(({ risk }) => risk);
  const isNewAccess = ({ kind, sentence, harm }: Finding) =>
    kind === 'wider-access' && sentence.startsWith(isNew) && harm !== harms.worst;
  if (risky.length > 1 && risky.every(isNewAccess)) {
    return `${concerns.access.opening}: ${risky.length} new resources give access that did not exist before`;
  }
  return `${openingOf(worst)}: ${worst.address} ${worst.sentence}${others(findings, worst, summary)}`;
}

function openingOf({ kind, concern, harm }: Finding): string {
  if (kind === 'incomplete') return 'Incomplete';
  if (kind === 'failed-check') return 'A check fails';
  if (kind === 'forget') return 'Removes from state';
  if ((concern === 'loss' || concern === 'items') && harm === harms.worst) return 'Destroys data';
  if (kind === 'loss') return 'Loses data';
  if (kind === 'replace') return 'Replaces';
  return kind === 'destroy' ? 'Destroys' : concerns[concern].opening;
}

function others(findings: readonly Finding[], worst: Finding, summary: string): string {
  const risks = findings.filter((it) => it.risk && it !== worst).length;
  if (risks > 0) return `; and ${count(risks, 'more risk')}`;
  if (findings.length > 1) return ` (in all: ${summary})`;
  return worst.risk ? '' : ', nothing else';
}

/** "2 items added, code of 1 function changed" */
function summarize(findings: readonly Finding[], outputs: number): string {
  const having = (...kinds: string[]) => findings.filter((it) => kinds.includes(it.kind)).length;
  const parts: readonly (readonly [number, string, string?])[] = [
    [having('item-removed'), 'item removed', 'items removed'],
    [having('item-changed'), 'item changed', 'items changed'],
    [having('item-added'), 'item added', 'items added'],
    [having('item-written'), 'item written again', 'items written again'],
    [having('code-changed'), 'function with other code', 'functions with other code'],
    [having('settings-changed'), 'function with other variables', 'functions with other variables'],
    [having('code-added'), 'new function'],
    [having('capacity', 'capacity-added'), 'change of capacity or cost', 'changes of capacity or cost'],
    [having('create'), 'resource added', 'resources added'],
    [having('change', 'narrower-access'), 'resource changed', 'resources changed'],
    [having('import'), 'resource imported', 'resources imported'],
    [having('moved'), 'resource renamed', 'resources renamed'],
    [having('replace'), 'resource replaced', 'resources replaced'],
    [having('destroy'), 'resource destroyed', 'resources destroyed'],
  ];
  const words = parts.flatMap(([number, one, many]) => (number > 0 ? [count(number, one, many)] : []));
  return words.join(', ') || count(outputs, 'output changed', 'outputs changed');
}
