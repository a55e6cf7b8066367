import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';

export interface AlarmsProps {
  /** The SNS topic that hears of an alarm and of its end. */
  readonly topicArn: string;
  readonly functionNames: readonly string[];
  /** Timeout of the functions; an alarm is raised when one in a hundred invocations takes half of it. */
  readonly timeoutSeconds: number;
  /** The DynamoDB operations that the functions call; one that several call has one alarm. */
  readonly operations: readonly { readonly tableName: string; readonly operation: string }[];
  /** APIs by their names, which begin those of their alarms, and their ids. @default none */
  readonly apis?: readonly { readonly name: string; readonly id: string }[];
}

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>;
  /** @default any one in five minutes */
  readonly limit?: { readonly extendedStatistic: string; readonly threshold: number };
}

/** What the alarms are called. */
export function alarmNames({
  functionNames,
  operations,
  apis = [],
}: Pick<AlarmsProps, 'functionNames' | 'operations'> & {
  readonly apis?: readonly { readonly name: string }[];
}): string[] {
  return [
    ...functionNames.flatMap((name) => ['errors', 'throttles', 'duration'].map((it) => `${name}-${it}`)),
    ...new Set(operations.map(({ tableName, operation }) => `${tableName}-${operation}-throttled`)),
    ...apis.map(({ name }) => `${name}-errors`),
  ];
}

/** Alarms on what hurts a caller: errors, throttled and slow invocations, throttled requests to the table, errors of an API. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const slow = { extendedStatistic: 'p99', threshold: props.timeoutSeconds * 500 };

    for (const FunctionName of props.functionNames) {
      const lambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName } };
      this.alarm(props, `${FunctionName}-errors`, { ...lambda, metricName: 'Errors' });
      this.alarm(props, `${FunctionName}-throttles`, { ...lambda, metricName: 'Throttles' });
      this.alarm(props, `${FunctionName}-duration`, { ...lambda, metricName: 'Duration', limit: slow });
    }
    for (const { tableName: TableName, operation: Operation } of props.operations) {
      const name = `${TableName}-${Operation}-throttled`;
      if (this.node.tryFindChild(name)) continue;
      this.alarm(props, name, {
        namespace: 'AWS/DynamoDB',
        metricName: 'ThrottledRequests',
        dimensions: { TableName, Operation },
      });
    }
    for (const { name, id: ApiId } of props.apis ?? []) {
      const api = { namespace: 'AWS/ApiGateway', dimensions: { ApiId } };
      this.alarm(props, `${name}-errors`, { ...api, metricName: '5xx' });
    }
  }

  private alarm({ topicArn }: AlarmsProps, alarmName: string, { limit, ...metric }: Metric): void {
    new CloudwatchMetricAlarm(this, alarmName, {
      alarmName,
      ...metric,
      ...(limit ?? { statistic: 'Sum', threshold: 0 }),
      comparisonOperator: 'GreaterThanThreshold',
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: 'notBreaching',
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
  }
}
