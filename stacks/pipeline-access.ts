import type { DataAwsIamPolicyDocumentStatement } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { accessOf, keySchema, type Table } from '../declarations';
import { type Environment, functionsOf } from '../environments';
import { InputError } from '../input-error';
import type { Seed, Seeds } from '../seed-data/load-seed';
import { tables as declaredTables, project, type TableId } from '../system';
import { alarmNames } from './constructs/alarms';
import {
  appStacks,
  functionNames,
  importPrefix,
  stackNames,
  stateKey,
  systemStacks,
  tableName,
  webNames,
} from './names';

type Statement = DataAwsIamPolicyDocumentStatement;

export const githubIssuer = 'token.actions.githubusercontent.com';

/** Who plans, and who applies what was planned. */
export const pipelineRoles = ['plan', 'apply'] as const;
export type PipelineRoleKey = (typeof pipelineRoles)[number];

export interface PipelineRole {
  readonly trust: readonly Statement[];
  /** Statements by the id of the policy that holds them; a policy has room for 6,144 characters. */
  readonly policies: Readonly<Record<string, readonly Statement[]>>;
}

export interface PipelineAccessProps {
  readonly pipeline: NonNullable<Environment['pipeline']>;
  readonly seeds: Seeds;
  readonly partition: string;
  readonly accountId: string;
  /** An expression of Terraform: whether the functions' roles have their boundary. */
  readonly areBounded: string;
}

export function pipelineRoleName({ name }: Pick<Environment, 'name'>, role: PipelineRoleKey): string {
  return `${project}-${name}-${role}`;
}

/** What the workflows ask for. */
export function pipelineRoleArn(
  { name, region }: Pick<Environment, 'name' | 'region'>,
  role: PipelineRoleKey,
  accountId: string,
): string {
  const [, part] = /^(cn|us-gov)-/.exec(region) ?? [];
  const partition = part ? `aws-${part}` : 'aws';
  return `arn:${partition}:iam::${accountId}:role/${pipelineRoleName({ name }, role)}`;
}

/** The most that the functions' roles can be given while a pipeline deploys them. */
export function boundaryName({ name }: Environment): string {
  return `${project}-${name}-boundary`;
}

/**
 * What the roles of an environment's pipeline may do: no more than its plans and its deployments need.
 *
 * @throws InputError if the keys of the seed items cannot be said in a policy
 */
