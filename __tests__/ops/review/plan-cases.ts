import type { Environment } from '../../../environments';
import type { SeedItem } from '../../../seed-data/load-items';
import { missions } from '../../../system';
import { names } from '../../names';

type Json = any;

/** What is applied first, and what is planned then. Nothing applied: a first deployment. */
export interface PlanCase {
  readonly before?: Configuration;
  /** Nothing: everything is destroyed. */
  readonly after?: Configuration;
  /** What somebody else does in between, by a command of the AWS CLI's API: service, operation, input. */
  readonly outside?: (aws: { readonly dynamodb: Json; readonly lambda: Json }) => Promise<unknown>;
  /** Flags of `terraform plan`. */
  readonly flags?: readonly string[];
  /** The plan fails, and Terraform keeps what it has. */
  readonly fails?: true;
}

/** A stack of this project with an edited environment or items, or Terraform's JSON as it is with files beside it. */
export type Configuration =
  | {
      readonly stack: 'table' | 'functions' | 'state-backend' | 'pipeline' | 'web';
      readonly environment?: Partial<Environment>;
      readonly items?: (items: readonly SeedItem[]) => readonly SeedItem[];
      /** An edit of what was synthesized, for what no environment can say. */
      readonly edit?: (configuration: Json) => void;
      /** Added to the code of every function. */
      readonly code?: string;
    }
  | { readonly terraform: Json; readonly files?: Readonly<Record<string, Json>> };

const plain = (terraform: Json, files: Readonly<Record<string, Json>> = {}) => ({ terraform, files });
const all = (blocks: Json) => Object.values<Json>(blocks);

const table = (environment: Partial<Environment> = {}, more: object = {}) => ({
  stack: 'table' as const,
  environment,
  ...more,
});
const functions = (environment: Partial<Environment> = {}, more: object = {}) => ({
  stack: 'functions' as const,
  environment,
  ...more,
});
const stateBackend = (edit?: (configuration: Json) => void) => ({
  stack: 'state-backend' as const,
  ...(edit && { edit }),
});

type Web = NonNullable<Environment['web']>;
const overHttp = (access: Web['access']): { readonly web: Web } => ({
  web: {
    access,
    throttling: { requestsPerSecond: 10, burst: 20 },
    corsOrigins: [],
    logRetentionDays: 14,
  },
});
const web = (access: Web['access']) => ({ stack: 'web' as const, environment: overHttp(access) });
/** What protects attributes is no access for everybody. */
const closed = overHttp({ mode: 'iam' });

/** A managed policy with these statements. */
const policy = (...Statement: object[]) =>
  plain({
    resource: {
      aws_iam_policy: {
        scan: { name: 'Scan', policy: JSON.stringify({ Version: '2012-10-17', Statement }) },
      },
    },
  });
const visible = missions.visibleAttributes;
const tableArn = `arn:aws:dynamodb:us-east-1:123456789012:table/${names.table}`;
const query = {
  Effect: 'Allow',
  Action: ['dynamodb:Query', 'dynamodb:GetItem'],
  Resource: [tableArn],
  Condition: {
    StringEquals: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': visible.slice(0, 2) },
  },
};
const logs = { Effect: 'Allow', Action: ['logs:PutLogEvents', 'logs:CreateLogStream'], Resource: '*' };
const without = (statement: Json, condition: string) => {
  const { [condition]: _, ...Condition } = statement.Condition;
  return { ...statement, Condition };
};

const trust = (Principal: object, more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...more }],
  });
const lambdaTrust = trust({ Service: 'lambda.amazonaws.com' });
const role = (more: object = {}, others: object = {}) =>
  plain({
    resource: {
      aws_iam_role: { reader: { name: 'Reader', assume_role_policy: lambdaTrust, ...more } },
      ...others,
    },
  });

