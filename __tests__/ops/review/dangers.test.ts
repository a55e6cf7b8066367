import type { Change, Plan } from '../../../ops/terraform/plan-json';
import { planOf, policyText, said } from './hand-made';

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const allowing = policyText(read);
const denying = policyText({ ...read, Effect: 'Deny' });
const bucketPolicy = policyText({ ...read, Effect: 'Deny', Principal: '*' });

const made = (type: string, after: object, after_unknown = {}) => planOf(type, { after, after_unknown });
const changed = (type: string, before: object, after: object, more: Partial<Change> = {}) =>
  planOf(type, { before, after, ...more });
const replaced = (type: string, before: object, after: object) =>
  changed(type, before, after, { actions: ['delete', 'create'] });
const gone = (type: string, before: object, more: Partial<Plan> = {}) =>
  planOf(type, { before, after: null }, more);
const becomesUnknown = (type: string, before: object, after_unknown: object) =>
  changed(type, before, {}, { after_unknown });
const state = (...values: object[]) => ({
  prior_state: {
    values: {
      root_module: {
        resources: values.map((it) => ({ address: 'p', type: 'aws_iam_policy', values: it as never })),
      },
    },
  },
});
const lambda = 'aws_lambda_function';
const table = 'aws_dynamodb_table';
const queue = 'arn:aws:sqs:us-east-1:999999999999:q';
const reading = (type: string, provider: string): Plan => ({
  resource_changes: [
    {
      address: `data.${type}.a`,
      type,
      mode: 'data',
      provider_name: `registry.terraform.io/hashicorp/${provider}`,
      change: { actions: ['read'], before: null, after: {} },
    },
  ],
});
const ofProvider = ({ resource_changes: [change] = [], ...plan }: Plan, provider_name: string): Plan => ({
  ...plan,
  resource_changes: [{ ...change, provider_name } as never],
});

