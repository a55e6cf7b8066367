/** Where a value is wrong, what is wrong with it, the value got and the values allowed. */
export interface Problem {
  readonly where: string;
  readonly what: string;
  readonly got: unknown;
  readonly expected: string;
}

/** An error of the user's input: its message, a line for each problem, is shown as it is, without a stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(...problems: readonly (Problem | string)[]) {
    super(problems.map((it) => (typeof it === 'string' ? visibleLines(it) : describeProblem(it))).join('\n'));
  }
}

/** `<where>: <what>, got <value>; expected <allowed>`, the form of every error message of this project. */
export function describeProblem({ where, what, got, expected }: Problem): string {
  return visible(`${where}: ${what}, got ${shorten(JSON.stringify(got) ?? 'nothing')}; expected ${expected}`);
}

/**
 * Text that shows all it holds: control characters, those that turn the direction of text or take no room, and halves of
 * surrogate pairs are written as escapes.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (it) => `\\u{${(it.codePointAt(0) as number).toString(16)}}`,
  );
}

/** Do the work of a program; what a user can do something about ends it with a message and exit code 1. */
export async function endWithMessage(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    console.error(message);
    process.exitCode = 1;
  }
}

/** The message of what a user can do something about; nothing for what is a fault of ours. */
export function messageOf(error: unknown): string | undefined {
  const { name, message, syscall } = Object(error);
  if (error instanceof InputError) return message;
  // A disk that is full, a folder that is read-only or has gone.
  if (typeof syscall === 'string') return visibleLines(message);
  // The first is on every answer of AWS that is a refusal, and on every request that got none.
  const isOfAws = Object.hasOwn(Object(error), '$metadata') || name === 'CredentialsProviderError';
  return isOfAws ? visibleLines(`AWS: ${name}: ${message}`) : undefined;
}

function visibleLines(text: string): string {
  return text.replace(/[^\n\t]+/g, visible);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
