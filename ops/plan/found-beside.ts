import {
  ApiGatewayV2Client,
  GetAuthorizersCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
} from '@aws-sdk/client-apigatewayv2';
import {
  CloudWatchLogsClient,
  paginateDescribeMetricFilters,
  paginateDescribeSubscriptionFilters,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContributorInsightsCommand,
  DescribeKinesisStreamingDestinationCommand,
  DynamoDBClient,
  GetResourcePolicyCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  LambdaClient,
  paginateListAliases,
  paginateListEventSourceMappings,
  paginateListFunctionEventInvokeConfigs,
} from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { Attributes, Resource } from '../terraform/plan-json';
import type { AwsSession } from '../terraform/session';

/** Something that belongs to a resource of a state, is a resource of its own to Terraform, and is in no state. */
export interface FoundBeside {
  /** As the AWS provider calls it. */
  readonly type: string;
  /** What tells it from others of its type. */
  readonly name: string;
  /** As the AWS provider calls them, as far as they are read. */
  readonly attributes: Attributes;
  /** The command that removes it. */
  readonly repair: string;
}

/** What is not looked for, by the type that it belongs to. */
export const notLookedFor: Readonly<Record<string, readonly string[]>> = {
  aws_apigatewayv2_api: [
    'aws_apigatewayv2_api_mapping',
    'aws_apigatewayv2_deployment',
    'aws_apigatewayv2_integration_response',
    'aws_apigatewayv2_model',
    'aws_apigatewayv2_route_response',
  ],
  aws_cloudwatch_log_group: [
    'aws_cloudwatch_log_anomaly_detector',
    'aws_cloudwatch_log_data_protection_policy',
    'aws_cloudwatch_log_index_policy',
    'aws_cloudwatch_log_resource_policy',
    'aws_cloudwatch_log_transformer',
  ],
  aws_dynamodb_table: ['aws_appautoscaling_target'],
  aws_lambda_function: [
    'aws_lambda_function_recursion_config',
    'aws_lambda_provisioned_concurrency_config',
    'aws_lambda_runtime_management_config',
  ],
  aws_s3_bucket: [
    'aws_s3_bucket_abac',
    'aws_s3_bucket_analytics_configuration',
    'aws_s3_bucket_intelligent_tiering_configuration',
    'aws_s3_bucket_inventory',
    'aws_s3_bucket_metadata_configuration',
    'aws_s3_bucket_metric',
  ],
};

/** What the emulator does not know, or answers in a form that no client reads. */
const notEmulated: Readonly<Record<string, readonly string[]>> = {
  aws_apigatewayv2_api: ['aws_apigatewayv2_authorizer'],
  aws_dynamodb_table: ['aws_dynamodb_contributor_insights', 'aws_dynamodb_kinesis_streaming_destination'],
  aws_lambda_function: ['aws_lambda_function_event_invoke_config'],
};

/** What is looked for. */
export const lookedFor = [
  'aws_apigatewayv2_authorizer',
  'aws_apigatewayv2_integration',
  'aws_apigatewayv2_route',
  'aws_apigatewayv2_stage',
  'aws_cloudwatch_log_metric_filter',
  'aws_cloudwatch_log_subscription_filter',
  'aws_dynamodb_contributor_insights',
  'aws_dynamodb_kinesis_streaming_destination',
  'aws_dynamodb_resource_policy',
  'aws_iam_role_policy',
  'aws_iam_role_policy_attachment',
  'aws_lambda_alias',
  'aws_lambda_event_source_mapping',
  'aws_lambda_function_event_invoke_config',
  'aws_lambda_function_url',
  'aws_lambda_permission',
  'aws_s3_bucket_notification',
] as const;

/** What starts a function, or carries data away. */
export const triggers: readonly string[] = [
  'aws_cloudwatch_log_subscription_filter',
  'aws_dynamodb_kinesis_streaming_destination',
  'aws_lambda_event_source_mapping',
  'aws_s3_bucket_notification',
];

/**
 * What is beside the resources of a state, and is in no state itself.
 *
 * @param resources - all of the state
 * @param elsewhere - resources of other states, which are beside these and known
 * @returns with the types that may belong to these resources and were not looked for
 */
