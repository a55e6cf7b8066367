import {
  driftAsPlan,
  isDeployed,
  managedResources,
  resourceDifferences,
} from '../../../ops/plan/drift-in-plan';
import { findBeside } from '../../../ops/plan/found-beside';
import type { Plan } from '../../../ops/terraform/plan-json';

type Change = NonNullable<Plan['resource_changes']>[number]['change'];

const address = 'aws_dynamodb_table.missions';
const deploy = 'npm run deploy -- table';

const noOp: Change = { actions: ['no-op'], before: { name: 'a' }, after: { name: 'a' } };
const update = (before: object, after: object, more: Partial<Change> = {}): Change => ({
  actions: ['update'],
  before: { ...before },
  after: { ...after },
  ...more,
});
const planOf = (change: Change, outside?: Change): Plan => ({
  resource_changes: [{ address, change }],
  ...(outside && { resource_drift: [{ address, change: outside }] }),
});
const stateOf = (...resources: [type: string, values: object][]): Plan => ({
  prior_state: {
    values: {
      root_module: {
        resources: resources.map(([type, values], index) => ({
          address: `${type}.${index}`,
          mode: 'managed',
          type,
          values: { ...values },
        })),
      },
    },
  },
});

describe('what Terraform would change', () => {
  it.each<[string, Plan]>([
    ['a plan without changes', planOf(noOp)],
    ['an empty plan', {}],
    ['a data source that is read', planOf({ actions: ['read'], before: null, after: { json: '{}' } })],
    [
      'what AWS computes, such as a number of attachments',
      planOf(noOp, update({ attachment_count: 0 }, { attachment_count: 1 })),
    ],
    [
      'a create-only item that the application has changed, which Terraform ignores',
      planOf(noOp, update({ item: '{"a":{"S":"1"}}' }, { item: '{"a":{"S":"2"}}' })),
    ],
  ])('is not drift in %s', (_, plan) => {
    expect(resourceDifferences(plan, 'table')).toEqual([]);
  });

  it('comes from outside where the state differs from what is there', () => {
    const plan = planOf(
      update({ read_capacity: 7 }, { read_capacity: 5 }),
      update({ read_capacity: 5 }, { read_capacity: 7 }),
    );

    expect(resourceDifferences(plan, 'table')).toEqual([
      {
        address,
        kind: 'changed',
        origin: 'outside',
        replaced: false,
        attributes: [{ path: 'read_capacity', expected: 5, found: 7 }],
        repair: deploy,
      },
    ]);
  });

  it('comes from a configuration that is not deployed where the state has what is there', () => {
    expect(resourceDifferences(planOf(update({ timeout: 90 }, { timeout: 30 })), 'table')).toMatchObject([
      { origin: 'not-deployed', attributes: [{ path: 'timeout', expected: 30, found: 90 }] },
    ]);
  });

  it('is told apart by attribute where both is the case', () => {
    const plan = planOf(
      update({ timeout: 90, memory: 512 }, { timeout: 30, memory: 128 }),
      update({ timeout: 90, memory: 128 }, { timeout: 90, memory: 512 }),
    );

    expect(resourceDifferences(plan, 'table')).toMatchObject([
      { origin: 'outside', attributes: [{ path: 'memory' }] },
      { origin: 'not-deployed', attributes: [{ path: 'timeout' }] },
    ]);
  });

  it.each<[string, Plan, object]>([
    [
      'missing when it was deleted',
      planOf(
        { actions: ['create'], before: null, after: { name: 'a' } },
        { actions: ['delete'], before: { name: 'a' }, after: null },
      ),
      { kind: 'missing', origin: 'outside', attributes: [] },
    ],
    [
      'missing when it was never made',
      planOf({ actions: ['create'], before: null, after: { name: 'a' } }),
      { kind: 'missing', origin: 'not-deployed', attributes: [] },
    ],
    [
      'unexpected when the configuration has it no longer',
      planOf({ actions: ['delete'], before: { name: 'a' }, after: null }),
      { kind: 'unexpected', origin: 'not-deployed', attributes: [] },
    ],
    [
      'replaced when it cannot be changed in place',
      planOf({ actions: ['delete', 'create'], before: { name: 'b' }, after: { name: 'a' } }),
      { kind: 'changed', replaced: true, attributes: [{ path: 'name', expected: 'a', found: 'b' }] },
    ],
    [
      'changed without attributes when all that changes is known later',
      planOf(update({ arn: 'a' }, {}, { after_unknown: { arn: true } })),
      { kind: 'changed', origin: 'not-deployed', attributes: [] },
    ],
  ])('is %s', (_, plan, difference) => {
    expect(resourceDifferences(plan, 'table')).toMatchObject([difference]);
  });

  it('leaves out what is known after a deployment only', () => {
    const unknown = { after_unknown: { version: true, config: [{ arn: true }] } };
    const plan = planOf(
      update(
        { memory: 1, version: '1', config: [{ arn: 'a', mode: 'x' }] },
        { memory: 2, config: [{ mode: 'x' }] },
        unknown,
      ),
    );

    expect(resourceDifferences(plan, 'table')).toMatchObject([{ attributes: [{ path: 'memory' }] }]);
  });

  it('names a tag once, though Terraform has it in two attributes', () => {
    const plan = planOf(
      update(
        { tags: { owner: 'me' }, tags_all: { owner: 'me', stack: 'other' } },
        { tags: null, tags_all: { stack: 'table' } },
      ),
    );

    expect(resourceDifferences(plan, 'table')).toMatchObject([
      {
        attributes: [
          { path: 'tags.owner', expected: null, found: 'me' },
          { path: 'tags.stack', expected: 'table', found: 'other' },
        ],
      },
    ]);
  });

  it('shows no value that Terraform would hide', () => {
    const sensitive = { before_sensitive: {}, after_sensitive: { variables: { PASSWORD: true } } };
    const plan = planOf(
      update({ variables: { PASSWORD: 'old' } }, { variables: { PASSWORD: 'new' } }, sensitive),
    );

    expect(resourceDifferences(plan, 'table')).toMatchObject([
      {
        attributes: [
          { path: 'variables.PASSWORD', expected: '(sensitive, another value)', found: '(sensitive)' },
        ],
      },
    ]);
  });
});

