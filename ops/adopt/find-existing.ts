import {
  ApiGatewayV2Client,
  GetAuthorizersCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
} from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  type AttributeValue,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetRoleCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
} from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, GetPolicyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { InputError } from '../../input-error';
import { findApis } from '../invoke/ask-web';
import type { ExistingItem } from '../state/state-file';
import type { Arguments, Configuration, Import } from '../terraform/stack-terraform';

export interface Existing {
  readonly imports: readonly Import[];
  /** Not every version of the AWS provider can import these. */
  readonly items: readonly ExistingItem[];
  /** Addresses of types that nobody here can look for: they may exist or not. */
  readonly notLookedFor: readonly string[];
}

type ClientConfig = ConstructorParameters<typeof DynamoDBClient>[0] & { region: string };

const itemType = 'aws_dynamodb_table_item';

/** What AWS overwrites when it is made once more needs no adoption. */
const overwrittenTypes = ['aws_cloudwatch_metric_alarm'];

/**
 * Find what a stack's configuration defines and AWS has, by name, leaving out what is known already.
 *
 * @param known - addresses of resources that the state knows
 */
export async function findExisting(
  configuration: Configuration,
  known: ReadonlySet<string>,
  config: ClientConfig,
): Promise<Existing> {
  const account = new Account(config);
  const wanted = Object.entries(configuration.resource)
    .flatMap(([type, byName]) => Object.entries(byName).map(([name, args]) => ({ type, name, args })))
    .filter(({ type, name }) => !known.has(`${type}.${name}`));
  if (wanted.length === 0) return { imports: [], items: [], notLookedFor: [] };
  const given = await account.given(configuration);
  const resolve = (value: unknown) => resolveReference(value, configuration, given);

  const imports: Import[] = [];
  const items: ExistingItem[] = [];
  for (const { type, name, args } of wanted) {
    const resolved = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, resolve(value)]));
    if (type === itemType) {
      const item = await findItem(account, resolved);
      if (item) items.push({ ...item, name, dependencies: referencesOf(args) });
    }
    const id = await finders[type]?.(account, resolved, given);
    if (id) imports.push({ to: `${type}.${name}`, id });
  }
  const lookedFor = [itemType, ...overwrittenTypes, ...Object.keys(finders)];
  const notLookedFor = wanted.filter(({ type }) => !lookedFor.includes(type));
  return { imports, items, notLookedFor: notLookedFor.map(({ type, name }) => `${type}.${name}`) };
}

/** What AWS has given to what is known by a name of ours: `aws_iam_policy.arn NAME` and the like. */
type Given = ReadonlyMap<string, string>;

/** The import id of each type's resource, if there is such a thing in AWS. */
const finders: Readonly<
  Record<string, (account: Account, args: Arguments, given: Given) => Promise<string | undefined> | undefined>
> = {
  aws_dynamodb_table: (account, { name }) => account.table(String(name)),
  aws_iam_policy: async (_account, { name }, given) => given.get(`aws_iam_policy.arn ${name}`),
  aws_iam_role: (account, { name }) => account.role(String(name)),
  // Without an ARN the policy does not exist, so it is attached to nothing.
  aws_iam_role_policy_attachment: (account, { role, policy_arn: arn }) =>
    typeof arn === 'string' ? account.attachment(String(role), arn) : undefined,
  aws_cloudwatch_log_group: (account, { name }) => account.logGroup(String(name)),
  aws_lambda_function: (account, { function_name: name }) => account.function(String(name)),
  aws_lambda_permission: (account, { function_name: name, statement_id: id }) =>
    account.permission(String(name), String(id)),
  aws_apigatewayv2_api: async (_account, { name }, given) => given.get(`aws_apigatewayv2_api.id ${name}`),
  // Without an id the API does not exist, so there is nothing in it.
  aws_apigatewayv2_authorizer: (account, { api_id: api, name }) => account.authorizer(api, String(name)),
  aws_apigatewayv2_integration: (account, { api_id: api, integration_uri: uri }) =>
    account.integration(api, String(uri)),
  aws_apigatewayv2_route: (account, { api_id: api, route_key: key }) => account.route(api, String(key)),
  aws_apigatewayv2_stage: (account, { api_id: api, name }) => account.stage(api, String(name)),
};

const reference = /^\$\{(\w+)\.([\w-]+)\.(\w+)\}$/;

/** The value that an argument has; references to arguments of other resources are followed. */
function resolveReference(value: unknown, configuration: Configuration, given: Given): unknown {
  const [, type = '', name = '', attribute = ''] = reference.exec(String(value)) ?? [];
  if (!type) return value;
  const args = configuration.resource[type]?.[name];
  if (givenAttributes.includes(`${type}.${attribute}`))
    return given.get(`${type}.${attribute} ${args?.name}`);
  return resolveReference(args?.[attribute], configuration, given);
}

const givenAttributes: readonly string[] = ['aws_iam_policy.arn', 'aws_apigatewayv2_api.id'];

/** Addresses of the resources that arguments refer to. */
function referencesOf(args: Arguments): string[] {
  const addresses = Object.values(args).flatMap((value) => {
    const [, type, name] = reference.exec(String(value)) ?? [];
    return type ? [`${type}.${name}`] : [];
  });
  return [...new Set(addresses)];
}

async function findItem(account: Account, args: Arguments) {
  const { table_name: tableName, hash_key: hashKey, range_key: rangeKey } = args as Record<string, string>;
  if (!tableName || !hashKey) return undefined;
  const attributes: Record<string, AttributeValue> = JSON.parse(String(args.item));
  const keyNames = [hashKey, ...(rangeKey ? [rangeKey] : [])];
  const key = keyNames.map((name) => [name, attributes[name] as AttributeValue] as const);
  const item = await account.item(
    tableName,
    Object.fromEntries(key.map(([name, it]) => [name, withBytes(it)])),
  );
  if (!item) return undefined;
  return {
    tableName,
    key: key.map(([name, it]) => [name, String(Object.values(it)[0])] as const),
    item: JSON.stringify(plain(item)),
  };
}

