import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { review } from '../../../ops/review/review';
import type { Review } from '../../../ops/review/review-result';
import { readPlan } from '../../../ops/terraform/plan-json';
import type { MadePlan } from './make-plans';

/** What a review of a plan must say: its class, its risks without stack and hash, and how its first line begins. */
export type Expected = readonly [status: string, risks: readonly string[], firstLine: string];

const webPermissions = ['mission-details', 'super-dynamodb', 'web-page'].flatMap((name) =>
  ['get', 'head'].map((method) => `wider-access:aws_lambda_permission.${name}-${method}-permission`),
);

/** By the name of the file in `plans/`. */
export const goldenSet: Readonly<Record<string, Expected>> = {
  'no-changes': ['no-changes', [], 'No changes'],
  'first-table': ['safe', [], 'Safe: 5 items added, 1 change of capacity or cost, nothing else'],
  'first-functions': [
    'open-risks',
    [
      'wider-access:aws_iam_policy.mission-details_logs-policy_D76FBACD',
      'wider-access:aws_iam_policy.mission-details_query-policy_34BD7DC4',
      'wider-access:aws_iam_policy.super-dynamodb_logs-policy_EC5E840F',
      'wider-access:aws_iam_policy.super-dynamodb_scan-policy_03B08B20',
      'wider-access:aws_iam_policy.web-page_logs-policy_E540F461',
      'wider-access:aws_iam_role.mission-details_role_A1BAF1C7',
      'wider-access:aws_iam_role.super-dynamodb_role_DD82E74C',
      'wider-access:aws_iam_role.web-page_role_E3241E78',
    ],
    'Widens access: 8 new resources give access that did not exist before',
  ],
  'first-state-backend': ['safe', [], 'Safe: 6 resources added, nothing else'],
  'first-pipeline': [
    'open-risks',
    [
      'wider-access:aws_iam_openid_connect_provider.github',
      'wider-access:aws_iam_policy.apply-access-policy',
      'wider-access:aws_iam_policy.apply-state-policy',
      'wider-access:aws_iam_policy.apply-system-policy',
      'wider-access:aws_iam_policy.apply-web-policy',
      'wider-access:aws_iam_policy.boundary-policy',
      'wider-access:aws_iam_policy.plan-items-policy',
      'wider-access:aws_iam_policy.plan-state-policy',
      'wider-access:aws_iam_policy.plan-system-policy',
      'wider-access:aws_iam_policy.plan-web-policy',
      'wider-access:aws_iam_role.apply-role',
      'wider-access:aws_iam_role.plan-role',
    ],
    'Widens access: 12 new resources give access that did not exist before',
  ],
  'first-web': [
    'open-risks',
    ['wider-access:aws_apigatewayv2_authorizer.authorizer', ...webPermissions],
    'Widens access: 7 new resources give access that did not exist before',
  ],
  'first-web-public': [
    'open-risks',
    [
      'wider-access:aws_apigatewayv2_route.mission-details-get-route',
      'wider-access:aws_apigatewayv2_route.mission-details-head-route',
      'wider-access:aws_apigatewayv2_route.super-dynamodb-get-route',
      'wider-access:aws_apigatewayv2_route.super-dynamodb-head-route',
      'wider-access:aws_apigatewayv2_route.web-page-get-route',
      'wider-access:aws_apigatewayv2_route.web-page-head-route',
      ...webPermissions,
    ],
    'Widens access: aws_apigatewayv2_route.mission-details-get-route is new: everybody may call',
  ],
  tags: ['safe', [], 'Safe: 1 resource changed, nothing else'],
  description: ['safe', [], 'Safe: 1 resource changed, nothing else'],
  'policy-reordered': ['safe', [], 'Safe: 1 resource changed, nothing else'],
  'retention-longer': [
    'safe',
    [],
    'Changes capacity or cost: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4',
  ],
  memory: ['safe', [], 'Changes capacity or cost: aws_lambda_function.mission-details_function_66E33164'],
  'condition-stricter': ['safe', [], 'Safe: 1 resource changed, nothing else'],
  'action-removed': ['safe', [], 'Safe: 1 resource changed, nothing else'],
  'protection-on': ['safe', [], 'Safe: 1 resource changed, nothing else'],
  'least-privilege': ['safe', [], 'Changes code: aws_lambda_function.mission-details_function_66E33164'],
  'table-replaced': [
    'open-risks',
    ['replace:aws_dynamodb_table.missions_table_B65640C1', 'items:'],
    'Destroys data: aws_dynamodb_table.missions_table_B65640C1',
  ],
  'table-renamed': [
    'open-risks',
    ['replace:aws_dynamodb_table.missions_table_B65640C1', 'items:'],
    'Destroys data: aws_dynamodb_table.missions_table_B65640C1',
  ],
  'table-destroyed': [
    'open-risks',
    ['destroy:aws_dynamodb_table.heroes'],
    'Destroys data: aws_dynamodb_table.heroes',
  ],
  'destroy-all': [
    'open-risks',
    ['destroy:aws_dynamodb_table.missions_table_B65640C1', 'items:'],
    'Destroys data: aws_dynamodb_table.missions_table_B65640C1',
  ],
  'log-group-destroyed': [
    'open-risks',
    ['destroy:aws_cloudwatch_log_group.old'],
    'Destroys data: aws_cloudwatch_log_group.old',
  ],
  'role-replaced': ['safe', [], 'Safe: 1 resource replaced, nothing else'],
  'replaced-before-destroyed': ['safe', [], 'Safe: 1 resource replaced, nothing else'],
  forgotten: [
    'open-risks',
    ['forget:aws_dynamodb_table.heroes'],
    'Removes from state: aws_dynamodb_table.heroes',
  ],
  'items-added': ['safe', [], 'Safe: 2 items added, nothing else'],
  'item-changed': ['safe', [], 'Changes items: aws_dynamodb_table_item.batman'],
  'item-deleted': ['open-risks', ['items:'], 'Destroys data: stack'],
  'item-key-changed': ['open-risks', ['items:'], 'Destroys data: stack'],
  'items-restored': ['safe', [], 'Changes items: aws_dynamodb_table_item.batman'],
  'action-added': ['open-risks', ['wider-access:aws_iam_policy.scan'], 'Widens access: aws_iam_policy.scan'],
  'action-wildcard': [
    'open-risks',
    ['wider-access:aws_iam_policy.scan'],
    'Widens access: aws_iam_policy.scan',
  ],
  'resource-wildcard': [
    'open-risks',
    ['wider-access:aws_iam_policy.scan'],
    'Widens access: aws_iam_policy.scan',
  ],
  'condition-removed': [
    'open-risks',
    ['wider-access:aws_iam_policy.scan'],
    'Widens access: aws_iam_policy.scan',
  ],
  'condition-for-all-values': [
    'open-risks',
    ['wider-access:aws_iam_policy.scan'],
    'Widens access: aws_iam_policy.scan',
  ],
  'condition-value-added': [
    'open-risks',
    ['wider-access:aws_iam_policy.scan'],
    'Widens access: aws_iam_policy.scan',
  ],
  'lab-access': [
    'open-risks',
    [
      'wider-access:aws_iam_policy.mission-details_query-policy_34BD7DC4',
      'wider-access:aws_iam_policy.super-dynamodb_scan-policy_03B08B20',
      'wider-access:aws_iam_role.mission-details_role_A1BAF1C7',
      'wider-access:aws_iam_role.super-dynamodb_role_DD82E74C',
    ],
    'Widens access: aws_iam_policy.mission-details_query-policy_34BD7DC4',
  ],
  'trust-other-account': [
    'open-risks',
    ['wider-access:aws_iam_role.reader'],
    'Widens access: aws_iam_role.reader',
  ],
  'administrator-attached': [
    'open-risks',
    ['wider-access:aws_iam_role_policy_attachment.admin'],
    'Widens access: aws_iam_role_policy_attachment.admin',
  ],
  'inline-policy': [
    'open-risks',
    ['wider-access:aws_iam_role_policy.all'],
    'Widens access: aws_iam_role_policy.all',
  ],
  'boundary-removed': [
    'open-risks',
    ['wider-access:aws_iam_role.reader'],
    'Widens access: aws_iam_role.reader',
  ],
  'policy-unknown': [
    'open-risks',
    ['wider-access:aws_iam_policy.jobs'],
    'Widens access: aws_iam_policy.jobs',
  ],
  'function-public': [
    'open-risks',
    ['wider-access:aws_lambda_function_url.open', 'wider-access:aws_lambda_permission.open'],
    'Widens access: aws_lambda_function_url.open',
  ],
  'bucket-public': [
    'open-risks',
    ['wider-access:aws_s3_bucket_policy.data'],
    'Widens access: aws_s3_bucket_policy.data',
  ],
  'deny-removed': [
    'open-risks',
    ['wider-access:aws_s3_bucket_policy.data'],
    'Widens access: aws_s3_bucket_policy.data',
  ],
  'deny-narrowed': [
    'open-risks',
    ['wider-access:aws_s3_bucket_policy.data'],
    'Widens access: aws_s3_bucket_policy.data',
  ],
  'public-access-block-off': [
    'open-risks',
    ['wider-access:aws_s3_bucket_public_access_block.data'],
    'Widens access: aws_s3_bucket_public_access_block.data',
  ],
  'port-open': [
    'open-risks',
    ['wider-access:aws_security_group.web'],
    'Widens access: aws_security_group.web',
  ],
  'deletion-protection-off': [
    'open-risks',
    ['weaker-protection:aws_dynamodb_table.missions_table_B65640C1'],
    'Weakens protection: aws_dynamodb_table.missions_table_B65640C1',
  ],
  'recovery-off': [
    'open-risks',
    ['weaker-protection:aws_dynamodb_table.missions_table_B65640C1'],
    'Weakens protection: aws_dynamodb_table.missions_table_B65640C1',
  ],
  'retention-shorter': [
    'open-risks',
    [
      'weaker-protection:aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4',
      'weaker-protection:aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56',
      'weaker-protection:aws_cloudwatch_log_group.web-page_log-group_BD32C902',
    ],
    'Weakens protection: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4',
  ],
  'versioning-suspended': [
    'open-risks',
    ['weaker-protection:aws_s3_bucket_versioning.versioning'],
    'Weakens protection: aws_s3_bucket_versioning.versioning',
  ],
  'state-bucket-open': [
    'open-risks',
    [
      'wider-access:aws_s3_bucket_policy.bucket-policy',
      'wider-access:aws_s3_bucket_public_access_block.public-access',
      'weaker-protection:aws_s3_bucket_server_side_encryption_configuration.encryption',
    ],
    'Widens access: aws_s3_bucket_policy.bucket-policy',
  ],
  'encryption-removed': [
    'open-risks',
    ['weaker-protection:aws_cloudwatch_log_group.log'],
    'Weakens protection: aws_cloudwatch_log_group.log',
  ],
  'code-changed': ['safe', [], 'Changes code: aws_lambda_function.mission-details_function_66E33164'],
  'runtime-changed': ['safe', [], 'Changes code: aws_lambda_function.mission-details_function_66E33164'],
  'on-demand': ['safe', [], 'Changes capacity or cost: aws_dynamodb_table.missions_table_B65640C1'],
  'more-units': ['safe', [], 'Changes capacity or cost: aws_dynamodb_table.missions_table_B65640C1'],
  alarms: ['safe', [], 'Changes capacity or cost: aws_lambda_function.mission-details_function_66E33164'],
  modules: ['safe', [], 'Safe: 3 resources added, nothing else'],
  'modules-removed': [
    'open-risks',
    ['destroy:module.team["red"].aws_cloudwatch_log_group.log'],
    'Destroys data: module.team["red"].aws_cloudwatch_log_group.log',
  ],
  moved: ['safe', [], 'Safe: 1 resource renamed, nothing else'],
  imported: ['safe', [], 'Safe: 1 resource changed, 1 resource imported, nothing else'],
  errored: ['open-risks', ['incomplete:'], 'Incomplete: stack'],
  tainted: ['open-risks', ['replace:aws_dynamodb_table.heroes'], 'Destroys data: aws_dynamodb_table.heroes'],
  sensitive: [
    'open-risks',
    ['items:', 'wider-access:aws_iam_policy.hidden', 'not-judged:aws_ssm_parameter.password'],
    'Destroys data: stack',
  ],
  outputs: ['safe', [], 'Safe: 3 outputs changed'],
  'hostile-names': ['safe', [], 'Safe: 2 resources added, nothing else'],
  'policy-of-other-bucket': [
    'open-risks',
    ['wider-access:aws_s3_bucket_policy.data'],
    'Widens access: aws_s3_bucket_policy.data',
  ],
  'document-not-as-it-is': [
    'open-risks',
    ['wider-access:aws_iam_policy.jobs'],
    'Widens access: aws_iam_policy.jobs',
  ],
  'route-open': [
    'open-risks',
    ['wider-access:aws_apigatewayv2_route.open'],
    'Widens access: aws_apigatewayv2_route.open',
  ],
  'permission-other-account': [
    'open-risks',
    ['wider-access:aws_lambda_permission.other'],
    'Widens access: aws_lambda_permission.other',
  ],
  'index-removed': [
    'open-risks',
    ['service:aws_dynamodb_table.heroes'],
    'Interrupts service: aws_dynamodb_table.heroes',
  ],
  'items-expire': ['open-risks', ['loss:aws_dynamodb_table.heroes'], 'Loses data: aws_dynamodb_table.heroes'],
  'stream-off': [
    'open-risks',
    ['service:aws_dynamodb_table.heroes'],
    'Interrupts service: aws_dynamodb_table.heroes',
  ],
  'expires-everything': [
    'open-risks',
    ['loss:aws_s3_bucket_lifecycle_configuration.data'],
    'Destroys data: aws_s3_bucket_lifecycle_configuration.data',
  ],
};

/** A file of `plans/`. */
export const readMade = (kind: string): MadePlan =>
  JSON.parse(readFileSync(join(__dirname, 'plans', `${kind}.json`), 'utf8'));

/** The plan of one of them, as a review takes it. */
export const stackPlanOf = (kind: string, stack: string, { plan, configuration } = readMade(kind)) => ({
  stack,
  plan: readPlan(JSON.stringify(plan), kind),
  configuration,
});

export const reviewMade = (made: MadePlan): Review => review([stackPlanOf('plan', 'stack', made)]);

/** What a review says, in the form of what is expected; its first line as far as that tells. */
export function judgementOf({ status, risks, verdict }: Review, kind: string): Expected {
  const names = risks.map(({ name }) => name.replace(/^([a-z-]+):stack(\/)?/, '$1:').replace(/#\w+$/, ''));
  return [status, names, verdict.slice(0, goldenSet[kind]?.[2].length)];
}
