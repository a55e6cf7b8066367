// The notebook's table to the letter, with its names written out as it writes them.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { minVersion, satisfies } from 'semver';
import type { SeedItem } from '../../seed-data/load-items';
import type { Seed } from '../../seed-data/load-seed';
import { SeededTable } from '../../stacks/constructs/seeded-table';
import { project } from '../../system';
import { accountId } from './policy-documents';
import {
  type Attributes,
  environment,
  environmentNames,
  type Synthesized,
  seedData,
  synthesizeTable,
} from './synthesize';

const itemsOf = (items: readonly SeedItem[], ownership: 'managed' | 'create-only' = 'managed'): Seed => ({
  mode: 'items',
  ownership,
  items: items,
});

/** The table that has been there from the beginning, whatever a system has beside it. */
const notebookTable = (stack: Synthesized): Attributes => {
  const [, table] =
    Object.entries(stack.all('aws_dynamodb_table')).find(([address]) => address.startsWith('missions_')) ??
    [];
  return table as Attributes;
};
const notebookItems = (stack: Synthesized): Record<string, Attributes> =>
  Object.fromEntries(
    Object.entries(stack.all('aws_dynamodb_table_item')).filter(([address]) =>
      address.startsWith('missions_'),
    ),
  );

describe('the table', () => {
  it('is the notebook table in lab', () => {
    expect(notebookTable(synthesizeTable(environment('lab')))).toMatchObject({
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
    const table = notebookTable(synthesizeTable(environment('prod')));

    expect(table).toMatchObject({
      name: 'SuperMissionTable-prod',
      billing_mode: 'PAY_PER_REQUEST',
      deletion_protection_enabled: true,
      point_in_time_recovery: { enabled: true },
    });
    expect(table).not.toHaveProperty('read_capacity');
  });

  it('has the same name in local as in lab', () => {
    const name = (row: 'local' | 'lab') => notebookTable(synthesizeTable(environment(row))).name;

    expect(name('local')).toBe(name('lab'));
  });
});

describe('the items', () => {
  it('are the five heroes, each a resource of its own, written after the table', () => {
    const items = Object.values(notebookItems(synthesizeTable(environment('lab'))));

    const heroes = items.map(({ item }) => JSON.parse(item).SuperHero.S);
    expect(heroes.sort()).toEqual(['Batman', 'Captain America', 'Ironman', 'Spiderman', 'Superman']);
    for (const item of items) expect(item.table_name).toMatch(/^\$\{aws_dynamodb_table\..+\.name\}$/);
  });

  it.each([
    ['managed', undefined],
    ['create-only', { ignore_changes: ['item'] }],
  ] as const)('are %s as the row says', (ownership, lifecycle) => {
    const stack = synthesizeTable(environment('lab'), itemsOf(seedData, ownership));

    const items = Object.values(notebookItems(stack));
    expect(items.map((item) => item.lifecycle)).toEqual(seedData.map(() => lifecycle));
    expect(notebookTable(stack)).not.toHaveProperty('lifecycle');
  });

  it('keep their addresses whatever the order and the number of the items', () => {
    const [first, ...others] = seedData;
    const all = notebookItems(synthesizeTable(environment('lab')));

    const fewer = notebookItems(synthesizeTable(environment('lab'), itemsOf([...others].reverse())));

    const gone = Object.keys(all).filter((address) => !(address in fewer));
    expect(gone).toHaveLength(1);
    expect(gone[0]).toContain(first?.id);
    expect(all).toMatchObject(fewer);
  });
});

describe('imported items', () => {
  const imported = (digest: string): Seed => ({
    mode: 'import',
    manifestFile: 'seed-data/import.json',
    manifest: { digest, items: 1_000_000, parts: 11, bytes: 337_402_067, sample: [] },
  });
  const stack = synthesizeTable(environment('prod'), imported('f00d'));

  it('come from the state bucket when the table is made, and are no reason to replace it', () => {
    expect(notebookTable(stack)).toMatchObject({
      import_table: {
        input_compression_type: 'GZIP',
        input_format: 'DYNAMODB_JSON',
        s3_bucket_source: { bucket: `${project}-prod-state`, key_prefix: `${project}/prod/import/f00d/` },
      },
      lifecycle: { ignore_changes: ['import_table'] },
      timeouts: { create: '24h' },
    });
  });

  it('are no resources: a million make as long a plan as none', () => {
    expect(notebookItems(stack)).toEqual({});
  });

  it('are compared with those that the table was made from', () => {
    const [{ condition, error_message: message }] = stack.check.missions_import.assert;
    const address = Object.keys(stack.all('aws_dynamodb_table')).find((it) => it.startsWith('missions_'));

    expect(condition).toContain(
      `aws_dynamodb_table.${address}.import_table[0].s3_bucket_source[0].key_prefix`,
    );
    expect(condition).toContain(`== "${project}/prod/import/f00d/"`);
    expect(message).toMatch(/^seed-data\/import\.json: not what the table was made from, got /);
  });

  it('leave everything else of the table as it is', () => {
    const table = notebookTable(synthesizeTable(environment('prod')));

    expect(notebookTable(stack)).toMatchObject(table);
  });
});

describe.each(environmentNames)('in %s the table stack', (name) => {
  const row = environment(name);
  const stack = synthesizeTable(row);

  it('keeps its state encrypted and locked in the state bucket', () => {
    expect(stack.terraform.backend.s3).toMatchObject({
      bucket: row.stateBucket,
      key: `${project}/${name}/table.tfstate`,
      encrypt: true,
      use_lockfile: true,
    });
  });

  it('tags everything with project, environment and stack', () => {
    const tags = { project, environment: name, stack: 'table' };
    expect(stack.provider.aws[0].default_tags).toEqual([{ tags }]);
  });

  it("says which versions of the AWS provider it takes: the bindings' own or newer, in local from 5.100, none of 7", () => {
    const { version } = stack.terraform.required_providers.aws;
    const range = version.replaceAll(',', '');
    const { terraformGeneratorMetadata } = new AwsProvider(new TerraformStack(Testing.app(), 'any'), 'aws');

    expect(version).toBe(row.awsProviderVersion);
    expect(minVersion(range)?.version).toBe(
      row.emulated ? '5.100.0' : terraformGeneratorMetadata?.providerVersion,
    );
    expect(['6.99.0', '7.0.0'].map((it) => satisfies(it, range))).toEqual([true, false]);
  });

  it('touches no account but those of its row, the emulator’s alone in local', () => {
    const expected = row.emulated ? [accountId] : row.allowedAccountIds;

    expect(stack.provider.aws[0].allowed_account_ids).toEqual(expected);
    expect(stack.terraform.backend.s3.allowed_account_ids).toEqual(expected);
  });

  it('outputs what an operator wants', () => {
    expect(Object.keys(stack.output)).toEqual(
      expect.arrayContaining(['state_location', 'table_arn', 'table_name']),
    );
    expect(stack.output.state_location.value).toBe(
      `s3://${row.stateBucket}/${project}/${name}/table.tfstate`,
    );
  });

  it('reads no state of another stack', () => {
    expect(stack.all('terraform_remote_state')).toEqual({});
  });
});

describe('a table with a sort key and indexes', () => {
  const stack = new TerraformStack(Testing.app(), 'any');
  new AwsProvider(stack, 'aws');
  new SeededTable(stack, 'seasons', {
    tableName: 'Seasons',
    key: { Team: 'S', Year: 'N' },
    indexes: {
      ByCity: { key: { City: 'S', Year: 'N' }, projection: ['Coach'] },
      ByWins: { key: { Team: 'S', Wins: 'N' }, kind: 'local', projection: 'keys' },
    },
    content: {
      mode: 'items',
      ownership: 'managed',
      items: [{ id: 'one', item: '{"Team":{"S":"Avengers"},"Year":{"N":"2012"}}' } as SeedItem],
    },
    capacity: { mode: 'provisioned', readUnits: 3, writeUnits: 2 },
    pointInTimeRecovery: false,
    deletionProtection: false,
  });
  const { resource } = JSON.parse(Testing.synth(stack, true));

  it('has the attributes of every key once, and units for each global index', () => {
    const [table] = Object.values(resource.aws_dynamodb_table);

    expect(table).toMatchObject({
      hash_key: 'Team',
      range_key: 'Year',
      attribute: [
        { name: 'Team', type: 'S' },
        { name: 'Year', type: 'N' },
        { name: 'City', type: 'S' },
        { name: 'Wins', type: 'N' },
      ],
      global_secondary_index: [
        {
          name: 'ByCity',
          hash_key: 'City',
          range_key: 'Year',
          projection_type: 'INCLUDE',
          non_key_attributes: ['Coach'],
          read_capacity: 3,
          write_capacity: 2,
        },
      ],
      local_secondary_index: [{ name: 'ByWins', range_key: 'Wins', projection_type: 'KEYS_ONLY' }],
    });
  });

  it('has items that name both keys', () => {
    const [table] = Object.keys(resource.aws_dynamodb_table);
    const [item] = Object.values(resource.aws_dynamodb_table_item);

    expect(item).toMatchObject({
      hash_key: `\${aws_dynamodb_table.${table}.hash_key}`,
      range_key: `\${aws_dynamodb_table.${table}.range_key}`,
    });
  });
});
