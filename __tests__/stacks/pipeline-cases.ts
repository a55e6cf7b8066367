import { keySchema, type Table } from '../../declarations';
import type { Environment } from '../../environments';
import { loadSeeds } from '../../seed-data/load-seed';
import { stateKey, tableName } from '../../stacks/names';
import type { PipelineRoleKey } from '../../stacks/pipeline-access';
import { project, type TableId, tables } from '../../system';
import { type Answer, anotherAccountId, functionKeys, namesOf } from './access-cases';
import { accountId } from './policy-documents';
import { environment } from './synthesize';

/** The row that the pipeline of the cases deploys. */
export const pipeline = { repository: 'acme/supermission', identityProvider: 'defined' } as const;
export const row: Environment = { ...environment('prod'), pipeline };
const lab = environment('lab');

/** One request of a workflow to AWS, and the answer that each of its roles should get. */
export interface PipelineCase {
  readonly action: string;
  readonly on: Target;
  readonly context: Readonly<Record<string, string | string[]>>;
  readonly plan: Answer;
  readonly apply: Answer;
  readonly because: string;
}

export interface Target {
  readonly name: string;
  readonly arn: string;
  /** The account that it belongs to; its owner there lets everyone in. @default ours */
  readonly account?: string;
}

/** A thing of the environment, and what must not be taken for it. */
interface Own extends Target {
  readonly others: readonly Target[];
}

const own = (name: string, arnOf: (row: Environment) => string, alike: string, foreign: string): Own => {
  const arn = arnOf(row);
  const [, , , region, account] = arn.split(':');
  return {
    name,
    arn,
    others: [
      { name: `${name} by another name`, arn: alike },
      { name: `${name} of lab`, arn: arnOf(lab) },
      { name: `${name} of another system`, arn: foreign },
      ...(region
        ? [{ name: `${name} in another region`, arn: arn.replace(`:${region}:`, ':eu-west-1:') }]
        : []),
      ...(account
        ? [
            {
              name: `${name} in another account`,
              arn: arn.replace(accountId, anotherAccountId),
              account: anotherAccountId,
            },
          ]
        : []),
    ],
  };
};

const arn = (service: string, resource: string, region = 'us-east-1') =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;
const iam = (resource: string) => arn('iam', resource, '');
const named = (service: string, kind: string, name: (row: Environment) => string, end = '') =>
  own(
    `${kind} ${name(row)}${end}`,
    (it) => arn(service, `${kind}${name(it)}${end}`, service === 'iam' ? '' : undefined),
    arn(service, `${kind}${name(row)}-copy${end}`, service === 'iam' ? '' : undefined),
    arn(
      service,
      `${kind}${kind === 'log-group:' ? '/aws/lambda/' : ''}Payroll${end}`,
      service === 'iam' ? '' : undefined,
    ),
  );

const functions = functionKeys.map((key) => (it: Environment) => namesOf(it, key).function);
const table = Object.values(tables).map((it) => named('dynamodb', 'table/', (row) => tableName(row, it)));
const lambdas = functions.map((name) => named('lambda', 'function:', name));
const versions = functions.map((name) => named('lambda', 'function:', name, ':1'));
const groups = functions.flatMap((name) =>
  // Logs asks for a group as itself or by the name of a stream that is empty.
  ['', ':log-stream:'].map((end) => named('logs', 'log-group:', (it) => `/aws/lambda/${name(it)}`, end)),
);
const roles = functionKeys.map((key) => named('iam', 'role/', (it) => namesOf(it, key).role));
const policies = [
  ...functionKeys.map((key) => (it: Environment) => namesOf(it, key).policy),
  ...functions.map((name) => (it: Environment) => `${name(it)}LogsPolicy`),
].map((name) => named('iam', 'policy/', name));
const boundaryArn = iam(`policy/${project}-prod-boundary`);

const bucketArn = `arn:aws:s3:::${row.stateBucket}`;
const bucket = [
  own(
    'the state bucket',
    (it) => `arn:aws:s3:::${it.stateBucket}`,
    `${bucketArn}-copy`,
    'arn:aws:s3:::payroll',
  ),
];
const stateFile = (stack: string, end = ''): Own => ({
  ...own(
    `the state of ${stack}${end}`,
    (it) => `arn:aws:s3:::${it.stateBucket}/${stateKey(it, stack)}${end}`,
    `${bucketArn}/${stateKey(row, stack)}${end}-copy`,
    'arn:aws:s3:::payroll/2026.csv',
  ),
});
const otherStates: Target[] = [
  { name: "the pipeline's own state", arn: `${bucketArn}/${stateKey(row, 'pipeline')}` },
  { name: "another environment's state in the same bucket", arn: `${bucketArn}/${stateKey(lab, 'table')}` },
  { name: "another system's state in the same bucket", arn: `${bucketArn}/payroll.tfstate` },
];
const bucketState = [stateFile('state-backend')];
const bucketLock = [stateFile('state-backend', '.tflock')];
const states = [stateFile('table'), stateFile('functions')];
const locks = [stateFile('table', '.tflock'), stateFile('functions', '.tflock')];

