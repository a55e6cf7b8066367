/** A mistake of the user: its message is shown as it is, without a stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Where a value is wrong, what is wrong with it, the value got and the values allowed. */
export interface Mistake {
  readonly where: string;
  readonly what: string;
  readonly got: unknown;
  readonly expected: string;
}

/** `<where>: <what>, got <value>; expected <allowed>`, the form of every error message of this project. */
export function describeMistake({ where, what, got, expected }: Mistake): string {
  return `${where}: ${what}, got ${shorten(JSON.stringify(got) ?? 'nothing')}; expected ${expected}`;
}

/** Run a command to its end; a mistake of the user, or what AWS refuses, ends it with a message and exit code 1. */
export async function runCommand(command: () => void | Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    console.error(message);
    process.exitCode = 1;
  }
}

/** What a user can do something about; anything else is a fault of ours. */
function messageOf(error: unknown): string | undefined {
  const { name, message, code } = Object(error);
  // Mistakes on the command line are named by Node's own parser.
  if (error instanceof InputError || String(code).startsWith('ERR_PARSE_ARGS')) return message;
  // The first is on every answer of AWS that is a refusal, and on every request that got none.
  const isOfAws = Object.hasOwn(Object(error), '$metadata') || name === 'CredentialsProviderError';
  return isOfAws ? `AWS: ${name}: ${message}` : undefined;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
