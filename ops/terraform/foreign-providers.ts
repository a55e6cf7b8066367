import type { State } from './state-text';

/** What Terraform and OpenTofu take for the registry where a configuration names none. */
const defaultHosts = ['registry.terraform.io', 'registry.opentofu.org'];

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
