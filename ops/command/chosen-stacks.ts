import { InputError } from '../../input-error';
import { stackNames, systemStacks } from '../../stacks/names';

/** Every stack that a command line may name. */
export const allStacks: readonly string[] = Object.values(stackNames);

/**
 * The stacks that a command line names, in the order of their deployment; those of the system if it names none.
 *
 * @throws InputError for a name that no stack has
 */
export function chosenStacks(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !allStacks.includes(name));
  if (unknown !== undefined) {
    const expected = `one of ${allStacks.join(', ')}`;
    throw new InputError({ where: 'stack', what: 'unknown', got: unknown, expected });
  }
  return names.length > 0 ? allStacks.filter((stack) => names.includes(stack)) : systemStacks;
}
