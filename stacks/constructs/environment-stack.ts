import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Backend, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../environments';
import { project } from '../../system';
import { stateBackend, stateKey } from '../names';

export interface EnvironmentStackProps {
  readonly environment: Environment;
}

/** A stack of one environment: AWS provider with default tags, and state in S3, encrypted and locked. */
export abstract class EnvironmentStack extends TerraformStack {
  protected readonly environment: Environment;

  constructor(scope: Construct, id: string, { environment }: EnvironmentStackProps) {
    super(scope, id);
    this.environment = environment;
    const { allowedAccountIds, region, emulated, stateBucket } = environment;

    new AwsProvider(this, 'aws', {
      region,
      ...(allowedAccountIds && { allowedAccountIds }),
      s3UsePathStyle: emulated,
      defaultTags: [{ tags: { ...environment.tags, project, environment: environment.name, stack: id } }],
    });
    const { use_lockfile, use_path_style: usePathStyle, ...backend } = stateBackend(environment, id);
    new S3Backend(this, { ...backend, usePathStyle, ...(allowedAccountIds && { allowedAccountIds }) })
      // The bindings know neither this argument, which needs Terraform 1.10, nor a range of provider versions.
      // A `required_version` would say the former, but cdktf 0.21 renders it as invalid HCL.
      .addOverride('use_lockfile', use_lockfile);
    this.addOverride('terraform.required_providers.aws.version', environment.awsProviderVersion);

    this.output('state_location', `s3://${stateBucket}/${stateKey(environment, id)}`);
  }

  /** Define an output under exactly this name. */
  protected output(name: string, value: string): void {
    new TerraformOutput(this, name, { value });
  }
}
