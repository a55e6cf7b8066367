import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import type { Construct } from 'constructs';
import type { Fn } from '../declarations';
import type { Environment } from '../environments';
import { functions } from '../system';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { type ArnOf, readStatements, telemetryStatements } from './function-access';
import { functionNames, stackNames } from './names';
import {
  boundaryName,
  definePipelineAccess,
  githubIssuer,
  pipelineRoleName,
  pipelineRoles,
} from './pipeline-access';

export interface PipelineStackProps extends EnvironmentStackProps {
  readonly pipeline: NonNullable<Environment['pipeline']>;
}

/**
 * What the workflows of a repository need in AWS: GitHub's identity provider, a role that plans, a role that applies, and
 * the most that the functions can be given by the latter. An administrator deploys it, never the pipeline itself.
 */
export class PipelineStack extends EnvironmentStack {
  constructor(scope: Construct, { pipeline, ...props }: PipelineStackProps) {
    super(scope, stackNames.pipeline, props);
    const { partition } = new DataAwsPartition(this, 'partition');
    const { accountId } = new DataAwsCallerIdentity(this, 'account');

    // An account can have one provider of an issuer: where environments share an account, one of them defines it.
    if (pipeline.identityProvider === 'defined') {
      new IamOpenidConnectProvider(this, 'github', {
        url: `https://${githubIssuer}`,
        clientIdList: ['sts.amazonaws.com'],
      });
    }
    this.policy('boundary', boundaryName(this.environment), this.boundary(partition, accountId));

    const access = definePipelineAccess(this.environment, { pipeline, partition, accountId });
    for (const key of pipelineRoles) {
      const { trust, policies } = access[key];
      const role = new IamRole(this, `${key}-role`, {
        name: pipelineRoleName(this.environment, key),
        assumeRolePolicy: new DataAwsIamPolicyDocument(this, `${key}-assume-role`, { statement: [...trust] })
          .json,
      });
      for (const [id, statements] of Object.entries(policies)) {
        const { arn } = this.policy(
          `${key}-${id}`,
          `${pipelineRoleName(this.environment, key)}-${id}`,
          statements,
        );
        new IamRolePolicyAttachment(this, `${key}-${id}-attachment`, { role: role.name, policyArn: arn });
      }
      this.output(`${key}_role_arn`, role.arn);
    }
  }

  /** What the functions do, all of it and nothing else, whatever their own policies come to say. */
  private boundary(partition: string, accountId: string): DataAwsIamPolicyDocumentStatement[] {
    const arn: ArnOf = (service, resource) =>
      `arn:${partition}:${service}:${this.environment.region}:${accountId}:${resource}`;
    const reads = Object.values<Fn>(functions).flatMap((fn) => readStatements(this.environment, fn, arn));
    const telemetry = Object.values<Fn>(functions).flatMap((fn) => {
      const { logGroup } = functionNames(this.environment, fn);
      return telemetryStatements(this.environment, arn('logs', `log-group:${logGroup}`));
    });
    // Their ids are unique in the policies they come from only.
    return [...reads, ...telemetry].map((statement, index) => ({
      ...statement,
      sid: `${statement.sid}${index}`,
    }));
  }

  private policy(
    id: string,
    name: string,
    statements: readonly DataAwsIamPolicyDocumentStatement[],
  ): IamPolicy {
    const { json } = new DataAwsIamPolicyDocument(this, `${id}-document`, { statement: [...statements] });
    return new IamPolicy(this, `${id}-policy`, { name, policy: json });
  }
}