const bucket = { aws_s3_bucket: { data: { bucket: 'any-data', force_destroy: true } } };
const noPublicAccess = {
  bucket: '${aws_s3_bucket.data.bucket}',
  block_public_acls: true,
  block_public_policy: true,
  ignore_public_acls: true,
  restrict_public_buckets: true,
};
const bucketPolicy = (...Statement: object[]) =>
  plain({
    resource: {
      ...bucket,
      aws_s3_bucket_policy: {
        data: {
          bucket: '${aws_s3_bucket.data.bucket}',
          policy: JSON.stringify({ Version: '2012-10-17', Statement }),
        },
      },
    },
  });
const denyDeletion = {
  Sid: 'DenyDeletion',
  Effect: 'Deny',
  Principal: '*',
  Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  Resource: 'arn:aws:s3:::any-data/*.tfstate',
};

/** The same policy, on one of two buckets. */
const twoBuckets = (name: string) =>
  plain({
    resource: {
      aws_s3_bucket: { data: { bucket: 'any-data' }, other: { bucket: 'other-data' } },
      aws_s3_bucket_policy: {
        data: {
          bucket: `\${aws_s3_bucket.${name}.bucket}`,
          policy: JSON.stringify({ Version: '2012-10-17', Statement: [denyDeletion] }),
        },
      },
    },
  });

/** An HTTP API, with a route if one is given. */
const api = (route: object) =>
  plain({
    resource: {
      aws_apigatewayv2_api: { web: { name: 'web', protocol_type: 'HTTP' } },
      ...(Object.keys(route).length > 0 && {
        aws_apigatewayv2_route: { open: { api_id: '${aws_apigatewayv2_api.web.id}', ...route } },
      }),
    },
  });

const withIndex = {
  attribute: [
    { name: 'Hero', type: 'S' },
    { name: 'Team', type: 'S' },
  ],
  global_secondary_index: [{ name: 'ByTeam', hash_key: 'Team', projection_type: 'ALL' }],
};

const item = (value: object) => ({
  table_name: '${aws_dynamodb_table.heroes.name}',
  hash_key: '${aws_dynamodb_table.heroes.hash_key}',
  item: JSON.stringify(value),
});
const heroes = (more: object = {}, items: Readonly<Record<string, object>> = {}) =>
  plain({
    resource: {
      aws_dynamodb_table: {
        heroes: {
          name: 'Heroes',
          billing_mode: 'PAY_PER_REQUEST',
          hash_key: 'Hero',
          attribute: [{ name: 'Hero', type: 'S' }],
          ...more,
        },
      },
      ...(Object.keys(items).length > 0 && {
        aws_dynamodb_table_item: Object.fromEntries(
          Object.entries(items).map(([name, value]) => [name, item(value)]),
        ),
      }),
    },
  });
const batman = { Hero: { S: 'Batman' }, Power: { N: '1' }, Gear: { L: [{ S: 'cape' }, { S: 'car' }] } };

const teams = (names: readonly string[]) =>
  plain(
    {
      module: {
        team: {
          source: './team',
          for_each: Object.fromEntries(names.map((it) => [it, it])),
          name: '${each.value}',
        },
      },
    },
    {
      'team/main.tf.json': {
        variable: { name: { type: 'string' } },
        resource: {
          terraform_data: { flag: { input: '${var.name}', count: 2 } },
          aws_cloudwatch_log_group: { log: { name: '/team/${var.name}', retention_in_days: 14 } },
        },
      },
    },
  );

/** Planted in every place that Terraform knows to be sensitive; no output may hold it. */
export const secret = 'hunter2-planted';

