import {
  environment,
  type Synthesized,
  synthesizeFunctions,
  synthesizeStateBackend,
  synthesizeTable,
} from './synthesize';

/** What is deployed under these addresses is destroyed and made anew where one of them changes. */
const deployed = `
  aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4
  aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56
  aws_iam_policy.mission-details_logs-policy_D76FBACD
  aws_iam_policy.mission-details_query-policy_34BD7DC4
  aws_iam_policy.super-dynamodb_logs-policy_EC5E840F
  aws_iam_policy.super-dynamodb_scan-policy_03B08B20
  aws_iam_role.mission-details_role_A1BAF1C7
  aws_iam_role.super-dynamodb_role_DD82E74C
  aws_iam_role_policy_attachment.mission-details_logs-attachment_FCE8816F
  aws_iam_role_policy_attachment.mission-details_query-attachment_52D8B199
  aws_iam_role_policy_attachment.super-dynamodb_logs-attachment_9893EE95
  aws_iam_role_policy_attachment.super-dynamodb_scan-attachment_304A9792
  aws_lambda_function.mission-details_function_66E33164
  aws_lambda_function.super-dynamodb_function_12D79D54
  aws_dynamodb_table.missions_table_B65640C1
  aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF
  aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E
  aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76
  aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703
  aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83
  aws_s3_bucket.bucket
  aws_s3_bucket_lifecycle_configuration.old-versions
  aws_s3_bucket_ownership_controls.ownership
  aws_s3_bucket_policy.bucket-policy
  aws_s3_bucket_public_access_block.public-access
  aws_s3_bucket_server_side_encryption_configuration.encryption
  aws_s3_bucket_versioning.versioning
`;

const addresses = ({ resource }: Synthesized) =>
  Object.entries<object>(resource).flatMap(([type, all]) => Object.keys(all).map((id) => `${type}.${id}`));

describe.each(['lab', 'prod'])('%s', (name) => {
  it('keeps the address of everything that is deployed', () => {
    const row = environment(name);
    const synthesized = [synthesizeTable(row), synthesizeFunctions(row), synthesizeStateBackend(row)];

    expect(synthesized.flatMap(addresses)).toEqual(expect.arrayContaining(deployed.trim().split(/\s+/)));
  });
});
