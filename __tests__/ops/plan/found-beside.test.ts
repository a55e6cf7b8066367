import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readEnvironment } from '../../../environments';
import { findBeside, lookedFor, notLookedFor } from '../../../ops/plan/found-beside';
import { awsSession } from '../../session';

/** What the AWS provider has for things that belong to resources of ours, by how its bindings call them. */
const belonging = /^(apigatewayv2|cloudwatch-log|dynamodb|iam-role|lambda|s3-bucket)-/;

/** Why some of them are not looked for, nor named in a report. */
const apart: Readonly<Record<string, readonly string[]>> = {
  'a resource of ours': [
    'aws_apigatewayv2_api',
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
    'aws_apigatewayv2_domain_name',
    'aws_apigatewayv2_vpc_link',
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

describe('what is beside the resources of a web', () => {
  const apiGateway = {
    '/v2/apis/abc/routes': [
      { routeId: 'r1', routeKey: 'GET /missions', authorizationType: 'AWS_IAM', target: 'integrations/i1' },
      { routeId: 'r2', routeKey: 'ANY /{proxy+}', authorizationType: 'NONE', target: 'integrations/i2' },
    ],
    '/v2/apis/abc/stages': [{ stageName: '$default' }, { stageName: 'old', autoDeploy: true }],
    '/v2/apis/abc/authorizers': [{ authorizerId: 'a2', name: 'mine' }],
    '/v2/apis/abc/integrations': [{ integrationId: 'i1' }, { integrationId: 'i2', integrationUri: 'arn:a' }],
  };
  const policy = {
    Statement: ['web-get', 'by-hand'].map((Sid) => ({
      Sid,
      Effect: 'Allow',
      Principal: { Service: 'apigateway.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
    })),
  };
  const answers: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(apiGateway).map(([path, items]) => [path, { items }])),
    '/2015-03-31/functions/Missions/policy': { Policy: JSON.stringify(policy) },
  };
  const ofApi = [
    { type: 'aws_apigatewayv2_api', values: { id: 'abc' } },
    { type: 'aws_apigatewayv2_route', values: { api_id: 'abc', route_key: 'GET /missions' } },
    { type: 'aws_apigatewayv2_stage', values: { api_id: 'abc', name: '$default' } },
    { type: 'aws_apigatewayv2_integration', values: { api_id: 'abc', id: 'i1' } },
  ];
  const ofFunctions = [{ type: 'aws_lambda_function', values: { function_name: 'Missions' } }];
  const ofWeb = [
    { type: 'aws_lambda_permission', values: { function_name: 'Missions', statement_id: 'web-get' } },
  ];

  /** Against AWS at the thinnest seam: whatever is not among the answers is empty, or not there. */
  async function beside(...given: readonly (readonly object[])[]) {
    const aws = createServer(({ url = '' }, response) => {
      const answer = answers[url.replace(/\?.*/, '')];
      const isMissing = !answer && /\/(url|policy)$/.test(url.replace(/\?.*/, ''));
      response.writeHead(
        isMissing ? 404 : 200,
        isMissing ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {},
      );
      response.end(JSON.stringify(answer ?? {}));
    }).listen(0, '127.0.0.1');
    await once(aws, 'listening');
    try {
      const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
      const [resources, elsewhere] = given as never[];
      const { aws: client, environment } = await awsSession(readEnvironment({}), url);
      // The emulator has no list of authorizers.
      const session = { aws: client, environment: { ...environment, emulated: false } };
      const found = await findBeside(resources as never, session, elsewhere);
      return found.beside;
    } finally {
      aws.close();
      aws.closeAllConnections();
    }
  }

  it('are routes, stages, integrations and authorizers that nobody has declared', async () => {
    const found = await beside(ofApi);

    expect(found.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'aws_apigatewayv2_route abc ANY /{proxy+}',
      'aws_apigatewayv2_stage abc old',
      'aws_apigatewayv2_integration abc i2',
      'aws_apigatewayv2_authorizer abc a2',
    ]);
    expect(found[0]).toMatchObject({
      attributes: { authorization_type: 'NONE', target: 'integrations/i2' },
      repair: "aws apigatewayv2 delete-route --api-id abc --route-id 'r2'",
    });
  });

  it('are permissions of functions, but for those that the stack of the web knows', async () => {
    const names = async (...given: readonly (readonly object[])[]) =>
      (await beside(...given)).map(({ type, name }) => `${type} ${name}`);

    expect(await names(ofFunctions, ofWeb)).toEqual(['aws_lambda_permission Missions by-hand']);
    expect(await names(ofFunctions)).toEqual([
      'aws_lambda_permission Missions web-get',
      'aws_lambda_permission Missions by-hand',
    ]);
  });
});
