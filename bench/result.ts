import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Summary, summarize } from './measure';
import { type Curves, plot } from './plot';

/** One thing measured of all peers. */
export interface Measure {
  /** What was measured, with its unit. */
  readonly what: string;
  readonly peers: Readonly<Record<string, Summary>>;
}

/** A bound on the ratio of our median to a peer's. */
export interface Goal {
  readonly what: string;
  readonly ratio: number;
  readonly atMost: number;
}

/** What a bench has found. */
export interface Result {
  readonly measures: readonly Measure[];
  readonly goals: readonly Goal[];
  /** Peers that this machine lacks, and what they need. */
  readonly missing: readonly string[];
  readonly notes: readonly string[];
  readonly curves?: readonly Curves[];
  /** The peer that others are compared to. @default this project */
  readonly base?: string;
}

export interface Report extends Result {
  readonly bench: string;
  readonly date: string;
  readonly machine: string;
}

export const ours = 'supermission';

/** The ratio of our median to a peer's, as a goal. */
export function goal(measure: Measure, peer: string, atMost: number): Goal[] {
  const [mine, theirs] = [measure.peers[ours], measure.peers[peer]];
  if (!mine || !theirs) return [];
  return [{ what: `${measure.what}: ${ours} to ${peer}`, ratio: mine.median / theirs.median, atMost }];
}

export function isMet({ ratio, atMost }: Goal): boolean {
  return ratio <= atMost;
}

/** A measure of some number of each run of each peer. */
export function measureOf<T>(
  what: string,
  runs: Readonly<Record<string, readonly T[]>>,
  number: (run: T) => number,
): Measure {
  const peers = Object.entries(runs).map(([name, values]) => [name, summarize(values.map(number))]);
  return { what, peers: Object.fromEntries(peers) };
}

export function report(bench: string, result: Result): Report {
  const machine = `${cpus().length} cores (${process.arch}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node.js ${process.version}`;
  return { bench, date: new Date().toISOString().slice(0, 10), machine, ...result };
}

/** Write a report as JSON, Markdown and, where it has curves, SVG. */
export function writeReport(folder: string, it: Report): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${it.bench}.json`), `${JSON.stringify(it, null, 2)}\n`);
  writeFileSync(join(folder, `${it.bench}.md`), toMarkdown(it));
  if (it.curves) writeFileSync(join(folder, `${it.bench}.svg`), plot(it.curves));
}

/** Medians with the interquartile range, and the ratio to the base. */
export function toMarkdown({
  bench,
  date,
  machine,
  measures,
  goals,
  missing,
  notes,
  curves,
  base = ours,
}: Report): string {
  const peers = [...new Set(measures.flatMap(({ peers }) => Object.keys(peers)))];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = ({ peers }: Measure, peer: string) => {
    const [it, mine] = [peers[peer], peers[base]];
    if (!it) return '';
    const spread = it.samples > 1 ? ` (${number(it.spread[0])} to ${number(it.spread[1])})` : '';
    return `${number(it.median)}${spread}${mine && it !== mine ? `, ×${number(it.median / mine.median)}` : ''}`;
  };
  const lines = [
    `## ${bench}`,
    '',
    `${date}, ${machine}. Medians, the middle half of the values in brackets, and × how many times ${base}.`,
    '',
    row(['', ...peers]),
    row(['---', ...peers.map(() => '---:')]),
    ...measures.map((measure) => row([measure.what, ...peers.map((peer) => cell(measure, peer))])),
    '',
    ...goals.map(
      (it) =>
        `- ${isMet(it) ? 'met' : '**not met**'}: ${it.what} is ${number(it.ratio)}; goal at most ${Number(it.atMost.toFixed(3))}`,
    ),
    ...missing.map((peer) => `- not measured: ${peer}`),
    ...notes.map((note) => `- ${note}`),
    ...(curves ? ['', `![growth](${bench}.svg)`] : []),
    '',
  ];
  return lines.join('\n');
}

function number(value: number): string {
  if (Number.isNaN(value)) return '?';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}
