import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findBeside, lookedFor, notLookedFor } from '../../../ops/plan/found-beside';

/** What the AWS provider has for things that belong to resources of ours, by how its bindings call them. */
const belonging = /^(cloudwatch-log|dynamodb|iam-role|lambda|s3-bucket)-/;

/** Why some of them are not looked for, nor named in a report. */
const apart: Readonly<Record<string, readonly string[]>> = {
  'a resource of ours': [
    'aws_cloudwatch_log_group',
    'aws_dynamodb_table',
    'aws_dynamodb_table_item',
    'aws_lambda_function',
    'aws_s3_bucket',
  ],
  'read with the resource that it belongs to': [
    'aws_dynamodb_table_replica',
    'aws_dynamodb_tag',
    'aws_iam_role_policies_exclusive',
    'aws_iam_role_policy_attachments_exclusive',
    'aws_s3_bucket_accelerate_configuration',
    'aws_s3_bucket_acl',
    'aws_s3_bucket_cors_configuration',
    'aws_s3_bucket_lifecycle_configuration',
    'aws_s3_bucket_logging',
    'aws_s3_bucket_object_lock_configuration',
    'aws_s3_bucket_ownership_controls',
    'aws_s3_bucket_policy',
    'aws_s3_bucket_public_access_block',
    'aws_s3_bucket_replication_configuration',
    'aws_s3_bucket_request_payment_configuration',
    'aws_s3_bucket_server_side_encryption_configuration',
    'aws_s3_bucket_versioning',
    'aws_s3_bucket_website_configuration',
  ],
  'of the account, or stands for itself': [
    'aws_cloudwatch_log_account_policy',
    'aws_cloudwatch_log_delivery',
    'aws_cloudwatch_log_delivery_destination',
    'aws_cloudwatch_log_delivery_destination_policy',
    'aws_cloudwatch_log_delivery_source',
    'aws_cloudwatch_log_destination',
    'aws_cloudwatch_log_destination_policy',
    'aws_dynamodb_global_table',
    'aws_lambda_capacity_provider',
    'aws_lambda_code_signing_config',
    'aws_lambda_layer_version',
    'aws_lambda_layer_version_permission',
  ],
  'what somebody has done, not what is there': [
    'aws_cloudwatch_log_stream',
    'aws_dynamodb_table_export',
    'aws_lambda_invocation',
    'aws_s3_bucket_object',
  ],
};

describe('what may belong to a resource', () => {
  it('is looked for, named as not compared, or apart for a reason: every type of the provider', () => {
    const types = readdirSync('node_modules/@cdktf/provider-aws/lib')
      .filter((it) => belonging.test(it))
      .map((it) => `aws_${it.replaceAll('-', '_')}`);
    const known = [...lookedFor, ...Object.values(notLookedFor).flat(), ...Object.values(apart).flat()];

    expect(types.filter((it) => !known.includes(it))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });

  it.each(['aws_dynamodb_table', 'aws_lambda_function', 'aws_s3_bucket'])(
    'fails when AWS refuses to tell it: %s',
    async (type) => {
      const refusing = createServer((_, response) => {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end('{"__type":"AccessDeniedException","message":"not authorized"}');
      }).listen(0, '127.0.0.1');
      await once(refusing, 'listening');
      const aws = {
        endpoint: `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        forcePathStyle: true,
      };
      const values = { name: 'T', arn: 'arn:t', function_name: 'F', bucket: 'b' };
      const session = { aws, environment: { emulated: false } } as never;
      try {
        await expect(findBeside([{ address: 'a', type, values }], session)).rejects.toMatchObject({
          $metadata: { httpStatusCode: 403 },
        });
      } finally {
        refusing.close();
      }
    },
  );
});
