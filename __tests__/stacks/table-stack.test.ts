import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { minVersion, satisfies } from 'semver';
import type { SeedItem } from '../../seed-data/load-items';
import type { Seed } from '../../seed-data/load-seed';
import { environment, environmentNames, seedData, synthesizeTable } from './synthesize';

const itemsOf = (records: readonly SeedItem[], ownership: 'managed' | 'create-only' = 'managed'): Seed => ({
  mode: 'items',
  ownership,
  items: records,
});

describe('the table', () => {
  it('is the notebook table in lab', () => {
    const { only } = synthesizeTable(environment('lab'));

    expect(only('aws_dynamodb_table')).toMatchObject({
      name: 'SuperMissionTable',
      hash_key: 'SuperHero',
      attribute: [{ name: 'SuperHero', type: 'S' }],
      billing_mode: 'PROVISIONED',
      read_capacity: 5,
      write_capacity: 5,
      deletion_protection_enabled: false,
      point_in_time_recovery: { enabled: false },
    });
  });

  it('is protected, recoverable and on demand in prod, under a name of its own', () => {
    const table = synthesizeTable(environment('prod')).only('aws_dynamodb_table');

    expect(table).toMatchObject({
      name: 'SuperMissionTable-prod',
      billing_mode: 'PAY_PER_REQUEST',
      deletion_protection_enabled: true,
      point_in_time_recovery: { enabled: true },
    });
    expect(table).not.toHaveProperty('read_capacity');
  });

  it('has the same name in local as in lab', () => {
    const name = (row: 'local' | 'lab') => synthesizeTable(environment(row)).only('aws_dynamodb_table').name;

    expect(name('local')).toBe(name('lab'));
  });
});

describe('the items', () => {
  it('are the five heroes, each a resource of its own, written after the table', () => {
    const items = Object.values(synthesizeTable(environment('lab')).all('aws_dynamodb_table_item'));

    const heroes = items.map(({ item }) => JSON.parse(item).SuperHero.S);
    expect(heroes.sort()).toEqual(['Batman', 'Captain America', 'Ironman', 'Spiderman', 'Superman']);
    for (const item of items) expect(item.table_name).toMatch(/^\$\{aws_dynamodb_table\..+\.name\}$/);
  });

  it.each([
    ['managed', undefined],
    ['create-only', { ignore_changes: ['item'] }],
  ] as const)('are %s as the row says', (ownership, lifecycle) => {
    const stack = synthesizeTable(environment('lab'), itemsOf(seedData, ownership));

    const items = Object.values(stack.all('aws_dynamodb_table_item'));
    expect(items.map((item) => item.lifecycle)).toEqual(seedData.map(() => lifecycle));
    expect(stack.only('aws_dynamodb_table')).not.toHaveProperty('lifecycle');
  });

  it('keep their addresses whatever the order and the number of the records', () => {
    const [first, ...others] = seedData;
    const all = synthesizeTable(environment('lab')).all('aws_dynamodb_table_item');

    const fewer = synthesizeTable(environment('lab'), itemsOf([...others].reverse())).all(
      'aws_dynamodb_table_item',
    );

    const gone = Object.keys(all).filter((address) => !(address in fewer));
    expect(gone).toHaveLength(1);
    expect(gone[0]).toContain(first?.id);
    expect(all).toMatchObject(fewer);
  });
});

describe('imported records', () => {
  const imported = (digest: string): Seed => ({
    mode: 'import',
    manifestFile: 'seed-data/import.json',
    manifest: { digest, items: 1_000_000, parts: 11, bytes: 337_402_067, sample: [] },
  });
  const stack = synthesizeTable(environment('prod'), imported('f00d'));

  it('come from the state bucket when the table is made, and are no reason to replace it', () => {
    expect(stack.only('aws_dynamodb_table')).toMatchObject({
      import_table: {
        input_compression_type: 'GZIP',
        input_format: 'DYNAMODB_JSON',
        s3_bucket_source: { bucket: 'supermission-prod-state', key_prefix: 'supermission/prod/import/f00d/' },
      },
      lifecycle: { ignore_changes: ['import_table'] },
      timeouts: { create: '24h' },
    });
  });

  it('are no resources: a million make as long a plan as none', () => {
    expect(stack.all('aws_dynamodb_table_item')).toEqual({});
    expect(Object.keys(stack.resource)).toEqual(['aws_dynamodb_table']);
  });

  it('are compared with those that the table was made from', () => {
    const [{ condition, error_message: message }] = stack.check.missions_import.assert;
    const [address] = Object.keys(stack.all('aws_dynamodb_table'));

    expect(condition).toContain(
      `aws_dynamodb_table.${address}.import_table[0].s3_bucket_source[0].key_prefix`,
    );
    expect(condition).toContain('== "supermission/prod/import/f00d/"');
    expect(message).toMatch(/^seed-data\/import\.json: not what the table was made from, got /);
  });

  it('leave everything else of the table as it is', () => {
    const table = synthesizeTable(environment('prod')).only('aws_dynamodb_table');

    expect(stack.only('aws_dynamodb_table')).toMatchObject(table);
  });
});

describe.each(environmentNames)('in %s the table stack', (name) => {
  const row = environment(name);
  const stack = synthesizeTable(row);

  it('keeps its state encrypted and locked in the state bucket', () => {
    expect(stack.terraform.backend.s3).toMatchObject({
      bucket: `supermission-${name}-state`,
      key: `supermission/${name}/table.tfstate`,
      encrypt: true,
      use_lockfile: true,
    });
  });

  it('tags everything with project, environment and stack', () => {
    const tags = { project: 'supermission', environment: name, stack: 'table' };
    expect(stack.provider.aws[0].default_tags).toEqual([{ tags }]);
  });

  it("says which versions of the AWS provider it takes: the bindings' own or newer, in local from 5.100, none of 7", () => {
    const { version } = stack.terraform.required_providers.aws;
    const range = version.replaceAll(',', '');
    const { terraformGeneratorMetadata } = new AwsProvider(new TerraformStack(Testing.app(), 'any'), 'aws');

    expect(version).toBe(row.awsProviderVersion);
    expect(minVersion(range)?.version).toBe(
      name === 'local' ? '5.100.0' : terraformGeneratorMetadata?.providerVersion,
    );
    expect(['6.99.0', '7.0.0'].map((it) => satisfies(it, range))).toEqual([true, false]);
  });

  it('touches no account but those of its row, the emulator’s alone in local', () => {
    const expected = name === 'local' ? ['123456789012'] : undefined;

    expect(stack.provider.aws[0].allowed_account_ids).toEqual(expected);
    expect(stack.terraform.backend.s3.allowed_account_ids).toEqual(expected);
  });

  it('outputs what an operator wants', () => {
    expect(Object.keys(stack.output).sort()).toEqual(['state_location', 'table_arn', 'table_name']);
    expect(stack.output.state_location.value).toBe(
      `s3://supermission-${name}-state/supermission/${name}/table.tfstate`,
    );
  });

  it('reads no state of another stack', () => {
    expect(stack.all('terraform_remote_state')).toEqual({});
  });
});
