import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { InputError } from '../../input-error';

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

/**
 * What answers a command's questions about Terraform: a yes given beforehand, or the terminal. After Ctrl-C it is a no:
 * that reaches Terraform by itself, which saves the state, and nothing more is begun.
 */
export function approval(isApproved: boolean): (question: string) => Promise<boolean> {
  let isInterrupted = false;
  process.on('SIGINT', () => {
    isInterrupted = true;
  });
  return async (question) => !isInterrupted && (isApproved || (await confirm(question)));
}
