import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { archiveProviderVersion, type Environment } from '../../environments';
import { InputError } from '../../input-error';
import type { Frame } from '../command/frame';
import { runProgram } from '../command/run-program';
import { findTerraform } from './find-terraform';
import { shellVariables } from './shell-variables';
import { lockFile } from './stack-folder';

/** Where people and workflows run Terraform. */
const platforms = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'windows_amd64'];

/**
 * Write the project's lock file anew.
 *
 */
export async function lockProviders(environment: Environment, { report, signal }: Frame): Promise<void> {
  if (environment.emulated) {
    throw new InputError({
      where: 'SUPERMISSION_ENV',
      what: 'takes whatever providers this machine has, and locks none',
      got: environment.name,
      expected: 'an environment of a real account, for example lab',
    });
  }
  const variables = shellVariables(process.env);
  const { path: terraform } = await findTerraform(variables);
  const mirror = process.env.SUPERMISSION_PROVIDER_MIRROR;
  const folder = await mkdtemp(join(tmpdir(), 'terraform-lock-'));
  try {
    const required_providers = {
      aws: { source: 'hashicorp/aws', version: environment.awsProviderVersion },
      archive: { source: 'hashicorp/archive', version: archiveProviderVersion },
    };
    await writeFile(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers } }));
    const from = mirror ? [`-fs-mirror=${resolve(mirror)}`] : [];
    const args = ['providers', 'lock', '-no-color', ...from, ...platforms.map((it) => `-platform=${it}`)];
    await runProgram(terraform, args, { cwd: folder, env: variables, onLine: report, signal });
    await copyFile(join(folder, lockFile), lockFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}
