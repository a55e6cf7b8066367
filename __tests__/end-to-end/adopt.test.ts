import { readFileSync } from 'node:fs';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteRoleCommand, DetachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { findExisting } from '../../ops/adopt/find-existing';
import { findApis } from '../../ops/invoke/ask-web';
import { missions } from '../../system';
import { names, partitionKey } from '../names';
import {
  attach,
  createFunction,
  createPolicy,
  createRole,
  createTable,
  policyArn,
  putRecord,
  runNotebook,
} from './notebook';
import { seedItems, Workbench } from './workbench';

jest.setTimeout(300_000);

const { list, details } = names;
const [, status] = missions.visibleAttributes;

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});

afterAll(() => bench?.close());

describe('what AWS has and the state does not know', () => {
  beforeEach(() => bench.emptyAccount());

  const none: readonly string[] = [];
  const cases: [
    string,
    'table' | 'functions',
    () => Promise<unknown>,
    readonly string[],
    readonly string[],
  ][] = [
    ['an empty account', 'table', async () => {}, none, none],
    ['an empty account', 'functions', async () => {}, none, none],
    ['a table without items', 'table', () => createTable(bench.config), [names.table], none],
    [
      'a table with some of the items',
      'table',
      async () => {
        await createTable(bench.config);
        for (const hero of ['Ironman', 'Superman']) await putRecord(bench.config, hero);
      },
      [names.table],
      ['Ironman', 'Superman'],
    ],
    [
      'an item that is not in the seed data',
      'table',
      async () => {
        await createTable(bench.config);
        await putRecord(bench.config, 'Batman', { [partitionKey]: 'Robin' });
      },
      [names.table],
      none,
    ],
    ['a table with another key', 'table', () => createTable(bench.config, 'Hero'), [names.table], none],
    [
      'a policy without its role',
      'functions',
      () => createPolicy(bench.config, list.policy),
      [policyArn(list.policy)],
      none,
    ],
    [
      'a role without its policy, and a function',
      'functions',
      async () => {
        await createRole(bench.config, list.role);
        await createFunction(bench.config, list.function, list.role);
      },
      [list.function, list.role],
      none,
    ],
    [
      'a role that its policy is not attached to',
      'functions',
      async () => {
        await createPolicy(bench.config, list.policy);
        await createRole(bench.config, list.role);
      },
      [list.role, policyArn(list.policy)],
      none,
    ],
    [
      'a role with its policy',
      'functions',
      async () => {
        await createPolicy(bench.config, list.policy);
        await createRole(bench.config, list.role);
        await attach(bench.config, list.role, list.policy);
      },
      [list.role, `${list.role}/${policyArn(list.policy)}`, policyArn(list.policy)],
      none,
    ],
    [
      'a log group, and another one whose name only starts like it',
      'functions',
      async () => {
        for (const logGroupName of [list.logGroup, `${details.logGroup}2`]) {
          await new CloudWatchLogsClient(bench.config).send(new CreateLogGroupCommand({ logGroupName }));
        }
      },
      [list.logGroup],
      none,
    ],
  ];

  it.each(cases)('is found: %s (%s)', async (_name, stack, make, ids, keys) => {
    await make();

    const { imports, items, notLookedFor } = await findExisting(
      bench.configuration(stack),
      new Set(),
      bench.config,
    );

    expect(imports.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(items.map(({ key }) => key[0]?.[1]).sort()).toEqual(keys);
    expect(notLookedFor).toEqual([]);
  });

  it('leaves out what the state knows', async () => {
    await runNotebook(bench.config);
    const known = new Set(bench.addresses('functions').filter((it) => !it.startsWith('aws_iam_role.')));

    const { imports } = await findExisting(bench.configuration('functions'), known, bench.config);

    expect(imports.map(({ id }) => id).sort()).toEqual([list.role, details.role].sort());
  });
});

/** Each test goes on where the one before it has ended, as an operator does. */
describe('a system built by hand', () => {
  beforeAll(async () => {
    await bench.emptyAccount();
    await runNotebook(bench.config);
    await putRecord(bench.config, 'Ironman', { [status]: 'open' });
  });

  it('stays as it is when the plan is not approved', async () => {
    const items = await bench.items();

    await expect(bench.adopt({ approve: false })).rejects.toThrow('table: not approved, nothing is adopted');

    expect((await bench.state('table'))?.resources).toEqual([]);
    expect(await bench.items()).toEqual(items);
    expect(bench.proxy.itemWrites()).toBe(0);
  });

  it('is taken over whole: nothing is made twice, and only the item that differs is changed', async () => {
    bench.proxy.reset();

    const report = await bench.adopt();

    expect(report).toContain(`${status}: "open" → none`);
    expect(report).toContain('table: 1 to import, 0 to add, 2 to change, 0 to destroy');
    expect(report).toContain('functions: 8 to import, 11 to add, 6 to change, 0 to destroy');
    expect(bench.proxy.itemWrites()).toBe(1);
    expect(await bench.items()).toEqual(seedItems());
    await bench.expectNoChanges('table', 'functions');
  });

  it('has nothing to adopt afterwards', async () => {
    bench.proxy.reset();

    expect(await bench.adopt()).toMatch(
      /table: nothing to adopt\nfunctions: nothing to adopt\nweb: nothing to adopt$/,
    );

    expect(
      bench.proxy.seen.filter(({ method, path }) => method === 'PUT' && path.includes('.tfstate?')),
    ).toEqual([]);
  });

  it('stays as it is, half known, when the plan is not approved', async () => {
    await forget('table', bench.addresses('table').slice(-1));
    const before = await bench.state('table');

    await expect(bench.adopt({ approve: false })).rejects.toThrow('table: not approved, nothing is adopted');

    const after = await bench.state('table');
    expect(after?.resources).toEqual(before?.resources);
    expect(after?.lineage).toBe(before?.lineage);
  });

  it('is made whole when the state knows a part, AWS lacks a part, and an item was edited', async () => {
    const [table, batman, , ironman] = bench.addresses('table');
    const functions = bench.addresses('functions');
    const forgotten = functions.filter((it) => /^aws_iam_(policy|role)\.super-dynamodb_(scan|role)/.test(it));
    await forget('table', [table, ironman]);
    await forget('functions', forgotten);
    await putRecord(bench.config, 'Ironman', { SuperWeapon: 'Mark 85' });
    const Key = { [partitionKey]: { S: 'Batman' } };
    await new DynamoDBClient(bench.config).send(new DeleteItemCommand({ TableName: names.table, Key }));
    await removeQueryRole();
    const before = await bench.state('table');
    bench.proxy.reset();

    // As an operator runs it.
    const { exitCode, stdout, stderr } = await bench.checkout.npm('adopt', ['--auto-approve']);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(batman).toContain('batman');
    expect(stdout).toContain('Superman: item taken into the state as it is');
    expect(stdout).toContain('SuperWeapon: "Mark 85" → "Mark 50"');
    expect(stdout).toContain('table: 1 to import, 1 to add, 1 to change, 0 to destroy');
    expect(stdout).toContain('functions: 2 to import, 3 to add, 1 to change, 0 to destroy');
    expect(await bench.items()).toEqual(seedItems());
    const [, copy = ''] = /^table: a copy of the state is (\S+)$/m.exec(stdout) ?? [];
    expect(JSON.parse(readFileSync(copy, 'utf8'))).toEqual(before);
  });

  /** The state forgets resources that AWS keeps. */
  async function forget(stack: string, addresses: readonly (string | undefined)[]): Promise<void> {
    expect(await bench.terraform(stack, 'state', 'rm', ...addresses.map(String))).toMatchObject({
      exitCode: 0,
    });
  }

  async function removeQueryRole(): Promise<void> {
    const iam = new IAMClient(bench.config);
    const RoleName = details.role;
    for (const policy of [details.policy, details.logsPolicy]) {
      await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: policyArn(policy) }));
    }
    await iam.send(new DeleteRoleCommand({ RoleName }));
  }
});

