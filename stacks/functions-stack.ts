import { ArchiveProvider } from '@cdktf/provider-archive/lib/provider';
import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import type { Construct } from 'constructs';
import { archiveProviderVersion } from '../environments';
import { variables } from '../lambdas/shared/variable-names';
import { Alarms } from './constructs/alarms';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { type FunctionPolicy, logGroupName, NodeFunction } from './constructs/node-function';
import { answeredAttributes, defineAccess, telemetryStatements } from './function-access';
import type { HandlerBundles } from './handler-bundles';
import { logsPolicyName, resourceNames, stackNames } from './names';
import { boundaryName } from './pipeline-access';

export interface FunctionsStackProps extends EnvironmentStackProps {
  readonly bundles: HandlerBundles;
}

/** The part that can be thrown away: functions with their policies, roles, log groups and archives. */
export class FunctionsStack extends EnvironmentStack {
  constructor(scope: Construct, { bundles, ...props }: FunctionsStackProps) {
    super(scope, stackNames.functions, props);
    new ArchiveProvider(this, 'archive');
    this.addOverride('terraform.required_providers.archive.version', archiveProviderVersion);
    const names = resourceNames(this.environment);
    // Built from names, so that this stack can be planned before the table exists.
    const { partition } = new DataAwsPartition(this, 'partition');
    const { accountId } = new DataAwsCallerIdentity(this, 'account');
    const arn = (service: string, resource: string) =>
      `arn:${partition}:${service}:${this.environment.region}:${accountId}:${resource}`;
    const access = defineAccess(this.environment, {
      tableArn: arn('dynamodb', `table/${names.table}`),
      accountId,
    });

    const logsPolicy = (functionName: string): FunctionPolicy => ({
      name: logsPolicyName(functionName),
      statements: telemetryStatements(
        this.environment,
        arn('logs', `log-group:${logGroupName(functionName)}`),
      ),
    });
    const variablesOf = (functionName: string) => ({
      [variables.name]: functionName,
      [variables.environment]: this.environment.stage,
      [variables.tableName]: names.table,
      [variables.attributes]: answeredAttributes[this.environment.accessMode],
    });

    // The pipeline can then give the functions no more than an administrator has granted.
    const boundary = this.environment.pipeline && {
      permissionsBoundary: `arn:${partition}:iam::${accountId}:policy/${boundaryName(this.environment)}`,
    };
    const functions = {
      super_dynamodb: new NodeFunction(this, 'super-dynamodb', {
        ...this.environment,
        ...boundary,
        functionName: names.scanFunction,
        bundle: bundles.superDynamodb,
        variables: variablesOf(names.scanFunction),
        roleName: names.scanRole,
        assumeRole: access.assumeRole,
        policies: {
          scan: { name: names.scanPolicy, statements: access.scan },
          logs: logsPolicy(names.scanFunction),
        },
      }),
      mission_details: new NodeFunction(this, 'mission-details', {
        ...this.environment,
        ...boundary,
        functionName: names.queryFunction,
        bundle: bundles.missionDetails,
        variables: variablesOf(names.queryFunction),
        roleName: names.queryRole,
        assumeRole: access.assumeRole,
        policies: {
          query: { name: names.queryPolicy, statements: access.query },
          logs: logsPolicy(names.queryFunction),
        },
      }),
    };

    if (this.environment.alarmTopicArn) {
      new Alarms(this, 'alarms', {
        topicArn: this.environment.alarmTopicArn,
        functionNames: [names.scanFunction, names.queryFunction],
        timeoutSeconds: this.environment.timeoutSeconds,
        tableName: names.table,
        operations: ['Scan', 'Query'],
      });
    }

    for (const [name, { function: lambda, logGroup }] of Object.entries(functions)) {
      this.output(`${name}_function_name`, lambda.functionName);
      this.output(`${name}_function_arn`, lambda.arn);
      this.output(`${name}_function_version`, lambda.version);
      this.output(`${name}_log_group`, logGroup.name);
    }
  }
}
