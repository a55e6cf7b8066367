import type { DataAwsIamPolicyDocumentStatement } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { type Access, accessOf, type Fn } from '../declarations';
import type { Environment } from '../environments';
import { tableName } from './names';

type Statement = DataAwsIamPolicyDocumentStatement;

/** The ARN of a resource in an environment's account and region. */
export type ArnOf = (service: string, resource: string) => string;

/** Whether a function's policy is the notebook's to the letter, which limits no attribute. */
export function isAsInNotebook({ accessMode }: Environment, { notebookPolicy }: Fn): boolean {
  return accessMode === 'lab' && notebookPolicy !== undefined;
}

/** What a function may do to tables: what its declaration says that it reads, or what the notebook lets it do. */
export function readStatements(environment: Environment, fn: Fn, arn: ArnOf): Statement[] {
  const { notebookPolicy, reads } = fn;
  const [first] = reads;
  if (notebookPolicy && first && isAsInNotebook(environment, fn)) {
    const { sid, actions, attributes } = notebookPolicy;
    return [
      {
        sid,
        actions: [...actions],
        resources: ['*'],
        ...(attributes && { condition: [namesOnly(accessOf(first).table.visibleAttributes ?? [])] }),
      },
    ];
  }
  return reads.map(accessOf).map((read, index) => ({
    // An id is unique in its policy.
    sid: `${read.operation}${subjectOf(read)}${reads.length > 1 ? index + 1 : ''}`,
    actions: [`dynamodb:${read.operation}`],
    resources: [arn('dynamodb', readPath(environment, read))],
    ...(read.attributes && { condition: limitTo(read.attributes) }),
  }));
}

/** Who may assume a function's role. */
export function assumeStatements(environment: Environment, fn: Fn, accountId: string): Statement[] {
  const statement = { actions: ['sts:AssumeRole'], principals: lambdaService };
  if (isAsInNotebook(environment, fn)) return [{ sid: 'AssumeByLambda', ...statement }];
  const ofThisAccount = { test: 'StringEquals', variable: 'aws:SourceAccount', values: [accountId] };
  return [{ sid: 'AssumeByLambdaOfThisAccount', ...statement, condition: [ofThisAccount] }];
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

const lambdaService = [{ type: 'Service', identifiers: ['lambda.amazonaws.com'] }];

function subjectOf({ index, attributes }: Access): string {
  if (attributes) return 'VisibleAttributes';
  return index === undefined ? 'Table' : 'Index';
}

/** The resource that a request to a table or one of its indexes names. */
function readPath(environment: Environment, { table, index }: Access): string {
  const path = `table/${tableName(environment, table)}`;
  return index === undefined ? path : `${path}/index/${index}`;
}

function limitTo(attributes: readonly string[]) {
  return [
    namesOnly(attributes),
    // Without a projection a request is answered with every attribute but names only the key.
    { test: 'StringEquals', variable: 'dynamodb:Select', values: ['SPECIFIC_ATTRIBUTES'] },
    { test: 'Null', variable: 'dynamodb:Attributes', values: ['false'] },
  ];
}

/** `ForAllValues` also holds for a request that names no attribute at all. */
function namesOnly(attributes: readonly string[]) {
  return {
    test: 'ForAllValues:StringEquals',
    variable: 'dynamodb:Attributes',
    values: [...attributes],
  };
}

const traceStatements: Record<Environment['tracing'], Statement[]> = {
  PassThrough: [],
  Active: [
    { sid: 'WriteTraces', actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] },
  ],
};