describe('the code of a function', () => {
  const values = { function_name: 'Scan', filename: 'Scan.zip', source_code_hash: 'aaa', code_sha256: 'aaa' };

  it('is in sync when AWS has what was deployed', () => {
    expect(resourceDifferences(stateOf(['aws_lambda_function', values]), 'functions')).toEqual([]);
  });

  it('is drift when it is other than what was deployed, and no deployment would repair it', () => {
    const plan = stateOf(['aws_lambda_function', { ...values, code_sha256: 'bbb' }]);

    expect(resourceDifferences(plan, 'functions')).toEqual([
      {
        address: 'aws_lambda_function.0',
        kind: 'changed',
        origin: 'outside',
        replaced: false,
        attributes: [{ path: 'code_sha256', expected: 'aaa', found: 'bbb' }],
        repair:
          'aws lambda update-function-code --function-name Scan --zip-file fileb://cdktf.out/stacks/functions/Scan.zip --publish',
      },
    ]);
  });

  it('is repaired by the deployment of newer code', () => {
    const found = { ...values, code_sha256: 'bbb' };
    const plan: Plan = {
      ...stateOf(['aws_lambda_function', found]),
      resource_changes: [
        { address: 'aws_lambda_function.0', change: update(found, { ...found, source_code_hash: 'ccc' }) },
      ],
    };

    expect(resourceDifferences(plan, 'functions')).toMatchObject([
      { origin: 'not-deployed', attributes: [{ path: 'source_code_hash', expected: 'ccc', found: 'aaa' }] },
      { origin: 'outside', repair: 'npm run deploy -- functions' },
    ]);
  });
});

