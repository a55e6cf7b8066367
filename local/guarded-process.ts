import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command and the guard that ends it with this process. */
export interface Guarded {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  hasEnded(): boolean;
  /** How it ended, and the last of what it printed. */
  failure(): string;
  /** The last of what it printed, to end a sentence. */
  lastLines(): string;
  stop(): Promise<void>;
}

export interface GuardedOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** @default this process's own */
  readonly cwd?: string;
  /** Takes what the command prints. */
  readonly log: (output: string) => void;
}

/** Run a command that cannot outlive this process. */
export function runGuarded(command: readonly string[], { environment, cwd, log }: GuardedOptions): Guarded {
  const child = spawn(process.execPath, [require.resolve('./end-with-parent.mjs'), ...command], {
    cwd,
    detached: true,
    env: { ...environment, PYTHONUNBUFFERED: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2_000);
      log(text);
    });
  }
  child.stdin.on('error', () => {});
  const ended = once(child, 'close');
  const lastLines = () => {
    const lines = output.match(/\S.*/g) ?? [];
    return lines.length > 0 ? `: ${lines.slice(-3).join(' ')}` : '';
  };
  return {
    child,
    ended,
    lastLines,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    failure: () => `${command.join(' ')} ended with exit code ${child.exitCode}${lastLines()}`,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
