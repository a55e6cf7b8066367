import { isDeepStrictEqual } from 'node:util';
import { typeRules } from '../review/rules';
import { computed } from '../review/rules/rule';
import type { Difference } from '../terraform/json-differences';
import { type Attributes, isHidden } from '../terraform/plan-json';

/**
 * What the provider tells of a resource without being asked to: what another resource of the stack is for and is compared
 * there, and what no rule of a review calls computed.
 */
const told: Readonly<Record<string, readonly string[]>> = {
  // Another one with each change of a route.
  aws_apigatewayv2_stage: ['deployment_id'],
  aws_dynamodb_table: [
    'global_secondary_index.key_schema',
    'global_secondary_index.warm_throughput',
    // There is one only with `stream_enabled`, which Terraform compares.
    'stream_view_type',
    'warm_throughput',
  ],
  aws_iam_openid_connect_provider: ['thumbprint_list'],
  // Looked for as resources of their own.
  aws_iam_role: ['inline_policy', 'managed_policy_arns'],
  // Only newer versions of the provider tell it.
  aws_lambda_function: ['response_streaming_invoke_arn'],
  aws_s3_bucket: ['grant', 'lifecycle_rule', 'policy', 'server_side_encryption_configuration', 'versioning'],
};
/** The same of every type; tags are compared with the default tags. */
const toldOfAll = ['arn', 'id', 'region', 'tags', 'tags_all', 'timeouts'];

/** What an attribute is if nobody has chosen it, where that is more than nothing. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  aws_apigatewayv2_api: {
    api_key_selection_expression: '$request.header.x-api-key',
    ip_address_type: 'ipv4',
    route_selection_expression: '$request.method $request.path',
  },
  aws_apigatewayv2_integration: { connection_type: 'INTERNET', timeout_milliseconds: 30_000 },
  aws_cloudwatch_log_group: { log_group_class: 'STANDARD' },
  aws_cloudwatch_metric_alarm: { actions_enabled: true, treat_missing_data: 'missing' },
  aws_dynamodb_table: { table_class: 'STANDARD', 'point_in_time_recovery.recovery_period_in_days': 35 },
  aws_iam_policy: { path: '/' },
  aws_iam_role: { path: '/', max_session_duration: 3600 },
  aws_lambda_function: {
    architectures: ['x86_64'],
    'ephemeral_storage.size': 512,
    'logging_config.log_format': 'Text',
    package_type: 'Zip',
    reserved_concurrent_executions: -1,
    'snap_start.apply_on': 'None',
    'snap_start.optimization_status': 'Off',
    'tracing_config.mode': 'PassThrough',
  },
  aws_s3_bucket: { request_payer: 'BucketOwner' },
  aws_s3_bucket_lifecycle_configuration: {
    transition_default_minimum_object_size: 'all_storage_classes_128K',
  },
};

/**
 * What a resource has, though its configuration leaves it open and it is not the default: Terraform keeps such values
 * without a word.
 *
 * @param values - as the provider has read them
 * @param expressions - the arguments of its configuration, in the plan's form
 * @param shown - the same values, masked as they are shown
 */
export function leftOpen(
  type: string,
  values: Attributes,
  expressions: unknown,
  shown: unknown = values,
): Difference[] {
  const differences: Difference[] = [];
  const visit = (value: unknown, seen: unknown, given: unknown, path: string, name: string): void => {
    // Nothing, no and zero are what nobody has chosen, wherever `defaults` does not say otherwise.
    if (isNothing(value) || isArgument(given) || isTold(type, name)) return;
    const members = (it: object, seenIn: unknown, of: unknown, at: string) => {
      for (const [member, its] of Object.entries(it)) {
        visit(
          its,
          // What is masked as a whole is masked in each of its parts.
          isHidden(seenIn) ? seenIn : Object(seenIn)[member],
          Object(of)[member],
          at === '' ? member : `${at}.${member}`,
          name === '' ? member : `${name}.${member}`,
        );
      }
    };
    if (Array.isArray(value) && value.every((it) => typeof it === 'object' && it !== null)) {
      // Blocks of a set are in another order than their arguments, and have the same arguments.
      const merged = Object.assign({}, ...[given].flat());
      for (const [index, it] of value.entries()) {
        members(it, isHidden(seen) ? seen : Object(seen)[index], merged, `${path}[${index}]`);
      }
    } else if (typeof value === 'object' && !Array.isArray(value)) {
      members(value as object, seen, [given].flat()[0], path);
    } else {
      const expected = defaultOf(type, name, values);
      if (!isDeepStrictEqual(value, expected)) differences.push({ path, expected, found: seen });
    }
  };
  visit(values, shown, expressions, '', '');
  return differences;
}

function defaultOf(type: string, name: string, { function_name: functionName, ttl }: Attributes): unknown {
  if (type === 'aws_lambda_function' && name === 'logging_config.log_group') {
    return `/aws/lambda/${functionName}`;
  }
  if (type === 'aws_dynamodb_table' && name === 'ttl.attribute_name') {
    // Without effect while it is off.
    const [{ enabled, attribute_name: attribute }] = ttl as [{ enabled: boolean; attribute_name: string }];
    return enabled ? null : attribute;
  }
  return defaults[type]?.[name] ?? null;
}

/**
 * The command that turns off what somebody has turned on, where there is one.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/44730 why no deployment can do it
 */
export function repairOf(type: string, { name, ttl }: Attributes, path: string): string {
  if (type !== 'aws_dynamodb_table' || !path.startsWith('ttl[')) {
    return 'undo it in AWS, or write it into the configuration: no deployment changes it';
  }
  const [{ attribute_name: attribute }] = ttl as [{ attribute_name: string }];
  return `aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=false,AttributeName=${attribute}`;
}

function isTold(type: string, name: string): boolean {
  return (
    toldOfAll.includes(name) ||
    (told[type] ?? []).includes(name) ||
    typeRules[type]?.attributes[name] === computed
  );
}

/** An argument as the configuration gives it; a block has arguments of its own. */
function isArgument(given: unknown): boolean {
  return ['constant_value', 'references'].some((it) => Object.hasOwn(Object(given), it));
}

function isNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return [null, undefined, '', false, 0].includes(value as null);
}