export function definePipelineAccess(
  environment: Environment,
  { pipeline: { repository }, seeds, partition, accountId, areBounded }: PipelineAccessProps,
): Record<PipelineRoleKey, PipelineRole> {
  const fns = functionsOf(environment).map(([, fn]) => fn);
  const names = fns.map((fn) => functionNames(environment, fn));
  const arn = (service: string, resource: string, region = environment.region) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const iam = (resource: string) => arn('iam', resource, '');
  const functions = names.map((it) => arn('lambda', `function:${it.function}`));
  const versions = functions.map((it) => `${it}:*`);
  const roles = names.map(({ role }) => iam(`role/${role}`));
  const readPolicies = names.filter((_, index) => fns[index]?.reads.length).map(({ policy }) => policy);
  const policies = [...readPolicies, ...names.map(({ logsPolicy }) => logsPolicy)].map((it) =>
    iam(`policy/${it}`),
  );
  const boundary = iam(`policy/${boundaryName(environment)}`);
  const webLogGroups = environment.web ? [webNames(environment).logGroup] : [];
  const logGroups = [...names.map(({ logGroup }) => logGroup), ...webLogGroups].map((it) =>
    arn('logs', `log-group:${it}`),
  );
  // Logs names a group in one request as itself, in another with what is in it.
  const groups = logGroups.flatMap((it) => [it, `${it}:*`]);
  const tableArn = (table: Table) => arn('dynamodb', `table/${tableName(environment, table)}`);
  const tables = Object.values<Table>(declaredTables).map(tableArn);
  const alarms = alarmsOf(environment).map((it) => arn('cloudwatch', `alarm:${it}`));
  const bucket = `arn:${partition}:s3:::${environment.stateBucket}`;
  const states = (stacks: readonly string[], end = '') =>
    stacks.map((stack) => `${bucket}/${stateKey(environment, stack)}${end}`);
  const system = systemStacks(environment);
  /** The state bucket is an administrator's work, like this stack. */
  const deployed = appStacks(environment);

  const trust = (subjects: readonly string[]): Statement[] => [
    {
      sid: 'AssumeByWorkflow',
      actions: ['sts:AssumeRoleWithWebIdentity'],
      principals: [{ type: 'Federated', identifiers: [iam(`oidc-provider/${githubIssuer}`)] }],
      condition: [
        { test: 'StringEquals', variable: `${githubIssuer}:aud`, values: ['sts.amazonaws.com'] },
        {
          test: 'StringEquals',
          variable: `${githubIssuer}:sub`,
          values: [...subjects],
        },
      ],
    },
  ];

  const tablesWhere = (isMeant: (seed: Seed) => boolean) =>
    Object.entries<Table>(declaredTables)
      .filter(([id]) => isMeant(seeds[id as TableId]))
      .map(([, table]) => tableArn(table));
  const withItems = tablesWhere((seed) => seed.mode === 'items' && seed.items.length > 0);
  const imported = tablesWhere(({ mode }) => mode === 'import');
  // DynamoDB reads the parts, and writes its log, with the rights of whoever has asked for the import.
  const importTables = ifAny(
    imported,
    { sid: 'ImportTables', actions: ['dynamodb:ImportTable'] },
    {
      sid: 'FollowImports',
      actions: ['dynamodb:DescribeImport'],
      resources: imported.map((it) => `${it}/import/*`),
    },
    { sid: 'ReadParts', actions: ['s3:GetObject'], resources: [`${bucket}/${importPrefix(environment)}*`] },
    {
      sid: 'WriteImportLog',
      actions: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
      ],
      resources: ['', ':*'].map((end) => arn('logs', `log-group:/aws-dynamodb/imports${end}`)),
    },
  );

  // An API has no name before it has an id; what it has is the tags of all that is deployed here.
  const api = (resource: string) => `arn:${partition}:apigateway:${environment.region}::/${resource}`;
  const findApis: Statement = {
    sid: 'FindApis',
    actions: ['apigateway:GET'],
    resources: [api('apis'), api('apis/*')],
  };
  const isOurs = (tags: 'RequestTag' | 'ResourceTag') =>
    Object.entries({ project, environment: environment.name }).map(([tag, value]) => ({
      test: 'StringEquals',
      variable: `aws:${tags}/${tag}`,
      values: [value],
    }));
  const deployWeb = (): Statement[] => [
    {
      sid: 'CreateApis',
      actions: ['apigateway:POST'],
      resources: [api('apis')],
      condition: isOurs('RequestTag'),
    },
    {
      sid: 'DeployApis',
      actions: ['apigateway:DELETE', 'apigateway:PATCH', 'apigateway:POST', 'apigateway:PUT'],
      resources: [api('apis/*'), api('tags/*')],
      condition: isOurs('ResourceTag'),
    },
    {
      sid: 'LetApisCallFunctions',
      actions: ['lambda:AddPermission', 'lambda:RemovePermission'],
      resources: functions,
      condition: [
        { test: 'StringEquals', variable: 'lambda:Principal', values: ['apigateway.amazonaws.com'] },
      ],
    },
    deliverLogs,
  ];

  const readBucket: Statement[] = [{ sid: 'ReadStateBucket', actions: bucketReads, resources: [bucket] }];
  const withBoundary = { test: 'StringEquals', variable: 'iam:PermissionsBoundary', values: [boundary] };

  return {
    plan: {
      // Pull requests of forks get no token that says so.
      trust: trust([`repo:${repository}:pull_request`, `repo:${repository}:ref:refs/heads/main`]),
      policies: {
        state: [
          ...readBucket,
          {
            sid: 'ReadStates',
            actions: ['s3:GetObject'],
            resources: [...states(system), ...states(system, '.tflock')],
          },
        ],
        system: [
          { sid: 'ReadTables', actions: tableReads, resources: tables },
          { sid: 'ReadFunctions', actions: functionReads, resources: functions },
          // An alias that somebody has made has callers of its own, and a drift check tells of them.
          {
            sid: 'ReadAliases',
            actions: ['lambda:GetFunctionUrlConfig', 'lambda:GetPolicy'],
            resources: versions,
          },
          { sid: 'ReadRoles', actions: roleReads, resources: roles },
          { sid: 'ReadPolicies', actions: policyReads, resources: policies },
          { sid: 'ReadLogGroups', actions: groupReads, resources: groups },
          findLogGroups,
          ...ifAny(alarms, { sid: 'ReadAlarms', actions: alarmReads }),
        ],
        ...readItems(seeds, tableArn),
        ...(environment.web && { web: [findApis] }),
      },
    },
    apply: {
      trust: trust([`\${${areBounded} ? "repo:${repository}:environment:${environment.name}" : "nobody"}`]),
      policies: {
        state: [
          ...readBucket,
          { sid: 'ReadStates', actions: ['s3:GetObject'], resources: states([stackNames.stateBackend]) },
          { sid: 'WriteStates', actions: ['s3:GetObject', 's3:PutObject'], resources: states(deployed) },
          {
            sid: 'LockStates',
            actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
            resources: states(deployed, '.tflock'),
          },
        ],
        system: [
          { sid: 'DeployTables', actions: [...tableReads, ...tableWrites], resources: tables },
          ...ifAny(withItems, { sid: 'DeployItems', actions: itemActions }),
          ...importTables,
          { sid: 'DeployFunctions', actions: [...functionReads, ...functionWrites], resources: functions },
          // A published version is asked for by its number.
          {
            sid: 'ReadVersions',
            actions: ['lambda:GetFunction', 'lambda:GetFunctionConfiguration'],
            resources: versions,
          },
          { sid: 'DeployLogGroups', actions: [...groupReads, ...groupWrites], resources: groups },
          findLogGroups,
          ...ifAny(alarms, { sid: 'DeployAlarms', actions: [...alarmReads, ...alarmWrites] }),
        ],
        access: [
          { sid: 'DeployPolicies', actions: [...policyReads, ...policyWrites], resources: policies },
          { sid: 'DeployRoles', actions: [...roleReads, ...roleWrites], resources: roles },
          // Without it, whoever applies could make a role that can do anything, and a function that uses it.
          {
            sid: 'CreateBoundedRoles',
            actions: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'],
            resources: roles,
            condition: [withBoundary],
          },
          {
            sid: 'AttachOwnPolicies',
            actions: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
            resources: roles,
            condition: [withBoundary, { test: 'StringEquals', variable: 'iam:PolicyARN', values: policies }],
          },
          {
            sid: 'PassRolesToLambda',
            actions: ['iam:PassRole'],
            resources: roles,
            condition: [
              { test: 'StringEquals', variable: 'iam:PassedToService', values: ['lambda.amazonaws.com'] },
            ],
          },
        ],
        ...(environment.web && { web: [findApis, ...deployWeb()] }),
      },
    },
  };
}