/** JSON has binary in base64. */
function withBytes(value: AttributeValue): AttributeValue {
  return value.B === undefined ? value : { B: Buffer.from(String(value.B), 'base64') };
}

/** An item as DynamoDB JSON has it: names sorted, bytes in base64. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

/** What an AWS account has, by name. */
class Account {
  readonly #apis: ApiGatewayV2Client;
  readonly #dynamoDb: DynamoDBClient;
  readonly #iam: IAMClient;
  readonly #lambda: LambdaClient;
  readonly #logs: CloudWatchLogsClient;

  constructor(config: ClientConfig) {
    this.#apis = new ApiGatewayV2Client(config);
    this.#dynamoDb = new DynamoDBClient(config);
    this.#iam = new IAMClient(config);
    this.#lambda = new LambdaClient(config);
    this.#logs = new CloudWatchLogsClient(config);
  }

  /** @throws InputError if a name is that of several APIs */
  async given({ resource }: Configuration): Promise<Given> {
    const given = new Map<string, string>();
    if (resource.aws_iam_policy) {
      for await (const page of paginateListPolicies({ client: this.#iam }, { Scope: 'Local' })) {
        for (const { PolicyName = '', Arn = '' } of page.Policies ?? []) {
          given.set(`aws_iam_policy.arn ${PolicyName}`, Arn);
        }
      }
    }
    for (const { name } of Object.values(resource.aws_apigatewayv2_api ?? {})) {
      const [api, ...others] = await findApis(this.#apis, String(name));
      if (others.length > 0) {
        const got = [api, ...others].map((it) => it?.ApiId);
        throw new InputError({
          where: `API ${name}`,
          what: 'several of that name',
          got,
          expected: 'one at most',
        });
      }
      if (api?.ApiId) given.set(`aws_apigatewayv2_api.id ${name}`, api.ApiId);
    }
    return given;
  }

  async table(name: string): Promise<string | undefined> {
    const found = await unlessMissing(this.#dynamoDb.send(new DescribeTableCommand({ TableName: name })));
    return found && name;
  }

  async item(tableName: string, key: Record<string, AttributeValue>) {
    const command = new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true });
    // A table with another key has no such item; that it is another table is what the plan will say.
    return (await unlessMissing(this.#dynamoDb.send(command), [...missing, 'ValidationException']))?.Item;
  }

  async role(name: string): Promise<string | undefined> {
    const found = await unlessMissing(this.#iam.send(new GetRoleCommand({ RoleName: name })));
    return found && name;
  }

  async attachment(role: string, policyArn: string): Promise<string | undefined> {
    const listed = async () => {
      for await (const page of paginateListAttachedRolePolicies({ client: this.#iam }, { RoleName: role })) {
        if (page.AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === policyArn))
          return `${role}/${policyArn}`;
      }
      return undefined;
    };
    return unlessMissing(listed());
  }

  async logGroup(name: string): Promise<string | undefined> {
    const page = await this.#logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return page.logGroups?.some(({ logGroupName }) => logGroupName === name) ? name : undefined;
  }

  async function(name: string): Promise<string | undefined> {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    return (await unlessMissing(this.#lambda.send(command))) && name;
  }

  async permission(name: string, statementId: string): Promise<string | undefined> {
    const found = await unlessMissing(this.#lambda.send(new GetPolicyCommand({ FunctionName: name })));
    const statements: readonly { readonly Sid?: string }[] =
      JSON.parse(found?.Policy ?? '{}').Statement ?? [];
    return statements.some(({ Sid }) => Sid === statementId) ? `${name}/${statementId}` : undefined;
  }

  async authorizer(api: unknown, name: string): Promise<string | undefined> {
    if (typeof api !== 'string') return undefined;
    const { Items = [] } = await this.#apis.send(new GetAuthorizersCommand(inApi(api)));
    return within(api, Items.find((it) => it.Name === name)?.AuthorizerId);
  }

  /** The one of the same function: the account in its ARN is known only when it is planned. */
  async integration(api: unknown, uri: string): Promise<string | undefined> {
    if (typeof api !== 'string') return undefined;
    const functionOf = (it = '') => it.replace(/^.*:function:/, '');
    const { Items = [] } = await this.#apis.send(new GetIntegrationsCommand(inApi(api)));
    return within(api, Items.find((it) => functionOf(it.IntegrationUri) === functionOf(uri))?.IntegrationId);
  }

  async route(api: unknown, key: string): Promise<string | undefined> {
    if (typeof api !== 'string') return undefined;
    const { Items = [] } = await this.#apis.send(new GetRoutesCommand(inApi(api)));
    return within(api, Items.find((it) => it.RouteKey === key)?.RouteId);
  }

  async stage(api: unknown, name: string): Promise<string | undefined> {
    if (typeof api !== 'string') return undefined;
    const { Items = [] } = await this.#apis.send(new GetStagesCommand(inApi(api)));
    return within(api, Items.find((it) => it.StageName === name)?.StageName);
  }
}

const inApi = (api: string) => ({ ApiId: api, MaxResults: '500' });
const within = (api: string, id: string | undefined) => id && `${api}/${id}`;

const missing = ['ResourceNotFoundException', 'NoSuchEntityException', 'NoSuchEntity'];

async function unlessMissing<T>(answer: Promise<T>, names = missing): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (names.includes((error as Error).name)) return undefined;
    throw error;
  }
}
