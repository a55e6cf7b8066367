import { allowedContextKeysForRequest } from '@cloud-copilot/iam-simulate';
import type { Fn, Table } from '../../declarations';
import type { Environment } from '../../environments';
import { loadSeeds, type Seeds } from '../../seed-data/load-seed';
import { importPrefix } from '../../stacks/names';
import {
  boundaryName,
  type PipelineRoleKey,
  pipelineRoleName,
  pipelineRoles,
} from '../../stacks/pipeline-access';
import { tables } from '../../system';
import { pipeline } from './pipeline-cases';
import { accountId, type RoleDocuments, roleDocuments } from './policy-documents';
import { simulate } from './simulate';
import {
  type Attributes,
  environment,
  synthesizeFunctions,
  synthesizePipeline,
  synthesizeStateBackend,
  synthesizeTables,
} from './synthesize';

// A system that has grown: a second table with a sort key and an index, which a third function reads.
jest.mock('../../system', () => {
  const actual = jest.requireActual('../../system');
  const teams = {
    name: 'Teams',
    key: { Team: 'S', Year: 'N' },
    indexes: { ByCaptain: { key: { Captain: 'S' } } },
  } satisfies Table;
  const captains = {
    name: 'CaptainsFunction',
    reads: [{ query: teams, index: 'ByCaptain' }],
    smoke: [],
  } satisfies Fn;
  return {
    ...actual,
    tables: { ...actual.tables, teams },
    functions: { ...actual.functions, captains },
  };
});

// Its third function has no folder.
jest.mock('../../check-system', () => ({ checkSystem: () => {} }));

/** What settings can be; the first of each is that of prod. */
const settings: { readonly [K in keyof Environment]?: readonly [Environment[K], ...Environment[K][]] } = {
  alarmTopicArn: [undefined, `arn:aws:sns:us-east-1:${accountId}:operators`],
  seed: [
    { mode: 'items', ownership: 'create-only' },
    { mode: 'items', ownership: 'managed' },
    { mode: 'import', manifest: 'seed-data/any.json' },
  ],
  capacity: [{ mode: 'on-demand' }, { mode: 'provisioned', readUnits: 5, writeUnits: 5 }],
  pointInTimeRecovery: [true, false],
  deletionProtection: [true, false],
  reservedConcurrency: [undefined, 5],
  tracing: ['PassThrough', 'Active'],
  accessMode: ['least-privilege', 'lab'],
  nameSuffix: ['-prod', ''],
  region: ['us-east-1', 'eu-central-1'],
};

type Combination = Partial<Environment>;