export async function findBeside(
  resources: readonly Resource[],
  { aws, environment: { emulated } }: Pick<AwsSession, 'aws' | 'environment'>,
  elsewhere: readonly Pick<Resource, 'type' | 'values'>[] = [],
): Promise<{ readonly beside: readonly FoundBeside[]; readonly notCompared: readonly string[] }> {
  const clients = {
    emulated,
    apis: new ApiGatewayV2Client(aws),
    dynamodb: new DynamoDBClient(aws),
    lambda: new LambdaClient(aws),
    logs: new CloudWatchLogsClient(aws),
    s3: new S3Client(aws),
  };
  const found = await Promise.all(
    resources.map(async ({ type, values = {} }) => (await finders[type]?.(values, clients)) ?? []),
  );
  const known = new Set([...resources, ...elsewhere].map(({ type, values = {} }) => nameOf(type, values)));
  const types = [...new Set(resources.map(({ type }) => type))].sort();
  return {
    beside: found.flat().filter(({ type, attributes }) => !known.has(nameOf(type, attributes))),
    notCompared: types.flatMap((type) => [
      ...(notLookedFor[type] ?? []),
      ...((emulated && notEmulated[type]) || []),
    ]),
  };
}

/** Arguments that tell one from another, by the type. */
const identities: Readonly<Record<(typeof lookedFor)[number], readonly string[]>> = {
  aws_apigatewayv2_authorizer: ['api_id', 'id'],
  aws_apigatewayv2_integration: ['api_id', 'id'],
  aws_apigatewayv2_route: ['api_id', 'route_key'],
  aws_apigatewayv2_stage: ['api_id', 'name'],
  aws_cloudwatch_log_metric_filter: ['log_group_name', 'name'],
  aws_cloudwatch_log_subscription_filter: ['log_group_name', 'name'],
  aws_dynamodb_contributor_insights: ['table_name'],
  aws_dynamodb_kinesis_streaming_destination: ['table_name', 'stream_arn'],
  aws_dynamodb_resource_policy: ['resource_arn'],
  aws_iam_role_policy: ['role', 'name'],
  aws_iam_role_policy_attachment: ['role', 'policy_arn'],
  aws_lambda_alias: ['function_name', 'name'],
  aws_lambda_event_source_mapping: ['uuid'],
  aws_lambda_function_event_invoke_config: ['function_name', 'qualifier'],
  aws_lambda_function_url: ['function_name', 'qualifier'],
  aws_lambda_permission: ['function_name', 'qualifier', 'statement_id'],
  aws_s3_bucket_notification: ['bucket'],
};

/** A function may be named by its ARN. */
function nameOf(type: string, attributes: Attributes): string {
  const names = Object.hasOwn(identities, type) ? identities[type as keyof typeof identities] : [];
  const values = names.map((name) => String(attributes[name] ?? '').replace(/^arn:[^/]*:function:/, ''));
  return [type, ...values.filter(Boolean)].join(' ');
}

interface Clients {
  readonly emulated: boolean;
  readonly apis: ApiGatewayV2Client;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
}

type Finder = (values: Attributes, clients: Clients) => Promise<FoundBeside[]>;

