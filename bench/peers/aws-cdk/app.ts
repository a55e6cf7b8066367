// The same system in AWS CDK, as its documentation would have it: NodejsFunction with its default bundling, and items put by
// AwsCustomResource, for CloudFormation has no resource for an item. The state bucket has no counterpart.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';

const project = join(__dirname, '..', '..', '..');
const app = new App({ outdir: join(__dirname, '..', '..', '.work', 'cdk.out') });

const data = new Stack(app, 'table', { env: { region: 'us-east-1' } });
const table = new TableV2(data, 'missions', {
  tableName: 'SuperMissionTable',
  partitionKey: { name: 'SuperHero', type: AttributeType.STRING },
  billing: Billing.onDemand(),
  removalPolicy: RemovalPolicy.DESTROY,
});
const missions: Record<string, string>[] = JSON.parse(
  readFileSync(join(project, 'seed-data', 'super-missions.json'), 'utf8'),
);
for (const mission of missions) {
  const Item = Object.fromEntries(Object.entries(mission).map(([name, S]) => [name, { S }]));
  const put = {
    service: 'DynamoDB',
    action: 'putItem',
    parameters: { TableName: table.tableName, Item },
    physicalResourceId: PhysicalResourceId.of(String(mission.SuperHero)),
  };
  new AwsCustomResource(data, `item-${mission.SuperHero}`, {
    onCreate: put,
    onUpdate: put,
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [table.tableArn] }),
  });
}

const functions = new Stack(app, 'functions', { env: { region: 'us-east-1' } });
functions.addDependency(data);

interface Definition {
  readonly functionName: string;
  readonly entry: string;
  readonly roleName: string;
  readonly policyName: string;
  readonly statement: PolicyStatement;
}

function define({ functionName, entry, roleName, policyName, statement }: Definition): void {
  const logGroup = new LogGroup(functions, `${functionName}-logs`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.TWO_WEEKS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(functions, `${functionName}-role`, {
    roleName,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: [
      new ManagedPolicy(functions, `${functionName}-policy`, {
        managedPolicyName: policyName,
        statements: [statement],
      }),
    ],
  });
  logGroup.grantWrite(role);
  const lambda = new NodejsFunction(functions, functionName, {
    functionName,
    entry: join(project, 'lambdas', entry, 'index.ts'),
    projectRoot: project,
    depsLockFilePath: join(project, 'package-lock.json'),
    runtime: Runtime.NODEJS_22_X,
    role,
    logGroup,
    timeout: Duration.seconds(90),
    environment: { Name: functionName, Environment: 'prod', TABLE_NAME: 'SuperMissionTable', COLUMNS: 'all' },
  });
  lambda.currentVersion;
}

define({
  functionName: 'SuperDynamoDBFunction',
  entry: 'super-dynamodb-function',
  roleName: 'SuperDynamoDBRole',
  policyName: 'Super-DynamoDBScanPolicy',
  statement: new PolicyStatement({
    actions: ['dynamodb:Scan', 's3:GetObject', 's3:PutObject', 'dynamodb:BatchWriteItem'],
    resources: ['*'],
  }),
});
define({
  functionName: 'MissionDetailsFunction',
  entry: 'mission-details-function',
  roleName: 'SuperDynamoDbQueryRole',
  policyName: 'SuperDynamoDBQueryPolicy',
  statement: new PolicyStatement({
    effect: Effect.ALLOW,
    actions: ['dynamodb:Query'],
    resources: ['*'],
    conditions: {
      'ForAllValues:StringEquals': {
        'dynamodb:Attributes': ['SuperHero', 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'],
      },
    },
  }),
});
app.synth();