describe('adopt', () => {
  beforeEach(() => bench.emptyAccount());

  it('takes over a table alone, and leaves what is not there to be deployed', async () => {
    await createTable(bench.config);

    const report = await bench.adopt();

    expect(report).toContain('table: 1 to import, 5 to add, 1 to change, 0 to destroy');
    expect(report).toMatch(/functions: nothing to adopt\nweb: nothing to adopt$/);
    expect(await bench.items()).toEqual(seedItems());
    await bench.expectNoChanges('table');
  });

  it('keeps items whose making was interrupted', async () => {
    await bench.finishBucket();
    expect(await bench.checkout.npm('deploy', ['table', '--auto-approve'])).toMatchObject({ exitCode: 0 });
    const items = bench.addresses('table').filter((it) => it.startsWith('aws_dynamodb_table_item.'));
    for (const address of items) await bench.terraform('table', 'taint', address);

    const report = await bench.adopt();

    for (const address of items)
      expect(report).toContain(`${address}: kept, though making it was interrupted`);
    expect(report).toContain('table: 0 to add, 0 to change, 0 to destroy');
    expect(bench.proxy.seen.some(({ target }) => target.endsWith('.DeleteItem'))).toBe(false);
    await bench.expectNoChanges('table');
  });

  it('takes over a web that the state has forgotten, and makes no second one', async () => {
    for (const stack of ['functions', 'web']) {
      const applied = await bench.terraform(stack, 'apply', '-input=false', '-auto-approve');
      expect(applied).toMatchObject({ exitCode: 0 });
    }
    const addresses = bench.addresses('web');
    expect(await bench.terraform('web', 'state', 'rm', ...addresses)).toMatchObject({ exitCode: 0 });

    const report = await bench.adopt();

    expect(report).toContain(`web: ${addresses.length} to import, 0 to add,`);
    expect(await bench.terraform('web', 'plan', '-input=false', '-detailed-exitcode')).toMatchObject({
      exitCode: 0,
    });
    expect(await findApis(new ApiGatewayV2Client(bench.config), 'supermission-local-web')).toHaveLength(1);
  });

  it('names what it cannot look for, and makes no second one', async () => {
    await createTable(bench.config);
    const queue = `this.addOverride('resource.aws_sqs_queue.extra', { name: 'Extra' });`;
    const before = 'super(scope, stackNames.table, props);';
    bench.checkout.edit('stacks/table-stack.ts', before, `${before}\n    ${queue}`);
    try {
      const report = await bench.adopt();

      expect(report).toContain(
        'table: aws_sqs_queue.extra is of a type that adopt cannot look for, and is left as it is',
      );
      expect(report).toContain('table: 1 to import, 5 to add, 1 to change, 0 to destroy');
    } finally {
      bench.checkout.edit('stacks/table-stack.ts', queue, '');
    }
  });

  it('fails when something would be replaced, and says what forces it', async () => {
    await createTable(bench.config, 'Hero');

    await expect(bench.adopt()).rejects.toThrow(
      /table: stopped, nothing is adopted\n {2}aws_dynamodb_table\.\S+ would be replaced \(.*hash_key.*\): its items are lost/,
    );

    expect(bench.proxy.seen.some(({ target }) => target.endsWith('.DeleteTable'))).toBe(false);
  });

  it('fails when there is no state bucket', async () => {
    const Bucket = bench.environment.stateBucket;
    await new S3Client(bench.config).send(new DeleteBucketCommand({ Bucket }));

    await expect(bench.adopt()).rejects.toThrow(
      'S3 bucket "supermission-local-state" does not exist; make it with "npm run bootstrap"',
    );
  });

  it.each([
    [[], 'adopt: no terminal to ask for approval; pass --auto-approve to do without'],
    [['--force'], '--force: unknown option, got "--force"'],
    [['table'], 'command line: too many words, got "table"'],
  ])('fails without a terminal when its arguments are %j', async (args, message) => {
    const { exitCode, stderr } = await bench.checkout.npm('adopt', args);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