/** Statements, on these resources where they name none, unless there is nothing that they would be for. */
function ifAny(resources: string[], ...statements: readonly Statement[]): Statement[] {
  return resources.length === 0 ? [] : statements.map((it) => ({ resources, ...it }));
}

/** The names of the alarms that the environment has. */
function alarmsOf(environment: Environment): string[] {
  if (!environment.alarmTopicArn) return [];
  const fns = functionsOf(environment).map(([, fn]) => fn);
  return alarmNames({
    apis: environment.web ? [{ name: webNames(environment).api }] : [],
    functionNames: fns.map((fn) => functionNames(environment, fn).function),
    operations: fns
      .flatMap(({ reads }) => reads.map(accessOf))
      .map(({ operation, table }) => ({ operation, tableName: tableName(environment, table) })),
  });
}

/** A policy has 6,144 characters; what the keys of one may take leaves room for the rest of it. */
const keyCharacters = 5_000;

/** Of the 10 policies that a role may have without asking AWS for more. */
const itemPolicies = 7;

/** Policies by which the seed items can be read, and no others: what is in a table beside them is nobody's business here. */
function readItems(seeds: Seeds, tableArn: (table: Table) => string): Record<string, Statement[]> {
  const statements = Object.entries<Table>(declaredTables).flatMap(([id, table]) => {
    const seed = seeds[id as TableId];
    const keys = seed.mode === 'items' ? partitionKeys(table, seed.items) : [];
    return inParts(keys).map((values) => ({
      sid: 'ReadSeedItems',
      actions: ['dynamodb:GetItem'],
      resources: [tableArn(table)],
      condition: [
        { test: 'ForAllValues:StringEquals', variable: 'dynamodb:LeadingKeys', values },
        { test: 'Null', variable: 'dynamodb:LeadingKeys', values: ['false'] },
      ],
    }));
  });
  if (statements.length > itemPolicies) {
    throw new InputError({
      where: 'pipeline',
      what: 'more keys of seed items than policies have room for',
      got: `${statements.length} policies of ${keyCharacters} characters`,
      expected: `${itemPolicies} at most, or tables that start from an import`,
    });
  }
  return Object.fromEntries(
    statements.map((it, index) => [index === 0 ? 'items' : `items-${index + 1}`, [it]]),
  );
}

