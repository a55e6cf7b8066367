import { type ParseArgsConfig, parseArgs } from 'node:util';
import { InputError, messageOf } from '../../input-error';
import { lockCheckout } from './checkout-lock';
import { Interruption, listenForEnding } from './ending';
import type { Frame } from './frame';

type Options = NonNullable<ParseArgsConfig['options']>;

type Arguments<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

export interface Command<O extends Options> {
  /** What `--help` prints; its first line says how the command is called. */
  readonly usage: string;
  /** Beside `--help`. @default none */
  readonly options?: O;
  /** The words that are not options: what they are, for an error message, and how many there may be. @default none */
  readonly words?: { readonly expected: string; readonly min?: number; readonly max: number };
  /** Whether it writes into the checkout, so that another one that does must wait. */
  readonly writes: boolean;
  /** What the operator does after an interruption, to have the rest done. @default nothing is left to do */
  readonly afterInterruption?: string;
  /** Does the work and returns the exit code. @default 0 */
  readonly run: (args: Arguments<O>, frame: Frame) => Promise<number | undefined> | Promise<void>;
}

/**
 * Run a command of the command line to its end. An input error, or what AWS or the file system refuses, is shown without a
 * stack trace and ends it with exit code 1; a signal, or a reader that goes away, with 128 and the signal's number.
 */
export async function runCommand<const O extends Options = Record<never, never>>(
  command: Command<O>,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const signal = listenForEnding();
  const report = (line: string) => console.error(line);
  signal.addEventListener('abort', () =>
    report(`${signal.reason.message}; what has been started is brought to an end`),
  );
  // What changes nothing can end at once.
  if (!command.writes) signal.addEventListener('abort', () => process.exit(signal.reason.exitCode));
  let unlock: (() => Promise<void>) | undefined;
  try {
    const parsed = parse(command, args);
    if (!parsed) {
      console.log(command.usage);
      return;
    }
    if (command.writes) unlock = await lockCheckout({ signal, report });
    process.exitCode = (await command.run(parsed, { signal, report })) ?? 0;
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined && !signal.aborted) throw error;
    if (message !== undefined && !(error instanceof Interruption)) console.error(message);
    process.exitCode = 1;
  } finally {
    await unlock?.();
  }
  if (!signal.aborted) return;
  if (command.afterInterruption) report(command.afterInterruption);
  process.exitCode = signal.reason.exitCode;
}

/** Nothing if help is asked for. @throws InputError for an unknown option, a value too many or too few, or words that do not fit */
function parse<O extends Options>(command: Command<O>, args: readonly string[]): Arguments<O> | undefined {
  const options = { help: { type: 'boolean', short: 'h' }, ...command.options } as const;
  const { values, positionals } = readArguments(options, args);
  if (values.help) return undefined;
  const { expected, min = 0, max } = command.words ?? { expected: 'options only, see --help', max: 0 };
  if (positionals.length < min || positionals.length > max) {
    const what = positionals.length < min ? 'too few words' : 'too many words';
    throw new InputError({ where: 'command line', what, got: positionals.join(' '), expected });
  }
  return { values, positionals } as Arguments<O>;
}

function readArguments(options: Options, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    // What comes after the first sentence is for words that start with a hyphen, of which there are none.
    const [, where = 'command line'] = /'([^' ]+)/.exec(message) ?? [];
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? 'unknown option' : (message.split(/\. |\n/)[0] as string);
    const got = args.filter((arg) => arg.startsWith(where)).join(' ') || where;
    const expected = Object.entries(options).map(
      ([name, { type }]) => `--${name}${type === 'string' ? ' <value>' : ''}`,
    );
    throw new InputError({ where, what, got, expected: expected.join(', ') });
  }
}
