import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { InputError } from '../../input-error';
import type { Frame } from './frame';

/**
 * To be called before the first question of a command.
 *
 * @throws InputError if nobody is there to answer
 */
export function expectTerminal(command: string): void {
  if (process.stdin.isTTY) return;
  throw new InputError(`${command}: no terminal to ask for approval; pass --auto-approve to do without`);
}

/** What answers a command's questions: a yes given beforehand, or the terminal. Nothing is begun once it has been told to end. */
export function approval(
  isApproved: boolean,
  { signal }: Pick<Frame, 'signal'>,
): (question: string) => Promise<boolean> {
  return async (question) => !signal.aborted && (isApproved || (await confirm(question, signal)));
}

/** Ask on the terminal; anything but "yes" is a no, Ctrl-C and Ctrl-D too. */
async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // On a terminal in this mode Ctrl-C is a letter.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = terminal.question(`${question} Only "yes" is accepted: `, { signal }).catch(() => '');
    const ended = once(terminal, 'close').then(() => '');
    return (await Promise.race([answer, ended])).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
