import { minimatch } from 'minimatch';
import { InputError } from '../../input-error';
import { stackNames, systemStacks } from '../../stacks/names';

/** Every stack that a command line may name. */
export const allStacks: readonly string[] = Object.values(stackNames);

/** What a command that takes stacks expects on its command line. */
export const stackWords = { expected: `stacks: ${allStacks.join(', ')}`, max: Number.POSITIVE_INFINITY };

/**
 * The stacks that words of a command line name, each once and in the order of their deployment; a pattern such as
 * `func*` names all that it fits.
 *
 * @param without - the stacks if there are no words
 * @throws InputError for a word that names none
 */
export function chosenStacks(words: readonly string[], without = systemStacks): readonly string[] {
  const expected = `one of ${allStacks.join(', ')}, or a pattern such as "func*"`;
  for (const word of words) {
    if (allStacks.some((stack) => minimatch(stack, word))) continue;
    throw new InputError({ where: 'stack', what: 'unknown', got: word, expected });
  }
  if (words.length === 0) return without;
  return allStacks.filter((stack) => words.some((word) => minimatch(stack, word)));
}
