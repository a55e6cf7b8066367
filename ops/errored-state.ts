import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../input-error';
import { stackNames } from '../stacks/names';
import { stackFolder } from './tools';

/** Where Terraform puts a state that it could not write to the backend. */
export function erroredStateFile(stack: string): string {
  return join(stackFolder(stack), 'errored.tfstate');
}

/** Stacks whose last state could not be written. */
export function erroredStacks(): string[] {
  return Object.values(stackNames).filter((stack) => existsSync(erroredStateFile(stack)));
}

/**
 * To be called before anything is synthesized over the folder that such a state came from.
 *
 * @throws InputError if there is one
 */
export function refuseErroredStates(): void {
  const [stack] = erroredStacks();
  if (!stack) return;
  throw new InputError(
    `${erroredStateFile(stack)}: a deployment could not save this state; save it with "npm run adopt" first`,
  );
}
