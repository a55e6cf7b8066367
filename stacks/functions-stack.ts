import { ArchiveProvider } from '@cdktf/provider-archive/lib/provider';
import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import type { Construct } from 'constructs';
import { accessOf, type Fn, tablesRead } from '../declarations';
import { archiveProviderVersion, functionsOf } from '../environments';
import { routeVariable, tableVariable, variables } from '../lambdas/shared/variable-names';
import { Alarms } from './constructs/alarms';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { NodeFunction } from './constructs/node-function';
import {
  type ArnOf,
  assumeStatements,
  isAsInNotebook,
  readStatements,
  telemetryStatements,
} from './function-access';
import type { HandlerBundles } from './handler-bundles';
import { entries, functionNames, stackNames, tableName } from './names';
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
    const { environment } = this;
    // Built from names, so that this stack can be planned before the tables exist.
    const { partition } = new DataAwsPartition(this, 'partition');
    const { accountId } = new DataAwsCallerIdentity(this, 'account');
    const arn: ArnOf = (service, resource) =>
      `arn:${partition}:${service}:${environment.region}:${accountId}:${resource}`;
    // The pipeline can then give the functions no more than an administrator has granted.
    const boundary = environment.pipeline && {
      permissionsBoundary: `arn:${partition}:iam::${accountId}:policy/${boundaryName(environment)}`,
    };

    for (const [id, fn] of functionsOf(environment)) {
      const asked = environment.web && fn.route ? 'overHttp' : 'direct';
      const names = functionNames(environment, fn);
      const { function: lambda, logGroup } = new NodeFunction(this, id, {
        ...environment,
        ...boundary,
        names,
        bundle: bundles[id][asked],
        entry: entries[asked],
        variables: this.variablesOf(fn),
        assumeRole: assumeStatements(environment, fn, accountId),
        policies: {
          ...(fn.reads.length > 0 && {
            [fn.policy?.id ?? 'read']: {
              name: names.policy,
              statements: readStatements(environment, fn, arn),
            },
          }),
          logs: {
            name: names.logsPolicy,
            statements: telemetryStatements(environment, arn('logs', `log-group:${names.logGroup}`)),
          },
        },
      });
      const label = id.replaceAll('-', '_');
      this.output(`${label}_function_name`, lambda.functionName);
      this.output(`${label}_function_arn`, lambda.arn);
      this.output(`${label}_function_version`, lambda.version);
      this.output(`${label}_log_group`, logGroup.name);
    }

    if (environment.alarmTopicArn) {
      new Alarms(this, 'alarms', {
        topicArn: environment.alarmTopicArn,
        functionNames: functionsOf(environment).map(([, fn]) => functionNames(environment, fn).function),
        timeoutSeconds: environment.timeoutSeconds,
        operations: functionsOf(environment).flatMap(([, { reads }]) =>
          reads
            .map(accessOf)
            .map(({ operation, table }) => ({ operation, tableName: tableName(environment, table) })),
        ),
      });
    }
  }

  private variablesOf(fn: Fn): Record<string, string> {
    return {
      ...fn.variables,
      ...(this.environment.web && fn.route && { [routeVariable]: JSON.stringify(fn.route) }),
      [variables.name]: functionNames(this.environment, fn).function,
      [variables.environment]: this.environment.stage,
      [variables.attributes]: isAsInNotebook(this.environment, fn) ? 'all' : 'visible',
      ...Object.fromEntries(
        tablesRead(fn).map((table) => [tableVariable(table), tableName(this.environment, table)]),
      ),
    };
  }
}
