import { runSimulation } from '@cloud-copilot/iam-simulate';
import { project } from '../../system';
import { accountId, bucketArn, bucketPolicy } from './policy-documents';
import { environment, environmentNames, synthesizeStateBackend } from './synthesize';

describe.each(environmentNames)('the state bucket of %s', (name) => {
  const stack = synthesizeStateBackend(environment(name));
  const { all, only, terraform } = stack;

  it('is the one that every stack keeps its state in', () => {
    expect(only('aws_s3_bucket').bucket).toBe(terraform.backend.s3.bucket);
  });

  it('keeps old versions, is encrypted and closed to the public', () => {
    expect(only('aws_s3_bucket_versioning').versioning_configuration).toEqual({ status: 'Enabled' });
    expect(only('aws_s3_bucket_server_side_encryption_configuration').rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } },
    ]);
    expect(only('aws_s3_bucket_ownership_controls').rule).toEqual({
      object_ownership: 'BucketOwnerEnforced',
    });
    expect(only('aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it('is not destroyed with the stack', () => {
    expect(only('aws_s3_bucket').lifecycle).toEqual({ prevent_destroy: true });
  });

  it('has its policy set after public access is blocked', () => {
    const [publicAccess] = Object.keys(all('aws_s3_bucket_public_access_block'));

    expect(only('aws_s3_bucket_policy').depends_on).toEqual([
      `aws_s3_bucket_public_access_block.${publicAccess}`,
    ]);
  });

  it.each([
    ['answers when', 's3:GetObject', 'table.tfstate', 'true', 'Allowed'],
    ['answers when', 's3:PutObject', 'table.tfstate', 'true', 'Allowed'],
    ['answers when', 's3:DeleteObject', 'table.tfstate.tflock', 'true', 'Allowed'],
    ['fails when', 's3:DeleteObject', 'table.tfstate', 'true', 'ExplicitlyDenied'],
    ['fails when', 's3:DeleteObjectVersion', 'table.tfstate', 'true', 'ExplicitlyDenied'],
    [
      'over plain HTTP',
      's3:GetObject',
      'table.tfstate',
      'false',
      environment(name).emulated ? 'Allowed' : 'ExplicitlyDenied',
    ],
    [
      'over plain HTTP',
      's3:DeleteObject',
      'table.tfstate.tflock',
      'false',
      environment(name).emulated ? 'Allowed' : 'ExplicitlyDenied',
    ],
  ])('%s an administrator asks for %s of %s (TLS: %s): %s', async (_, action, key, secure, expected) => {
    const outcome = await runSimulation(
      {
        request: {
          principal: `arn:aws:iam::${accountId}:user/administrator`,
          action,
          resource: { resource: `${bucketArn}/${project}/${name}/${key}`, accountId },
          contextVariables: { 'aws:SecureTransport': secure },
        },
        identityPolicies: [{ name: 'everything', policy: everything }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        resourcePolicy: bucketPolicy(stack),
      },
      {},
    );

    expect(outcome).toMatchObject({ overallResult: expected });
  });
});

describe('old versions', () => {
  it.each(['lab', 'prod'] as const)('are kept in a number and for a time in %s', (name) => {
    const { only, all } = synthesizeStateBackend(environment(name));
    const [versioning] = Object.keys(all('aws_s3_bucket_versioning'));

    expect(only('aws_s3_bucket_lifecycle_configuration')).toMatchObject({
      rule: [
        {
          status: 'Enabled',
          noncurrent_version_expiration: [{ newer_noncurrent_versions: 30, noncurrent_days: 90 }],
          expiration: [{ expired_object_delete_marker: true }],
          abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
        },
      ],
      depends_on: [`aws_s3_bucket_versioning.${versioning}`],
    });
  });

  it('never let a current state expire', () => {
    const [rule] = synthesizeStateBackend(environment('prod')).only(
      'aws_s3_bucket_lifecycle_configuration',
    ).rule;

    expect(rule.expiration[0]).not.toHaveProperty('days');
    expect(rule.expiration[0]).not.toHaveProperty('date');
  });

  it('are all kept by the emulator, which knows no number of them', () => {
    expect(synthesizeStateBackend(environment('local')).all('aws_s3_bucket_lifecycle_configuration')).toEqual(
      {},
    );
  });
});

const everything = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
};
