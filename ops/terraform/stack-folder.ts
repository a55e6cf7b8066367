import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environments';
import { stackNames } from '../../stacks/names';

/** Where cdktf writes a stack's Terraform, relative to the project. */
export const stackFolder = (stack: string) => join('cdktf.out', 'stacks', stack);

/** A stack as Terraform reads it, in its folder. */
export const configurationFile = 'cdk.tf.json';

/** Where a plan is put. */
export const planFile = 'plan.tfplan';

/** Import blocks, as long as a plan is made with them. */
export const importsFile = 'import.tf.json';

/**
 * The providers that real environments use, with their checksums: in a stack's folder, and in the project, where
 * `npm run providers:lock` writes it and it is committed.
 */
export const lockFile = '.terraform.lock.hcl';

/**
 * Give a folder of Terraform the project's lock file, so that `init` installs the providers that it names and no others.
 * The emulated environment takes whatever providers this machine has.
 */
export async function placeLock({ emulated }: Environment, folder: string): Promise<void> {
  if (emulated || !existsSync(lockFile)) return;
  await mkdir(folder, { recursive: true });
  // Where these differ from the environment's versions cdktf would upgrade without a word; Terraform refuses.
  const withoutConstraints = (await readFile(lockFile, 'utf8')).replace(/^ *constraints *=.*\n/gm, '');
  await writeFile(join(folder, lockFile), withoutConstraints);
}

/**
 * The provider versions that Terraform has locked for one environment may be out of range, or out of reach, in another, or in
 * the same with another range.
 */
export async function forgetOtherEnvironment({ name, awsProviderVersion }: Environment): Promise<void> {
  const marker = join('cdktf.out', 'environment');
  const wanted = `${name} ${awsProviderVersion}`;
  if ((await readFile(marker, 'utf8').catch(() => undefined)) === wanted) return;
  for (const stack of Object.values(stackNames)) {
    for (const folder of [stackFolder(stack), join('cdktf.out', 'bootstrap', 'stacks', stack)]) {
      await rm(join(folder, lockFile), { force: true });
    }
  }
  await mkdir('cdktf.out', { recursive: true });
  await writeFile(marker, wanted);
}
