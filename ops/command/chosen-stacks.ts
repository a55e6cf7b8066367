import { minimatch } from 'minimatch';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { stackNames, systemStacks } from '../../stacks/names';

const allStacks: readonly string[] = Object.values(stackNames);

/** What a command that takes stacks expects on its command line. */
export const stackWords = { expected: `stacks: ${allStacks.join(', ')}`, max: Number.POSITIVE_INFINITY };

/** What a `--help` says of the stacks. */
export const stacksHelp = `Stacks: ${allStacks.join(', ')}, the last two where the environment has them`;

/**
 * The stacks that words of a command line name, each once and in the order of their deployment; a pattern such as
 * `func*` names all that it fits.
 *
 * @param environment - says which stacks there are
 * @param without - the stacks if there are no words
 * @throws InputError for a word that names none
 */
export function chosenStacks(
  words: readonly string[],
  environment: Pick<Environment, 'web' | 'pipeline'>,
  without = systemStacks(environment),
): readonly string[] {
  const stacks = [...systemStacks(environment), ...(environment.pipeline ? [stackNames.pipeline] : [])];
  const expected = `one of ${stacks.join(', ')}, or a pattern such as "func*"`;
  for (const word of words) {
    if (stacks.some((stack) => minimatch(stack, word))) continue;
    const what = allStacks.some((stack) => minimatch(stack, word)) ? 'not in this environment' : 'unknown';
    throw new InputError({ where: 'stack', what, got: word, expected });
  }
  if (words.length === 0) return without;
  return stacks.filter((stack) => words.some((word) => minimatch(stack, word)));
}
