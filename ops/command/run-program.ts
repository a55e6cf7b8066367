import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { InputError } from '../../input-error';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with every line of the program's output, without terminal codes. */
  readonly onLine?: (line: string) => void;
  /** Ends the program as Ctrl-C would; it is waited for. */
  readonly signal?: AbortSignal;
  /** How it is told to end. @default SIGINT */
  readonly interrupt?: (pid: number) => void;
}

/** A program that ended with another exit code than 0: its last lines are the message. */
export class ProgramError extends InputError {
  constructor(
    readonly program: string,
    readonly exitCode: number,
    readonly lastLines: readonly string[],
  ) {
    super(...lastLines, `${program}: ended with exit code ${exitCode}`);
  }
}

/**
 * Run a program to its end and return its standard output.
 *
 * @throws ProgramError if it fails, and the signal's reason if that has ended it
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const { cwd, env, onLine, signal, interrupt = (pid) => process.kill(pid, 'SIGINT') } = options;
  signal?.throwIfAborted();
  // In a session of its own: what Ctrl-C sends to all reaches it by this process alone, and so once.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const tell = () => child.pid !== undefined && child.exitCode === null && interrupt(child.pid);
  signal?.addEventListener('abort', tell);

  const output: string[] = [];
  const lastLines: string[] = [];
  const read = async (stream: NodeJS.ReadableStream, isOutput: boolean) => {
    for await (const raw of createInterface({ input: stream })) {
      const line = stripVTControlCharacters(raw);
      if (isOutput) output.push(line);
      lastLines.push(line);
      if (lastLines.length > 30) lastLines.shift();
      onLine?.(line);
    }
  };
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  const [exitCode] = await Promise.all([ended, read(child.stdout, true), read(child.stderr, false)]);
  signal?.removeEventListener('abort', tell);
  signal?.throwIfAborted();
  if (exitCode !== 0) throw new ProgramError([program, ...args].join(' '), exitCode, lastLines);
  return output.join('\n');
}
