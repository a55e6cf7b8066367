/** What a review of a plan must say. */
export interface Expected {
  readonly verdict: string;
  /** None: it raises no alarm. */
  readonly risks: readonly string[];
  /** `<concern>: <address> <sentence>`, the most dangerous first. */
  readonly findings: readonly string[];
}

/** By the name of the file in `plans/`. */
export const goldenSet: Readonly<Record<string, Expected>> = {
  'no-changes': {
    verdict: 'No changes',
    risks: [],
    findings: [],
  },
  'first-table': {
    verdict:
      'Changes capacity or cost: aws_dynamodb_table.missions_table_B65640C1 new table with 5 read and 5 write units, paid for by the hour (in all: 5 records added, 1 change of capacity or cost)',
    risks: [],
    findings: [
      'records: aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF adds the record "Batman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E adds the record "Captain America" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76 adds the record "Ironman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703 adds the record "Spiderman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83 adds the record "Superman" of SuperMissionTable',
      'capacity: aws_dynamodb_table.missions_table_B65640C1 new table with 5 read and 5 write units, paid for by the hour',
    ],
  },
  'first-functions': {
    verdict: 'Widens access: 6 new resources give access that did not exist before',
    risks: [
      'wider-access:aws_iam_policy.mission-details_logs-policy_D76FBACD',
      'wider-access:aws_iam_policy.mission-details_query-policy_34BD7DC4',
      'wider-access:aws_iam_policy.super-dynamodb_logs-policy_EC5E840F',
      'wider-access:aws_iam_policy.super-dynamodb_scan-policy_03B08B20',
      'wider-access:aws_iam_role.mission-details_role_A1BAF1C7',
      'wider-access:aws_iam_role.super-dynamodb_role_DD82E74C',
    ],
    findings: [
      'access: aws_iam_policy.mission-details_logs-policy_D76FBACD is new: may logs:PutLogEvents, logs:CreateLogStream on log-group:/aws/lambda/MissionDetailsFunction:*',
      'access: aws_iam_policy.mission-details_query-policy_34BD7DC4 is new: may dynamodb:Query on anything (*) if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero, Villain1, Villain2, Villain3',
      'access: aws_iam_policy.super-dynamodb_logs-policy_EC5E840F is new: may logs:PutLogEvents, logs:CreateLogStream on log-group:/aws/lambda/SuperDynamoDBFunction:*',
      'access: aws_iam_policy.super-dynamodb_scan-policy_03B08B20 is new: may s3:PutObject, s3:GetObject, dynamodb:Scan, dynamodb:BatchWriteItem on anything (*)',
      'access: aws_iam_role.mission-details_role_A1BAF1C7 is new: trust policy may sts:AssumeRole by Service lambda.amazonaws.com',
      'access: aws_iam_role.super-dynamodb_role_DD82E74C is new: trust policy may sts:AssumeRole by Service lambda.amazonaws.com',
      'code: aws_lambda_function.mission-details_function_66E33164 new function "MissionDetailsFunction", "nodejs22.x", 175,612 bytes of code',
      'code: aws_lambda_function.super-dynamodb_function_12D79D54 new function "SuperDynamoDBFunction", "nodejs22.x", 175,654 bytes of code',
      'rest: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 is new',
      'rest: aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56 is new',
      'rest: aws_iam_role_policy_attachment.mission-details_logs-attachment_FCE8816F is new',
      'rest: aws_iam_role_policy_attachment.mission-details_query-attachment_52D8B199 is new',
      'rest: aws_iam_role_policy_attachment.super-dynamodb_logs-attachment_9893EE95 is new',
      'rest: aws_iam_role_policy_attachment.super-dynamodb_scan-attachment_304A9792 is new',
    ],
  },
  'first-state-backend': {
    verdict: 'Safe: 6 resources added, nothing else',
    risks: [],
    findings: [
      'rest: aws_s3_bucket.bucket is new',
      'rest: aws_s3_bucket_ownership_controls.ownership is new',
      'rest: aws_s3_bucket_policy.bucket-policy is new',
      'rest: aws_s3_bucket_public_access_block.public-access is new',
      'rest: aws_s3_bucket_server_side_encryption_configuration.encryption is new',
      'rest: aws_s3_bucket_versioning.versioning is new',
    ],
  },
  tags: {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: ['rest: aws_dynamodb_table.missions_table_B65640C1 changes tags'],
  },
  description: {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: ['rest: aws_iam_role.reader changes description'],
  },
  'policy-reordered': {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: ['rest: aws_iam_policy.scan policy is written in another way and allows the same'],
  },
  'retention-longer': {
    verdict:
      'Changes capacity or cost: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 retention_in_days: 14 → 365 (in all: 2 changes of capacity or cost)',
    risks: [],
    findings: [
      'capacity: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 retention_in_days: 14 → 365',
      'capacity: aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56 retention_in_days: 14 → 365',
    ],
  },
  memory: {
    verdict:
      'Changes capacity or cost: aws_lambda_function.mission-details_function_66E33164 memory_size: 128 → 256 (in all: 2 changes of capacity or cost)',
    risks: [],
    findings: [
      'capacity: aws_lambda_function.mission-details_function_66E33164 memory_size: 128 → 256',
      'capacity: aws_lambda_function.super-dynamodb_function_12D79D54 memory_size: 128 → 256',
    ],
  },
  'condition-stricter': {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: ['rest: aws_iam_policy.scan policy allows less'],
  },
  'action-removed': {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: ['rest: aws_iam_policy.scan policy allows less'],
  },
  'protection-on': {
    verdict: 'Safe: 1 resource changed, nothing else',
    risks: [],
    findings: [
      'rest: aws_dynamodb_table.missions_table_B65640C1 changes deletion_protection_enabled, point_in_time_recovery',
    ],
  },
  'least-privilege': {
    verdict: 'Safe: 6 resources changed, nothing else',
    risks: [],
    findings: [
      'rest: aws_iam_policy.mission-details_query-policy_34BD7DC4 policy allows less',
      'rest: aws_iam_policy.super-dynamodb_scan-policy_03B08B20 policy allows less',
      'rest: aws_iam_role.mission-details_role_A1BAF1C7 assume_role_policy allows less',
      'rest: aws_iam_role.super-dynamodb_role_DD82E74C assume_role_policy allows less',
      'rest: aws_lambda_function.mission-details_function_66E33164 changes environment',
      'rest: aws_lambda_function.super-dynamodb_function_12D79D54 changes environment',
    ],
  },
  'table-replaced': {
    verdict:
      'Destroys data: aws_dynamodb_table.missions_table_B65640C1 would be replaced (hash_key), its records are lost; and 1 more risk',
    risks: ['replace:aws_dynamodb_table.missions_table_B65640C1', 'records:stack'],
    findings: [
      'loss: aws_dynamodb_table.missions_table_B65640C1 would be replaced (hash_key), its records are lost',
      'records: stack removes 5 records',
      'records: aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF removes the record "Batman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E removes the record "Captain America" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76 removes the record "Ironman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703 removes the record "Spiderman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83 removes the record "Superman" of SuperMissionTable',
      'rest: aws_dynamodb_table.missions_table_B65640C1 changes attribute',
    ],
  },
  'table-renamed': {
    verdict:
      'Destroys data: aws_dynamodb_table.missions_table_B65640C1 would be replaced (name), its records are lost; and 1 more risk',
    risks: ['replace:aws_dynamodb_table.missions_table_B65640C1', 'records:stack'],
    findings: [
      'loss: aws_dynamodb_table.missions_table_B65640C1 would be replaced (name), its records are lost',
      'records: stack removes 5 records',
      'records: aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF removes the record "Batman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E removes the record "Captain America" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76 removes the record "Ironman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703 removes the record "Spiderman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83 removes the record "Superman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF adds the record "Batman" of SuperMissionTable-two',
      'records: aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E adds the record "Captain America" of SuperMissionTable-two',
      'records: aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76 adds the record "Ironman" of SuperMissionTable-two',
      'records: aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703 adds the record "Spiderman" of SuperMissionTable-two',
      'records: aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83 adds the record "Superman" of SuperMissionTable-two',
    ],
  },
  'table-destroyed': {
    verdict:
      'Destroys data: aws_dynamodb_table.heroes would be destroyed (no longer in the configuration), its records are lost',
    risks: ['destroy:aws_dynamodb_table.heroes'],
    findings: [
      'loss: aws_dynamodb_table.heroes would be destroyed (no longer in the configuration), its records are lost',
    ],
  },
  'destroy-all': {
    verdict:
      'Destroys data: aws_dynamodb_table.missions_table_B65640C1 would be destroyed, its records are lost; and 1 more risk',
    risks: ['destroy:aws_dynamodb_table.missions_table_B65640C1', 'records:stack'],
    findings: [
      'loss: aws_dynamodb_table.missions_table_B65640C1 would be destroyed, its records are lost',
      'records: stack removes 5 records',
      'records: aws_dynamodb_table_item.missions_batman-bd9b74a6_9E7343FF removes the record "Batman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_captain-america-90b34f77_AFBB373E removes the record "Captain America" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_ironman-3c61fde1_4A8D2E76 removes the record "Ironman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_spiderman-b727d874_30E46703 removes the record "Spiderman" of SuperMissionTable',
      'records: aws_dynamodb_table_item.missions_superman-27d5233d_5AF01F83 removes the record "Superman" of SuperMissionTable',
    ],
  },
  'log-group-destroyed': {
    verdict:
      'Destroys data: aws_cloudwatch_log_group.old would be destroyed (no longer in the configuration), its log lines are lost',
    risks: ['destroy:aws_cloudwatch_log_group.old'],
    findings: [
      'loss: aws_cloudwatch_log_group.old would be destroyed (no longer in the configuration), its log lines are lost',
    ],
  },
  'role-replaced': {
    verdict: 'Replaces: aws_iam_role.reader would be replaced (path), nothing else',
    risks: [],
    findings: ['loss: aws_iam_role.reader would be replaced (path)'],
  },
  'replaced-before-destroyed': {
    verdict: 'Replaces: terraform_data.version would be replaced (triggers_replace), nothing else',
    risks: [],
    findings: ['loss: terraform_data.version would be replaced (triggers_replace)'],
  },
  forgotten: {
    verdict:
      'Lets go of: aws_dynamodb_table.heroes would be forgotten by Terraform: it stays as it is, and no deployment looks after it',
    risks: ['forget:aws_dynamodb_table.heroes'],
    findings: [
      'loss: aws_dynamodb_table.heroes would be forgotten by Terraform: it stays as it is, and no deployment looks after it',
    ],
  },
  'records-added': {
    verdict: 'Safe: 2 records added, nothing else',
    risks: [],
    findings: [
      'records: aws_dynamodb_table_item.joker adds the record "Joker" of Heroes',
      'records: aws_dynamodb_table_item.robin adds the record "Robin" of Heroes',
    ],
  },
  'record-changed': {
    verdict:
      'Changes records: aws_dynamodb_table_item.batman changes the record "Batman" of Heroes: Gear, Power, a|b`c, nothing else',
    risks: [],
    findings: [
      'records: aws_dynamodb_table_item.batman changes the record "Batman" of Heroes: Gear, Power, a|b`c',
    ],
  },
  'record-deleted': {
    verdict: 'Changes records: stack removes 1 record (in all: 1 record removed)',
    risks: ['records:stack'],
    findings: [
      'records: stack removes 1 record',
      'records: aws_dynamodb_table_item.robin removes the record "Robin" of Heroes',
    ],
  },
  'record-key-changed': {
    verdict: 'Changes records: stack removes 1 record (in all: 1 record removed, 1 record added)',
    risks: ['records:stack'],
    findings: [
      'records: stack removes 1 record',
      'records: aws_dynamodb_table_item.batman removes the record "Batman" of Heroes',
      'records: aws_dynamodb_table_item.batman adds the record "Bruce" of Heroes',
    ],
  },
  'records-restored': {
    verdict:
      'Changes records: aws_dynamodb_table_item.batman changes the record "Batman" of Heroes: Power, nothing else',
    risks: [],
    findings: ['records: aws_dynamodb_table_item.batman changes the record "Batman" of Heroes: Power'],
  },
  'action-added': {
    verdict:
      'Widens access: aws_iam_policy.scan may now also dynamodb:PutItem on table/SuperMissionTable if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan may now also dynamodb:PutItem on table/SuperMissionTable if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    ],
  },
  'action-wildcard': {
    verdict:
      'Widens access: aws_iam_policy.scan may now also dynamodb:* on table/SuperMissionTable if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan may now also dynamodb:* on table/SuperMissionTable if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    ],
  },
  'resource-wildcard': {
    verdict:
      'Widens access: aws_iam_policy.scan may now also dynamodb:Query, dynamodb:GetItem on anything (*) if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan may now also dynamodb:Query, dynamodb:GetItem on anything (*) if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero and dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES',
    ],
  },
  'condition-removed': {
    verdict:
      'Widens access: aws_iam_policy.scan condition dynamodb:Select removed (dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan condition dynamodb:Select removed (dynamodb:Select StringEquals SPECIFIC_ATTRIBUTES): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable',
    ],
  },
  'condition-for-all-values': {
    verdict:
      'Widens access: aws_iam_policy.scan condition dynamodb:Attributes removed (dynamodb:Attributes StringEquals MissionStatus, SuperHero): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable (in all: 1 resource changed)',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan condition dynamodb:Attributes removed (dynamodb:Attributes StringEquals MissionStatus, SuperHero): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable',
      'rest: aws_iam_policy.scan policy allows less elsewhere',
    ],
  },
  'condition-value-added': {
    verdict:
      'Widens access: aws_iam_policy.scan condition dynamodb:Attributes also takes SuperPower (ForAllValues:StringEquals): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable',
    risks: ['wider-access:aws_iam_policy.scan'],
    findings: [
      'access: aws_iam_policy.scan condition dynamodb:Attributes also takes SuperPower (ForAllValues:StringEquals): dynamodb:Query, dynamodb:GetItem on table/SuperMissionTable',
    ],
  },
  'lab-access': {
    verdict:
      'Widens access: aws_iam_policy.mission-details_query-policy_34BD7DC4 may now also dynamodb:Query on anything (*) if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero, Villain1, Villain2, Villain3; and 3 more risks',
    risks: [
      'wider-access:aws_iam_policy.mission-details_query-policy_34BD7DC4',
      'wider-access:aws_iam_policy.super-dynamodb_scan-policy_03B08B20',
      'wider-access:aws_iam_role.mission-details_role_A1BAF1C7',
      'wider-access:aws_iam_role.super-dynamodb_role_DD82E74C',
    ],
    findings: [
      'access: aws_iam_policy.mission-details_query-policy_34BD7DC4 may now also dynamodb:Query on anything (*) if dynamodb:Attributes ForAllValues:StringEquals MissionStatus, SuperHero, Villain1, Villain2, Villain3',
      'access: aws_iam_policy.super-dynamodb_scan-policy_03B08B20 may now also s3:PutObject, s3:GetObject, dynamodb:Scan, dynamodb:BatchWriteItem on anything (*)',
      'access: aws_iam_role.mission-details_role_A1BAF1C7 trust policy condition aws:SourceAccount removed (aws:SourceAccount StringEquals 123456789012): sts:AssumeRole by Service lambda.amazonaws.com',
      'access: aws_iam_role.super-dynamodb_role_DD82E74C trust policy condition aws:SourceAccount removed (aws:SourceAccount StringEquals 123456789012): sts:AssumeRole by Service lambda.amazonaws.com',
      'rest: aws_lambda_function.mission-details_function_66E33164 changes environment',
      'rest: aws_lambda_function.super-dynamodb_function_12D79D54 changes environment',
    ],
  },
  'trust-other-account': {
    verdict:
      'Widens access: aws_iam_role.reader trust policy may now also sts:AssumeRole by arn:aws:iam::999999999999:root',
    risks: ['wider-access:aws_iam_role.reader'],
    findings: [
      'access: aws_iam_role.reader trust policy may now also sts:AssumeRole by arn:aws:iam::999999999999:root',
    ],
  },
  'administrator-attached': {
    verdict:
      'Widens access: aws_iam_role_policy_attachment.admin gives "Reader" the policy "arn:aws:iam::aws:policy/AdministratorAccess"',
    risks: ['wider-access:aws_iam_role_policy_attachment.admin'],
    findings: [
      'access: aws_iam_role_policy_attachment.admin gives "Reader" the policy "arn:aws:iam::aws:policy/AdministratorAccess"',
    ],
  },
  'inline-policy': {
    verdict: 'Widens access: aws_iam_role_policy.all is new: may any action but iam:* on anything (*)',
    risks: ['wider-access:aws_iam_role_policy.all'],
    findings: ['access: aws_iam_role_policy.all is new: may any action but iam:* on anything (*)'],
  },
  'boundary-removed': {
    verdict:
      'Widens access: aws_iam_role.reader permissions boundary "arn:aws:iam::123456789012:policy/Boundary" removed',
    risks: ['wider-access:aws_iam_role.reader'],
    findings: [
      'access: aws_iam_role.reader permissions boundary "arn:aws:iam::123456789012:policy/Boundary" removed',
    ],
  },
  'policy-unknown': {
    verdict:
      'Widens access: aws_iam_policy.jobs is new: policy is known after apply only: what it allows cannot be reviewed (in all: 1 resource added)',
    risks: ['wider-access:aws_iam_policy.jobs'],
    findings: [
      'access: aws_iam_policy.jobs is new: policy is known after apply only: what it allows cannot be reviewed',
      'rest: aws_sqs_queue.jobs is new',
    ],
  },
  'function-public': {
    verdict:
      'Widens access: aws_lambda_function_url.open opens to everybody; gives access: authorization_type "NONE", function_name "MissionDetailsFunction"; and 1 more risk',
    risks: ['wider-access:aws_lambda_function_url.open', 'wider-access:aws_lambda_permission.open'],
    findings: [
      'access: aws_lambda_function_url.open opens to everybody; gives access: authorization_type "NONE", function_name "MissionDetailsFunction"',
      'access: aws_lambda_permission.open opens to everybody; gives access: principal "*", action "lambda:InvokeFunctionUrl", function_url_auth_type "NONE", function_name "MissionDetailsFunction"',
    ],
  },
  'bucket-public': {
    verdict:
      'Widens access: aws_s3_bucket_policy.data may now also s3:GetObject on any-data/* by everybody (*)',
    risks: ['wider-access:aws_s3_bucket_policy.data'],
    findings: ['access: aws_s3_bucket_policy.data may now also s3:GetObject on any-data/* by everybody (*)'],
  },
  'deny-removed': {
    verdict:
      'Widens access: aws_s3_bucket_policy.data no longer denies s3:PutObject on any-data/*.tfstate by everybody (*)',
    risks: ['wider-access:aws_s3_bucket_policy.data'],
    findings: [
      'access: aws_s3_bucket_policy.data no longer denies s3:PutObject on any-data/*.tfstate by everybody (*)',
    ],
  },
  'deny-narrowed': {
    verdict:
      'Widens access: aws_s3_bucket_policy.data no longer denies s3:DeleteObjectVersion on any-data/*.tfstate by everybody (*)',
    risks: ['wider-access:aws_s3_bucket_policy.data'],
    findings: [
      'access: aws_s3_bucket_policy.data no longer denies s3:DeleteObjectVersion on any-data/*.tfstate by everybody (*)',
    ],
  },
  'public-access-block-off': {
    verdict: 'Widens access: aws_s3_bucket_public_access_block.data block_public_policy is turned off',
    risks: ['wider-access:aws_s3_bucket_public_access_block.data'],
    findings: ['access: aws_s3_bucket_public_access_block.data block_public_policy is turned off'],
  },
  'port-open': {
    verdict: 'Widens access: aws_security_group.web opens ingress tcp 22, 0.0.0.0/0',
    risks: ['wider-access:aws_security_group.web'],
    findings: ['access: aws_security_group.web opens ingress tcp 22, 0.0.0.0/0'],
  },
  'deletion-protection-off': {
    verdict:
      'Weakens protection: aws_dynamodb_table.missions_table_B65640C1 deletion protection is turned off',
    risks: ['weaker-protection:aws_dynamodb_table.missions_table_B65640C1'],
    findings: ['protection: aws_dynamodb_table.missions_table_B65640C1 deletion protection is turned off'],
  },
  'recovery-off': {
    verdict:
      'Weakens protection: aws_dynamodb_table.missions_table_B65640C1 point-in-time recovery is turned off',
    risks: ['weaker-protection:aws_dynamodb_table.missions_table_B65640C1'],
    findings: ['protection: aws_dynamodb_table.missions_table_B65640C1 point-in-time recovery is turned off'],
  },
  'retention-shorter': {
    verdict:
      'Weakens protection: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 kept for less time (retention_in_days: 14 → 1); and 1 more risk',
    risks: [
      'weaker-protection:aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4',
      'weaker-protection:aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56',
    ],
    findings: [
      'protection: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 kept for less time (retention_in_days: 14 → 1)',
      'protection: aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56 kept for less time (retention_in_days: 14 → 1)',
      'capacity: aws_cloudwatch_log_group.mission-details_log-group_93E1D6B4 retention_in_days: 14 → 1',
      'capacity: aws_cloudwatch_log_group.super-dynamodb_log-group_415CCC56 retention_in_days: 14 → 1',
    ],
  },
  'versioning-suspended': {
    verdict:
      'Weakens protection: aws_s3_bucket_versioning.versioning protection ends (versioning_configuration[0].status: "Enabled" → "Suspended")',
    risks: ['weaker-protection:aws_s3_bucket_versioning.versioning'],
    findings: [
      'protection: aws_s3_bucket_versioning.versioning protection ends (versioning_configuration[0].status: "Enabled" → "Suspended")',
    ],
  },
  'state-bucket-open': {
    verdict:
      'Destroys: aws_s3_bucket_policy.bucket-policy would be destroyed (no longer in the configuration); and 4 more risks',
    risks: [
      'destroy:aws_s3_bucket_policy.bucket-policy',
      'destroy:aws_s3_bucket_public_access_block.public-access',
      'wider-access:aws_s3_bucket_policy.bucket-policy',
      'wider-access:aws_s3_bucket_public_access_block.public-access',
      'weaker-protection:aws_s3_bucket_server_side_encryption_configuration.encryption',
    ],
    findings: [
      'loss: aws_s3_bucket_policy.bucket-policy would be destroyed (no longer in the configuration)',
      'loss: aws_s3_bucket_public_access_block.public-access would be destroyed (no longer in the configuration)',
      'access: aws_s3_bucket_policy.bucket-policy no longer denies s3:DeleteObjectVersion, s3:DeleteObject on supermission-local-state/*.tfstate by everybody (*)',
      'access: aws_s3_bucket_public_access_block.public-access block_public_acls is turned off; block_public_policy is turned off; ignore_public_acls is turned off; and 1 more',
      'protection: aws_s3_bucket_server_side_encryption_configuration.encryption would be destroyed: the encryption of the bucket is no longer set',
    ],
  },
  'encryption-removed': {
    verdict:
      'Weakens protection: aws_cloudwatch_log_group.log encryption with a key of one\'s own ends (kms_key_id: "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000" → none)',
    risks: ['weaker-protection:aws_cloudwatch_log_group.log'],
    findings: [
      'protection: aws_cloudwatch_log_group.log encryption with a key of one\'s own ends (kms_key_id: "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000" → none)',
    ],
  },
  'code-changed': {
    verdict:
      'Changes code: aws_lambda_function.mission-details_function_66E33164 code changes (175,612 bytes → 175,636 bytes) (in all: 2 functions with other code)',
    risks: [],
    findings: [
      'code: aws_lambda_function.mission-details_function_66E33164 code changes (175,612 bytes → 175,636 bytes)',
      'code: aws_lambda_function.super-dynamodb_function_12D79D54 code changes (175,654 bytes → 175,678 bytes)',
    ],
  },
  'runtime-changed': {
    verdict:
      'Changes code: aws_lambda_function.mission-details_function_66E33164 runtime changes ("nodejs22.x" → "nodejs20.x") (in all: 2 functions with other code)',
    risks: [],
    findings: [
      'code: aws_lambda_function.mission-details_function_66E33164 runtime changes ("nodejs22.x" → "nodejs20.x")',
      'code: aws_lambda_function.super-dynamodb_function_12D79D54 runtime changes ("nodejs22.x" → "nodejs20.x")',
    ],
  },
  'on-demand': {
    verdict:
      'Changes capacity or cost: aws_dynamodb_table.missions_table_B65640C1 billing_mode: "PROVISIONED" → "PAY_PER_REQUEST", nothing else',
    risks: [],
    findings: [
      'capacity: aws_dynamodb_table.missions_table_B65640C1 billing_mode: "PROVISIONED" → "PAY_PER_REQUEST"',
    ],
  },
  'more-units': {
    verdict:
      'Changes capacity or cost: aws_dynamodb_table.missions_table_B65640C1 read_capacity: 5 → 50, nothing else',
    risks: [],
    findings: ['capacity: aws_dynamodb_table.missions_table_B65640C1 read_capacity: 5 → 50'],
  },
  alarms: {
    verdict:
      'Changes capacity or cost: aws_cloudwatch_metric_alarm.alarms_MissionDetailsFunction-duration_AA172ECC new alarm, paid for by the month (in all: 10 changes of capacity or cost)',
    risks: [],
    findings: [
      'capacity: aws_cloudwatch_metric_alarm.alarms_MissionDetailsFunction-duration_AA172ECC new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_MissionDetailsFunction-errors_5755A082 new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_MissionDetailsFunction-throttles_21B191CF new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_SuperDynamoDBFunction-duration_8255D338 new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_SuperDynamoDBFunction-errors_B23A7AC3 new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_SuperDynamoDBFunction-throttles_FB523FB0 new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_SuperMissionTable-Query-throttled_C9583676 new alarm, paid for by the month',
      'capacity: aws_cloudwatch_metric_alarm.alarms_SuperMissionTable-Scan-throttled_78A8F9D7 new alarm, paid for by the month',
      'capacity: aws_lambda_function.mission-details_function_66E33164 reserved_concurrent_executions: -1 → 5',
      'capacity: aws_lambda_function.super-dynamodb_function_12D79D54 reserved_concurrent_executions: -1 → 5',
    ],
  },
  modules: {
    verdict: 'Safe: 3 resources added, nothing else',
    risks: [],
    findings: [
      'rest: module.team["blue"].aws_cloudwatch_log_group.log is new',
      'rest: module.team["blue"].terraform_data.flag[0] is new',
      'rest: module.team["blue"].terraform_data.flag[1] is new',
    ],
  },
  'modules-removed': {
    verdict:
      'Destroys data: module.team["red"].aws_cloudwatch_log_group.log would be destroyed (its module is no longer in the configuration), its log lines are lost; and 2 more risks',
    risks: [
      'destroy:module.team["red"].aws_cloudwatch_log_group.log',
      'destroy:module.team["red"].terraform_data.flag[0]',
      'destroy:module.team["red"].terraform_data.flag[1]',
    ],
    findings: [
      'loss: module.team["red"].aws_cloudwatch_log_group.log would be destroyed (its module is no longer in the configuration), its log lines are lost',
      'loss: module.team["red"].terraform_data.flag[0] would be destroyed (its module is no longer in the configuration)',
      'loss: module.team["red"].terraform_data.flag[1] would be destroyed (its module is no longer in the configuration)',
    ],
  },
  moved: {
    verdict: 'Safe: 1 resource renamed, nothing else',
    risks: [],
    findings: ['rest: aws_dynamodb_table.people is the former aws_dynamodb_table.heroes'],
  },
  imported: {
    verdict: 'Safe: 1 resource changed, 1 resource imported, nothing else',
    risks: [],
    findings: [
      'rest: aws_dynamodb_table.heroes is imported (Heroes)',
      'rest: aws_dynamodb_table.heroes changes tags',
    ],
  },
  errored: {
    verdict:
      'Incomplete: stack could not be planned to the end: what is here is not all (in all: 1 resource changed)',
    risks: ['incomplete:stack'],
    findings: [
      'loss: stack could not be planned to the end: what is here is not all',
      'rest: aws_dynamodb_table.heroes changes deletion_protection_enabled',
    ],
  },
  tainted: {
    verdict:
      'Destroys data: aws_dynamodb_table.heroes would be replaced (asked for by -replace), its records are lost',
    risks: ['replace:aws_dynamodb_table.heroes'],
    findings: [
      'loss: aws_dynamodb_table.heroes would be replaced (asked for by -replace), its records are lost',
    ],
  },
  sensitive: {
    verdict:
      'Widens access: aws_iam_policy.hidden policy is sensitive: what it allows cannot be reviewed; and 1 more risk',
    risks: ['wider-access:aws_iam_policy.hidden', 'records:stack'],
    findings: [
      'access: aws_iam_policy.hidden policy is sensitive: what it allows cannot be reviewed',
      'records: stack removes 1 record',
      'records: aws_dynamodb_table_item.batman removes the record (sensitive) of Heroes',
      'records: aws_dynamodb_table_item.batman adds the record (sensitive, another value) of Heroes',
      'rest: aws_ssm_parameter.password changes value',
      'rest: terraform_data.nested changes input',
      'rest: terraform_data.text changes input',
    ],
  },
  outputs: {
    verdict: 'Safe: 3 outputs changed',
    risks: [],
    findings: [],
  },
  'hostile-names': {
    verdict: 'Safe: 2 resources added, nothing else',
    risks: [],
    findings: [
      'rest: terraform_data.each["\\"]; click A \\"javascript:alert(1)\\""] is new',
      'rest: terraform_data.each["a|b`c\\n<img src=x onerror=alert(1)>@all"] is new',
    ],
  },
};
