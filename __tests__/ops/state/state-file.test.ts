import { addressesOf, nextAfter, withItems, withoutTaint } from '../../../ops/state/state-file';
import { describeLock } from '../../../ops/state/state-lock';
import type { State } from '../../../ops/terraform/state-text';

const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
const versions = { terraform: '1.11.4', awsProvider: 'registry.terraform.io/hashicorp/aws' };
const state: State = {
  version: 4,
  terraform_version: '1.10.0',
  serial: 3,
  lineage: 'ours',
  outputs: {},
  resources: [
    {
      mode: 'managed',
      type: 'aws_dynamodb_table',
      name: 'table',
      provider,
      instances: [{ status: 'tainted' }],
    },
    { mode: 'managed', type: 'aws_iam_role', name: 'gone', provider, instances: [] },
    { mode: 'data', type: 'aws_partition', name: 'partition', provider, instances: [{}] },
  ],
};
const batman = {
  name: 'missions_batman',
  dependencies: ['aws_dynamodb_table.table'],
  tableName: 'Heroes',
  key: [['Name', 'Batman']] as const,
  item: '{"Name":{"S":"Batman"}}',
};

describe('a state', () => {
  it('knows the managed resources that have instances', () => {
    expect(addressesOf(state)).toEqual({
      known: new Set(['aws_dynamodb_table.table']),
      tainted: new Set(['aws_dynamodb_table.table']),
    });
  });

  it('knows nothing where there is none', () => {
    expect(addressesOf(undefined)).toEqual({ known: new Set(), tainted: new Set() });
  });

  it('takes items as the provider writes them, beside all it has', () => {
    const { resources, ...rest } = withItems(state, [batman], versions);

    expect(rest).toMatchObject({ lineage: 'ours', terraform_version: '1.10.0' });
    expect(resources).toEqual([
      ...state.resources,
      {
        mode: 'managed',
        type: 'aws_dynamodb_table_item',
        name: 'missions_batman',
        provider,
        instances: [
          {
            schema_version: 0,
            attributes: {
              hash_key: 'Name',
              id: 'Heroes|Name|Batman',
              item: '{"Name":{"S":"Batman"}}',
              range_key: null,
              table_name: 'Heroes',
            },
            sensitive_attributes: [],
            dependencies: ['aws_dynamodb_table.table'],
          },
        ],
      },
    ]);
  });

  it('takes an item with a sort key by both', () => {
    const season = {
      ...batman,
      tableName: 'Seasons',
      key: [
        ['Team', 'Avengers'],
        ['Year', '2012'],
      ] as const,
    };

    const { resources } = withItems(undefined, [season], versions);

    expect(resources[0]?.instances[0]).toMatchObject({
      attributes: { hash_key: 'Team', id: 'Seasons|Team|Avengers|Year|2012', range_key: 'Year' },
    });
  });

  it('is a first one where there is none', () => {
    expect(withItems(undefined, [batman], versions)).toMatchObject({
      version: 4,
      terraform_version: '1.11.4',
      lineage: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resources: [{ name: 'missions_batman' }],
    });
  });

  it('loses the taint of the resources named, and of no other', () => {
    expect(addressesOf(withoutTaint(state, ['aws_dynamodb_table.table'])).tainted).toEqual(new Set());
    expect(withoutTaint(state, ['aws_dynamodb_table.another'])).toEqual(state);
  });

  it('follows the one in the backend, whatever its own lineage and serial', () => {
    const older = { ...state, lineage: 'another', serial: 1 };

    expect(nextAfter(state, older)).toEqual({ ...older, lineage: 'ours', serial: 4 });
    expect(nextAfter(undefined, older)).toEqual({ ...older, serial: 2 });
  });
});

describe('a lock', () => {
  const Created = '2026-01-02T03:04:05.678901234Z';
  const lock = { ID: 'an-id', Operation: 'OperationTypePlan', Who: 'ada@build-7', Created };

  it.each([
    [0, '0 seconds'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, '1 minute'],
    [2 * 3_600_000 + 5, '2 hours'],
    [49 * 3_600_000, '2 days'],
    [-5_000, '0 seconds'],
  ])('that is %d ms old has been held for %s', (milliseconds, age) => {
    expect(describeLock(lock, Date.parse(Created) + milliseconds)).toBe(
      `ada@build-7 holds the lock for ${age}, since ${Created} (OperationTypePlan, lock an-id)`,
    );
  });
});
