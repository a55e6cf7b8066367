import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
  type DataAwsIamPolicyDocumentStatementCondition,
} from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsIamRole } from '@cdktf/provider-aws/lib/data-aws-iam-role';
import { DataAwsIamRoles } from '@cdktf/provider-aws/lib/data-aws-iam-roles';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { TerraformIterator } from 'cdktf';
import type { Construct } from 'constructs';
import { type Environment, functionsOf } from '../environments';
import type { Seeds } from '../seed-data/load-seed';
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
  readonly seeds: Seeds;
}

/**
 * What the workflows of a repository need in AWS: GitHub's identity provider, a role that plans, a role that applies, and
 * the most that the functions can be given by the latter. An administrator deploys it, never the pipeline itself.
 */
export class PipelineStack extends EnvironmentStack {
  constructor(scope: Construct, { pipeline, seeds, ...props }: PipelineStackProps) {
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

    const areBounded = this.areRolesBounded(partition, accountId);
    const access = definePipelineAccess(this.environment, {
      pipeline,
      seeds,
      partition,
      accountId,
      areBounded,
    });
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

  /**
   * Whether each role of a function that there is has the boundary: an expression of Terraform. A role that was made before
   * the pipeline has none, and whoever writes its policies could do anything.
   */
  private areRolesBounded(partition: string, accountId: string): string {
    const names = functionsOf(this.environment).map(([, fn]) => functionNames(this.environment, fn).role);
    const { names: found } = new DataAwsIamRoles(this, 'function-roles', {
      nameRegex: `^(${names.map((it) => it.replace(/[.+]/g, '\\$&')).join('|')})$`,
    });
    const each = TerraformIterator.fromList(found);
    const roles = new DataAwsIamRole(this, 'function-role', { forEach: each, name: each.value });
    // In an expression, what cdktf knows is the bare reference.
    const boundary = `format("arn:%s:iam::%s:policy/${boundaryName(this.environment)}", ${partition}, ${accountId})`;
    const all = `data.${roles.terraformResourceType}.${roles.friendlyUniqueId}`;
    const areBounded = `alltrue([for it in ${all} : it.permissions_boundary == ${boundary}])`;
    this.addOverride('check.boundary', {
      assert: [
        {
          condition: `\${${areBounded}}`,
          error_message: `Roles of functions have no boundary yet, so no workflow can take the role that applies. Run "npm run deploy", which gives it to them, then "npm run deploy -- pipeline" again.`,
        },
      ],
    });
    return areBounded;
  }

  /** What the functions do, all of it and nothing else, whatever their own policies come to say. */
  private boundary(partition: string, accountId: string): DataAwsIamPolicyDocumentStatement[] {
    const arn: ArnOf = (service, resource) =>
      `arn:${partition}:${service}:${this.environment.region}:${accountId}:${resource}`;
    // A role can be made that trusts somebody else too; what it may read, it may read from within its function only.
    const reads = functionsOf(this.environment).flatMap(([, fn]) => {
      const { function: name } = functionNames(this.environment, fn);
      const own = arn('lambda', `function:${name}`);
      const fromWithin = {
        test: 'ArnLike',
        variable: 'lambda:SourceFunctionArn',
        values: [own, `${own}:*`],
      };
      return readStatements(this.environment, fn, arn).map(({ condition = [], ...it }) => ({
        ...it,
        condition: [...(condition as DataAwsIamPolicyDocumentStatementCondition[]), fromWithin],
      }));
    });
    const telemetry = functionsOf(this.environment).flatMap(([, fn]) => {
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
