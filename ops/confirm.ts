import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { InputError } from '../input-error';

/**
 * To be called before the first question of a command.
 *
 * @throws InputError if nobody is there to answer
 */
export function expectTerminal(command: string): void {
  if (process.stdin.isTTY) return;
  throw new InputError(`${command}: no terminal to ask for approval; pass --auto-approve to do without`);
}

/** Ask on the terminal; anything but "yes" is a no, Ctrl-C and Ctrl-D too. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = terminal.question(`${question} Only "yes" is accepted: `).catch(() => '');
    const ended = once(terminal, 'close').then(() => '');
    return (await Promise.race([answer, ended])).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