/** Of a role nobody is asked: the provider has read its policies. */
const session = { aws: { region: 'us-east-1' }, environment: {} } as Parameters<typeof findBeside>[1];

describe('the policies of a role', () => {
  const attachment = { role: 'ScanRole', policy_arn: 'arn:own' };
  const role = (attached: string[], inline: { name: string; policy: string }[] = []) =>
    stateOf(
      ['aws_iam_role', { name: 'ScanRole', managed_policy_arns: attached, inline_policy: inline }],
      ['aws_iam_role_policy_attachment', attachment],
      ['aws_iam_role_policy_attachment', { role: 'OtherRole', policy_arn: 'arn:other' }],
    );
  const driftOf = async (plan: Plan) =>
    resourceDifferences(plan, 'functions', (await findBeside(managedResources(plan), session)).beside);

  it('are in sync when Terraform has attached them all', async () => {
    expect(await driftOf(role(['arn:own']))).toEqual([]);
  });

  it('are drift when somebody else has attached or written one', async () => {
    const all = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });

    expect(await driftOf(role(['arn:own', 'arn:other'], [{ name: 'all', policy: all }]))).toMatchObject([
      {
        address: 'aws_iam_role_policy ScanRole all',
        kind: 'unexpected',
        origin: 'outside',
        repair: 'aws iam delete-role-policy --role-name ScanRole --policy-name all',
      },
      {
        address: 'aws_iam_role_policy_attachment ScanRole arn:other',
        kind: 'unexpected',
        origin: 'outside',
        repair: 'aws iam detach-role-policy --role-name ScanRole --policy-arn arn:other',
      },
    ]);
  });
});

describe('what the configuration leaves open', () => {
  const table = {
    name: 'T',
    arn: 'arn:t',
    table_class: 'STANDARD',
    point_in_time_recovery: [{ enabled: true, recovery_period_in_days: 35 }],
    ttl: [{ attribute_name: '', enabled: false }],
    tags_all: { stack: 'table' },
    replica: [],
  };
  const given = {
    name: { constant_value: 'T' },
    point_in_time_recovery: [{ enabled: { constant_value: true } }],
  };
  const of = (more: object): Plan => ({
    ...stateOf(['aws_dynamodb_table', { ...table, ...more }]),
    configuration: {
      root_module: { resources: [{ address: 'aws_dynamodb_table.0', expressions: given }] },
    },
  });

  it('is no drift at its defaults, nor are facts that AWS tells', () => {
    expect(resourceDifferences(of({}), 'table')).toEqual([]);
  });

  it('is no drift when it is the attribute of a time to live that is off', () => {
    expect(resourceDifferences(of({ ttl: [{ attribute_name: 'end', enabled: false }] }), 'table')).toEqual(
      [],
    );
  });

  it.each<[string, object, object]>([
    [
      'a time to live that was turned on by hand',
      { ttl: [{ attribute_name: 'end', enabled: true }] },
      { 'ttl[0].attribute_name': [null, 'end'], 'ttl[0].enabled': [null, true] },
    ],
    [
      'a shorter time of recovery, in a block that is configured',
      { point_in_time_recovery: [{ enabled: true, recovery_period_in_days: 1 }] },
      { 'point_in_time_recovery[0].recovery_period_in_days': [35, 1] },
    ],
    [
      'another class',
      { table_class: 'STANDARD_INFREQUENT_ACCESS' },
      { table_class: ['STANDARD', expect.anything()] },
    ],
    [
      'a replica',
      { replica: [{ region_name: 'eu-west-1' }] },
      { 'replica[0].region_name': [null, 'eu-west-1'] },
    ],
    ['what nobody here has heard of', { novelty: 'x' }, { novelty: [null, 'x'] }],
  ])('is drift when it is %s, though Terraform plans nothing', (_, more, expected) => {
    const [difference, ...others] = resourceDifferences(of(more), 'table');

    expect(others).toEqual([]);
    expect(difference).toMatchObject({ kind: 'changed', origin: 'outside' });
    expect(
      Object.fromEntries(
        difference?.attributes.map(({ path, ...it }) => [path, [it.expected, it.found]]) ?? [],
      ),
    ).toEqual(expected);
  });

  it('is turned off by a command where no deployment can', () => {
    const [{ repair } = { repair: '' }] = resourceDifferences(
      of({ ttl: [{ attribute_name: 'end', enabled: true }] }),
      'table',
    );

    expect(repair).toBe(
      'aws dynamodb update-time-to-live --table-name T --time-to-live-specification Enabled=false,AttributeName=end',
    );
  });

  it('is told once where a deployment changes it anyway', () => {
    const found = { ...table, stream_enabled: true };
    const plan = {
      ...of(found),
      resource_changes: [{ address: 'aws_dynamodb_table.0', change: update(found, table) }],
    };

    expect(resourceDifferences(plan, 'table')).toMatchObject([
      { origin: 'not-deployed', attributes: [{ path: 'stream_enabled' }] },
    ]);
  });

  it('is reviewed as if it were planned', () => {
    const plan = of({ ttl: [{ attribute_name: 'end', enabled: true }] });

    expect(driftAsPlan(plan, []).resource_changes).toMatchObject([
      {
        address: 'aws_dynamodb_table.0',
        change: { actions: ['update'], before: { ttl: null }, after: { ttl: [{ enabled: true }] } },
      },
    ]);
  });
});