describe('a danger', () => {
  it.each<[string, Plan, RegExp]>([
    // Creation is a change of what it is attached to.
    [
      'a public access block that blocks nothing',
      made('aws_s3_bucket_public_access_block', { bucket: 'b', block_public_acls: false }),
      /^access: .* block_public_acls is turned off; /,
    ],
    [
      'a public access block that says nothing',
      made('aws_s3_bucket_public_access_block', { bucket: 'b' }),
      /restrict_public_buckets is turned off|and 1 more/,
    ],
    [
      'versioning that is suspended from the start',
      made('aws_s3_bucket_versioning', { bucket: 'b', versioning_configuration: [{ status: 'Suspended' }] }),
      /^protection: .*older versions/,
    ],
    [
      'a lifecycle that expires everything',
      made('aws_s3_bucket_lifecycle_configuration', {
        bucket: 'b',
        rule: [{ id: 'all', status: 'Enabled', expiration: [{ days: 1 }] }],
      }),
      /^loss: .* deletes objects/,
    ],
    [
      'a lifecycle that expires older versions',
      made('aws_s3_bucket_lifecycle_configuration', {
        bucket: 'b',
        rule: [{ id: 'all', status: 'Enabled', noncurrent_version_expiration: [{ noncurrent_days: 1 }] }],
      }),
      /^loss: .* deletes older versions/,
    ],
    [
      'an access control list for everybody',
      made('aws_s3_bucket_acl', { bucket: 'b', acl: 'public-read' }),
      /^access: .*access control list/,
    ],
    [
      'a bucket policy for another account',
      made('aws_s3_bucket_policy', {
        bucket: 'b',
        policy: policyText({ ...read, Principal: { AWS: '999999999999' } }),
      }),
      /^access: .* by arn:aws:iam::999999999999:root/,
    ],
    [
      'a permission for another account',
      made('aws_lambda_permission', {
        function_name: 'f',
        action: 'lambda:InvokeFunction',
        principal: '999999999999',
      }),
      /^access: .* is new: may lambda:InvokeFunction on function f by arn:aws:iam::999999999999:root/,
    ],
    [
      'a log subscription of another account',
      made('aws_cloudwatch_log_subscription_filter', {
        name: 'a',
        log_group_name: 'l',
        filter_pattern: '',
        destination_arn: 'arn:aws:logs:x:999999999999:destination:d',
      }),
      /^access: .* hands log lines to/,
    ],
    [
      'replication to another account',
      made('aws_s3_bucket_replication_configuration', {
        bucket: 'b',
        rule: [{ destination: [{ bucket: 'arn:aws:s3:::other' }] }],
      }),
      /^not-judged: /,
    ],
    [
      'a policy that is attached to a role that is there',
      made('aws_iam_role_policy_attachment', { role: 'r', policy_arn: 'arn:aws:iam::1:policy/p' }),
      /^access: .* gives "r" the policy/,
    ],
    [
      'an identity provider',
      made('aws_iam_openid_connect_provider', { url: 'https://a', client_id_list: ['b'] }),
      /^access: .* takes tokens of "https:\/\/a"/,
    ],
    [
      'a bucket that is copied elsewhere from the start',
      made('aws_s3_bucket', {
        bucket: 'b',
        replication_configuration: [{ rules: [{ destination: [{ bucket: 'arn:aws:s3:::other' }] }] }],
      }),
      /^access: .* copies objects by/,
    ],
    [
      'a lifecycle that moves objects to an archive',
      made('aws_s3_bucket_lifecycle_configuration', {
        bucket: 'b',
        rule: [{ id: 'a', status: 'Enabled', transition: [{ days: 0, storage_class: 'DEEP_ARCHIVE' }] }],
      }),
      /^service: .* moves objects/,
    ],
    [
      'calls that are handed to a foreign address',
      made('aws_apigatewayv2_integration', { api_id: 'a', integration_uri: 'https://a.example' }),
      /^access: .* hands calls to "https:\/\/a\.example"/,
    ],
    [
      'calls that are handed to a foreign address, while it is not known whose account this is',
      {
        ...made('aws_apigatewayv2_integration', { api_id: 'a', integration_uri: 'https://a.example' }),
        prior_state: {
          values: {
            root_module: {
              resources: [{ address: 'data.aws_caller_identity.a', type: 'aws_caller_identity', values: {} }],
            },
          },
        },
      },
      /^access: .* hands calls to/,
    ],
    [
      'calls that are handed to a function of another account',
      made('aws_apigatewayv2_integration', {
        api_id: 'a',
        integration_uri: 'arn:aws:lambda:us-east-1:999999999999:function:f',
      }),
      /^access: .* hands calls to/,
    ],
    [
      'an authorizer',
      made('aws_apigatewayv2_authorizer', {
        api_id: 'a',
        authorizer_type: 'JWT',
        jwt_configuration: [{ issuer: 'https://a.example', audience: ['b'] }],
      }),
      /^access: .* takes tokens of "https:\/\/a\.example"/,
    ],
    [
      'events of a machine that is nowhere in AWS',
      made('aws_lambda_event_source_mapping', {
        function_name: 'f',
        self_managed_event_source: [{ endpoints: { KAFKA_BOOTSTRAP_SERVERS: 'a.example:9092' } }],
      }),
      /^access: .* is given the events of/,
    ],

    // Content is compared with its target.
    [
      'the same policy on another bucket',
      replaced(
        'aws_s3_bucket_policy',
        { bucket: 'a', policy: bucketPolicy },
        { bucket: 'b', policy: bucketPolicy },
      ),
      /^access: .* no longer denies/,
    ],
    [
      'the same rights for another role',
      replaced('aws_iam_role_policy', { role: 'a', policy: allowing }, { role: 'b', policy: allowing }),
      /^access: .* may s3:GetObject/,
    ],
    [
      'the same block on another bucket',
      replaced(
        'aws_s3_bucket_public_access_block',
        { bucket: 'a', block_public_acls: true },
        { bucket: 'b', block_public_acls: true },
      ),
      /^access: .* block_public_acls is turned off/,
    ],
    [
      'an item in another table',
      replaced(
        'aws_dynamodb_table_item',
        { table_name: 'a', hash_key: 'K', item: '{"K":{"S":"k"}}' },
        { table_name: 'b', hash_key: 'K', item: '{"K":{"S":"k"}}' },
      ),
      /^items: s removes 1 item/,
    ],

    // Unknown until the deployment.
    [
      'managed policies',
      becomesUnknown('aws_iam_role', { managed_policy_arns: ['a'] }, { managed_policy_arns: true }),
      /^access: .* gets policies/,
    ],
    [
      'versioning',
      changed(
        'aws_s3_bucket_versioning',
        { bucket: 'b', versioning_configuration: [{ status: 'Enabled' }] },
        { bucket: 'b' },
        { after_unknown: { versioning_configuration: [{ status: true }] } },
      ),
      /^protection: .* or may be/,
    ],
    [
      'a retention',
      becomesUnknown('aws_cloudwatch_log_group', { retention_in_days: 14 }, { retention_in_days: true }),
      /^protection: .* kept for less time/,
    ],
    [
      'an inline policy',
      becomesUnknown('aws_iam_role_policy', { role: 'r', policy: allowing }, { policy: true }),
      /^access: .* cannot be reviewed/,
    ],
    [
      'authorization',
      becomesUnknown(
        'aws_apigatewayv2_route',
        { api_id: 'a', route_key: 'r', authorization_type: 'JWT' },
        { authorization_type: true },
      ),
      /^access: .* others may call it/,
    ],
    [
      'encryption',
      becomesUnknown(
        table,
        { server_side_encryption: [{ enabled: true }] },
        { server_side_encryption: [{ enabled: true }] },
      ),
      /^protection: .* or may be/,
    ],
    [
      'whom a permission is for',
      made('aws_lambda_permission', { function_name: 'f', action: 'a' }, { principal: true }),
      /^access: /,
    ],
    [
      'what an alarm starts',
      made('aws_cloudwatch_metric_alarm', { alarm_name: 'a' }, { alarm_actions: [true] }),
      /^service: .* starts \(known after apply\)/,
    ],
    [
      'executions',
      becomesUnknown(lambda, { reserved_concurrent_executions: 5 }, { reserved_concurrent_executions: true }),
      /^service: /,
    ],
    [
      'how often a stage may be called',
      changed(
        'aws_apigatewayv2_stage',
        { default_route_settings: [{ throttling_rate_limit: 10 }] },
        { default_route_settings: [{}] },
        { after_unknown: { default_route_settings: [{ throttling_rate_limit: true }] } },
      ),
      /^service: .* it may be that nobody may call it/,
    ],

    // Close to the system.
    [
      'an index that is removed',
      changed(
        table,
        { global_secondary_index: [{ name: 'i', hash_key: 'a' }] },
        { global_secondary_index: [] },
      ),
      /^service: .* global_secondary_index\[i\] is removed/,
    ],
    [
      'an index that is changed',
      changed(
        table,
        { global_secondary_index: [{ name: 'i', hash_key: 'a' }] },
        { global_secondary_index: [{ name: 'i', hash_key: 'b' }] },
      ),
      /^service: .* made anew/,
    ],
    [
      'a replica that is removed',
      changed(table, { replica: [{ region_name: 'eu-west-1' }] }, { replica: [] }),
      /^service: .* replica\[eu-west-1\] is removed/,
    ],
    [
      'a stream that is turned off',
      changed(table, { stream_enabled: true }, { stream_enabled: false }),
      /^service: .* stream is turned off/,
    ],
    [
      'items that begin to expire',
      changed(table, { ttl: [{ enabled: false }] }, { ttl: [{ enabled: true, attribute_name: 'a' }] }),
      /^loss: .* begin to expire by "a"/,
    ],
    [
      'items that expire by something else',
      changed(
        table,
        { ttl: [{ enabled: true, attribute_name: 'b' }] },
        { ttl: [{ enabled: true, attribute_name: 'a' }] },
      ),
      /^loss: .* begin to expire by "a"/,
    ],
    [
      'items that no longer expire',
      changed(table, { ttl: [{ enabled: true }] }, { ttl: [] }),
      /^service: .* no longer expire/,
    ],
    [
      'a route without authorization',
      made('aws_apigatewayv2_route', { api_id: 'a', route_key: 'GET /', authorization_type: 'NONE' }),
      /^access: .* everybody may call "GET \/"/,
    ],
    [
      'authorization that is turned off',
      changed(
        'aws_apigatewayv2_route',
        { api_id: 'a', route_key: 'GET /', authorization_type: 'JWT' },
        { api_id: 'a', route_key: 'GET /', authorization_type: 'NONE' },
      ),
      /^access: .* everybody may call/,
    ],
    [
      'an API with a route of its own',
      made('aws_apigatewayv2_api', { name: 'a', protocol_type: 'HTTP', target: 'arn' }),
      /^access: .* everybody may call it/,
    ],
    [
      'an open URL',
      made('aws_lambda_function_url', { function_name: 'f', authorization_type: 'NONE' }),
      /^access: .* opens to everybody/,
    ],
    [
      'a function that leaves its network',
      changed(lambda, { vpc_config: [{ subnet_ids: ['a'], security_group_ids: ['b'] }] }, { vpc_config: [] }),
      /^access: .* in another network/,
    ],
    [
      'a layer',
      changed(lambda, { layers: [] }, { layers: ['arn:aws:lambda:x:9:layer:l:1'] }),
      /^code: .* runs the code of/,
    ],
    [
      'code that is no longer signed',
      changed(lambda, { code_signing_config_arn: 'a' }, { code_signing_config_arn: null }),
      /^protection: .* signed/,
    ],
    [
      'an alias that moves',
      changed('aws_lambda_alias', { function_version: '1' }, { function_version: '2' }),
      /^service: .* calls go elsewhere/,
    ],
    [
      'a mapping that is disabled',
      changed('aws_lambda_event_source_mapping', { enabled: true }, { enabled: false }),
      /^service: .* no longer handled/,
    ],
    [
      'a mapping to another function',
      changed('aws_lambda_event_source_mapping', { function_name: 'a' }, { function_name: 'b' }),
      /^service: .* calls go elsewhere/,
    ],
    [
      'a key that is disabled',
      changed('aws_kms_key', { is_enabled: true }, { is_enabled: false }),
      /^service: .* is disabled/,
    ],
    [
      'a redrive that is lost',
      changed('aws_sqs_queue', { redrive_policy: '{"maxReceiveCount":1}' }, { redrive_policy: '' }),
      /^service: .* messages that fail/,
    ],
    [
      'an alarm that is silenced',
      changed('aws_cloudwatch_metric_alarm', { actions_enabled: true }, { actions_enabled: false }),
      /^protection: .* nobody is told/,
    ],
    [
      'an alarm that tells somebody else',
      changed(
        'aws_cloudwatch_metric_alarm',
        { alarm_actions: ['arn:aws:sns:a'] },
        { alarm_actions: ['arn:aws:sns:b'] },
      ),
      /^protection: .* no longer told/,
    ],
    [
      'an alarm that starts something',
      changed(
        'aws_cloudwatch_metric_alarm',
        { alarm_actions: ['arn:aws:sns:a:1:t'] },
        { alarm_actions: ['arn:aws:sns:a:1:t', 'arn:aws:automate:us-east-1:ec2:terminate'] },
      ),
      /^service: .* starts "arn:aws:automate/,
    ],
    [
      'failed events that go elsewhere',
      changed(lambda, { dead_letter_config: [] }, { dead_letter_config: [{ target_arn: queue }] }),
      /^access: .* hands failed events to/,
    ],
    [
      'failed events that are lost',
      changed(lambda, { dead_letter_config: [{ target_arn: queue }] }, { dead_letter_config: [] }),
      /^service: .* failed events are lost/,
    ],
    [
      'requests that are logged elsewhere',
      changed('aws_s3_bucket', { logging: [] }, { logging: [{ target_bucket: 'other' }] }),
      /^access: .* logs requests to/,
    ],
    [
      'calls that are logged elsewhere',
      changed(
        'aws_apigatewayv2_stage',
        { access_log_settings: [] },
        { access_log_settings: [{ destination_arn: queue, format: 'x' }] },
      ),
      /^access: .* logs calls to/,
    ],
    [
      'a route that is gone',
      gone('aws_apigatewayv2_route', {
        api_id: 'a',
        route_key: 'GET /',
        authorization_type: 'JWT',
        authorizer_id: 'x',
        target: 'integrations/x',
      }),
      /^service: .* would be destroyed: "GET \/" is no longer answered$/,
    ],
    [
      'a URL that is gone',
      gone('aws_lambda_function_url', { function_name: 'f', authorization_type: 'AWS_IAM' }),
      /^service: .* would be destroyed: who calls it gets an error$/,
    ],
    [
      'an alarm at another threshold',
      changed('aws_cloudwatch_metric_alarm', { threshold: 1 }, { threshold: 1_000 }),
      /^protection: .* something else/,
    ],
    [
      'a log subscription that is gone',
      gone('aws_cloudwatch_log_subscription_filter', { name: 'a' }),
      /^service: .* gets none/,
    ],
    [
      'a function that nobody can call',
      changed(lambda, { reserved_concurrent_executions: -1 }, { reserved_concurrent_executions: 0 }),
      /^service: .* nobody can call it/,
    ],
    [
      'a function with another role',
      changed(lambda, { role: 'a' }, { role: 'b' }),
      /^access: .* other rights/,
    ],
    [
      'a new function with a role that is there',
      made(lambda, { function_name: 'f', role: 'arn:aws:iam::1:role/admin' }),
      /^access: .* a role that is there/,
    ],
    [
      'a zone that is replaced',
      replaced('aws_route53_zone', { name: 'a' }, { name: 'b' }),
      /^loss: .* would be replaced/,
    ],
    [
      'a user that is replaced',
      replaced('aws_iam_user', { name: 'a' }, { name: 'b' }),
      /^loss: .* would be replaced/,
    ],
    [
      'a key of somebody else',
      changed('aws_cloudwatch_log_group', { kms_key_id: 'a' }, { kms_key_id: 'b' }),
      /^protection: .* encrypts/,
    ],
    [
      'logs that were kept for ever',
      changed('aws_cloudwatch_log_group', { retention_in_days: 0 }, { retention_in_days: 365 }),
      /^protection: .* less time/,
    ],
    [
      'an address that anybody may come from',
      changed(
        'aws_security_group',
        { ingress: [] },
        { ingress: [{ from_port: 22, to_port: 22, protocol: 'tcp', cidr_blocks: ['0.0.0.0/0'] }] },
      ),
      /^access: .* opens ingress tcp 22, 0\.0\.0\.0\/0/,
    ],
    [
      'a wider block of addresses',
      changed(
        'aws_vpc_security_group_ingress_rule',
        { security_group_id: 'g', cidr_ipv4: '10.1.0.0/16', ip_protocol: '-1' },
        { security_group_id: 'g', cidr_ipv4: '10.0.0.0/8', ip_protocol: '-1' },
      ),
      /^access: /,
    ],

    // Policies.
    [
      'a policy of a type that nobody knows',
      changed('any_thing', { a: [{ b: allowing }] }, { a: [{ b: allowing.replace('Get', '*') }] }),
      /^access: .* may now also s3:\*Object/,
    ],
    [
      'text in the place of a policy',
      changed('aws_iam_policy', { policy: 'a' }, { policy: 'b' }),
      /cannot be read as a policy/,
    ],
    [
      'a policy in which something is written twice',
      changed(
        'aws_iam_policy',
        { policy: allowing },
        { policy: `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}],${allowing.slice(1)}` },
      ),
      /cannot be read as a policy/,
    ],
    [
      'a policy that denied, and is gone',
      gone('aws_iam_policy', { policy: denying }),
      /^access: .* no longer denied/,
    ],
    [
      'a detached policy that denies',
      gone(
        'aws_iam_role_policy_attachment',
        { role: 'r', policy_arn: 'arn:p' },
        state({ arn: 'arn:p', policy: denying }),
      ),
      /^access: .* may deny something/,
    ],
    [
      'a detached policy that nobody can read',
      gone('aws_iam_role_policy_attachment', { role: 'r', policy_arn: 'arn:q' }),
      /^access: .* may deny something/,
    ],
    [
      'a sensitive policy that is gone',
      changed(
        'aws_iam_role',
        { inline_policy: [{ name: 'a', policy: allowing }] },
        { inline_policy: [] },
        { before_sensitive: { inline_policy: [{ policy: true }] } },
      ),
      /^access: .* cannot be reviewed/,
    ],
    [
      'a limit that is lifted',
      changed('aws_iam_role', { permissions_boundary: 'a' }, { permissions_boundary: null }),
      /^access: .* other limits/,
    ],

    // What is the same for all types, and what nobody knows.
    [
      'a type that nobody knows',
      made('google_compute_firewall', { source_ranges: ['0.0.0.0/0'] }),
      /^not-judged: .* is new, and no rule here is for its type \(source_ranges\)/,
    ],
    [
      'a type of the same name of another provider',
      ofProvider(
        changed('aws_iam_policy', { description: 'a' }, { description: 'b' }),
        'registry.terraform.io/evil/aws',
      ),
      /^not-judged: .* changes description/,
    ],
    [
      'a provider of the same name of another registry',
      ofProvider(
        changed('aws_iam_policy', { description: 'a' }, { description: 'b' }),
        'registry.evil.example/hashicorp/aws',
      ),
      /^not-judged: .* changes description/,
    ],
    [
      'an attribute that nobody knows',
      changed(table, { colour: 'red' }, { colour: 'blue' }),
      /^not-judged: .* changes colour/,
    ],
    [
      'an attribute in a block that nobody knows',
      changed(
        table,
        { ttl: [], point_in_time_recovery: [{ colour: 1 }] },
        { ttl: [], point_in_time_recovery: [{ colour: 2 }] },
      ),
      /^not-judged: .* point_in_time_recovery\.colour/,
    ],
    [
      'protection of any type',
      changed('aws_db_instance', { deletion_protection: true }, { deletion_protection: false }),
      /^protection: /,
    ],
    [
      'a database that is open',
      changed('aws_db_instance', { publicly_accessible: false }, { publicly_accessible: true }),
      /^protection: /,
    ],
    [
      'a resource of any type that is destroyed',
      gone('any_thing', { a: 1 }),
      /^loss: .* whether it holds data is not known/,
    ],
    [
      'blocks that cannot be told apart',
      changed(
        table,
        { replica: [{ region_name: 'a', kms_key_arn: 'k' }] },
        { replica: [{ region_name: 'a' }, { region_name: 'a', kms_key_arn: 'k' }] },
      ),
      /^not-judged: .* changes replica/,
    ],
    [
      'a new resource that the plan does not show',
      planOf('terraform_data', { actions: ['create'] }),
      /^not-judged: .* does not show what it is/,
    ],
    [
      'a lifecycle of which it is not known whether it counts',
      made(
        'aws_s3_bucket_lifecycle_configuration',
        { bucket: 'b', rule: [{ id: 'a', expiration: [{ days: 1 }] }] },
        { rule: [{ status: true }] },
      ),
      /^loss: /,
    ],
    [
      'a rule that is moved to another group',
      changed(
        'aws_vpc_security_group_ingress_rule',
        { security_group_id: 'a', cidr_ipv4: '10.0.0.0/8', ip_protocol: '-1' },
        { security_group_id: 'b', cidr_ipv4: '10.0.0.0/8', ip_protocol: '-1' },
      ),
      /^access: .* opens ingress/,
    ],
    [
      'an update that shows no difference',
      changed('aws_iam_policy', { policy: allowing }, { policy: allowing }),
      /^not-judged: .* does not show in what/,
    ],
    [
      'an action that nobody knows',
      changed('aws_iam_policy', {}, {}, { actions: ['invalid'] }),
      /^not-judged: .* not known here: \["invalid"\]/,
    ],
    [
      'no action at all',
      changed('aws_iam_policy', {}, {}, { actions: [] }),
      /^not-judged: .* not known here: \[\]/,
    ],
    [
      'a key that changes in place',
      changed(table, { hash_key: 'a' }, { hash_key: 'b' }),
      /^not-judged: .* hash_key/,
    ],
  ])('stops: %s', (_, plan, sentence) => {
    const { status, verdict, risks } = said(plan);

    expect(risks).toContainEqual(expect.stringMatching(sentence));
    expect(status).toBe('open-risks');
    expect(verdict).not.toMatch(/^(Safe|No changes)/);
  });

  it.each<[string, Partial<Plan>, RegExp]>([
    ['a plan that failed', { errored: true }, /^not-judged: s could not be planned to the end/],
    [
      'a plan that another one has to follow',
      { complete: false },
      /^not-judged: s is not planned to the end/,
    ],
    [
      'a change that is deferred',
      {
        deferred_changes: [
          { reason: 'unknown', resource_change: { address: 'a.b', change: { actions: ['create'] } } },
        ],
      },
      /^not-judged: a\.b is deferred \(unknown\)/,
    ],
    [
      'an action that is invoked',
      { action_invocations: [{ address: 'action.a.b' }] },
      /^not-judged: action\.a\.b is invoked/,
    ],
    [
      'an action that is deferred',
      { deferred_action_invocations: [{}] },
      /^not-judged: s invokes actions later on/,
    ],
    [
      'a check that fails',
      {
        checks: [
          {
            status: 'fail',
            address: { to_display: 'check.c' },
            instances: [{ problems: [{ message: 'm' }] }],
          },
        ],
      },
      /^not-judged: check\.c fails/,
    ],
    [
      'a part that nobody reads',
      { surprises: [1] } as never,
      /^not-judged: s has more than is read here: surprises/,
    ],
    [
      'an output that everybody sees from now on',
      {
        output_changes: {
          a: { actions: ['update'], before: 's', after: 's', before_sensitive: true, after_sensitive: false },
        },
      },
      /^access: output\.a is no longer sensitive/,
    ],
    [
      'an output with an action that nobody knows',
      { output_changes: { a: { actions: ['melt'] } } },
      /^not-judged: output\.a has actions/,
    ],
    ['a program that reads', reading('external', 'external'), /^not-judged: data\.external\.a is read/],
    ['a request that reads', reading('http', 'http'), /^not-judged: data\.http\.a is read/],
    [
      'a function that is invoked to read',
      reading('aws_lambda_invocation', 'aws'),
      /^not-judged: data\.aws_lambda_invocation\.a is read/,
    ],
  ])('stops that is no change of a resource: %s', (_, plan, sentence) => {
    expect(said({ resource_changes: [], ...plan })).toMatchObject({
      status: 'open-risks',
      risks: [expect.stringMatching(sentence)],
    });
  });

  it('is a program that runs when a resource is made', () => {
    const resource = { address: 'null_resource.x', type: 'null_resource', mode: 'managed' };
    const configuration = {
      root_module: { resources: [{ ...resource, provisioners: [{ type: 'local-exec' }] }] },
    };
    const plan = planOf('null_resource', { after: { triggers: {} } });

    expect(said(plan)).toMatchObject({ status: 'safe' });
    expect(said({ ...plan, configuration }).risks).toEqual([expect.stringMatching(/runs a program/)]);
    const { configuration: _, ...alone } = plan;
    expect(said(alone).risks).toEqual([expect.stringMatching(/lacks its configuration/)]);
  });
});

