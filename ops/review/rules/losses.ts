import { type ChangeView, count, type Told } from '../finding';
import { weakenedByDestruction } from './protection';

/** What is lost with a resource that holds data, by its type. */
const dataTypes: readonly (readonly [RegExp, string])[] = [
  [/^aws_dynamodb_table$/, 'its records are lost'],
  [/^aws_s3_(bucket|directory_bucket)$/, 'its objects are lost'],
  [/^aws_s3_(bucket_)?object$/, 'its content is lost'],
  [/^aws_cloudwatch_log_(group|stream)$/, 'its log lines are lost'],
  [/^aws_kms_key$/, 'what it has encrypted can never be read again'],
  [/^aws_(secretsmanager_secret|ssm_parameter)/, 'its value is lost'],
  [/^aws_(sqs_queue|sns_topic|kinesis|msk_|mq_)/, 'messages in it are lost'],
  [/^aws_cognito_user_pool$/, 'its users are lost'],
  [/^aws_(ecr_repository|ecrpublic_repository)$/, 'its images are lost'],
  [
    /^aws_(db_|rds_|docdb_|neptune_|redshift|elasticache_|memorydb_|opensearch_domain|elasticsearch_|efs_|fsx_|ebs_|instance$|backup_|glacier_|timestream|keyspaces_|dax_|lightsail_|workspaces_)/,
    'its data is lost',
  ],
];

/** Types that hold nothing which is not in the configuration. */
const statelessTypes =
  /^(aws_iam_|aws_lambda_|aws_cloudwatch_(metric_alarm|dashboard|event_|composite)|aws_api_gateway|aws_apigatewayv2_|aws_s3_bucket_|aws_security_group|aws_vpc_security_group_|aws_route|aws_.*_(policy|attachment|permission|association|subscription|alias|rule)$|terraform_data$|null_resource$|random_|time_|local_|archive_)/;

const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: 'it is tainted: making it was interrupted',
  replace_by_request: 'asked for by -replace',
  replace_by_triggers: 'replace_triggered_by',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each was added or removed',
  delete_because_count_index: 'count is smaller',
  delete_because_each_key: 'for_each no longer has its key',
  delete_because_no_move_target: 'moved to what is not in the configuration',
};

/** What a destruction or a replacement takes away; the records of a table are counted on their own. */
export function lossesOf(view: ChangeView, records: number): Told[] {
  const { action, type, address, source } = view;
  if (type === 'aws_dynamodb_table_item') return [];
  if (action === 'forget') {
    const sentence = 'would be forgotten by Terraform: it stays as it is, and no deployment looks after it';
    return [{ concern: 'loss', kind: 'forget', sentence, details: [], risk: `forget:${address}` }];
  }
  if (action !== 'destroy' && action !== 'replace') return [];
  if (action === 'destroy' && weakenedByDestruction(type)) return [];
  const loss = lossOf(type);
  const paths = (source.change.replace_paths ?? []).map((path) => path.join('.'));
  const because = [...new Set(paths)].join(', ') || reasons[source.action_reason ?? ''];
  const what = `would be ${action === 'replace' ? 'replaced' : 'destroyed'}`;
  const { change } = source;
  const newFirst =
    action === 'replace' && change.actions[0] === 'create' ? ['the new one is made first'] : [];
  return [
    {
      concern: 'loss',
      kind: action,
      sentence: `${what}${because ? ` (${because})` : ''}${loss.words ? `, ${loss.words}` : ''}`,
      details: [
        ...(records > 0 && action === 'destroy' ? [`Terraform knows ${count(records, 'record')} in it`] : []),
        ...newFirst,
      ],
      ...(loss.isCertain && { losesData: true as const }),
      ...((action === 'destroy' || loss.isPossible) && { risk: `${action}:${address}` }),
      ...(action === 'replace' && { paths }),
    },
  ];
}

/** Whether data goes with a resource of a type, and the words for it. */
function lossOf(type: string) {
  const words = dataTypes.find(([pattern]) => pattern.test(type))?.[1];
  if (words) return { isPossible: true, isCertain: true, words };
  return statelessTypes.test(type)
    ? { isPossible: false, isCertain: false, words: '' }
    : { isPossible: true, isCertain: false, words: 'whether it holds data is not known' };
}
