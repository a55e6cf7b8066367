import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Api,
  ApiGatewayV2Client,
  DeleteRouteCommand,
  GetApisCommand,
  GetRoutesCommand,
} from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { IAMClient, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { chromium } from 'playwright-core';
import { localAwsEnvironment } from '../../local/local-aws';
import { processes } from '../../ops/command/processes';
import { askWeb } from '../../ops/invoke/ask-web';
import superMissions from '../../seed-data/super-missions.json';
import { describeWith } from '../local/aws-fixture';
import { names, partitionKey } from '../names';
import { chromiumPath, describeWithChromium } from '../ops/review/render/chromium-needed';
import { Checkout, clientConfig } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

const { list, details, page } = names;
const all = [list, details, page];
const stateBucketArn = 'arn:aws:s3:::supermission-local-state';
const stateKeys = ['functions', 'state-backend', 'table', 'web'].map(
  (it) => `supermission/local/${it}.tfstate`,
);

/** Each test goes on where the one before it has ended, as an operator does. */
describeWithLocalAws('from an empty account and back', () => {
  const checkout = new Checkout();
  let url: string;
  const client = () => clientConfig(url);

  beforeAll(async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('local:up');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout) ?? [];
  });

  afterAll(async () => {
    await checkout.npm('local:down');
    checkout.remove();
  });

  it('fails to deploy before the state bucket exists, and says so', async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('deploy', ['table', '--auto-approve']);

    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain('supermission-local-state');
  });

  it('makes the state bucket, which keeps the state of its own making', async () => {
    expect(await checkout.npm('bootstrap')).toMatchObject({ exitCode: 0 });

    expect(await stateFiles()).toEqual(['supermission/local/state-backend.tfstate']);
  });

  it('makes nothing new when the state bucket is there', async () => {
    const { exitCode, stdout } = await checkout.npm('bootstrap');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('No changes.');
  });

  it('deploys every stack in order', async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('deploy', ['--auto-approve']);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    const created = Array.from(stdout.matchAll(/(aws_\w+)\.\S+: Creation complete/g), ([, type]) => type);
    expect(created.lastIndexOf('aws_dynamodb_table_item')).toBeGreaterThan(-1);
    expect(created.indexOf('aws_lambda_function')).toBeGreaterThan(
      created.lastIndexOf('aws_dynamodb_table_item'),
    );
    expect(await stateFiles()).toEqual(stateKeys);
    expect(await deployed()).toEqual({
      tables: [names.table],
      functions: all.map((it) => it.function).sort(),
      versions: all.map((it) => `${it.function}:1`).sort(),
      roles: all.map(({ role }) => role).sort(),
      // The page reads nothing.
      policies: [list.policy, details.policy, ...all.map(({ logsPolicy }) => logsPolicy)].sort(),
      logGroups: [...all.map(({ logGroup }) => logGroup), '/aws/vendedlogs/supermission-local-web'].sort(),
      apis: ['supermission-local-web'],
    });
    expect(await tagged()).toEqual(
      expect.arrayContaining([
        stateBucketArn,
        `arn:aws:dynamodb:us-east-1:123456789012:table/${names.table}`,
        `arn:aws:lambda:us-east-1:123456789012:function:${list.function}`,
      ]),
    );
  });

  it('has nothing to change afterwards', async () => {
    const { exitCode, stdout } = await checkout.npm('diff');

    expect(exitCode).toBe(0);
    expect(stdout.match(/No changes\./g)).toHaveLength(4);
  });

  it('goes over to another state bucket, as to another environment, without the state it worked on before', async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('diff', ['table'], {
      SUPERMISSION_STATE_BUCKET: 'supermission-elsewhere',
    });

    expect(exitCode).toBe(1);
    expect(stderr).toContain('s3://supermission-elsewhere: absent; run "npm run bootstrap" first');
    expect(stdout).not.toContain('Backend configuration changed');
  });

  it('shows the outputs of every stack', async () => {
    const { stdout } = await checkout.npm('output');

    expect(stdout).toContain(`table_name = ${names.table}`);
    expect(stdout).toContain('mission_details_function_version = 1');
  });

  it('answers invocations', async () => {
    const { exitCode, stdout } = await checkout.npm('invoke', [details.function, '{"superhero":"Batman"}']);

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).Items).toEqual(superMissions.filter((it) => it[partitionKey] === 'Batman'));
  });

  it('answers over HTTP what is right, and has a page that a browser opens', async () => {
    const { exitCode, stdout } = await checkout.npm('smoke');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    for (const asked of ['GET /', 'GET /missions', 'GET /missions/Captain%20America']) {
      expect(stdout).toContain(`"${asked}"`);
    }
  });

  describeWithChromium('the page of the web', () => {
    it('shows the heroes of the table, and the mission of one', async () => {
      const browser = await chromium.launch({
        executablePath: chromiumPath as string,
        args: ['--no-sandbox', '--disable-gpu'],
      });
      try {
        const page = await browser.newPage();
        await page.goto((await api()).ApiEndpoint as string);
        const heroes = `${superMissions.length} heroes`;
        await page.getByRole('status').getByText(heroes, { exact: true }).waitFor();
        await page.getByRole('link', { name: 'Captain America' }).click();
        await page.getByText('Red Skull').waitFor();
      } finally {
        await browser.close();
      }
    });
  });

  it('serves no route that is not deployed, and none that its function does not permit', async () => {
    const apis = new ApiGatewayV2Client(client());
    const { ApiId, ApiEndpoint } = await api();
    const status = async (path: string) =>
      (await askWeb(`${ApiEndpoint}${path}`, { requestHandler: {} as never })).status;
    expect([await status('/missions'), await status('/villains')]).toEqual([200, 404]);

    const lambda = new LambdaClient(client());
    const permission = { FunctionName: list.function, StatementId: 'web-get' };
    await lambda.send(new RemovePermissionCommand(permission));
    expect(await status('/missions')).toBe(500);
    const { Items: routes = [] } = await apis.send(new GetRoutesCommand({ ApiId }));
    const details = routes.find((it) => it.RouteKey === 'GET /missions/{superhero}');
    await apis.send(new DeleteRouteCommand({ ApiId, RouteId: details?.RouteId }));
    expect(await status('/missions/Superman')).toBe(404);

    const drift = await checkout.npm('drift', ['functions', 'web']);
    expect(drift).toMatchObject({ exitCode: 2 });
    expect(drift.stdout).toContain('local functions: in sync');
    expect(drift.stdout).toMatch(
      /aws_apigatewayv2_route\.mission-details-get-route: missing \(outside Terraform\)/,
    );
    expect(drift.stdout).toMatch(/aws_lambda_permission\.super-dynamodb-get-permission: missing \(outside/);
    expect(await checkout.npm('deploy', ['web', '--auto-approve'])).toMatchObject({ exitCode: 0 });
    expect([await status('/missions'), await status('/missions/Superman')]).toEqual([200, 200]);
  });

  describeWith('aws')('the AWS CLI', () => {
    it('gets answers', async () => {
      const answer = join(checkout.folder, 'answer.json');
      const invocation = await checkout.run(
        'aws',
        ['lambda', 'invoke', '--function-name', list.function, answer],
        localAwsEnvironment(url, 'us-east-1'),
      );

      expect(invocation).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(readFileSync(answer, 'utf8'))).toEqual(expect.arrayContaining(superMissions));
    });
  });

  it.each([
    [[details.function], 'event.superhero'],
    [[details.function, 'Batman'], 'event: not JSON, got "Batman"; expected a JSON value'],
    [['Nonsense'], `got "Nonsense"; expected one of ${list.function}, ${details.function}, ${page.function}`],
  ])('fails to invoke with %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await checkout.npm('invoke', args);

    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('plans a changed item and a changed handler as exactly that', async () => {
    checkout.edit('seed-data/super-missions.json', 'Utility belt', 'Batarang');
    checkout.edit('lambdas/mission-details-function/index.ts', "'event.superhero'", "'event.superhero '");

    const { stdout } = await checkout.npm('diff', ['table', 'functions']);

    const changed = Array.from(stdout.matchAll(/# (\S+) \(\S+\) will be (.+)/g), ([, address, action]) => [
      address,
      action,
    ]);
    expect(changed).toEqual([
      [expect.stringMatching(/^aws_dynamodb_table_item\.missions_batman-/), 'updated in-place'],
      [expect.stringMatching(/^aws_lambda_function\.mission-details_function_/), 'updated in-place'],
    ]);
    expect(stdout).toContain('Batarang');
  });

  it('fails to deploy while somebody else does, and tells who holds the lock', async () => {
    // As Terraform writes it.
    const lock = { ID: 'a-lock', Operation: 'OperationTypeApply', Who: 'a colleague@elsewhere' };
    const file = {
      Bucket: 'supermission-local-state',
      Key: 'supermission/local/table.tfstate.tflock',
      Body: JSON.stringify({ ...lock, Created: new Date().toISOString() }),
    };
    await new S3Client(client()).send(new PutObjectCommand(file));

    const { exitCode, stdout, stderr } = await checkout.npm('deploy', ['table', '--auto-approve']);

    expect(exitCode).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/Error acquiring the state lock[\s\S]*Who:\s+a colleague@elsewhere/);
    await new S3Client(client()).send(new DeleteObjectCommand(file));
  });

  it('lets two deployments at once make the change once', async () => {
    const second = new Checkout();
    try {
      // Both look for the same running AWS, each in its own folder.
      const shared = { SUPERMISSION_LOCAL_FOLDER: join(checkout.folder, '.local') };
      checkout.edit('seed-data/super-missions.json', 'Batarang', 'Grapnel gun');
      const results = await Promise.all(
        [checkout, second].map((it) => it.npm('deploy', ['table', '--auto-approve'], shared)),
      );

      // The second one goes without the change; one of them is refused, or they came one after the other.
      expect(results.map(({ exitCode }) => exitCode)).toContain(0);
      const state = await readState('table');
      expect(state.resources).toHaveLength(1 + superMissions.length);
      expect(await stateFiles()).toEqual(stateKeys);
    } finally {
      second.remove();
    }
  });

  it('deploys the changes, whoever has won before, and runs the changed handler', async () => {
    expect(await checkout.npm('deploy', ['--auto-approve'])).toMatchObject({ exitCode: 0 });

    const { stdout } = await checkout.npm('invoke', [details.function, '{}']);
    expect(JSON.parse(stdout).message).toContain('event.superhero ');
    const batman = await checkout.npm('invoke', [details.function, '{"superhero":"Batman"}']);
    expect(JSON.parse(batman.stdout).Items[0].SuperWeapon).toBe('Grapnel gun');
  });

  it('fails to destroy without a terminal and without approval', async () => {
    const { exitCode, stderr } = await checkout.npm('destroy');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('destroy: no terminal to ask for approval; pass --auto-approve to do without');
    expect((await deployed()).tables).toEqual([names.table]);
  });

  it('destroys everything but the state bucket', async () => {
    expect(await checkout.npm('destroy', ['--auto-approve'])).toMatchObject({ exitCode: 0 });

    expect(await deployed()).toEqual({
      tables: [],
      functions: [],
      versions: [],
      roles: [],
      policies: [],
      logGroups: [],
      apis: [],
    });
    expect(await tagged()).toEqual([stateBucketArn]);
    expect(await stateFiles()).toEqual(stateKeys);
    for (const stack of ['table', 'functions', 'web']) expect((await readState(stack)).resources).toEqual([]);
  });

  it('has run one AWS provider for each folder of Terraform, which all end with the local AWS', async () => {
    const log = readFileSync(join(checkout.folder, '.local/aws.log'), 'utf8');
    const pids = Array.from(log.matchAll(/TF_REATTACH_PROVIDERS=.*?"Pid":(\d+)/g), ([, pid]) => Number(pid));
    const running = () => processes().filter(({ pid }) => pids.includes(pid)).length;

    // Four stacks, the folder that the state bucket is made in, and that of the second checkout, which has gone.
    expect({ started: pids.length, running: running() }).toEqual({ started: 6, running: 5 });
    expect(await checkout.npm('local:down')).toMatchObject({ exitCode: 0 });
    expect(running()).toBe(0);
  });

  async function api(): Promise<Api> {
    const { Items: [found = {} as Api] = [] } = await new ApiGatewayV2Client(client()).send(
      new GetApisCommand(),
    );
    return found;
  }

  async function stateFiles(): Promise<(string | undefined)[]> {
    const { Contents = [] } = await new S3Client(client()).send(
      new ListObjectsV2Command({ Bucket: 'supermission-local-state' }),
    );
    return Contents.map(({ Key }) => Key).sort();
  }

  async function readState(stack: string): Promise<{ resources: unknown[] }> {
    const { Body } = await new S3Client(client()).send(
      new GetObjectCommand({
        Bucket: 'supermission-local-state',
        Key: `supermission/local/${stack}.tfstate`,
      }),
    );
    const { resources } = JSON.parse((await Body?.transformToString()) ?? '');
    return { resources: resources.filter(({ mode }: { mode: string }) => mode === 'managed') };
  }

  /** Everything that carries the project's tag. */
  async function tagged(): Promise<string[]> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/tagging/aws4_request, Signature=any',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'ResourceGroupsTaggingAPI_20170126.GetResources',
      },
      body: JSON.stringify({ TagFilters: [{ Key: 'project', Values: ['supermission'] }] }),
    });
    const { ResourceTagMappingList } = (await response.json()) as any;
    return ResourceTagMappingList.map(({ ResourceARN }: { ResourceARN: string }) => ResourceARN);
  }

  /** What AWS itself says is there. */
  async function deployed() {
    const [tables, functions, versions, roles, policies, logGroups, apis] = await Promise.all([
      new DynamoDBClient(client()).send(new ListTablesCommand()),
      new LambdaClient(client()).send(new ListFunctionsCommand()),
      new LambdaClient(client()).send(new ListFunctionsCommand({ FunctionVersion: 'ALL' })),
      new IAMClient(client()).send(new ListRolesCommand()),
      new IAMClient(client()).send(new ListPoliciesCommand({ Scope: 'Local' })),
      new CloudWatchLogsClient(client()).send(new DescribeLogGroupsCommand()),
      new ApiGatewayV2Client(client()).send(new GetApisCommand()),
    ]);
    return {
      tables: tables.TableNames,
      functions: functions.Functions?.map((it) => it.FunctionName).sort(),
      versions: versions.Functions?.filter((it) => it.Version !== '$LATEST')
        .map((it) => `${it.FunctionName}:${it.Version}`)
        .sort(),
      roles: roles.Roles?.map((it) => it.RoleName).sort(),
      policies: policies.Policies?.map((it) => it.PolicyName).sort(),
      logGroups: logGroups.logGroups?.map((it) => it.logGroupName).sort(),
      apis: apis.Items?.map((it) => it.Name),
    };
  }
});
