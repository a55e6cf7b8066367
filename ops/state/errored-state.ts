import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../input-error';
import { stackNames } from '../../stacks/names';
import { importsFile, stackFolder } from '../terraform/stack-folder';

/** Where a state is left that Terraform could not write to the backend. */
export const erroredStateFile = 'errored.tfstate';

/** Where a plan folder's stack is applied, apart from what is synthesized. */
export const applyFolder = (stack: string) => join('cdktf.out', 'apply', stack);

/** Where the state bucket is made, apart from the stacks' own folders: nothing of a killed run can spoil a deployment. */
export const bootstrapFolder = (stack: string) => join('cdktf.out', 'bootstrap', 'stacks', stack);

/** Stacks whose last state could not be written, and the folder with that state and its configuration. */
export function erroredStates(): { readonly stack: string; readonly folder: string }[] {
  return Object.values(stackNames)
    .flatMap((stack) =>
      [stackFolder(stack), applyFolder(stack), bootstrapFolder(stack)].map((folder) => ({ stack, folder })),
    )
    .filter(({ folder }) => existsSync(join(folder, erroredStateFile)));
}

/**
 * To be called before stacks are synthesized over what another command has left in their folders. Import blocks of a
 * killed `adopt` are removed: they would be part of every plan, and fail once what they name is gone.
 *
 * @throws InputError if a state that could not be written is there
 */
export async function prepareFolders(): Promise<void> {
  refuseErroredStates();
  for (const stack of Object.values(stackNames))
    await rm(join(stackFolder(stack), importsFile), { force: true });
}

/**
 * To be called before anything is written over the folder that such a state came from.
 *
 * @throws InputError if there is one
 */
export function refuseErroredStates(): void {
  const [errored] = erroredStates();
  if (!errored) return;
  throw new InputError(
    `${join(errored.folder, erroredStateFile)}: a deployment could not save this state; save it with "npm run adopt" first`,
  );
}
