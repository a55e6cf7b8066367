import { DataArchiveFile } from '@cdktf/provider-archive/lib/data-archive-file';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { Environment } from '../../environments';
import type { FunctionNames } from '../names';

/** A managed policy of the function's role. */
export interface FunctionPolicy {
  readonly name: string;
  readonly statements: readonly DataAwsIamPolicyDocumentStatement[];
}

export interface NodeFunctionProps
  extends Pick<
    Environment,
    | 'runtime'
    | 'architecture'
    | 'memoryMiB'
    | 'timeoutSeconds'
    | 'reservedConcurrency'
    | 'tracing'
    | 'logRetentionDays'
  > {
  readonly names: FunctionNames;
  /** A folder with the file that exports `handler`. */
  readonly bundle: string;
  /** The name of that file, without `.mjs`. */
  readonly entry: string;
  /** The function's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** ARN of the policy that limits what the role can be given. @default no limit */
  readonly permissionsBoundary?: string;
  readonly assumeRole: readonly DataAwsIamPolicyDocumentStatement[];
  /** Policies by their construct id. */
  readonly policies: Readonly<Record<string, FunctionPolicy>>;
}

/** A function in TypeScript with its role, its policies, its log group and its archive; each change is a version. */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: CloudwatchLogGroup;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);

    const role = new IamRole(this, 'role', {
      name: props.names.role,
      ...(props.permissionsBoundary && { permissionsBoundary: props.permissionsBoundary }),
      assumeRolePolicy: new DataAwsIamPolicyDocument(this, 'assume-role', {
        statement: [...props.assumeRole],
      }).json,
    });
    const attachments = Object.entries(props.policies).map(([policyId, policy]) => {
      const { json } = new DataAwsIamPolicyDocument(this, `${policyId}-document`, {
        statement: [...policy.statements],
      });
      const { arn } = new IamPolicy(this, `${policyId}-policy`, { name: policy.name, policy: json });
      return new IamRolePolicyAttachment(this, `${policyId}-attachment`, {
        role: role.name,
        policyArn: arn,
      });
    });
    this.logGroup = new CloudwatchLogGroup(this, 'log-group', {
      name: props.names.logGroup,
      retentionInDays: props.logRetentionDays,
    });

    const bundle = new TerraformAsset(this, 'bundle', {
      path: props.bundle,
      type: AssetType.DIRECTORY,
    });
    const archive = new DataArchiveFile(this, 'archive', {
      type: 'zip',
      sourceDir: bundle.path,
      outputPath: `${props.names.function}.zip`,
      outputFileMode: '0644',
    });
    this.function = new LambdaFunction(this, 'function', {
      functionName: props.names.function,
      role: role.arn,
      filename: archive.outputPath,
      sourceCodeHash: archive.outputBase64Sha256,
      handler: `${props.entry}.handler`,
      runtime: props.runtime,
      architectures: [props.architecture],
      memorySize: props.memoryMiB,
      timeout: props.timeoutSeconds,
      tracingConfig: { mode: props.tracing },
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      environment: { variables: { ...props.variables } },
      publish: true,
      // An invocation right after the deployment finds its rights and its log group in place.
      dependsOn: [...attachments, this.logGroup],
    });
  }
}
