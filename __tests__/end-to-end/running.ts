import { type SpawnOptions, spawn } from 'node:child_process';
import { descendants, untilGone } from '../local/aws-fixture';
import type { CommandResult } from './checkout';

/** A command on its way. */
export interface Running {
  readonly ended: Promise<CommandResult>;
  /** Wait until it has printed this. */
  prints(text: string): Promise<void>;
  /** As Ctrl-C or the end of a terminal does it: to the command and to all that it has started in its process group. */
  interrupt(signal: 'SIGINT' | 'SIGHUP'): void;
  /** As `kill` does it: to the command alone. */
  signal(signal: NodeJS.Signals): void;
  /** As `| head` does it: nobody reads any more what it prints. */
  closeOutput(): void;
  /** As the end of the machine does it; wait until it and all that it has started are gone. */
  kill(): Promise<void>;
}

/** What ends a command, to the command alone; SIGPIPE by a reader that goes away. */
export const endings = {
  SIGINT: (running: Running) => running.signal('SIGINT'),
  SIGTERM: (running: Running) => running.signal('SIGTERM'),
  SIGHUP: (running: Running) => running.signal('SIGHUP'),
  SIGPIPE: (running: Running) => running.closeOutput(),
  SIGKILL: (running: Running) => running.signal('SIGKILL'),
} as const;
export type Ending = keyof typeof endings;

/** Start a command in a process group of its own, so that a signal reaches what it has started and nobody else. */
export function start(command: string, args: readonly string[], options: SpawnOptions): Running {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const ended = new Promise<CommandResult>((resolve) =>
    child.once('close', (code) => resolve({ exitCode: code ?? 1, ...output })),
  );
  const pid = child.pid as number;
  return {
    ended,
    prints: (text) =>
      new Promise((resolve) => {
        const look = () => output.stdout.includes(text) && resolve();
        child.stdout.on('data', look);
        look();
      }),
    interrupt: (signal) => process.kill(-pid, signal),
    signal: (signal) => child.kill(signal),
    closeOutput: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    kill: async () => {
      const pids = [pid, ...descendants(pid)];
      process.kill(-pid, 'SIGKILL');
      await ended;
      await untilGone(pids);
    },
  };
}
