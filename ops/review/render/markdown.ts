import { visible } from '../../../input-error';
import { type Concern, count, type Finding, sectionsOf } from '../finding';
import { acceptLine } from '../review';
import type { Review } from '../review-result';
import { mermaidOf } from './mermaid';

/** GitHub refuses a comment of more than 65,536 characters; what is left is for whoever puts something around it. */
const maxCharacters = 65_000;

interface Level {
  /** Lines of details of a finding. */
  readonly details: number;
  /** Findings of a section; of what is least dangerous only a quarter. */
  readonly findings: number;
  readonly graph: boolean;
}

/** From everything to the least: details go first, then findings, the dependency graph last. */
const levels: readonly Level[] = [
  ...[40, 8, 3, 1, 0].map((details) => ({ details, findings: 200, graph: true })),
  ...[150, 100, 70, 50, 35, 20].map((findings) => ({ details: 0, findings, graph: true })),
  { details: 0, findings: 8, graph: false },
];

/** The review as a comment of at most 65,000 characters; what it leaves out, the least important first, is named. */
export function markdownOf(review: Review): string {
  let text = '';
  for (const level of levels) {
    text = render(review, level);
    if (text.length <= maxCharacters) return text;
  }
  const end = '\n\n… shortened: the page that `--html` writes has the rest.\n';
  return `${text.slice(0, maxCharacters - end.length).replace(/\n[^\n]*$/, '')}${end}`;
}

function render(review: Review, level: Level): string {
  const { verdict, stacks, risks, staleAccepts, drift, outputs, graph } = review;
  const open = risks.filter(({ isAccepted }) => !isAccepted);
  const lines = [`**${prose(cut(verdict, 600))}**`, '', statusLine(review)];
  if (open.length > 0) {
    const shown = open.slice(0, level.findings);
    const more =
      shown.length < open.length ? ['', `and ${count(open.length - shown.length, 'more risk')}.`] : [];
    lines.push('', ...folded('Unaccepted risks', [fenced([acceptLine(shown)]), ...more]));
  }
  if (staleAccepts.length > 0) {
    lines.push(
      '',
      `Accepted by environments.ts, and in no plan any more: ${staleAccepts.slice(0, 50).map(code).join(', ')}.`,
    );
  }
  lines.push('', '| Stack | Plan |', '| --- | --- |');
  for (const { stack, counts } of stacks) {
    lines.push(`| ${code(stack)} | ${counts} |`);
  }
  for (const { concern, title, findings } of sectionsOf(review.findings)) {
    const section = [`${title} (${findings.length})`];
    const body = findingList(findings, mildConcerns.has(concern) ? quarterOf(level) : level, risks);
    lines.push(
      '',
      ...(concern === 'rest' ? folded(section[0] as string, body) : [`### ${section[0]}`, '', ...body]),
    );
  }
  if (drift.length > 0) {
    lines.push(
      '',
      `### Changed outside Terraform (${drift.length})`,
      '',
      ...findingList(drift, level, risks),
    );
  }
  if (outputs.length > 0) {
    const shown = outputs.slice(0, level.findings);
    const body = shown.map(
      ({ stack, name, sentence }) => `- ${code(`${stack}.${name}`)} ${prose(cut(sentence, 400))}`,
    );
    if (shown.length < outputs.length)
      body.push(`- … and ${count(outputs.length - shown.length, 'more output')}`);
    lines.push('', ...folded(`Outputs (${outputs.length})`, body));
  }
  if (level.graph && graph.nodes.length > 1) {
    const more = graph.leftOut > 0 ? ['', `${count(graph.leftOut, 'more changed resource')} not drawn.`] : [];
    lines.push('', ...folded('Dependency graph', ['```mermaid', mermaidOf(graph), '```', ...more]));
  }
  if (level !== levels[0]) {
    lines.push('', '… shortened to what matters most: the page that `--html` writes has the rest.');
  }
  return `${lines.join('\n')}\n`;
}

const mildConcerns = new Set<Concern>(['code', 'capacity', 'rest']);

const quarterOf = (level: Level): Level => ({ ...level, findings: Math.ceil(level.findings / 4) });

function statusLine({ risks, status }: Review): string {
  const open = risks.filter(({ isAccepted }) => !isAccepted).length;
  if (status === 'open-risks') {
    const accepted = risks.length - open;
    return `🔴 ${count(open, 'open risk')}${accepted > 0 ? `, ${accepted} accepted` : ''}`;
  }
  if (status === 'accepted')
    return `🟡 ${risks.length === 1 ? 'its risk is' : `all ${risks.length} risks are`} accepted`;
  return status === 'safe' ? '🟢 no risk that has to be accepted' : '⚪ nothing to do';
}

function findingList(findings: readonly Finding[], level: Level, risks: Review['risks']): string[] {
  const accepted = new Set(risks.flatMap(({ name, isAccepted }) => (isAccepted ? [name] : [])));
  const shown = findings.slice(0, level.findings);
  const lines = shown.flatMap(({ address, sentence, details, risk }) => {
    const mark = risk ? (accepted.has(risk) ? '🟡 ' : '🔴 ') : '';
    const some = details.slice(0, level.details).map((it) => cut(it, 300));
    const more =
      details.length > some.length && level.details > 0 ? [`… and ${details.length - some.length} more`] : [];
    const block = some.length > 0 ? ['', indented(fenced([...some, ...more])), ''] : [];
    return [`- ${mark}${code(cut(address, 200))} ${prose(cut(sentence, 600))}`, ...block];
  });
  const left = findings.length - shown.length;
  return left > 0 ? [...lines, `- … and ${left} more`] : lines;
}

function folded(title: string, body: readonly string[]): string[] {
  return [`<details><summary>${title}</summary>`, '', ...body, '', '</details>'];
}

/** A block that nothing in it can end. */
function fenced(lines: readonly string[]): string {
  const text = lines.map(visible).join('\n');
  const fence = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

const indented = (text: string) => text.replace(/^/gm, '  ');

const cut = (text: string, limit: number) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

/** Text as code: no mention, no link and no Markdown in it is read. */
function code(text: string): string {
  const shown = visible(text).replaceAll('|', '\\|');
  const ticks = '`'.repeat(longestTicks(shown) + 1);
  const space = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${shown}${space}${ticks}`;
}

const longestTicks = (text: string) => Math.max(0, ...[...text.matchAll(/`+/g)].map(([it]) => it.length));

/** Text as text: GitHub looks for mentions, issues and links in what is left after Markdown, so a comment parts them. */
function prose(text: string): string {
  return visible(text).replace(/[\\`*_[\]|~$&<>]|[@#]|:(?=\/\/)|www(?=\.)|GH(?=-\d)/g, (it) => {
    if (/[$&<>]/.test(it)) return `&#${it.charCodeAt(0)};`;
    return /[@#:\w]/.test(it) && it !== '_' ? `${it}<!-- -->` : `\\${it}`;
  });
}