const finders: Readonly<Record<string, Finder>> = {
  aws_apigatewayv2_api: async ({ id }, { apis, emulated }) => {
    const of = { ApiId: String(id), MaxResults: '500' };
    const [routes, stages, integrations, authorizers] = await Promise.all([
      apis.send(new GetRoutesCommand(of)),
      apis.send(new GetStagesCommand(of)),
      apis.send(new GetIntegrationsCommand(of)),
      emulated ? { Items: [] } : apis.send(new GetAuthorizersCommand(of)),
    ]);
    const repair = (command: string, name: string, value = '') =>
      `aws apigatewayv2 ${command} --api-id ${id} --${name} '${value}'`;
    return [
      ...(routes.Items ?? []).map((it) =>
        beside(
          'aws_apigatewayv2_route',
          {
            api_id: id,
            route_key: it.RouteKey,
            authorization_type: it.AuthorizationType,
            authorizer_id: it.AuthorizerId,
            target: it.Target,
          },
          repair('delete-route', 'route-id', it.RouteId),
        ),
      ),
      ...(stages.Items ?? []).map((it) =>
        beside(
          'aws_apigatewayv2_stage',
          { api_id: id, name: it.StageName, auto_deploy: it.AutoDeploy },
          repair('delete-stage', 'stage-name', it.StageName),
        ),
      ),
      ...(integrations.Items ?? []).map((it) =>
        beside(
          'aws_apigatewayv2_integration',
          { api_id: id, id: it.IntegrationId, integration_uri: it.IntegrationUri },
          repair('delete-integration', 'integration-id', it.IntegrationId),
        ),
      ),
      ...(authorizers.Items ?? []).map((it) =>
        beside(
          'aws_apigatewayv2_authorizer',
          { api_id: id, id: it.AuthorizerId, name: it.Name },
          repair('delete-authorizer', 'authorizer-id', it.AuthorizerId),
        ),
      ),
    ];
  },

  aws_cloudwatch_log_group: async ({ name }, { logs }) => {
    const logGroupName = String(name);
    const filters = await all(
      paginateDescribeSubscriptionFilters({ client: logs }, { logGroupName }),
      (it) => it.subscriptionFilters,
    );
    const metrics = await all(
      paginateDescribeMetricFilters({ client: logs }, { logGroupName }),
      (it) => it.metricFilters,
    );
    const repair = (command: string, filter = '') =>
      `aws logs ${command} --log-group-name ${logGroupName} --filter-name ${filter}`;
    return [
      ...filters.map((it) =>
        beside(
          'aws_cloudwatch_log_subscription_filter',
          { log_group_name: name, name: it.filterName, destination_arn: it.destinationArn },
          repair('delete-subscription-filter', it.filterName),
        ),
      ),
      ...metrics.map((it) =>
        beside(
          'aws_cloudwatch_log_metric_filter',
          { log_group_name: name, name: it.filterName, pattern: it.filterPattern },
          repair('delete-metric-filter', it.filterName),
        ),
      ),
    ];
  },

  aws_dynamodb_table: async ({ name, arn }, { dynamodb, emulated }) => {
    const TableName = String(name);
    const ResourceArn = String(arn);
    const { Policy } = await unlessMissing(dynamodb.send(new GetResourcePolicyCommand({ ResourceArn })));
    const policies = [Policy ?? []]
      .flat()
      .map((policy) =>
        beside(
          'aws_dynamodb_resource_policy',
          { resource_arn: arn, policy },
          `aws dynamodb delete-resource-policy --resource-arn ${arn}`,
        ),
      );
    if (emulated) return policies;
    const { KinesisDataStreamDestinations: streams = [] } = await dynamodb.send(
      new DescribeKinesisStreamingDestinationCommand({ TableName }),
    );
    const insights = await dynamodb.send(new DescribeContributorInsightsCommand({ TableName }));
    return [
      ...policies,
      ...streams
        .filter((it) => it.DestinationStatus !== 'DISABLED')
        .map(({ StreamArn }) =>
          beside(
            'aws_dynamodb_kinesis_streaming_destination',
            { table_name: name, stream_arn: StreamArn },
            `aws dynamodb disable-kinesis-streaming-destination --table-name ${name} --stream-arn ${StreamArn}`,
          ),
        ),
      ...(/^ENABL/.test(insights.ContributorInsightsStatus ?? '')
        ? [
            beside(
              'aws_dynamodb_contributor_insights',
              { table_name: name },
              `aws dynamodb update-contributor-insights --table-name ${name} --contributor-insights-action DISABLE`,
            ),
          ]
        : []),
    ];
  },

  aws_iam_role: async ({ name: role, managed_policy_arns: attached, inline_policy: inline }) => [
    ...list(attached).map((policy_arn) =>
      beside(
        'aws_iam_role_policy_attachment',
        { role, policy_arn },
        `aws iam detach-role-policy --role-name ${role} --policy-arn ${policy_arn}`,
      ),
    ),
    ...list(inline).map((it) => {
      const { name, policy } = Object(it);
      const command = `aws iam delete-role-policy --role-name ${role} --policy-name ${name}`;
      return beside('aws_iam_role_policy', { role, name, policy }, command);
    }),
  ],

  aws_lambda_function: async ({ function_name: name }, { lambda, emulated }) => {
    const FunctionName = String(name);
    const aliases = await all(paginateListAliases({ client: lambda }, { FunctionName }), (it) => it.Aliases);
    const events = emulated
      ? []
      : await all(
          paginateListFunctionEventInvokeConfigs({ client: lambda }, { FunctionName }),
          (it) => it.FunctionEventInvokeConfigs,
        );
    const ofFunction = (command: string, qualifier?: string) =>
      `aws lambda ${command} --function-name ${name}${qualifier ? ` --qualifier ${qualifier}` : ''}`;
    // The emulator answers for the function whatever the alias is.
    const qualifiers = [undefined, ...(emulated ? [] : aliases.map((it) => it.Name))];
    const callers = qualifiers.map(async (Qualifier) => {
      const called = { FunctionName, ...(Qualifier && { Qualifier }) };
      const { Policy = '{}' } = await unlessMissing(lambda.send(new GetPolicyCommand(called)));
      const url = await unlessMissing(lambda.send(new GetFunctionUrlConfigCommand(called)));
      const mappings = await all(
        paginateListEventSourceMappings(
          { client: lambda },
          { FunctionName: [FunctionName, Qualifier].filter(Boolean).join(':') },
        ),
        (it) => it.EventSourceMappings,
      );
      const base = { function_name: name, ...(Qualifier && { qualifier: Qualifier }) };
      return [
        ...list(JSON.parse(Policy).Statement).map((it) => {
          const statement = permissionOf(it);
          const command = `${ofFunction('remove-permission', Qualifier)} --statement-id ${statement.statement_id}`;
          return beside('aws_lambda_permission', { ...base, ...statement }, command);
        }),
        ...(url.AuthType
          ? [
              beside(
                'aws_lambda_function_url',
                { ...base, authorization_type: url.AuthType },
                ofFunction('delete-function-url-config', Qualifier),
              ),
            ]
          : []),
        ...mappings.map(({ UUID, EventSourceArn, State }) =>
          beside(
            'aws_lambda_event_source_mapping',
            { ...base, uuid: UUID, event_source_arn: EventSourceArn, enabled: State !== 'Disabled' },
            `aws lambda delete-event-source-mapping --uuid ${UUID}`,
          ),
        ),
      ];
    });
    return [
      ...(await Promise.all(callers)).flat(),
      ...aliases.map(({ Name, FunctionVersion }) =>
        beside(
          'aws_lambda_alias',
          { function_name: name, name: Name, function_version: FunctionVersion },
          `${ofFunction('delete-alias')} --name ${Name}`,
        ),
      ),
      ...events.map((it) => {
        const [, qualifier = '$LATEST'] = /:function:[^:]+:(.+)$/.exec(it.FunctionArn ?? '') ?? [];
        return beside(
          'aws_lambda_function_event_invoke_config',
          {
            function_name: name,
            ...(qualifier !== '$LATEST' && { qualifier }),
            maximum_retry_attempts: it.MaximumRetryAttempts,
            maximum_event_age_in_seconds: it.MaximumEventAgeInSeconds,
            destination_config: it.DestinationConfig,
          },
          ofFunction('delete-function-event-invoke-config', qualifier === '$LATEST' ? undefined : qualifier),
        );
      }),
    ];
  },

  aws_s3_bucket: async ({ bucket }, { s3 }) => {
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: String(bucket) });
    const { $metadata: _, ...notification } = await s3.send(command);
    if (Object.values(notification).every((it) => it === undefined)) return [];
    const repair = `aws s3api put-bucket-notification-configuration --bucket ${bucket} --notification-configuration '{}'`;
    return [beside('aws_s3_bucket_notification', { bucket, ...notification }, repair)];
  },
};

function beside(type: (typeof lookedFor)[number], attributes: Attributes, repair: string): FoundBeside {
  return { type, name: nameOf(type, attributes).slice(type.length + 1), attributes, repair };
}

/** A statement of a function's policy as the arguments that made it. */
function permissionOf(statement: unknown) {
  const { Sid, Action, Principal, Condition = {} } = Object(statement);
  const { AWS, Service } = Object(Principal);
  const equals = Object(Condition.StringEquals);
  return {
    statement_id: Sid,
    action: Action,
    principal: typeof Principal === 'string' ? Principal : (AWS ?? Service),
    source_arn: Object(Condition.ArnLike)['AWS:SourceArn'],
    source_account: equals['AWS:SourceAccount'],
    principal_org_id: equals['aws:PrincipalOrgID'],
    function_url_auth_type: equals['lambda:FunctionUrlAuthType'],
  };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

async function all<Page, T>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => T[] | undefined,
): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(itemsOf(page) ?? []));
  return found;
}

async function unlessMissing<T extends object>(answer: Promise<T>): Promise<Partial<T>> {
  try {
    return await answer;
  } catch (error) {
    if (['ResourceNotFoundException', 'PolicyNotFoundException'].includes((error as Error).name)) return {};
    throw error;
  }
}