describe('a secret', () => {
  const variables = { Name: 'f', API_KEY: 'built-in', HERO: 'named' };
  const changed = planOf(update({ environment: [{ variables }] }, { environment: [{ variables: {} }] }));
  const open = {
    ...stateOf(['aws_lambda_function', { function_name: 'f', environment: [{ variables }] }]),
    configuration: {
      root_module: {
        resources: [
          { address: 'aws_lambda_function.0', expressions: { function_name: { constant_value: 'f' } } },
        ],
      },
    },
  };
  const beside = {
    type: 'aws_lambda_alias',
    name: 'f a',
    attributes: { description: 'AKIAIOSFODNN7EXAMPLE', api_key: 'built-in', hero: 'named' },
    repair: 'remove it',
  };

  it.each<[string, Plan, readonly (typeof beside)[]]>([
    ['Terraform would change', changed, []],
    ['the configuration leaves open', open, []],
    ['is beside the resources', {}, [beside]],
  ])('is not told of what %s, by the names of the environment too', (_, plan, found) => {
    const told = JSON.stringify(resourceDifferences(plan, 'functions', found, ['hero']));

    expect(told).toContain('(sensitive)');
    expect(told).not.toMatch(/built-in|named|AKIA/);
  });
});

describe('a setting that an environment calls a secret', () => {
  const openPath = (path: string): Plan => ({
    ...stateOf(['aws_iam_policy', { name: 'scan', path }]),
    configuration: { root_module: { resources: [{ address: 'aws_iam_policy.0', expressions: {} }] } },
  });
  const differences = (path: string) =>
    resourceDifferences(openPath(path), 'functions', [], ['path']).flatMap(({ attributes }) =>
      attributes.filter((it) => it.path === 'path'),
    );

  it('is no drift at its default', () => {
    expect(differences('/')).toEqual([]);
  });

  it('is drift when it is another, which is not shown', () => {
    expect(differences('/other/')).toEqual([{ path: 'path', expected: '/', found: '(sensitive)' }]);
  });
});

describe('isDeployed', () => {
  it('is true when the state knows a resource', () => {
    expect(isDeployed(stateOf(['aws_iam_role', {}]))).toBe(true);
  });

  it.each<[string, Plan]>([
    ['there is no state', {}],
    ['all was destroyed', stateOf()],
  ])('is false when %s', (_, plan) => {
    expect(isDeployed(plan)).toBe(false);
  });
});
