import type { Attributes } from '../../plan/plan-json';
import { type ChangeView, describeChange, show, type Told } from '../finding';

const codeAttributes =
  /^(source_code_hash|filename|s3_key|s3_bucket|s3_object_version|image_uri|runtime|handler|layers|code_signing_config_arn)\b/;

/** The code of a function, before and after. @param newSize - bytes of the archive that would be deployed */
export function codeChangesOf(view: ChangeView, newSize: number | undefined): Told[] {
  const { action, type, before, after, differences, later } = view;
  if (type !== 'aws_lambda_function' || !after) return [];
  const size = (bytes: unknown) =>
    Number(bytes) > 0 ? `${Number(bytes).toLocaleString('en')} bytes` : 'size not known';
  if (action === 'create') {
    const sentence = `new function ${show(after.function_name)}, ${show(after.runtime)}, ${size(newSize)} of code`;
    return [{ concern: 'code', kind: 'code-new', sentence, details: [] }];
  }
  if (action !== 'update' && action !== 'replace') return [];
  const changed = differences.filter(({ path }) => codeAttributes.test(path));
  const isUnknown = later.some(({ path }) => path === 'source_code_hash');
  if (changed.length === 0 && !isUnknown) return [];
  const hasNewCode = isUnknown || changed.some(({ path }) => !/^(runtime|handler|layers)/.test(path));
  const runtime = changed.find(({ path }) => path === 'runtime');
  const words = [
    ...(hasNewCode ? [`code changes (${size(before?.source_code_size)} → ${size(newSize)})`] : []),
    ...(runtime ? [`runtime changes (${show(runtime.found)} → ${show(runtime.expected)})`] : []),
  ];
  return [
    {
      concern: 'code',
      kind: 'code-changed',
      sentence: words.join(', ') || changed.map(describeChange).join(', '),
      details: [
        ...changed.map(describeChange),
        ...(isUnknown ? ['source_code_hash: known after apply'] : []),
      ],
      paths: changed.map(({ path }) => path),
    },
  ];
}

/** What is paid for, or limits how much can be done. */
const capacityAttributes =
  /(^|\.)(billing_mode|(read|write)_capacity|max_(read|write)_request_units|table_class|storage_class|memory_size|timeout|reserved_concurrent_executions|provisioned_concurrent_executions|ephemeral_storage(\[\d+\]\.size)?|architectures|tracing_config\[\d+\]\.mode|instance_(class|type)|node_type|allocated_storage|max_allocated_storage|iops|throughput|desired_(count|capacity|size)|(min|max)_(size|capacity)|num_(cache_nodes|node_groups)|cpu|memory|shard_count|volume_(size|type)|retention_in_days)$/;

/** New resources that are paid for by the hour or the month, whether they are used or not. */
const paidTypes: Readonly<Record<string, (after: Attributes) => string>> = {
  aws_dynamodb_table: ({ billing_mode: mode, read_capacity: read, write_capacity: write }) =>
    mode === 'PAY_PER_REQUEST'
      ? 'new table, paid for by the request'
      : `new table with ${show(read)} read and ${show(write)} write units, paid for by the hour`,
  aws_cloudwatch_metric_alarm: () => 'new alarm, paid for by the month',
  aws_kms_key: () => 'new key, paid for by the month',
  aws_secretsmanager_secret: () => 'new secret, paid for by the month',
  aws_lambda_provisioned_concurrency_config: () => 'new provisioned concurrency, paid for by the hour',
};
const paidByTheHour =
  /^aws_(instance|nat_gateway|eip|lb|alb|elb|db_instance|rds_cluster.*|elasticache_.*|opensearch_domain|redshift_cluster|msk_cluster|eks_cluster|ecs_service|vpc_endpoint|memorydb_cluster|docdb_cluster.*|neptune_cluster.*|efs_file_system|fsx_.*|dax_cluster|kinesis_stream|mq_broker)$/;

export function capacityChangesOf(view: ChangeView): Told[] {
  const { action, type, after, differences } = view;
  const told = (sentence: string, paths: readonly string[] = []): Told => ({
    concern: 'capacity',
    kind: 'capacity',
    sentence,
    details: [],
    paths,
  });
  if (action === 'create' && after) {
    const words = paidTypes[type]?.(after);
    return words ? [told(words)] : paidByTheHour.test(type) ? [told('new, paid for by the hour')] : [];
  }
  if (action !== 'update' && action !== 'replace') return [];
  const changed = differences.filter(({ path }) => capacityAttributes.test(path));
  return changed.length > 0
    ? [
        told(
          changed.map(describeChange).join(', '),
          changed.map(({ path }) => path),
        ),
      ]
    : [];
}
