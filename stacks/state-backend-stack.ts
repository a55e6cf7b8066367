import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { Construct } from 'constructs';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { stackNames } from './names';

/** However old, so that a stack which changes once a year can still be put back. */
const keptVersions = 30;
/** Versions beyond those stay for a quarter: a busy week of deployments must not push out last month's state. */
const otherVersionsDays = 90;
/** A state is uploaded within seconds; what is unfinished after days will not be finished. */
const unfinishedUploadDays = 7;

const everyone = [{ type: 'AWS', identifiers: ['*'] }];

/** The S3 bucket that keeps the state of every stack, its own included. */
export class StateBackendStack extends EnvironmentStack {
  constructor(scope: Construct, props: EnvironmentStackProps) {
    super(scope, stackNames.stateBackend, props);

    const { emulated, stateBucket } = this.environment;

    const { bucket, arn } = new S3Bucket(this, 'bucket', {
      bucket: stateBucket,
      lifecycle: { preventDestroy: true },
    });
    const versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket,
      versioningConfiguration: { status: 'Enabled' },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
    new S3BucketOwnershipControls(this, 'ownership', {
      bucket,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    const publicAccess = new S3BucketPublicAccessBlock(this, 'public-access', {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new DataAwsIamPolicyDocument(this, 'policy', {
      statement: [
        denyDeletionOfStates(arn),
        // The emulator knows nothing but plain HTTP.
        ...(emulated ? [] : [denyPlainHttp(arn)]),
      ],
    });
    new S3BucketPolicy(this, 'bucket-policy', {
      bucket,
      policy: policy.json,
      // S3 refuses two changes of who may access a bucket at the same time.
      dependsOn: [publicAccess],
    });
    // The emulator keeps every version, and forgets how many of them to keep.
    if (!emulated) {
      new S3BucketLifecycleConfiguration(this, 'old-versions', {
        bucket,
        rule: [
          {
            id: 'remove-old-versions',
            status: 'Enabled',
            filter: [{ prefix: '' }],
            noncurrentVersionExpiration: [
              { newerNoncurrentVersions: keptVersions, noncurrentDays: otherVersionsDays },
            ],
            // Every lock that was freed leaves one.
            expiration: [{ expiredObjectDeleteMarker: true }],
            abortIncompleteMultipartUpload: [{ daysAfterInitiation: unfinishedUploadDays }],
          },
        ],
        dependsOn: [versioning],
      });
    }

    this.output('state_bucket', bucket);
  }
}

/** Locks (`.tflock`) must go, and expired versions do: S3's own lifecycle asks no policy. */
function denyDeletionOfStates(bucketArn: string): DataAwsIamPolicyDocumentStatement {
  return {
    sid: 'DenyDeletionOfStates',
    effect: 'Deny',
    principals: everyone,
    actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
    resources: [`${bucketArn}/*.tfstate`],
  };
}

function denyPlainHttp(bucketArn: string): DataAwsIamPolicyDocumentStatement {
  return {
    sid: 'DenyPlainHttp',
    effect: 'Deny',
    principals: everyone,
    actions: ['s3:*'],
    resources: [bucketArn, `${bucketArn}/*`],
    condition: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
  };
}
