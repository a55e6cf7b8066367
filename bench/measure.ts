import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** What was measured of one peer in one metric; `spread` is the interquartile range. */
export interface Summary {
  readonly median: number;
  readonly spread: readonly [q1: number, q3: number];
  readonly min: number;
  readonly samples: number;
}

/** A run of a command: wall time, processor time of it and the children it waited for, and the largest process' peak memory. */
export interface CommandRun {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly output: string;
}

/**
 * Measure peers in turn, `rounds` times, in alternating order, after one round that does not count: what disturbs the
 * machine disturbs all of them.
 *
 * @returns each peer's measurements
 */
export async function interleave<T>(
  peers: Readonly<Record<string, () => Promise<T>>>,
  rounds: number,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const names = Object.keys(peers);
    if (round % 2 === 1) names.reverse();
    for (const name of names) {
      console.error(`  ${round === 0 ? 'warm-up' : `${round}/${rounds}`} ${name}`);
      const result = await (peers[name] as () => Promise<T>)();
      if (round > 0) results[name]?.push(result);
    }
  }
  return results;
}

export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    spread: [quantile(values, 0.25), quantile(values, 0.75)],
    min: Math.min(...values),
    samples: values.length,
  };
}

/** The value below which a share of the values lies, between two of them where it falls between. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** GNU time, which alone tells a child's peak memory. */
const gnuTime = '/usr/bin/time';
export const hasGnuTime = existsSync(gnuTime);

/** Run a command to its end. @throws if it fails */
export async function runCommand(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<CommandRun> {
  const timed = hasGnuTime ? [gnuTime, '-f', '%U %S %M', ...command] : [...command];
  const start = performance.now();
  const child = spawn(timed[0] as string, timed.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const [code] = await once(child, 'close');
  const wallMs = performance.now() - start;
  if (code !== 0)
    throw new Error(`${command.join(' ')}: exit code ${code}\n${output.stdout}${output.stderr}`);
  const [user = Number.NaN, system = Number.NaN, peakKiB = Number.NaN] = hasGnuTime
    ? (output.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
    : [];
  return { wallMs, cpuMs: (user + system) * 1000, peakMiB: peakKiB / 1024, output: output.stdout };
}

/** Whether a program answers. */
export async function answers(...command: readonly string[]): Promise<boolean> {
  return runCommand(command).then(
    () => true,
    () => false,
  );
}
