import { type Concern, count, type Finding, isNew } from './finding';
import type { Review } from './review';

/** How the verdict begins if a concern is the worst that was found. */
const openings: Record<Concern, string> = {
  loss: 'Destroys',
  access: 'Widens access',
  protection: 'Weakens protection',
  records: 'Changes records',
  code: 'Changes code',
  capacity: 'Changes capacity or cost',
  rest: 'Safe',
};

/** The first line of a review. */
export function verdictOf(status: Review['status'], findings: readonly Finding[], outputs: number): string {
  if (status === 'no-changes') return 'No changes';
  const summary = summarize(findings, outputs);
  const worst = findings.find(
    ({ risk, concern, kind }) => risk || (concern !== 'rest' && kind !== 'record-added'),
  );
  if (!worst) return `Safe: ${summary}${findings.length > 0 ? ', nothing else' : ''}`;
  const risky = findings.filter(({ risk }) => risk);
  if (
    risky.length > 1 &&
    risky.every(({ kind, sentence }) => kind === 'wider-access' && sentence.startsWith(isNew))
  ) {
    return `${openings.access}: ${risky.length} new resources give access that did not exist before`;
  }
  const byKind: Readonly<Record<string, string>> = {
    incomplete: 'Incomplete',
    forget: 'Lets go of',
    replace: worst.losesData ? 'Destroys data' : 'Replaces',
    destroy: worst.losesData ? 'Destroys data' : 'Destroys',
  };
  return `${byKind[worst.kind] ?? openings[worst.concern]}: ${worst.address} ${worst.sentence}${others(findings, worst, summary)}`;
}

function others(findings: readonly Finding[], worst: Finding, summary: string): string {
  const risks = new Set(findings.flatMap(({ risk }) => risk ?? []));
  if (worst.risk) risks.delete(worst.risk);
  if (risks.size > 0) return `; and ${count(risks.size, 'more risk')}`;
  if (findings.length > 1) return ` (in all: ${summary})`;
  return worst.risk ? '' : ', nothing else';
}

/** "2 records added, code of 1 function changed" */
function summarize(findings: readonly Finding[], outputs: number): string {
  const having = (kind: string) => findings.filter((it) => it.kind === kind).length;
  const parts: readonly (readonly [number, string, string?])[] = [
    [having('record-removed'), 'record removed', 'records removed'],
    [having('record-changed'), 'record changed', 'records changed'],
    [having('record-added'), 'record added', 'records added'],
    [having('code-changed'), 'function with other code', 'functions with other code'],
    [having('code-new'), 'new function'],
    [having('capacity'), 'change of capacity or cost', 'changes of capacity or cost'],
    [having('create'), 'resource added', 'resources added'],
    [having('change') + having('narrower-access'), 'resource changed', 'resources changed'],
    [having('deferred'), 'resource deferred', 'resources deferred'],
    [having('import'), 'resource imported', 'resources imported'],
    [having('moved'), 'resource renamed', 'resources renamed'],
    [having('replace'), 'resource replaced', 'resources replaced'],
  ];
  const words = parts.flatMap(([number, one, many]) => (number > 0 ? [count(number, one, many)] : []));
  return words.join(', ') || count(outputs, 'output changed', 'outputs changed');
}
