import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { InputError } from '../../input-error';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with every line of the command's output, without terminal codes. */
  readonly onLine?: (line: string) => void;
  /** Ends the command as Ctrl-C would. */
  readonly signal?: AbortSignal;
}

/** A command that ended with another exit code than 0. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly command: string,
    readonly exitCode: number,
    readonly lastLines: readonly string[],
  ) {
    super(`${command}: ended with exit code ${exitCode}`);
  }
}

/**
 * Run a command to its end and return its standard output.
 *
 * @throws CommandError if it fails
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env, onLine, signal } = options;
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const interrupt = () => child.kill('SIGINT');
  signal?.addEventListener('abort', interrupt);

  const output: string[] = [];
  const lastLines: string[] = [];
  const read = async (stream: NodeJS.ReadableStream, keep: boolean) => {
    for await (const raw of createInterface({ input: stream })) {
      const line = stripVTControlCharacters(raw);
      if (keep) output.push(line);
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
  signal?.removeEventListener('abort', interrupt);
  if (exitCode !== 0) throw new CommandError([command, ...args].join(' '), exitCode, lastLines);
  return output.join('\n');
}

/** The last lines of a command that failed are the user's message. */
export async function explained<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InputError([...error.lastLines, error.message].join('\n'));
  }
}