const secrets = (value: string) =>
  plain({
    variable: { password: { type: 'string', sensitive: true, default: value } },
    resource: {
      aws_ssm_parameter: {
        password: { name: '/any/password', type: 'SecureString', value: '${var.password}' },
      },
      terraform_data: {
        nested: {
          input: {
            level: { deep: ['a', '${var.password}'] },
            map: { key: '${var.password}', open: value.length },
          },
        },
        text: { input: '${jsonencode({ password = var.password })}' },
      },
      aws_dynamodb_table: {
        heroes: {
          name: 'Heroes',
          billing_mode: 'PAY_PER_REQUEST',
          hash_key: 'Hero',
          attribute: [{ name: 'Hero', type: 'S' }],
        },
      },
      aws_dynamodb_table_item: {
        batman: {
          table_name: '${aws_dynamodb_table.heroes.name}',
          hash_key: 'Hero',
          item: '${jsonencode({ Hero = { S = "Batman" }, Secret = { S = var.password } })}',
        },
      },
      aws_iam_policy: {
        hidden: {
          name: 'Hidden',
          policy:
            '${jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.password}/*" }] })}',
        },
      },
    },
    output: { password: { value: '${var.password}', sensitive: true } },
  });

/** By the name of the file in `plans/`. */
export const planCases: Readonly<Record<string, PlanCase>> = {
  'no-changes': { before: table(), after: table() },
  'first-table': { after: table() },
  'first-functions': { after: functions() },
  'first-state-backend': { after: stateBackend() },
  'first-pipeline': {
    after: {
      stack: 'pipeline',
      environment: { pipeline: { repository: 'acme/heroes', identityProvider: 'defined' } },
    },
  },
  'first-web': { after: web({ mode: 'jwt', issuer: 'https://tokens.example', audience: ['missions'] }) },
  'first-web-public': { after: web({ mode: 'public' }) },

  // Harmless
  tags: { before: table(), after: table({ tags: { owner: 'heroes' } }) },
  description: { before: role(), after: role({ description: 'reads' }) },
  'policy-reordered': {
    before: policy(query, logs),
    after: policy(
      { ...logs, Action: [...logs.Action].reverse() },
      { ...query, Sid: 'Named', Resource: tableArn },
    ),
  },
  'retention-longer': { before: functions(), after: functions({ logRetentionDays: 365 }) },
  memory: { before: functions(), after: functions({ memoryMiB: 256 }) },
  'condition-stricter': {
    before: policy(without(query, 'StringEquals')),
    after: policy(query),
  },
  'action-removed': {
    before: policy(query, logs),
    after: policy({ ...query, Action: 'dynamodb:Query' }, logs),
  },
  'protection-on': {
    before: table(),
    after: table({ deletionProtection: true, pointInTimeRecovery: true }),
  },
  'least-privilege': {
    before: functions(closed),
    after: functions({ ...closed, accessMode: 'least-privilege' }),
  },

  // Data
  'table-replaced': {
    before: table(),
    after: table(
      {},
      {
        edit: (it: Json) => {
          for (const one of all(it.resource.aws_dynamodb_table)) {
            one.hash_key = 'Hero';
            one.attribute = [{ name: 'Hero', type: 'S' }];
          }
          delete it.resource.aws_dynamodb_table_item;
        },
      },
    ),
  },
  'table-renamed': { before: table(), after: table({ nameSuffix: '-two' }) },
  'table-destroyed': {
    before: plain({ resource: { ...heroes().terraform.resource, ...bucket } }),
    after: plain({ resource: bucket }),
  },
  'destroy-all': { before: table(), flags: ['-destroy'] },
  'log-group-destroyed': {
    before: plain({ resource: { aws_cloudwatch_log_group: { old: { name: 'old' } }, ...bucket } }),
    after: plain({ resource: bucket }),
  },
  'role-replaced': { before: role(), after: role({ path: '/readers/' }) },
  'replaced-before-destroyed': {
    before: plain({
      resource: {
        terraform_data: { version: { triggers_replace: ['1'], lifecycle: { create_before_destroy: true } } },
      },
    }),
    after: plain({
      resource: {
        terraform_data: { version: { triggers_replace: ['2'], lifecycle: { create_before_destroy: true } } },
      },
    }),
  },
  forgotten: {
    before: heroes(),
    after: plain({ removed: [{ from: 'aws_dynamodb_table.heroes', lifecycle: [{ destroy: false }] }] }),
  },

  // Items
  'items-added': {
    before: heroes({}, { batman }),
    after: heroes(
      {},
      { batman, robin: { Hero: { S: 'Robin' } }, joker: { Hero: { S: 'Joker' }, Bad: { BOOL: true } } },
    ),
  },
  'item-changed': {
    before: heroes({}, { batman }),
    after: heroes(
      {},
      {
        batman: {
          Hero: { S: 'Batman' },
          Power: { N: '2' },
          Gear: { L: [{ S: 'cape' }, { S: 'boat' }] },
          'a|b`c': { S: '<b>@all</b>' },
        },
      },
    ),
  },
  'item-deleted': {
    before: heroes({}, { batman, robin: { Hero: { S: 'Robin' } } }),
    after: heroes({}, { batman }),
  },
  'item-key-changed': {
    before: heroes({}, { batman }),
    after: heroes({}, { batman: { ...batman, Hero: { S: 'Bruce' } } }),
  },
  'items-restored': {
    before: heroes({}, { batman }),
    after: heroes({}, { batman }),
    outside: ({ dynamodb }) =>
      dynamodb.putItem({ TableName: 'Heroes', Item: { ...batman, Power: { N: '9' } } }),
  },

  // Access
  'action-added': {
    before: policy(query),
    after: policy({ ...query, Action: [...query.Action, 'dynamodb:PutItem'] }),
  },
  'action-wildcard': { before: policy(query), after: policy({ ...query, Action: 'dynamodb:*' }) },
  'resource-wildcard': { before: policy(query), after: policy({ ...query, Resource: '*' }) },
  'condition-removed': { before: policy(query), after: policy(without(query, 'StringEquals')) },
  'condition-for-all-values': {
    before: policy({ ...query, Condition: { StringEquals: query.Condition['ForAllValues:StringEquals'] } }),
    after: policy({
      ...query,
      Condition: { 'ForAllValues:StringEquals': query.Condition['ForAllValues:StringEquals'] },
    }),
  },
  'condition-value-added': {
    before: policy(query),
    after: policy({
      ...query,
      Condition: {
        ...query.Condition,
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...visible.slice(0, 2), 'SuperPower'] },
      },
    }),
  },
  'lab-access': {
    before: functions({ ...closed, accessMode: 'least-privilege' }),
    after: functions(closed),
  },
  'trust-other-account': {
    before: role(),
    after: role({
      assume_role_policy: trust({ Service: 'lambda.amazonaws.com', AWS: 'arn:aws:iam::999999999999:root' }),
    }),
  },
  'administrator-attached': {
    before: role(),
    after: role(
      {},
      {
        aws_iam_role_policy_attachment: {
          admin: {
            role: '${aws_iam_role.reader.name}',
            policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess',
          },
        },
      },
    ),
  },
  'inline-policy': {
    before: role(),
    after: role(
      {},
      {
        aws_iam_role_policy: {
          all: {
            role: '${aws_iam_role.reader.id}',
            policy: JSON.stringify({
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
            }),
          },
        },
      },
    ),
  },
  'boundary-removed': {
    before: role({ permissions_boundary: 'arn:aws:iam::123456789012:policy/Boundary' }),
    after: role(),
  },
  'policy-unknown': {
    before: plain({ resource: bucket }),
    after: plain({
      resource: {
        ...bucket,
        aws_sqs_queue: { jobs: { name: 'jobs' } },
        aws_iam_policy: {
          jobs: {
            name: 'Jobs',
            policy:
              '${jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.jobs.arn }] })}',
          },
        },
      },
    }),
  },
  'function-public': {
    before: functions(),
    after: functions(
      {},
      {
        edit: (it: Json) => {
          const [name] = Object.keys(it.resource.aws_lambda_function);
          const function_name = `\${aws_lambda_function.${name}.function_name}`;
          it.resource.aws_lambda_function_url = { open: { function_name, authorization_type: 'NONE' } };
          it.resource.aws_lambda_permission = {
            open: {
              function_name,
              action: 'lambda:InvokeFunctionUrl',
              principal: '*',
              function_url_auth_type: 'NONE',
            },
          };
        },
      },
    ),
  },
  'bucket-public': {
    before: bucketPolicy(denyDeletion),
    after: bucketPolicy(denyDeletion, {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::any-data/*',
    }),
  },
  'deny-removed': {
    before: bucketPolicy(denyDeletion, { ...denyDeletion, Sid: 'DenyPut', Action: 's3:PutObject' }),
    after: bucketPolicy(denyDeletion),
  },
  'deny-narrowed': {
    before: bucketPolicy(denyDeletion),
    after: bucketPolicy({ ...denyDeletion, Action: 's3:DeleteObject' }),
  },
  'public-access-block-off': {
    before: plain({ resource: { ...bucket, aws_s3_bucket_public_access_block: { data: noPublicAccess } } }),
    after: plain({
      resource: {
        ...bucket,
        aws_s3_bucket_public_access_block: { data: { ...noPublicAccess, block_public_policy: false } },
      },
    }),
  },
  'port-open': {
    before: plain({ resource: { aws_security_group: { web: { name: 'web', ingress: [] } } } }),
    after: plain({
      resource: {
        aws_security_group: {
          web: {
            name: 'web',
            ingress: [
              {
                from_port: 22,
                to_port: 22,
                protocol: 'tcp',
                cidr_blocks: ['0.0.0.0/0'],
                description: '',
                ipv6_cidr_blocks: [],
                prefix_list_ids: [],
                security_groups: [],
                self: false,
              },
            ],
          },
        },
      },
    }),
  },

  'policy-of-other-bucket': {
    before: twoBuckets('data'),
    after: twoBuckets('other'),
  },
  'document-not-as-it-is': {
    before: plain({ resource: bucket }),
    after: plain({
      data: {
        aws_iam_policy_document: {
          jobs: {
            statement: [{ actions: ['sqs:SendMessage'], resources: ['${aws_sqs_queue.jobs.arn}'] }],
          },
        },
      },
      resource: {
        ...bucket,
        aws_sqs_queue: { jobs: { name: 'jobs' } },
        aws_iam_policy: {
          jobs: {
            name: 'Jobs',
            policy: '${replace(data.aws_iam_policy_document.jobs.json, "SendMessage", "*")}',
          },
        },
      },
    }),
  },
  'route-open': { before: api({}), after: api({ route_key: 'GET /missions' }) },
  'permission-other-account': {
    before: functions(),
    after: functions(
      {},
      {
        edit: (it: Json) => {
          const [name] = Object.keys(it.resource.aws_lambda_function);
          it.resource.aws_lambda_permission = {
            other: {
              function_name: `\${aws_lambda_function.${name}.function_name}`,
              action: 'lambda:InvokeFunction',
              principal: '999999999999',
            },
          };
        },
      },
    ),
  },

  // Protection
  'index-removed': { before: heroes(withIndex), after: heroes() },
  'items-expire': { before: heroes(), after: heroes({ ttl: { enabled: true, attribute_name: 'Until' } }) },
  'stream-off': { before: heroes({ stream_enabled: true, stream_view_type: 'NEW_IMAGE' }), after: heroes() },
  'expires-everything': {
    before: plain({ resource: bucket }),
    after: plain({
      resource: {
        ...bucket,
        aws_s3_bucket_lifecycle_configuration: {
          data: {
            bucket: '${aws_s3_bucket.data.bucket}',
            rule: [{ id: 'all', status: 'Enabled', filter: [{ prefix: '' }], expiration: [{ days: 1 }] }],
          },
        },
      },
    }),
  },
  'deletion-protection-off': { before: table({ deletionProtection: true }), after: table() },
  'recovery-off': { before: table({ pointInTimeRecovery: true }), after: table() },
  'retention-shorter': { before: functions(), after: functions({ logRetentionDays: 1 }) },
  'versioning-suspended': {
    before: stateBackend(),
    after: stateBackend((it) => {
      for (const one of all(it.resource.aws_s3_bucket_versioning))
        one.versioning_configuration = { status: 'Suspended' };
    }),
  },
  'state-bucket-open': {
    before: stateBackend(),
    after: stateBackend((it) => {
      delete it.resource.aws_s3_bucket_public_access_block;
      delete it.resource.aws_s3_bucket_server_side_encryption_configuration;
      delete it.resource.aws_s3_bucket_policy;
    }),
  },
  'encryption-removed': {
    before: plain({
      resource: {
        aws_kms_key: { logs: { description: 'logs' } },
        aws_cloudwatch_log_group: {
          log: { name: 'log', retention_in_days: 14, kms_key_id: '${aws_kms_key.logs.arn}' },
        },
      },
    }),
    after: plain({
      resource: {
        aws_kms_key: { logs: { description: 'logs' } },
        aws_cloudwatch_log_group: { log: { name: 'log', retention_in_days: 14 } },
      },
    }),
  },

  // Code, capacity and cost
  'code-changed': { before: functions(), after: functions({}, { code: `\n// ${'changed '.repeat(200)}` }) },
  'runtime-changed': {
    before: functions(),
    after: functions(
      {},
      {
        edit: (it: Json) => {
          for (const one of all(it.resource.aws_lambda_function)) one.runtime = 'nodejs20.x';
        },
      },
    ),
  },
  'on-demand': { before: table(), after: table({ capacity: { mode: 'on-demand' } }) },
  'more-units': {
    before: table(),
    after: table({ capacity: { mode: 'provisioned', readUnits: 50, writeUnits: 5 } }),
  },
  alarms: {
    before: functions(),
    after: functions({ alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms', reservedConcurrency: 5 }),
  },

  // Shapes
  modules: { before: teams(['red']), after: teams(['red', 'blue']) },
  'modules-removed': { before: teams(['red', 'blue']), after: teams(['blue']) },
  moved: {
    before: heroes(),
    after: plain({
      moved: [{ from: 'aws_dynamodb_table.heroes', to: 'aws_dynamodb_table.people' }],
      resource: { aws_dynamodb_table: { people: heroes().terraform.resource.aws_dynamodb_table.heroes } },
    }),
  },
  imported: {
    before: plain({ resource: bucket }),
    after: plain({
      import: [{ to: 'aws_dynamodb_table.heroes', id: 'Heroes' }],
      resource: { ...bucket, ...heroes({ tags: { found: 'yes' } }).terraform.resource },
    }),
    outside: ({ dynamodb }) =>
      dynamodb.createTable({
        TableName: 'Heroes',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'Hero', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'Hero', AttributeType: 'S' }],
      }),
  },
  errored: {
    before: heroes(),
    after: plain({
      resource: {
        ...heroes({ deletion_protection_enabled: true }).terraform.resource,
        terraform_data: {
          checked: {
            depends_on: ['aws_dynamodb_table.heroes'],
            lifecycle: [
              {
                precondition: [
                  {
                    condition: '${aws_dynamodb_table.heroes.name == "Villains"}',
                    error_message: 'not a table of villains',
                  },
                ],
              },
            ],
          },
        },
      },
    }),
    fails: true,
  },
  tainted: {
    before: heroes({}, { batman }),
    after: heroes({}, { batman }),
    flags: ['-replace=aws_dynamodb_table.heroes'],
  },
  sensitive: { before: secrets('first-planted-secret'), after: secrets(secret) },
  outputs: {
    before: plain({ output: { gone: { value: 'a' }, changed: { value: ['a'] } } }),
    after: plain({ output: { changed: { value: ['a', 'b'] }, added: { value: { name: 'n' } } } }),
  },
  'hostile-names': {
    after: plain({
      resource: {
        terraform_data: {
          each: {
            for_each: {
              'a|b`c\n<img src=x onerror=alert(1)>@all': 1,
              '"]; click A "javascript:alert(1)"': 2,
            },
            input: '${each.key}',
          },
        },
      },
    }),
  },
};