const pipelineItself: Target[] = [
  { name: 'the boundary', arn: boundaryArn },
  { name: 'a policy of the pipeline', arn: iam(`policy/${project}-prod-apply-access`) },
];
const otherRoles: Target[] = [
  { name: 'the role that applies', arn: iam(`role/${project}-prod-apply`) },
  { name: 'an administrator', arn: iam('role/Administrator') },
];

const boundary = { 'iam:PermissionsBoundary': boundaryArn };
const ownPolicy = (index: number) => ({ ...boundary, 'iam:PolicyARN': policies[index]?.arn ?? '' });
const toLambda = { 'iam:PassedToService': 'lambda.amazonaws.com' };

interface Row {
  readonly actions: string;
  readonly on: readonly Target[];
  readonly plan: Answer;
  readonly apply: Answer;
  readonly because: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

const read = {
  plan: 'allow',
  apply: 'allow',
  because: 'Terraform compares what is there with the configuration',
} as const;
const write = { plan: 'deny', apply: 'allow', because: 'a plan changes nothing' } as const;
const never = { plan: 'deny', apply: 'deny' } as const;

/** The partition keys of a table's seed items, each once, as IAM compares them. */
function seedKeys(id: TableId, { key }: Table): string[] {
  const seed = loadSeeds(row)[id];
  const { name, type } = keySchema(key).partitionKey;
  return seed.mode === 'items'
    ? [...new Set(seed.items.map(({ item }) => JSON.parse(item)[name][type]))]
    : [];
}

/** What may be asked of a table that starts with items of these keys. */
function itemCases(on: readonly Target[], keys: readonly string[]): Row[] {
  const leading = (...values: string[]) => ({ 'dynamodb:LeadingKeys': values });
  const get = { actions: 'dynamodb: GetItem', on, plan: 'deny', apply: 'allow' } as const;
  const others = keys.slice(0, 1).flatMap((key): Row[] => [
    { ...get, context: leading(`${key}s`), because: 'the whole key counts' },
    { ...get, context: leading(key, 'Alfred'), because: 'each key counts' },
    { actions: 'dynamodb: PutItem UpdateItem DeleteItem', on, ...write, context: leading(key) },
    {
      actions: 'dynamodb: Query BatchGetItem BatchWriteItem',
      on,
      ...never,
      context: leading(key),
      because: 'Terraform reads and writes one item at a time',
    },
  ]);
  return [
    ...keys.map((key): Row => ({ ...get, ...read, context: leading(key) })),
    {
      ...get,
      context: leading('Alfred'),
      because:
        'an item that the application has written is none of its business; one that leaves the seed is deleted',
    },
    { ...get, because: 'what is not said is not granted' },
    ...others,
  ];
}

const rows: readonly Row[] = [
  // The system
  {
    actions:
      'dynamodb: DescribeTable DescribeContinuousBackups DescribeTimeToLive DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy ListTagsOfResource',
    on: table,
    ...read,
  },
  ...Object.entries(tables).flatMap(([id, it], index) =>
    itemCases(table.slice(index, index + 1), seedKeys(id as TableId, it)),
  ),
  {
    actions:
      'dynamodb: CreateTable UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive TagResource UntagResource PutItem UpdateItem DeleteItem',
    on: table,
    ...write,
  },
  {
    actions: 'dynamodb: Scan Query BatchGetItem ExportTableToPointInTime CreateBackup',
    on: table,
    ...never,
    because: 'the data is none of its business',
  },
  { actions: 'dynamodb: PutResourcePolicy', on: table, ...never, because: 'it could let others in' },
  {
    actions:
      'lambda: GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig GetFunctionUrlConfig GetPolicy ListAliases ListFunctionEventInvokeConfigs ListVersionsByFunction ListTags',
    on: lambdas,
    ...read,
  },
  {
    actions:
      'lambda: CreateFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion DeleteFunction PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource InvokeFunction',
    on: lambdas,
    ...write,
  },
  {
    actions: 'lambda: GetFunctionUrlConfig GetPolicy',
    on: versions,
    plan: 'allow',
    apply: 'deny',
    because: 'a drift check tells who may call an alias',
  },
  {
    actions: 'lambda: GetFunction GetFunctionConfiguration',
    on: versions,
    plan: 'deny',
    apply: 'allow',
    because: 'a new version is waited for',
  },
  {
    actions: 'lambda: AddPermission CreateFunctionUrlConfig',
    on: lambdas,
    ...never,
    because: 'nobody else may invoke them',
  },
  {
    actions: 'logs: ListTagsForResource DescribeMetricFilters DescribeSubscriptionFilters',
    on: groups,
    ...read,
  },
  {
    actions: 'logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy TagResource UntagResource',
    on: groups,
    ...write,
  },
  { actions: 'logs: FilterLogEvents', on: groups, ...never, because: 'logs may name people' },
  { actions: 'logs: DescribeLogGroups', on: [{ name: 'any log group', arn: '*' }], ...read },
  { actions: 'lambda: ListEventSourceMappings', on: [{ name: 'any trigger', arn: '*' }], ...read },

  // Access
  {
    actions:
      'iam: GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole',
    on: roles,
    ...read,
  },
  { actions: 'iam: DeleteRole UpdateRole TagRole UntagRole', on: roles, ...write },
  { actions: 'iam: UpdateAssumeRolePolicy', on: roles, ...never, because: 'it could let anybody in' },
  {
    actions: 'iam: UpdateAssumeRolePolicy',
    on: roles,
    ...never,
    context: boundary,
    because: 'it could let anybody in',
  },
  { actions: 'iam: GetPolicy GetPolicyVersion ListPolicyVersions', on: policies, ...read },
  {
    actions: 'iam: CreatePolicy CreatePolicyVersion DeletePolicyVersion DeletePolicy TagPolicy UntagPolicy',
    on: policies,
    ...write,
  },
  { actions: 'iam: CreateRole PutRolePermissionsBoundary', on: roles, ...write, context: boundary },
  {
    actions: 'iam: CreateRole PutRolePermissionsBoundary',
    on: roles,
    ...never,
    context: { 'iam:PermissionsBoundary': iam('policy/Other') },
    because: 'another boundary may be none',
  },
  {
    actions: 'iam: CreateRole PutRolePermissionsBoundary',
    on: roles,
    ...never,
    because: 'a role without a boundary can be given anything',
  },
  {
    actions: 'iam: DeleteRolePermissionsBoundary',
    on: roles,
    ...never,
    context: boundary,
    because: 'the boundary is what holds',
  },
  {
    actions: 'iam: PutRolePolicy',
    on: roles,
    ...never,
    context: boundary,
    because: 'policies have names that can be reviewed',
  },
  ...policies.map(
    (_, index): Row => ({
      actions: 'iam: AttachRolePolicy DetachRolePolicy',
      on: roles,
      ...write,
      context: ownPolicy(index),
    }),
  ),
  {
    actions: 'iam: AttachRolePolicy DetachRolePolicy',
    on: roles,
    ...never,
    context: { ...boundary, 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    because: 'only what is reviewed is attached',
  },
  {
    actions: 'iam: AttachRolePolicy DetachRolePolicy',
    on: roles,
    ...never,
    context: boundary,
    because: 'what is not said is not granted',
  },
  {
    actions: 'iam: AttachRolePolicy DetachRolePolicy',
    on: roles,
    ...never,
    context: { ...ownPolicy(0), 'iam:PermissionsBoundary': iam('policy/Other') },
    because: 'the role could do what the policy comes to say',
  },
  {
    actions: 'iam: AttachRolePolicy DetachRolePolicy',
    on: roles,
    ...never,
    context: { 'iam:PolicyARN': policies[0]?.arn ?? '' },
    because: 'the role could do what the policy comes to say',
  },
  { actions: 'iam: PassRole', on: roles, ...write, context: toLambda },
  {
    actions: 'iam: PassRole',
    on: roles,
    ...never,
    context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    because: 'the roles are for functions',
  },
  { actions: 'iam: PassRole', on: roles, ...never, because: 'what is not said is not granted' },
  {
    actions: 'iam: PassRole',
    on: otherRoles,
    ...never,
    context: toLambda,
    because: 'a function could then do anything',
  },
  { actions: 'iam: UpdateAssumeRolePolicy', on: otherRoles, ...never, because: 'it could become anyone' },
  {
    actions: 'iam: AttachRolePolicy',
    on: otherRoles,
    ...never,
    context: ownPolicy(0),
    because: 'no role raises itself',
  },
  {
    actions: 'iam: CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy',
    on: pipelineItself,
    ...never,
    because: 'no role raises itself',
  },

  // State
  {
    actions:
      's3: ListBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration',
    on: bucket,
    ...read,
  },
  {
    actions:
      's3: DeleteBucket PutBucketPolicy PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration',
    on: bucket,
    ...never,
    because: "the bucket is an administrator's work",
  },
  { actions: 's3: GetObject', on: [...bucketState, ...states, ...locks], ...read },
  {
    actions: 's3: GetObject',
    on: bucketLock,
    plan: 'allow',
    apply: 'deny',
    because: 'a plan says who is changing what it read',
  },
  { actions: 's3: PutObject', on: [...states, ...locks], ...write },
  { actions: 's3: DeleteObject', on: locks, ...write },
  {
    actions: 's3: GetObject PutObject DeleteObject',
    on: otherStates,
    ...never,
    because: 'who writes a state decides what becomes of it',
  },
  {
    actions: 's3: DeleteObjectVersion',
    on: [...states, ...bucketState],
    ...never,
    because: 'the way back would be lost',
  },
];

const casesOf = ({ actions, on, context = {}, ...answers }: Row): PipelineCase[] => {
  const [service, ...names] = actions.split(' ');
  return names.flatMap((name) =>
    on.map((target) => ({ action: `${service}${name}`, on: target, context, ...answers })),
  );
};

/** What only a thing of the environment allows, asked of what must not be taken for it. */
const strangersOf = ({ plan, apply, on, ...row }: Row): Row[] =>
  plan === 'deny' && apply === 'deny'
    ? []
    : [
        {
          ...row,
          ...never,
          on: on.flatMap((it) => ('others' in it ? (it as Own).others : [])),
          because: 'the whole name counts',
        },
      ];

const explicit = rows.flatMap(casesOf);
const isNamed = (action: string, { arn }: Target) =>
  explicit.some((it) => it.action === action && it.on.arn === arn);

/** Every action on every thing of its service that is not named above. */
const unnamed = (): PipelineCase[] => {
  const actions = [...new Set(explicit.map(({ action }) => action))];
  const targets = [...new Map(rows.flatMap(({ on }) => on).map((it) => [it.arn, it])).values()].filter(
    ({ arn }) => arn !== '*',
  );
  return actions.flatMap((action) =>
    targets
      .filter(({ arn }) => arn.split(':')[2] === action.split(':')[0] && !isNamed(action, { name: '', arn }))
      .map((on) => ({ action, on, context: {}, ...never, because: 'nothing else is needed' })),
  );
};

export const pipelineCases: readonly PipelineCase[] = explicit;
export const otherCases: readonly PipelineCase[] = [
  ...rows.flatMap(strangersOf).flatMap(casesOf),
  ...unnamed(),
];

/** A workflow that asks for a role, by what GitHub says of it. */
export interface TrustCase {
  readonly role: PipelineRoleKey;
  readonly action: string;
  readonly claims: { readonly sub?: string; readonly aud?: string };
  readonly answer: Answer;
  readonly because: string;
}

const aud = 'sts.amazonaws.com';
const ours = 'repo:acme/supermission';
const trust = (
  role: PipelineRoleKey,
  claims: TrustCase['claims'],
  answer: Answer,
  because: string,
  action = 'sts:AssumeRoleWithWebIdentity',
): TrustCase => ({ role, action, claims, answer, because });

export const trustCases: readonly TrustCase[] = [
  trust('plan', { sub: `${ours}:pull_request`, aud }, 'allow', 'what a pull request would do'),
  trust('plan', { sub: `${ours}:ref:refs/heads/main`, aud }, 'allow', 'what is planned again, and drift'),
  trust('plan', { sub: `${ours}:ref:refs/heads/other`, aud }, 'deny', 'a branch without a pull request'),
  trust('plan', { sub: `${ours}:environment:prod`, aud }, 'deny', 'the other role is for that'),
  trust('apply', { sub: `${ours}:environment:prod`, aud }, 'allow', 'a job that was approved'),
  trust('apply', { sub: `${ours}:environment:lab`, aud }, 'deny', 'approved for something else'),
  trust('apply', { sub: `${ours}:environment:production`, aud }, 'deny', 'the whole name counts'),
  trust('apply', { sub: `${ours}:pull_request`, aud }, 'deny', 'nobody has approved it'),
  trust('apply', { sub: `${ours}:ref:refs/heads/main`, aud }, 'deny', 'nobody has approved it'),
  ...(['plan', 'apply'] as const).flatMap((role) => {
    const subject = role === 'plan' ? 'pull_request' : 'environment:prod';
    return [
      ...['pull_request', 'environment:prod'].flatMap((it) => [
        trust(role, { sub: `repo:acme/supermission-copy:${it}`, aud }, 'deny', 'another repository'),
        trust(role, { sub: `repo:mallory/supermission:${it}`, aud }, 'deny', 'a fork'),
      ]),
      trust(role, { aud }, 'deny', 'what is not said is not granted'),
      trust(role, { sub: `${ours}:${subject}` }, 'deny', 'a token for nobody'),
      trust(
        role,
        { sub: `${ours}:${subject}`, aud: 'https://github.com/acme' },
        'deny',
        'a token for somebody else',
      ),
      trust(role, { sub: `${ours}:${subject}`, aud }, 'deny', 'a token is the only way', 'sts:AssumeRole'),
    ];
  }),
];