/** The values of the items' partition keys, each once, as a policy has them. */
function partitionKeys(table: Table, items: readonly { readonly item: string }[]): string[] {
  const { name } = keySchema(table.key).partitionKey;
  const keys = items.map(({ item }) => Object.values<string>(JSON.parse(item)[name])[0] ?? '');
  // IAM takes no other characters, and both IAM and Terraform put something else in the place of variables.
  const unsayable = keys.find((key) => /[^\t\n\r\u0020-\u00ff]|[$&%]\{/.test(key));
  if (unsayable === undefined) return [...new Set(keys)];
  throw new InputError({
    where: `${table.seed}: ${name}`,
    what: 'the role that plans cannot be limited to this key',
    got: unsayable,
    expected:
      'characters up to U+00FF and no "${", "&{" or "%{" where an environment has a pipeline, or an import',
  });
}

function inParts(keys: readonly string[]): string[][] {
  const parts: string[][] = [];
  let room = 0;
  for (const key of keys) {
    const size = JSON.stringify(key).length + 1;
    if (room < size) {
      parts.push([]);
      room = keyCharacters;
    }
    parts.at(-1)?.push(key);
    room -= size;
  }
  return parts;
}

/** AWS grants these on everything or not at all. They tell names, retentions and triggers, no line of a log. */
const findLogGroups: Statement = {
  sid: 'FindLogGroupsAndTriggers',
  actions: ['logs:DescribeLogGroups', 'lambda:ListEventSourceMappings'],
  resources: ['*'],
};

/**
 * What API Gateway does in the name of whoever sets where calls are logged; on everything or not at all.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
 */
const deliverLogs: Statement = {
  sid: 'DeliverLogs',
  actions: [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ],
  resources: ['*'],
};

const bucketReads = [
  's3:ListBucket',
  's3:GetAccelerateConfiguration',
  's3:GetBucketAcl',
  's3:GetBucketCORS',
  's3:GetBucketLogging',
  's3:GetBucketNotification',
  's3:GetBucketObjectLockConfiguration',
  's3:GetBucketOwnershipControls',
  's3:GetBucketPolicy',
  's3:GetBucketPublicAccessBlock',
  's3:GetBucketRequestPayment',
  's3:GetBucketTagging',
  's3:GetBucketVersioning',
  's3:GetBucketWebsite',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
  's3:GetReplicationConfiguration',
];

const tableReads = [
  'dynamodb:DescribeTable',
  'dynamodb:DescribeContinuousBackups',
  'dynamodb:DescribeTimeToLive',
  // What a drift check looks for beside the table.
  'dynamodb:DescribeContributorInsights',
  'dynamodb:DescribeKinesisStreamingDestination',
  'dynamodb:GetResourcePolicy',
  'dynamodb:ListTagsOfResource',
];
const tableWrites = [
  'dynamodb:CreateTable',
  'dynamodb:UpdateTable',
  'dynamodb:DeleteTable',
  'dynamodb:UpdateContinuousBackups',
  'dynamodb:UpdateTimeToLive',
  'dynamodb:TagResource',
  'dynamodb:UntagResource',
];
/** Seed items are resources: those that go, and those to come, have other keys than those of now. */
const itemActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

const functionReads = [
  'lambda:GetFunction',
  'lambda:GetFunctionConfiguration',
  'lambda:GetFunctionCodeSigningConfig',
  'lambda:ListVersionsByFunction',
  'lambda:ListTags',
  // What a drift check looks for beside the function.
  'lambda:GetFunctionUrlConfig',
  'lambda:GetPolicy',
  'lambda:ListAliases',
  'lambda:ListFunctionEventInvokeConfigs',
];
const functionWrites = [
  'lambda:CreateFunction',
  'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionConfiguration',
  'lambda:PublishVersion',
  'lambda:DeleteFunction',
  'lambda:PutFunctionConcurrency',
  'lambda:DeleteFunctionConcurrency',
  'lambda:TagResource',
  'lambda:UntagResource',
  // The smoke test.
  'lambda:InvokeFunction',
];

const groupReads = [
  'logs:ListTagsForResource',
  'logs:DescribeMetricFilters',
  'logs:DescribeSubscriptionFilters',
];
const groupWrites = [
  'logs:CreateLogGroup',
  'logs:DeleteLogGroup',
  'logs:PutRetentionPolicy',
  'logs:TagResource',
  'logs:UntagResource',
];

const roleReads = [
  'iam:GetRole',
  'iam:ListRolePolicies',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:ListInstanceProfilesForRole',
];
/** Whom a role trusts is decided when it is made: IAM has no condition by which that could be left to Lambda alone. */
const roleWrites = ['iam:DeleteRole', 'iam:UpdateRole', 'iam:TagRole', 'iam:UntagRole'];

const alarmReads = ['cloudwatch:DescribeAlarms', 'cloudwatch:ListTagsForResource'];
const alarmWrites = [
  'cloudwatch:PutMetricAlarm',
  'cloudwatch:DeleteAlarms',
  'cloudwatch:TagResource',
  'cloudwatch:UntagResource',
];

const policyReads = ['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListPolicyVersions'];
const policyWrites = [
  'iam:CreatePolicy',
  'iam:CreatePolicyVersion',
  'iam:DeletePolicyVersion',
  'iam:DeletePolicy',
  'iam:TagPolicy',
  'iam:UntagPolicy',
];
