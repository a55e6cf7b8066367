import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveProviderVersion, type Environment } from '../../environments';
import { InputError } from '../../input-error';
import { findLocalAws, localAwsEnvironment, localAwsVariables } from '../../local/local-aws';
import { stackNames } from '../../stacks/names';
import { type RunOptions, run } from '../command/run-program';
import { prepareProviders } from './find-providers';
import { findTerraform } from './find-terraform';

/** Where cdktf writes a stack's Terraform, relative to the project. */
export const stackFolder = (stack: string) => join('cdktf.out', 'stacks', stack);

/** Write the Terraform of every stack by the app alone: cheaper than `cdktf synth`, and no command of Terraform runs. */
export async function synthesize(options: RunOptions): Promise<void> {
  await run(process.execPath, ['ops/terraform/run-app.mjs'], options);
}

/** The providers that real environments use, with their checksums; written by `npm run providers:lock`, and committed. */
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

const noLock = `no ${lockFile}: the newest providers in range are used; "npm run providers:lock" makes one`;

/** What commands need in order to work on an environment. */
export interface Tools {
  /** Path of the Terraform (or OpenTofu) binary. */
  readonly terraform: string;
  /** The whole process environment for cdktf, Terraform and AWS clients. */
  readonly variables: NodeJS.ProcessEnv;
  /** What was found and chosen, for the user to read. */
  readonly notes: readonly string[];
}

/**
 * Find the tools for an environment, use them, and put away what was started for them.
 *
 * @param url - the local AWS to use; the one that `npm run local:up` started, if not given
 * @throws InputError if Terraform, a provider or the local AWS is missing
 */
export async function withTools<T>(
  environment: Environment,
  use: (tools: Tools) => Promise<T>,
  url?: string,
): Promise<T> {
  const terraform = await findTerraform();
  await forgetOtherEnvironment(environment);
  const found = `${terraform.product} ${terraform.version} (${terraform.path})`;
  const variables = {
    ...process.env,
    TERRAFORM_BINARY_NAME: terraform.path,
    CHECKPOINT_DISABLE: '1',
    // A checkout goes from one environment to another, and no state goes along.
    TF_CLI_ARGS_init: [process.env.TF_CLI_ARGS_init, '-reconfigure'].filter(Boolean).join(' '),
  };
  if (!environment.emulated) {
    for (const stack of Object.values(stackNames)) await placeLock(environment, stackFolder(stack));
    const notes = existsSync(lockFile) ? [found] : [found, noLock];
    return use({ terraform: terraform.path, variables, notes });
  }

  const localUrl = url ?? (await localAwsUrl());
  const providers = await prepareProviders({
    terraform,
    awsVersions: environment.awsProviderVersion,
    archiveVersions: archiveProviderVersion,
    stub: { workingDirectory: stackFolder(stackNames.functions) },
  });
  try {
    return await use({
      terraform: terraform.path,
      variables: { ...localAwsEnvironment(localUrl, environment.region, variables), ...providers.variables },
      notes: [found, ...providers.notes],
    });
  } finally {
    await providers.stop();
  }
}

/** The provider versions that Terraform has locked for one environment may be out of range, or out of reach, in another. */
async function forgetOtherEnvironment({ name }: Environment): Promise<void> {
  const marker = join('cdktf.out', 'environment');
  if ((await readFile(marker, 'utf8').catch(() => undefined)) === name) return;
  for (const stack of Object.values(stackNames)) {
    for (const folder of [stackFolder(stack), join('cdktf.out', 'bootstrap', 'stacks', stack)]) {
      await rm(join(folder, lockFile), { force: true });
    }
  }
  await mkdir('cdktf.out', { recursive: true });
  await writeFile(marker, name);
}

/** Configuration of an AWS client for an environment; in the emulated one nothing of the user's own account is read. */
export async function clientConfig({ region, emulated }: Environment, url?: string) {
  if (!emulated) return { region };
  const variables = localAwsVariables(url ?? (await localAwsUrl()), region);
  return {
    region,
    endpoint: variables.AWS_ENDPOINT_URL,
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID,
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY,
    },
    forcePathStyle: true,
  };
}

async function localAwsUrl(): Promise<string> {
  const aws = await findLocalAws();
  if (!aws) {
    throw new InputError(
      'local AWS: not running; start it with "npm run local:up", or choose another environment with SUPERMISSION_ENV',
    );
  }
  return aws.url;
}
