import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why a command comes to its end before its work is done. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** As of a process that the signal has ended: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: (typeof signals)[number] | 'SIGPIPE') {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Aborted, with an `Interruption` as its reason, when this process is told to end: by a signal, or because nobody reads
 * what it prints. The process goes on until what it has started has come to an end.
 */
export function listenForEnding(): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.on(signal, () => controller.abort(new Interruption(signal)));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => controller.abort(new Interruption('SIGPIPE')));
  }
  return controller.signal;
}
