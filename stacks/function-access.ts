import type { DataAwsIamPolicyDocumentStatement } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import type { Environment } from '../environments';
import { visibleAttributes } from '../lambdas/shared/attributes';

type Statement = DataAwsIamPolicyDocumentStatement;

/** What the statements speak of. */
export interface AccessProps {
  readonly tableArn: string;
  readonly accountId: string;
}

/** Who may do what, for one access mode. */
export interface Access {
  /** What `SuperDynamoDBFunction` may do. */
  readonly scan: readonly Statement[];
  /** What `MissionDetailsFunction` may do. */
  readonly query: readonly Statement[];
  /** Who may assume the functions' roles. */
  readonly assumeRole: readonly Statement[];
}

/** Which attributes `MissionDetailsFunction` asks for: every one, or only the visible ones. */
export const answeredAttributes = {
  lab: 'all',
  'least-privilege': 'visible',
} as const satisfies Record<Environment['accessMode'], string>;

const lambdaService = [{ type: 'Service', identifiers: ['lambda.amazonaws.com'] }];

/** `ForAllValues` also holds for a request that names no attribute at all. */
const namesOnlyVisibleAttributes = {
  test: 'ForAllValues:StringEquals',
  variable: 'dynamodb:Attributes',
  values: [...visibleAttributes],
};

const accessByMode: Record<Environment['accessMode'], (props: AccessProps) => Access> = {
  lab: () => ({
    scan: [
      {
        sid: 'ScanAndLoad',
        actions: ['dynamodb:Scan', 's3:GetObject', 's3:PutObject', 'dynamodb:BatchWriteItem'],
        resources: ['*'],
      },
    ],
    query: [
      {
        sid: 'QueryAttributes',
        actions: ['dynamodb:Query'],
        resources: ['*'],
        condition: [namesOnlyVisibleAttributes],
      },
    ],
    assumeRole: [{ sid: 'AssumeByLambda', actions: ['sts:AssumeRole'], principals: lambdaService }],
  }),

  'least-privilege': ({ tableArn, accountId }) => ({
    scan: [{ sid: 'ScanTable', actions: ['dynamodb:Scan'], resources: [tableArn] }],
    query: [
      {
        sid: 'QueryVisibleAttributes',
        actions: ['dynamodb:Query'],
        resources: [tableArn],
        condition: [
          namesOnlyVisibleAttributes,
          // Without a projection a Query answers with every attribute but names only the key.
          { test: 'StringEquals', variable: 'dynamodb:Select', values: ['SPECIFIC_ATTRIBUTES'] },
          { test: 'Null', variable: 'dynamodb:Attributes', values: ['false'] },
        ],
      },
    ],
    assumeRole: [
      {
        sid: 'AssumeByLambdaOfThisAccount',
        actions: ['sts:AssumeRole'],
        principals: lambdaService,
        condition: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [accountId] }],
      },
    ],
  }),
};

/** The access rules of an environment. */
export function defineAccess({ accessMode }: Environment, props: AccessProps): Access {
  return accessByMode[accessMode](props);
}

/** What every function may do: write to its own log group, and to X-Ray where its traces go there. */
export function telemetryStatements({ tracing }: Environment, logGroupArn: string): Statement[] {
  return [
    {
      sid: 'WriteOwnLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`${logGroupArn}:*`],
    },
    ...traceStatements[tracing],
  ];
}

const traceStatements: Record<Environment['tracing'], Statement[]> = {
  PassThrough: [],
  Active: [
    { sid: 'WriteTraces', actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] },
  ],
};
