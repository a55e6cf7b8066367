import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { IAMClient, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { commandBlocks } from '../documents';
import { names } from '../names';
import { Checkout, type CommandResult, clientConfig } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

const page = 'docs/extending.md';
const environment = 'trial';
const bucket = 'heroes-trial-state';

/** Each test goes on where the one before it has ended, as a team does that follows the page. */
describeWithLocalAws('a system that has been extended by the page', () => {
  const checkout = new Checkout();
  const variables = { SUPERMISSION_ENV: environment };
  const npm = (script: string, ...args: string[]) => checkout.npm(script, args, variables);
  let url: string;
  const client = () => clientConfig(url);

  afterAll(async () => {
    await npm('local:down');
    checkout.remove();
  });

  it('takes as many places as the page says, and leaves the packages of other functions as they are', async () => {
    const before = await packages();

    const touched = follow();

    expect(touched).toEqual([
      'system.ts',
      'system.ts',
      'seed-data/team-seasons.json',
      'system.ts',
      'lambdas/team-seasons-function/index.ts',
      'system.ts',
      'environments.ts',
      'system.ts',
      'package.json',
    ]);
    expect(await checkout.run('npx', ['tsc', '--noEmit'])).toMatchObject({ exitCode: 0, stdout: '' });
    const after = await packages();
    expect(after.filter((it) => !it.startsWith('team-seasons_'))).toEqual(before);
    expect(after).toHaveLength(before.length + 1);
  });

  it('needs no change of a test', async () => {
    const { exitCode, stderr } = await checkout.run('npx', ['jest', '--selectProjects', 'unit']);

    expect({ exitCode, failed: stderr.match(/^ +● .*/gm) ?? [] }).toEqual({ exitCode: 0, failed: [] });
  });

  it('is deployed, smoke-tested and invoked by the commands of the page', async () => {
    const script = commandBlocks(page, 'And then').join('\n');
    const { exitCode, stdout, stderr } = await checkout.run('bash', ['-euo', 'pipefail', '-c', script]);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout) ?? [];
    expect(stdout).toContain('ok     TeamSeasonsFunction {"team":"Avengers"}');
    expect(stdout).toContain('ok     TeamSeasonsFunction {"city":"Gotham"}');
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('\n[') + 1))).toMatchObject([
      { Year: 2012 },
      { Year: 2019 },
    ]);
    expect(await left()).toMatchObject({
      tables: [`${names.table}-trial`, 'TeamSeasonTable-trial'],
      functions: [
        `${names.details.function}-trial`,
        `${names.page.function}-trial`,
        `${names.list.function}-trial`,
        'TeamSeasonsFunction-trial',
      ],
      buckets: [bucket],
    });
  });

  it('fails its smoke test when an answer is not as declared', async () => {
    await setMissions('7');

    const { exitCode, stdout } = await npm('smoke', '--json');

    expect(exitCode).toBe(1);
    const failed = JSON.parse(stdout).checks.filter((it: { ok: boolean }) => !it.ok);
    expect(failed).toMatchObject([
      { functionName: 'TeamSeasonsFunction', differences: [{ path: '[1].Missions', expected: 5, found: 7 }] },
    ]);
  });

  it('has drifted after that change by hand, and is in sync again after a deployment', async () => {
    const drifted = await npm('drift');
    expect(drifted).toMatchObject({ exitCode: 2 });
    expect(drifted.stdout).toMatch(
      /aws_dynamodb_table_item\.seasons_\S*2019\S*: changed \(outside Terraform\)/,
    );

    await succeeds(npm('deploy', 'table', '--auto-approve'));

    const { exitCode, stdout } = await npm('drift');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.any(String) });
  });

  it('is changed by a plan that is reviewed and applied', async () => {
    checkout.edit('seed-data/team-seasons.json', '"Missions": 4', '"Missions": 4, "Coach": "Diana"');
    checkout.edit(
      'system.ts',
      "City: 'Gotham', Missions: 4 }",
      "City: 'Gotham', Missions: 4, Coach: 'Diana' }",
    );
    checkout.edit('lambdas/team-seasons-function/index.ts', "'event.city'", "'event.city '");
    const item = `{"Item": {"Team": {"S": "X-Men"}, "Year": {"N": "2000"}, "Badge": {"B": "AAEC/w=="},
      "Colors": {"SS": ["yellow", "blue"]}, "Scores": {"NS": ["10", "9.50"]}, "Keys": {"L": [{"B": "AA=="}, {"NULL": true}]}}}`;
    checkout.edit('seed-data/team-seasons.json', '[', `[${item},`);

    expect(await npm('plan')).toMatchObject({ exitCode: 2 });
    const { stdout } = await npm('review', 'plans/trial');
    expect(stdout).toContain('| `table` | 1 to add, 1 to change, 0 to destroy |');
    expect(stdout).toContain('| `functions` | 0 to add, 1 to change, 0 to destroy |');
    await succeeds(npm('apply', 'plans/trial', '--auto-approve'));

    await succeeds(npm('smoke'));
    // Binary values and sets are compared as they are.
    expect(await npm('plan', 'table')).toMatchObject({ exitCode: 0 });
  });

  it('is adopted when its state is lost', async () => {
    const s3 = new S3Client(client());
    // Nobody deletes a state while the bucket has its policy.
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    for (const stack of ['table', 'functions']) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `heroes/trial/${stack}.tfstate` }));
    }

    await succeeds(npm('adopt', '--auto-approve'));

    const plan = await npm('plan', 'table', 'functions');
    expect({ plan }).toMatchObject({ plan: { exitCode: 0 } });
  });

  it('is removed until nothing is left', async () => {
    await succeeds(npm('destroy', '--auto-approve'));
    await succeeds(npm('state-bucket:remove', '--auto-approve'));

    const none = { tables: [], functions: [], roles: [], policies: [], logGroups: [], buckets: [] };
    expect(await left()).toEqual(none);
  });

  /** Do what the page says above each of its blocks, and return the files that it names. */
  function follow(): string[] {
    const text = readFileSync(join(checkout.folder, page), 'utf8');
    const steps = [
      ...text.matchAll(/(?<=\n\n)([^\n](?:(?!\n\n)[\s\S])*:)\n\n```(?:ts|json)\n([\s\S]*?)```/g),
    ];
    return steps.map(([, prose = '', block = '']) => {
      const instruction = prose.replaceAll('\n', ' ');
      const edit = /(Above|Below) the line `(.+?)` of `(\S+)`:$/.exec(instruction);
      const swap = /In place of `(.+?)` in `(\S+)`:$/.exec(instruction);
      const file = /(?:is|are) `(\S+)`:$/.exec(instruction);
      if (edit) {
        const [, where, line = '', name = ''] = edit;
        checkout.edit(name, `${line}\n`, where === 'Above' ? `${block}${line}\n` : `${line}\n${block}`);
        return name;
      }
      if (swap) {
        const [, from = '', name = ''] = swap;
        checkout.edit(name, from, block.trimEnd());
        return name;
      }
      if (!file?.[1]) throw new Error(`${page}: what is to be done here? ${instruction}`);
      mkdirSync(dirname(join(checkout.folder, file[1])), { recursive: true });
      writeFileSync(join(checkout.folder, file[1]), block);
      return file[1];
    });
  }

  /** The functions' packages, by a name and the hash of what is in them. */
  async function packages(): Promise<string[]> {
    expect(await checkout.run(process.execPath, ['ops/terraform/run-app.mjs'])).toMatchObject({
      exitCode: 0,
    });
    const assets = join(checkout.folder, 'cdktf.out/stacks/functions/assets');
    return readdirSync(assets)
      .map((name) => join(name, ...readdirSync(join(assets, name))))
      .sort();
  }

  async function setMissions(count: string): Promise<void> {
    await new DynamoDBClient(client()).send(
      new UpdateItemCommand({
        TableName: 'TeamSeasonTable-trial',
        Key: { Team: { S: 'Avengers' }, Year: { N: '2019' } },
        UpdateExpression: 'SET Missions = :count',
        ExpressionAttributeValues: { ':count': { N: count } },
      }),
    );
  }

  async function succeeds(running: Promise<CommandResult>): Promise<void> {
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
  }

  /** What the account has, by name. */
  async function left() {
    const iam = new IAMClient(client());
    const { TableNames = [] } = await new DynamoDBClient(client()).send(new ListTablesCommand({}));
    const { Functions = [] } = await new LambdaClient(client()).send(new ListFunctionsCommand({}));
    const { Roles = [] } = await iam.send(new ListRolesCommand({}));
    const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }));
    const { logGroups = [] } = await new CloudWatchLogsClient(client()).send(
      new DescribeLogGroupsCommand({}),
    );
    const { Buckets = [] } = await new S3Client(client()).send(new ListBucketsCommand({}));
    return {
      tables: TableNames.sort(),
      functions: Functions.map(({ FunctionName }) => FunctionName).sort(),
      roles: Roles.map(({ RoleName }) => RoleName),
      policies: Policies.map(({ PolicyName }) => PolicyName),
      logGroups: logGroups.map(({ logGroupName }) => logGroupName),
      buckets: Buckets.map(({ Name }) => Name),
    };
  }
});
