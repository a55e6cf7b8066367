import { join } from 'node:path';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutResourcePolicyCommand,
  TagResourceCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  AttachRolePolicyCommand,
  CreatePolicyVersionCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalAws, localAwsEnvironment } from '../../local/local-aws';
import type { SmokeReport } from '../../ops/invoke/smoke-test';
import { type DriftReport, describeReport } from '../../ops/plan/find-drift';
import { type Providers, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform, type Terraform } from '../../ops/terraform/find-terraform';
import { missions } from '../../system';
import { region, zip } from '../local/aws-fixture';
import { names, partitionKey } from '../names';
import { Checkout, clientConfig } from './checkout';

jest.setTimeout(600_000);

const { list, details, page } = names;
const thirdVillain = missions.visibleAttributes.at(-1) as string;
const bucket = 'supermission-local-state';
const lockKey = 'supermission/local/table.tfstate.tflock';
const account = 'arn:aws:iam::123456789012';
const tableArn = `arn:aws:dynamodb:${region}:123456789012:table/${names.table}`;
const anything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** Each test goes on where the one before it has ended. */
describe('what is deployed, compared with what it should be', () => {
  const checkout = new Checkout();
  let aws: LocalAws;
  let variables: NodeJS.ProcessEnv;
  let terraform: Terraform;
  let providers: Providers;
  let client: ReturnType<typeof clientConfig>;
  let reported: DriftReport;

  beforeAll(async () => {
    aws = await checkout.startLocalAws();
    client = clientConfig(aws.url);
    terraform = await findTerraform();
    providers = await prepareProviders({
      terraform,
      awsVersions: '>= 5.100.0, < 7.0.0',
      archiveVersions: '>= 2.7.1, < 3.0.0',
      stub: { workingDirectory: join(checkout.folder, 'cdktf.out/stacks/functions') },
    });
    variables = { ...localAwsEnvironment(aws.url, region), ...providers.variables };
    await s3().send(new CreateBucketCommand({ Bucket: bucket }));
    const synth = await checkout.run(process.execPath, ['ops/terraform/run-app.mjs']);
    expect(synth).toMatchObject({ exitCode: 0 });
    await Promise.all(
      ['table', 'functions', 'web'].map(async (stack) => {
        await runTerraform(stack, 'init');
        await runTerraform(stack, 'apply', '-auto-approve');
      }),
    );
  });

  afterAll(async () => {
    providers?.stop();
    await aws?.stop();
    checkout.remove();
  });

  it('answers as the seed data says after a deployment', async () => {
    const { exitCode, stdout } = await checkout.npm('smoke');

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `ok     ${list.function} {"superhero":"Superman"}
ok     ${list.function} "GET /missions"
ok     ${details.function} {"superhero":"Superman"}
ok     ${details.function} "GET /missions/Superman"
ok     ${details.function} {"superhero":"Ironman"}
ok     ${details.function} "GET /missions/Ironman"
ok     ${details.function} {"superhero":"Batman"}
ok     ${details.function} "GET /missions/Batman"
ok     ${details.function} {"superhero":"Captain America"}
ok     ${details.function} "GET /missions/Captain%20America"
ok     ${details.function} {"superhero":"Spiderman"}
ok     ${details.function} "GET /missions/Spiderman"
ok     ${page.function} {}
ok     ${page.function} "GET /"
`,
    });
  });

  it('fails to be found in a bucket that is not there, with what to do', async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('drift', [], {
      SUPERMISSION_STATE_BUCKET: 'supermission-nowhere',
    });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('state bucket supermission-nowhere: NoSuchBucket');
    expect(stderr).toContain('make it with "npm run bootstrap"');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('fails to be found for a stack that is not there', async () => {
    const { exitCode, stderr } = await checkout.npm('drift', ['tables']);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('stack: unknown, got "tables"; expected one of state-backend, table, functions');
  });

  it('differs in a stack that was never deployed', async () => {
    const { exitCode, stdout } = await checkout.npm('drift', ['state-backend']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 2,
      stdout: 'local state-backend: not deployed; deploy it with "npm run deploy -- state-backend"\n',
    });
  });

  it('differs in each thing that was changed by hand, and in what is not deployed yet', async () => {
    await changeTableByHand();
    await changeFunctionsByHand();
    checkout.edit('seed-data/super-missions.json', 'Mark 50', 'Mark 51');
    const lock = {
      ID: 'any',
      Operation: 'OperationTypeApply',
      Who: 'ann@laptop',
      Created: '2026-11-24T08:00:00Z',
    };
    await s3().send(new PutObjectCommand({ Bucket: bucket, Key: lockKey, Body: JSON.stringify(lock) }));

    const { exitCode, stdout } = await checkout.npm('drift', ['table', 'functions', '--json']);

    expect(exitCode).toBe(2);
    reported = JSON.parse(stdout);
    const deployed = (stack: string) => `npm run deploy -- ${stack}`;
    expect(reported).toMatchObject({
      environment: 'local',
      drifted: true,
      stacks: [
        {
          stack: 'table',
          status: 'drifted',
          lock: { who: 'ann@laptop', operation: 'OperationTypeApply', since: '2026-11-24T08:00:00Z' },
        },
        { stack: 'functions', status: 'drifted', lock: null },
      ],
    });
    expect(differencesIn('table')?.slice(1)).toEqual([
      [
        'aws_dynamodb_table.missions_table',
        'changed',
        'outside',
        deployed('table'),
        {
          read_capacity: [5, 7],
          'tags.owner': [null, 'me'],
          'tags.stack': ['table', 'other'],
        },
      ],
      [
        'aws_dynamodb_table.missions_table',
        'changed',
        'outside',
        `aws dynamodb update-time-to-live --table-name ${names.table} --time-to-live-specification Enabled=false,AttributeName=end`,
        { 'ttl[0].attribute_name': [null, 'end'], 'ttl[0].enabled': [null, true] },
      ],
      [
        'aws_dynamodb_table_item.missions_batman-bd9b74a6',
        'changed',
        'outside',
        deployed('table'),
        {
          'item.SuperWeapon.S': ['Utility belt', 'Batarang'],
          [`item.${thirdVillain}.S`]: ['Penguin', null],
          'item.Sidekick.S': [null, 'Robin'],
        },
      ],
      [
        'aws_dynamodb_table_item.missions_ironman-3c61fde1',
        'changed',
        'not-deployed',
        deployed('table'),
        {
          'item.SuperWeapon.S': ['Mark 51', 'Mark 50'],
        },
      ],
      ['aws_dynamodb_table_item.missions_spiderman-b727d874', 'missing', 'outside', deployed('table'), {}],
    ]);
    const table = reported.stacks[0]?.differences.map(({ address, repair }) => [address, repair]);
    expect(table?.[0]).toEqual([
      `aws_dynamodb_resource_policy ${tableArn}`,
      `aws dynamodb delete-resource-policy --resource-arn ${tableArn}`,
    ]);
    expect(differencesIn('functions')).toEqual([
      [
        'aws_cloudwatch_log_group.super-dynamodb_log-group',
        'changed',
        'outside',
        deployed('functions'),
        {
          retention_in_days: [14, 1],
        },
      ],
      [
        'aws_iam_policy.mission-details_query-policy',
        'changed',
        'outside',
        deployed('functions'),
        {
          'policy.Statement[0].Action': ['dynamodb:Query', '*'],
          'policy.Statement[0].Condition["ForAllValues:StringEquals"]["dynamodb:Attributes"]': [
            missions.visibleAttributes,
            null,
          ],
          'policy.Statement[0].Sid': ['QueryAttributes', null],
        },
      ],
      [
        `aws_iam_role_policy ${details.role} anything`,
        'unexpected',
        'outside',
        `aws iam delete-role-policy --role-name ${details.role} --policy-name anything`,
        expect.objectContaining({ 'policy.Statement[0].Action': [null, '*'] }),
      ],
      [
        `aws_iam_role_policy_attachment ${list.role} ${account}:policy/${details.policy}`,
        'unexpected',
        'outside',
        `aws iam detach-role-policy --role-name ${list.role} --policy-arn ${account}:policy/${details.policy}`,
        expect.anything(),
      ],
      [
        'aws_iam_role_policy_attachment.super-dynamodb_scan-attachment',
        'missing',
        'outside',
        deployed('functions'),
        {},
      ],
      [
        `aws_lambda_alias ${list.function} live`,
        'unexpected',
        'outside',
        `aws lambda delete-alias --function-name ${list.function} --name live`,
        expect.anything(),
      ],
      [
        expect.stringMatching(/^aws_lambda_event_source_mapping [-0-9a-f]{36}$/),
        'unexpected',
        'outside',
        expect.stringMatching(/^aws lambda delete-event-source-mapping --uuid/),
        expect.objectContaining({ event_source_arn: [null, expect.stringMatching(/:orders$/)] }),
      ],
      [
        'aws_lambda_function.mission-details_function',
        'changed',
        'outside',
        deployed('functions'),
        {
          memory_size: [128, 512],
        },
      ],
      [
        'aws_lambda_function.super-dynamodb_function',
        'changed',
        'outside',
        `aws lambda update-function-code --function-name ${list.function} --zip-file fileb://cdktf.out/stacks/functions/${list.function}.zip --publish`,
        {
          code_sha256: [expect.stringMatching(/=$/), expect.stringMatching(/=$/)],
        },
      ],
      [
        `aws_lambda_function_url ${list.function}`,
        'unexpected',
        'outside',
        `aws lambda delete-function-url-config --function-name ${list.function}`,
        { authorization_type: [null, 'NONE'], function_name: [null, list.function] },
      ],
      [
        `aws_lambda_permission ${list.function} everybody`,
        'unexpected',
        'outside',
        `aws lambda remove-permission --function-name ${list.function} --statement-id everybody`,
        expect.objectContaining({ principal: [null, '*'] }),
      ],
    ]);
    expect(reported.stacks.flatMap((it) => it.access)).toEqual(
      expect.arrayContaining(
        [
          /^aws_dynamodb_resource_policy /,
          /^aws_iam_policy\.mission-details/,
          /^aws_iam_role_policy /,
          /^aws_lambda_event_source_mapping /,
          /^aws_lambda_function_url /,
          /^aws_lambda_permission /,
        ].map((it) => expect.stringMatching(it)),
      ),
    );
    expect(reported.stacks[1]?.notCompared).toContain('aws_lambda_provisioned_concurrency_config');
    expect(describeReport(reported).split('\n')[0]).toMatch(
      /^local: access that the configuration does not give: .*; and \d+ more$/,
    );
  });

  it('does not answer as the seed data says any more', async () => {
    const { exitCode, stdout } = await checkout.npm('smoke', ['--json']);

    expect(exitCode).toBe(1);
    const { checks, ok }: SmokeReport = JSON.parse(stdout);
    expect(ok).toBe(false);
    const invoked = checks.filter(({ event }) => Object(event).superhero !== undefined);
    expect(
      invoked.map((check) => [...Object.values(check.event as object), check.ok, check.differences.length]),
    ).toEqual([
      ['Superman', false, 1],
      ['Superman', true, 0],
      ['Ironman', false, 1],
      ['Batman', false, 3],
      ['Captain America', true, 0],
      ['Spiderman', false, 3],
    ]);
  });

  it('may differ in items that are created only', async () => {
    checkout.edit('environments.ts', "ownership: 'managed'", "ownership: 'create-only'");

    const drift = await checkout.npm('drift', ['table']);
    const smoke = await checkout.npm('smoke');

    expect(drift.exitCode).toBe(2);
    expect(drift.stdout.match(/aws_dynamodb_table_item\.missions_[a-z]+/g)).toEqual([
      'aws_dynamodb_table_item.missions_spiderman',
    ]);
    expect(smoke.stdout).toContain(`ok     ${details.function} {"superhero":"Batman"}`);
    expect(smoke.stdout).toContain(`failed ${details.function} {"superhero":"Spiderman"}`);
    checkout.edit('environments.ts', "ownership: 'create-only'", "ownership: 'managed'");
  });

  it('is repaired by what the report says', async () => {
    await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: lockKey }));
    const synth = await checkout.run(process.execPath, ['ops/terraform/run-app.mjs']);
    expect(synth).toMatchObject({ exitCode: 0 });
    const repairs = reported.stacks.flatMap(({ differences }) => differences.map(({ repair }) => repair));
    for (const repair of new Set(repairs)) {
      const [, stack] = /^npm run deploy -- (\S+)$/.exec(repair) ?? [];
      if (stack) await runTerraform(stack, 'apply', '-auto-approve');
      else expect(await checkout.run('sh', ['-c', repair], variables)).toMatchObject({ exitCode: 0 });
    }

    const drift = await checkout.npm('drift', ['table', 'functions']);
    const smoke = await checkout.npm('smoke');

    expect(drift).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^local table: in sync\n {2}not compared: .*\nlocal functions: in sync\n/,
      ),
    });
    expect(smoke).toMatchObject({ exitCode: 0 });
  });

  // Last of all: when a stream was turned off, the emulator fails at each change of an item from then on.
  it('finds a stream that somebody has turned on, and turns it off', async () => {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } as const;
    await dynamodb().send(new UpdateTableCommand({ TableName: names.table, StreamSpecification }));

    const { exitCode, stdout } = await checkout.npm('drift', ['table', '--json']);

    expect(exitCode).toBe(2);
    reported = JSON.parse(stdout);
    expect(differencesIn('table')).toEqual([
      [
        'aws_dynamodb_table.missions_table',
        'changed',
        'outside',
        'npm run deploy -- table',
        { stream_enabled: [null, true] },
      ],
    ]);
    await runTerraform('table', 'apply', '-auto-approve');
    expect(await checkout.npm('drift', ['table'])).toMatchObject({ exitCode: 0 });
  });

  it('fails to be destroyed while the table is protected, with nothing lost', async () => {
    // Of a bucket that `npm run bootstrap` has made; what is in its state is asked by nobody here.
    const made = { Bucket: bucket, Key: 'supermission/local/state-backend.tfstate', Body: '{}' };
    await s3().send(new PutObjectCommand(made));
    await dynamodb().send(
      new UpdateTableCommand({ TableName: names.table, DeletionProtectionEnabled: true }),
    );

    const { exitCode, stdout, stderr } = await checkout.npm('destroy', ['--auto-approve']);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`${names.table}: deletion protection: nothing was destroyed`);
    expect(await checkout.npm('smoke')).toMatchObject({ exitCode: 0 });
  });

  const s3 = () => new S3Client(client);
  const dynamodb = () => new DynamoDBClient(client);

  async function runTerraform(stack: string, ...args: string[]): Promise<void> {
    const folder = `-chdir=cdktf.out/stacks/${stack}`;
    const result = await checkout.run(terraform.path, [folder, ...args, '-input=false'], variables);
    expect(result).toMatchObject({ exitCode: 0 });
  }

  async function changeTableByHand(): Promise<void> {
    const TableName = names.table;
    await dynamodb().send(
      new UpdateTableCommand({
        TableName,
        ProvisionedThroughput: { ReadCapacityUnits: 7, WriteCapacityUnits: 5 },
      }),
    );
    await dynamodb().send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { Enabled: true, AttributeName: 'end' },
      }),
    );
    const everybody = [{ Effect: 'Allow', Principal: '*', Action: 'dynamodb:*', Resource: tableArn }];
    await dynamodb().send(
      new PutResourcePolicyCommand({
        ResourceArn: tableArn,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: everybody }),
      }),
    );
    await dynamodb().send(
      new TagResourceCommand({
        ResourceArn: tableArn,
        Tags: [
          { Key: 'owner', Value: 'me' },
          { Key: 'stack', Value: 'other' },
        ],
      }),
    );
    await dynamodb().send(
      new UpdateItemCommand({
        TableName,
        Key: { [partitionKey]: { S: 'Batman' } },
        UpdateExpression: `SET SuperWeapon = :weapon, Sidekick = :sidekick REMOVE ${thirdVillain}`,
        ExpressionAttributeValues: { ':weapon': { S: 'Batarang' }, ':sidekick': { S: 'Robin' } },
      }),
    );
    const spiderman = { TableName, Key: { [partitionKey]: { S: 'Spiderman' } } };
    await dynamodb().send(new DeleteItemCommand(spiderman));
  }

  async function changeFunctionsByHand(): Promise<void> {
    const iam = new IAMClient(client);
    const lambda = new LambdaClient(client);
    const queryPolicy = `${account}:policy/${details.policy}`;
    const scanPolicy = `${account}:policy/${list.policy}`;
    await iam.send(
      new CreatePolicyVersionCommand({
        PolicyArn: queryPolicy,
        PolicyDocument: anything,
        SetAsDefault: true,
      }),
    );
    await iam.send(new DetachRolePolicyCommand({ RoleName: list.role, PolicyArn: scanPolicy }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: list.role, PolicyArn: queryPolicy }));
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: details.role,
        PolicyName: 'anything',
        PolicyDocument: anything,
      }),
    );
    const code = 'export const handler = async () => "by hand";';
    await lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: list.function,
        ZipFile: zip({ 'index.mjs': code, 'http.mjs': code }),
      }),
    );
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: details.function, MemorySize: 512 }),
    );
    const FunctionName = list.function;
    await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: 'everybody',
        Action: 'lambda:InvokeFunction',
        Principal: '*',
      }),
    );
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }));
    // Not the stream of the table: the emulator would fail to start the function at each change of an item from then on.
    const queue = ['sqs', 'create-queue', '--queue-name', 'orders', '--endpoint-url', client.endpoint];
    expect(await checkout.run('aws', queue, variables)).toMatchObject({ exitCode: 0 });
    const EventSourceArn = `arn:aws:sqs:${region}:123456789012:orders`;
    await lambda.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }));
    await new CloudWatchLogsClient(client).send(
      new PutRetentionPolicyCommand({
        logGroupName: list.logGroup,
        retentionInDays: 1,
      }),
    );
  }

  /** Address without CDKTF's hash, kind, origin, repair, and what was expected and found at each path. */
  function differencesIn(name: string) {
    const stack = reported.stacks.find((it) => it.stack === name);
    return stack?.differences.map(({ address, kind, origin, repair, attributes }) => [
      address.replace(/_[0-9A-F]{8}$/, ''),
      kind,
      origin,
      repair,
      Object.fromEntries(attributes.map(({ path, expected, found }) => [path, [expected, found]])),
    ]);
  }
});
