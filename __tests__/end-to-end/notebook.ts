// What the notebook makes, with its names written out as it writes them.
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { marshall } from '@aws-sdk/util-dynamodb';
import superMissions from '../../seed-data/super-missions.json';
import { zip } from '../local/aws-fixture';

type ClientConfig = ConstructorParameters<typeof DynamoDBClient>[0] & { region: string };

const account = '123456789012';
const arnOf = (kind: string, name: string) => `arn:aws:iam::${account}:${kind}/${name}`;
export const policyArn = (name: string) => arnOf('policy', name);

/** A table with the notebook's key, or another one. */
export async function createTable(config: ClientConfig, hashKey = 'SuperHero'): Promise<void> {
  await new DynamoDBClient(config).send(
    new CreateTableCommand({
      TableName: 'SuperMissionTable',
      AttributeDefinitions: [{ AttributeName: hashKey, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: hashKey, KeyType: 'HASH' }],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    }),
  );
}

/** Write an item as the notebook does, with these attributes in addition. */
export async function putRecord(config: ClientConfig, hero: string, more: object = {}): Promise<void> {
  const item = superMissions.find(({ SuperHero }) => SuperHero === hero);
  await new DynamoDBClient(config).send(
    new PutItemCommand({ TableName: 'SuperMissionTable', Item: marshall({ ...item, ...more }) }),
  );
}

const statements: Readonly<Record<string, object>> = {
  'Super-DynamoDBScanPolicy': {
    Effect: 'Allow',
    Action: ['dynamodb:Scan', 's3:GetObject', 's3:PutObject', 'dynamodb:BatchWriteItem'],
    Resource: '*',
  },
  SuperDynamoDBQueryPolicy: {
    Effect: 'Allow',
    Action: 'dynamodb:Query',
    Resource: '*',
    Condition: {
      'ForAllValues:StringEquals': {
        'dynamodb:Attributes': ['SuperHero', 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'],
      },
    },
  },
};

export async function createPolicy(config: ClientConfig, name: string): Promise<void> {
  const document = { Version: '2012-10-17', Statement: [statements[name]] };
  await new IAMClient(config).send(
    new CreatePolicyCommand({ PolicyName: name, PolicyDocument: JSON.stringify(document) }),
  );
}

export async function createRole(config: ClientConfig, name: string, path = '/'): Promise<void> {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  await new IAMClient(config).send(
    new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
}

export async function attach(config: ClientConfig, role: string, policy: string): Promise<void> {
  await new IAMClient(config).send(
    new AttachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn(policy) }),
  );
}

export async function createFunction(config: ClientConfig, name: string, role: string): Promise<void> {
  await new LambdaClient(config).send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: 'python3.9',
      Handler: 'lambda_function.lambda_handler',
      Role: arnOf('role', role),
      Timeout: 90,
      Environment: { Variables: { Name: name, Environment: 'prod' } },
      Code: { ZipFile: zip({ 'lambda_function.py': 'def lambda_handler(event, context):\n  return []\n' }) },
      Publish: true,
    }),
  );
}

/** What the notebook leaves in an account: no tags, no log groups, functions in Python. */
export async function runNotebook(config: ClientConfig): Promise<void> {
  await createTable(config);
  for (const { SuperHero } of superMissions) await putRecord(config, SuperHero);
  await createPolicy(config, 'Super-DynamoDBScanPolicy');
  await createPolicy(config, 'SuperDynamoDBQueryPolicy');
  await createRole(config, 'SuperDynamoDBRole');
  await createRole(config, 'SuperDynamoDbQueryRole');
  await attach(config, 'SuperDynamoDBRole', 'Super-DynamoDBScanPolicy');
  await attach(config, 'SuperDynamoDbQueryRole', 'SuperDynamoDBQueryPolicy');
  await createFunction(config, 'SuperDynamoDBFunction', 'SuperDynamoDBRole');
  await createFunction(config, 'MissionDetailsFunction', 'SuperDynamoDbQueryRole');
}
