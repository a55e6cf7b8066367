import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InputError } from '../../input-error';
import type { AwsSession } from './session';
import { configurationFile } from './stack-folder';
import { readState, type State } from './state-text';

/** What Terraform and OpenTofu take for the registry where a configuration names none. */
const defaultHosts = ['registry.terraform.io', 'registry.opentofu.org'];

/**
 * To be called before `terraform init`, which installs every provider that the state names.
 *
 * @param folder - with the stack's configuration
 * @throws InputError if the state names a provider that the configuration does not have, or cannot be judged
 */
export async function refuseForeignProviders({ aws }: AwsSession, folder: string): Promise<void> {
  const configuration = JSON.parse(await readFile(join(folder, configurationFile), 'utf8'));
  const { bucket: Bucket, key: Key } = configuration.terraform.backend.s3;
  const where = `s3://${Bucket}/${Key}`;
  const text = await new S3Client(aws).send(new GetObjectCommand({ Bucket, Key })).then(
    ({ Body }) => Body?.transformToString(),
    (error: Error) => {
      if (!['NoSuchKey', 'NoSuchBucket'].includes(error.name)) throw error;
    },
  );
  // What is not there is a first state's place; so is what a killed upload has left empty.
  if (!text) return;
  const got = foreignProviders(readState(text, where), configuration);
  if (got.length === 0) return;
  throw new InputError({
    where,
    what: 'names a provider that the configuration does not have, which "terraform init" would install',
    got,
    expected: `providers of ${join(folder, configurationFile)}; docs/runbook.md, "Restoring an older version of a state", has the way back`,
  });
}

/**
 * Providers that a state names and a configuration does not have. `terraform init` looks each up and installs it, and
 * the next command starts it: who may write a state could bring a program.
 *
 * @param configuration - what is in `cdk.tf.json`
 */
export function foreignProviders({ resources }: State, configuration: unknown): string[] {
  const named = resources.flatMap(({ provider, instances }) => [
    provider,
    ...instances.map((it) => it.instance_provider),
  ]);
  return foreignAmong(
    named.filter((it) => it !== undefined),
    configuration,
  );
}

/** Those of these provider configurations, such as `provider["registry.terraform.io/hashicorp/aws"]`, that it does not have. */
export function foreignAmong(providers: readonly string[], configuration: unknown): string[] {
  const { required_providers: required = {} } = Object(Object(configuration).terraform);
  const known = Object.values<{ source?: string }>(required).flatMap(({ source = '' }) => {
    const parts = source.split('/');
    if (parts.length === 3) return [source];
    return defaultHosts.map((host) => [host, ...(parts.length === 1 ? ['hashicorp'] : []), source].join('/'));
  });
  const isForeign = (provider: string) => {
    const [, address] = /^provider\["([^"]+)"\]$/.exec(provider) ?? [];
    return !address || !known.includes(address);
  };
  return [...new Set(providers.filter(isForeign))].sort();
}
