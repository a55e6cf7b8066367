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

/** Run a command to its end; a mistake of the user ends it with its message and exit code 1. */
export async function runCommand(command: () => void | Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!isMistake(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Mistakes on the command line are named by Node's own parser. */
function isMistake(error: unknown): error is Error {
  return (
    error instanceof InputError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
  );
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