describe('no danger', () => {
  it.each<[string, Plan]>([
    [
      'a role that is taken off a policy that allows',
      gone(
        'aws_iam_role_policy_attachment',
        { role: 'r', policy_arn: 'arn:p' },
        state({ arn: 'arn:p', policy: allowing }),
      ),
    ],
    ['a policy that allows, and is gone', gone('aws_iam_policy', { policy: allowing })],
    ['a null_resource that is gone', gone('null_resource', { triggers: {} })],
    ['a local file that is gone', gone('local_file', { filename: 'a' })],
    [
      'a rule of a security group that is gone',
      gone('aws_security_group_rule', {
        security_group_id: 'g',
        type: 'ingress',
        protocol: '-1',
        cidr_blocks: ['0.0.0.0/0'],
      }),
    ],
    [
      'a narrower block of addresses',
      changed(
        'aws_vpc_security_group_ingress_rule',
        { security_group_id: 'g', cidr_ipv4: '10.0.0.0/8', ip_protocol: '-1' },
        { security_group_id: 'g', cidr_ipv4: '10.1.0.0/16', ip_protocol: 'tcp' },
      ),
    ],
    [
      'the description and tags of a rule',
      changed(
        'aws_vpc_security_group_ingress_rule',
        { security_group_id: 'g', cidr_ipv4: '10.0.0.0/8', description: 'a' },
        { security_group_id: 'g', cidr_ipv4: '10.0.0.0/8', description: 'b', tags: { a: 'b' } },
      ),
    ],
    [
      'a permission for fewer',
      replaced(
        'aws_lambda_permission',
        { function_name: 'f', action: 'a:b', principal: 's3.amazonaws.com' },
        { function_name: 'f', action: 'a:b', principal: 's3.amazonaws.com', source_account: '1' },
      ),
    ],
    [
      'stronger encryption',
      changed(
        table,
        { server_side_encryption: [] },
        { server_side_encryption: [{ enabled: true, kms_key_arn: 'a' }] },
      ),
    ],
    [
      'protection that is turned on',
      changed(table, { deletion_protection_enabled: false }, { deletion_protection_enabled: true }),
    ],
    [
      'protection of any type that is turned on',
      changed('aws_db_instance', { deletion_protection: false }, { deletion_protection: true }),
    ],
    [
      'logs that are kept for ever from now on',
      changed('aws_cloudwatch_log_group', { retention_in_days: 14 }, { retention_in_days: 0 }),
    ],
    [
      'a role that is replaced',
      replaced(
        'aws_iam_role',
        {
          name: 'a',
          assume_role_policy: policyText({
            Effect: 'Allow',
            Principal: { Service: 'a.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
        },
        {
          name: 'b',
          assume_role_policy: policyText({
            Effect: 'Allow',
            Principal: { Service: 'a.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
        },
      ),
    ],
    ['a closed URL', made('aws_lambda_function_url', { function_name: 'f', authorization_type: 'AWS_IAM' })],
    [
      'a route with an authorizer',
      made('aws_apigatewayv2_route', {
        api_id: 'a',
        route_key: 'GET /',
        authorization_type: 'JWT',
        authorizer_id: 'x',
      }),
    ],
    ['tags of any type', changed('any_thing', { tags: { a: 'b' } }, { tags: { a: 'c' } })],
    [
      'an alarm that tells one more',
      changed(
        'aws_cloudwatch_metric_alarm',
        { alarm_actions: ['arn:aws:sns:a'] },
        { alarm_actions: ['arn:aws:sns:a', 'arn:aws:sns:b'] },
      ),
    ],
    [
      'older versions that expire in a bucket of the same plan',
      (() => {
        const rule = [
          { id: 'old', status: 'Enabled', noncurrent_version_expiration: [{ noncurrent_days: 90 }] },
        ];
        const own = planOf('aws_s3_bucket_lifecycle_configuration', { after: { bucket: 'b', rule } });
        const bucket = planOf('aws_s3_bucket', { after: { bucket: 'b' } });
        return {
          ...own,
          resource_changes: [...(own.resource_changes ?? []), ...(bucket.resource_changes ?? [])],
        };
      })(),
    ],
    [
      'what AWS computes',
      changed(
        'aws_iam_policy',
        { arn: 'a', policy: allowing },
        { policy: allowing },
        { after_unknown: { arn: true } },
      ),
    ],
    ['a data source that is read', reading('aws_iam_policy_document', 'aws')],
    ['an access control list for the owner that is gone', gone('aws_s3_bucket_acl', { acl: 'private' })],
    [
      'objects that go to where they are read at once',
      made('aws_s3_bucket_lifecycle_configuration', {
        bucket: 'b',
        rule: [{ id: 'a', status: 'Enabled', transition: [{ days: 90, storage_class: 'STANDARD_IA' }] }],
      }),
    ],
    [
      'calls that are handed to a function of this account',
      {
        ...made('aws_apigatewayv2_integration', {
          api_id: 'a',
          integration_uri: 'arn:aws:lambda:us-east-1:123456789012:function:f',
        }),
        prior_state: {
          values: {
            root_module: {
              resources: [
                {
                  address: 'data.aws_caller_identity.a',
                  type: 'aws_caller_identity',
                  values: { account_id: '123456789012' },
                },
              ],
            },
          },
        },
      },
    ],
    [
      'calls that are logged by a new stage',
      made(
        'aws_apigatewayv2_stage',
        { api_id: 'a', name: '$default', access_log_settings: [{ format: 'x' }] },
        { access_log_settings: [{ destination_arn: true }] },
      ),
    ],
  ])('raises no alarm: %s', (_, plan) => {
    expect(said(plan)).toMatchObject({ risks: [], status: expect.stringMatching(/^(safe|no-changes)$/) });
  });

  it.each([
    ['kubernetes_deployment', { spec: [{ image_pull_policy: 'Always' }] }],
    ['google_sql_database_instance', { settings: [{ activation_policy: 'ALWAYS' }] }],
    ['aws_elasticsearch_domain', { domain_endpoint_options: [{ tls_security_policy: 'p' }] }],
    ['azuread_service_principal', { display_name: 'a' }],
  ])('has no word of wider access: %s', (type, after) => {
    expect(JSON.stringify(said(made(type, after)))).not.toMatch(/access/i);
  });

  it('raises no alarm: an alarm for a topic of the same plan', () => {
    const plan = made('aws_cloudwatch_metric_alarm', { alarm_name: 'a' }, { alarm_actions: true });
    const written = (...alarm_actions: string[]) => ({
      resource: { aws_cloudwatch_metric_alarm: { x: { alarm_actions } } },
    });

    expect(said(plan, written('${aws_sns_topic.alarms.arn}')).risks).toEqual([]);
    expect(said(plan, written('${aws_sns_topic.alarms.arn}', '${aws_lambda_function.f.arn}')).risks).toEqual([
      expect.stringMatching(/^service: .* starts/),
    ]);
  });

  it('has no word of wider access: rules of a security group that the provider fills in', () => {
    const plan = planOf('aws_security_group', { after: { name: 'a' }, after_unknown: { ingress: true } });
    const [resource] = plan.configuration?.root_module?.resources ?? [];
    const configuration = {
      root_module: {
        resources: [{ ...resource, address: 'aws_security_group.x', expressions: { name: {} } }],
      },
    };

    expect(said({ ...plan, configuration }).risks).toEqual([
      expect.stringMatching(/^not-judged: .* ingress is known after apply, and the plan alone does not tell/),
    ]);
    const body = { resource: { aws_security_group: { x: { name: 'a' } } } };
    expect(said({ ...plan, configuration }, body).risks).toEqual([]);
    const dynamic = { resource: { aws_security_group: { x: { name: 'a', dynamic: { ingress: [{}] } } } } };
    expect(said({ ...plan, configuration }, dynamic).risks).toEqual([expect.stringMatching(/^access: /)]);
  });
});