/** Environments among which each value of a setting meets each value of every other one. */
function combinations(): Combination[] {
  const names = Object.keys(settings) as (keyof Environment)[];
  const pairsOf = (it: Combination) =>
    names.flatMap((name, index) =>
      names
        .slice(index + 1)
        .map((other) => JSON.stringify([name, it[name] ?? null, other, it[other] ?? null])),
    );
  const all = names.reduce<Combination[]>(
    (some, name) => some.flatMap((it) => (settings[name] ?? []).map((value) => ({ ...it, [name]: value }))),
    [{}],
  );
  const missing = new Set(all.flatMap(pairsOf));
  const chosen: Combination[] = [];
  const gain = (it: Combination) => pairsOf(it).filter((pair) => missing.has(pair)).length;
  while (missing.size > 0) {
    const best = all.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    for (const pair of pairsOf(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

interface Call {
  readonly action: string;
  readonly on: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

interface Types {
  /** What it is called in a request, by its arguments. */
  readonly arn: (attributes: Attributes, row: Environment) => string;
  /**
   * Calls that the AWS provider was seen to make to read one, and a drift check to find what is beside it; and to make,
   * change and delete one.
   */
  readonly read: string;
  readonly write?: string;
  readonly context?: (attributes: Attributes, row: Environment) => Call['context'];
}

const arn = (service: string, resource: string, region = '') =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;
const byName = (service: string, kind: string) => (it: Attributes, row: Environment) =>
  arn(service, `${kind}${it.name ?? it.function_name ?? it.alarm_name}`, service === 'iam' ? '' : row.region);
const bucketPart = (read: string): Types => ({ arn: (_, row) => `arn:aws:s3:::${row.stateBucket}`, read });
const boundary = { 'iam:PermissionsBoundary': arn('iam', `policy/${boundaryName(environment('prod'))}`) };

const types: Record<string, Types> = {
  aws_dynamodb_table: {
    arn: byName('dynamodb', 'table/'),
    read: 'dynamodb: DescribeTable DescribeContinuousBackups DescribeTimeToLive ListTagsOfResource DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy',
    write:
      'dynamodb: CreateTable UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive TagResource UntagResource',
  },
  aws_dynamodb_table_item: {
    arn: (it, row) => arn('dynamodb', `table/${it.table_name}`, row.region),
    read: 'dynamodb: GetItem',
    write: 'dynamodb: PutItem UpdateItem DeleteItem',
    context: ({ item, hash_key }) => ({ 'dynamodb:LeadingKeys': Object.values(JSON.parse(item)[hash_key]) }),
  },
  aws_lambda_function: {
    arn: byName('lambda', 'function:'),
    read: 'lambda: GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig ListVersionsByFunction ListTags GetFunctionUrlConfig GetPolicy ListAliases ListFunctionEventInvokeConfigs',
    write:
      'lambda: CreateFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion DeleteFunction PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource',
  },
  aws_cloudwatch_log_group: {
    arn: byName('logs', 'log-group:'),
    read: 'logs: ListTagsForResource DescribeMetricFilters DescribeSubscriptionFilters',
    write: 'logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy TagResource UntagResource',
  },
  aws_cloudwatch_metric_alarm: {
    arn: byName('cloudwatch', 'alarm:'),
    read: 'cloudwatch: DescribeAlarms ListTagsForResource',
    write: 'cloudwatch: PutMetricAlarm DeleteAlarms TagResource UntagResource',
  },
  aws_iam_policy: {
    arn: byName('iam', 'policy/'),
    read: 'iam: GetPolicy GetPolicyVersion ListPolicyVersions',
    write: 'iam: CreatePolicy CreatePolicyVersion DeletePolicyVersion DeletePolicy TagPolicy UntagPolicy',
  },
  aws_iam_role: {
    arn: byName('iam', 'role/'),
    read: 'iam: GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole',
    write: 'iam: CreateRole PutRolePermissionsBoundary DeleteRole UpdateRole TagRole UntagRole PassRole',
    context: () => ({ ...boundary, 'iam:PassedToService': 'lambda.amazonaws.com' }),
  },
  // Which role and which policy are found by its references.
  aws_iam_role_policy_attachment: {
    arn: (it) => arn('iam', `role/${it.role}`),
    read: 'iam: ListAttachedRolePolicies',
    write: 'iam: AttachRolePolicy DetachRolePolicy',
    context: (it) => ({ ...boundary, 'iam:PolicyARN': arn('iam', `policy/${it.policy_arn}`) }),
  },
  aws_s3_bucket: bucketPart(
    's3: ListBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketPolicy GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration',
  ),
  aws_s3_bucket_lifecycle_configuration: bucketPart('s3: GetLifecycleConfiguration'),
  aws_s3_bucket_ownership_controls: bucketPart('s3: GetBucketOwnershipControls'),
  aws_s3_bucket_policy: bucketPart('s3: GetBucketPolicy'),
  aws_s3_bucket_public_access_block: bucketPart('s3: GetBucketPublicAccessBlock'),
  aws_s3_bucket_server_side_encryption_configuration: bucketPart('s3: GetEncryptionConfiguration'),
  aws_s3_bucket_versioning: bucketPart('s3: GetBucketVersioning'),
};

const actionsOf = (text = '') => {
  const [service, ...names] = text.split(' ');
  return names.map((name) => `${service}${name}`);
};

/** The calls of a plan, and of a deployment, for what an environment's stacks define. */
function callsOf(row: Environment, seeds: Seeds): Record<PipelineRoleKey, Call[]> {
  const calls: Record<PipelineRoleKey, Call[]> = { plan: [], apply: [] };
  for (const stack of [synthesizeStateBackend(row), synthesizeTables(row, seeds), synthesizeFunctions(row)]) {
    const resolved = (value: string) =>
      value.replace(
        /^\$\{(\w+)\.([\w-]+)\.(\w+)\}$/,
        (_, type, id, attribute) => stack.resource[type][id][attribute === 'arn' ? 'name' : attribute],
      );
    for (const [type, byId] of Object.entries<Record<string, Attributes>>(stack.resource)) {
      const known = types[type];
      if (!known) throw new Error(`${type}: nobody has seen what the provider calls for it`);
      for (const resource of Object.values(byId)) {
        const attributes = { ...resource };
        for (const name of ['role', 'policy_arn', 'table_name', 'hash_key']) {
          if (typeof attributes[name] === 'string') attributes[name] = resolved(attributes[name]);
        }
        const call = (action: string): Call => ({
          action,
          on: known.arn(attributes, row),
          context: known.context?.(attributes, row) ?? {},
        });
        calls.plan.push(...actionsOf(known.read).map(call));
        calls.apply.push(...[...actionsOf(known.read), ...actionsOf(known.write)].map(call));
        if (attributes.import_table) calls.apply.push(...importCalls(call('').on, row));
      }
    }
  }
  return calls;
}

/** What an import is documented to need: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Requesting.html */
function importCalls(tableArn: string, row: Environment): Call[] {
  const log = arn('logs', 'log-group:/aws-dynamodb/imports', row.region);
  return [
    { action: 'dynamodb:ImportTable', on: tableArn },
    { action: 'dynamodb:DescribeImport', on: `${tableArn}/import/01` },
    { action: 's3:GetObject', on: `arn:aws:s3:::${row.stateBucket}/${importPrefix(row, 'any')}0.json.gz` },
    ...['CreateLogGroup', 'CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'].map((it) => ({
      action: `logs:${it}`,
      on: `${log}:log-stream:any`,
    })),
  ];
}

/** What workflows do beside calling the provider: states, the smoke test, what is granted on everything only. */
const besides: Record<PipelineRoleKey, readonly string[]> = {
  plan: ['s3:GetObject', 'logs:DescribeLogGroups', 'lambda:ListEventSourceMappings'],
  apply: [
    's3:GetObject',
    's3:PutObject',
    's3:DeleteObject',
    'logs:DescribeLogGroups',
    'lambda:ListEventSourceMappings',
    'lambda:InvokeFunction',
  ],
};

async function answer(
  { action, on, context = {} }: Call,
  policies: RoleDocuments['policies'],
): Promise<string> {
  const [service = '', name = ''] = action.split(':');
  const keys = await allowedContextKeysForRequest(service, name, on, false, undefined);
  return simulate({
    request: {
      principal: `arn:aws:sts::${accountId}:assumed-role/any/workflow`,
      action,
      resource: { resource: on, accountId },
      contextVariables: Object.fromEntries(
        Object.entries(context).filter(([key]) => keys.includes(key.toLowerCase())),
      ),
    },
    identityPolicies: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  });
}

const wanted = (changes: Partial<Environment>): Environment =>
  ({ ...environment('prod'), ...changes, pipeline }) as Environment;
const seedsOf = (row: Environment): Seeds =>
  row.seed.mode === 'import'
    ? ({
        ...Object.fromEntries(
          Object.keys(tables).map((id) => [id, { mode: 'items', ownership: 'managed', items: [] }]),
        ),
        missions: {
          mode: 'import',
          manifest: { digest: 'a'.repeat(64) },
          manifestFile: 'seed-data/any.json',
        },
      } as never)
    : loadSeeds(row);

describe('with each pair of settings', () => {
  it.each(combinations().map((it) => [JSON.stringify(it), it] as const))('%s', async (_, combination) => {
    const row = wanted(combination);
    const seeds = seedsOf(row);
    const stack = synthesizePipeline(row, pipeline, seeds);
    const calls = callsOf(row, seeds);
    for (const key of pipelineRoles) {
      const { policies } = roleDocuments(stack, pipelineRoleName(row, key));
      const denied: string[] = [];
      for (const call of calls[key]) {
        if ((await answer(call, policies)) !== 'allow') denied.push(`${call.action} on ${call.on}`);
      }
      expect({ key, denied }).toEqual({ key, denied: [] });
      const granted = Object.values(policies).flatMap(({ Statement }) =>
        Statement.flatMap(({ Action }) => Action),
      );
      const needed = [...calls[key].map(({ action }) => action), ...besides[key]];
      expect({ key, granted: [...new Set(granted)].sort() }).toEqual({
        key,
        granted: [...new Set(needed)].sort(),
      });
      for (const [name, document] of Object.entries(policies)) {
        expect({ name, isShort: JSON.stringify(document).length < 6_144 }).toEqual({ name, isShort: true });
      }
    }
  });
});
