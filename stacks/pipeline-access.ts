import type { DataAwsIamPolicyDocumentStatement } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import type { Fn } from '../declarations';
import type { Environment } from '../environments';
import { functions as declaredFunctions, tables as declaredTables, project } from '../system';
import { functionNames, stackNames, stateKey, systemStacks, tableName } from './names';

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
  readonly partition: string;
  readonly accountId: string;
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

/** What the roles of an environment's pipeline may do: no more than its plans and its deployments need. */
export function definePipelineAccess(
  environment: Environment,
  { pipeline: { repository }, partition, accountId }: PipelineAccessProps,
): Record<PipelineRoleKey, PipelineRole> {
  const names = Object.values<Fn>(declaredFunctions).map((fn) => functionNames(environment, fn));
  const arn = (service: string, resource: string, region = environment.region) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const iam = (resource: string) => arn('iam', resource, '');
  const functions = names.map((it) => arn('lambda', `function:${it.function}`));
  const versions = functions.map((it) => `${it}:*`);
  const roles = names.map(({ role }) => iam(`role/${role}`));
  const policies = [...names.map(({ policy }) => policy), ...names.map(({ logsPolicy }) => logsPolicy)].map(
    (it) => iam(`policy/${it}`),
  );
  const boundary = iam(`policy/${boundaryName(environment)}`);
  const logGroups = names.map(({ logGroup }) => arn('logs', `log-group:${logGroup}`));
  // Logs names a group in one request as itself, in another with what is in it.
  const groups = logGroups.flatMap((it) => [it, `${it}:*`]);
  const tables = Object.values(declaredTables).map((it) =>
    arn('dynamodb', `table/${tableName(environment, it)}`),
  );
  const bucket = `arn:${partition}:s3:::${environment.stateBucket}`;
  const states = (stacks: readonly string[], end = '') =>
    stacks.map((stack) => `${bucket}/${stateKey(environment, stack)}${end}`);
  /** The state bucket is an administrator's work, like this stack. */
  const deployed = [stackNames.table, stackNames.functions];

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
          values: subjects.map((subject) => `repo:${repository}:${subject}`),
        },
      ],
    },
  ];

  const readBucket: Statement[] = [{ sid: 'ReadStateBucket', actions: bucketReads, resources: [bucket] }];
  const withBoundary = { test: 'StringEquals', variable: 'iam:PermissionsBoundary', values: [boundary] };

  return {
    plan: {
      // Pull requests of forks get no token that says so.
      trust: trust(['pull_request', 'ref:refs/heads/main']),
      policies: {
        state: [
          ...readBucket,
          {
            sid: 'ReadStates',
            actions: ['s3:GetObject'],
            resources: [...states(systemStacks), ...states(systemStacks, '.tflock')],
          },
        ],
        system: [
          { sid: 'ReadTable', actions: tableReads, resources: tables },
          { sid: 'ReadFunctions', actions: functionReads, resources: functions },
          { sid: 'ReadRoles', actions: roleReads, resources: roles },
          { sid: 'ReadPolicies', actions: policyReads, resources: policies },
          { sid: 'ReadLogGroups', actions: groupReads, resources: groups },
          findLogGroups,
        ],
      },
    },
    apply: {
      trust: trust([`environment:${environment.name}`]),
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
          { sid: 'DeployTable', actions: [...tableReads, ...tableWrites], resources: tables },
          { sid: 'DeployFunctions', actions: [...functionReads, ...functionWrites], resources: functions },
          // A published version is asked for by its number.
          {
            sid: 'ReadVersions',
            actions: ['lambda:GetFunction', 'lambda:GetFunctionConfiguration'],
            resources: versions,
          },
          { sid: 'DeployLogGroups', actions: [...groupReads, ...groupWrites], resources: groups },
          findLogGroups,
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
      },
    },
  };
}

/** AWS grants it on everything or not at all. It tells names and retentions, no line of a log. */
const findLogGroups: Statement = {
  sid: 'FindLogGroups',
  actions: ['logs:DescribeLogGroups'],
  resources: ['*'],
};

const bucketReads = [
  's3:ListBucket',
  's3:GetAccelerateConfiguration',
  's3:GetBucketAcl',
  's3:GetBucketCORS',
  's3:GetBucketLogging',
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
  'dynamodb:ListTagsOfResource',
  // The records of the seed data are resources, and read one by one.
  'dynamodb:GetItem',
];
const tableWrites = [
  'dynamodb:CreateTable',
  'dynamodb:UpdateTable',
  'dynamodb:DeleteTable',
  'dynamodb:UpdateContinuousBackups',
  'dynamodb:TagResource',
  'dynamodb:UntagResource',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
];

const functionReads = [
  'lambda:GetFunction',
  'lambda:GetFunctionConfiguration',
  'lambda:GetFunctionCodeSigningConfig',
  'lambda:ListVersionsByFunction',
  'lambda:ListTags',
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

const groupReads = ['logs:ListTagsForResource'];
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
  'iam:ListAttachedRolePolicies',
  'iam:ListInstanceProfilesForRole',
];
const roleWrites = [
  'iam:DeleteRole',
  'iam:UpdateRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:TagRole',
  'iam:UntagRole',
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
