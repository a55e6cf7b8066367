import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { names, partitionKey } from '../names';
import { Checkout } from './checkout';
import { type Ending, endings, type Running } from './running';
import { expectInterruptedRun, startEndings } from './start-runs';
import { seedItems, Workbench } from './workbench';

/** A seed repeats the moments of another run. */
const runs = Number(process.env.SUPERMISSION_KILLS ?? 20);
const seed = Number(process.env.SUPERMISSION_SEED ?? Date.now() % 1_000_000);

jest.setTimeout(300_000);

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});

afterAll(() => bench?.close());

beforeEach(() => bench.emptyAccount());

/** So many moments, each ending in turn; `requests` is how many a whole run makes. */
const moments = (command: string, requests: number) =>
  Array.from({ length: runs }, (_, index) => ({
    ending: Object.keys(endings)[index % 5] as Ending,
    count: 1 + Math.floor(random(command, index) * requests),
  }));

/** End a command when it has made so many requests; what it has started has come to its end too. */
async function endAt(running: Running, count: number, ending: Ending): Promise<void> {
  let isTold = false;
  bench.proxy.before = (request) => {
    if (request.count >= count && !isTold) {
      isTold = true;
      endings[ending](running);
    }
    return false;
  };
  const { exitCode, stdout, stderr } = await running.ended;
  if (!isTold) throw new Error(`made only ${bench.proxy.seen.length} requests: ${stdout}${stderr}`);
  const processes = join(bench.checkout.folder, 'cdktf.out', 'terraform-processes');
  while (existsSync(processes) && readdirSync(processes).length > 0) await sleep(50);
  bench.proxy.reset();
  // One that was told in its last moments has done all.
  if (ending !== 'SIGKILL' && exitCode !== 0) {
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 128 + constants.signals[ending] });
  }
  expect(stderr).not.toMatch(/^\s+at /m);
  expect((await bench.stateFiles()).filter((key) => key?.endsWith('.tflock'))).toEqual([]);
}

/** What is left to be done is, and then nothing is left. */
async function deployTable(): Promise<void> {
  const deployed = await bench.terraform('table', 'apply', '-input=false', '-auto-approve');
  expect(deployed).toEqual({ exitCode: 0, stdout: expect.any(String), stderr: '' });
  await expectAllDone();
}

async function expectAllDone(): Promise<void> {
  await bench.expectNoChanges('table');
  expect(await bench.items()).toEqual(seedItems());
}

describe(`apply, told to end (seed ${seed})`, () => {
  beforeAll(async () => {
    const planned = await bench.checkout.npm('bootstrap');
    expect(planned).toMatchObject({ exitCode: 0 });
    expect(await bench.checkout.npm('plan', ['table'])).toMatchObject({ exitCode: 2 });
  });

  it.each(moments('apply', 45))(
    'leaves nothing undone at request $count, by $ending',
    async ({ count, ending }) => {
      const running = bench.startCommand('ops/apply.ts', 'plans/local', '--auto-approve');
      await endAt(running, count, ending);

      await deployTable();
    },
  );
});

describe(`adopt, told to end (seed ${seed})`, () => {
  beforeEach(async () => {
    const client = new DynamoDBClient(bench.config);
    const TableName = names.table;
    await client.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      }),
    );
    for (const Item of Object.values(seedItems()) as Record<string, { S: string }>[]) {
      await client.send(new PutItemCommand({ TableName, Item }));
    }
  });

  it.each(moments('adopt', 100))(
    'leaves nothing undone at request $count, by $ending',
    async ({ count, ending }) => {
      await endAt(bench.startCommand('ops/adopt.ts', '--auto-approve'), count, ending);

      await bench.adopt();
      await deployTable();
      expect(bench.proxy.seen.some(({ target }) => target.endsWith('.DeleteTable'))).toBe(false);
    },
  );
});

describe(`bootstrap, told to end (seed ${seed})`, () => {
  beforeEach(() => fetch(new URL('/moto-api/reset', bench.aws.url), { method: 'POST' }));

  it.each(moments('bootstrap', 40))(
    'is finished by the next one at request $count, by $ending',
    async ({ count, ending }) => {
      await endAt(bench.startCommand('ops/bootstrap.ts'), count, ending);

      expect(await bench.checkout.npm('bootstrap')).toMatchObject({ exitCode: 0 });
      const { exitCode, stdout } = await bench.checkout.npm('bootstrap');
      expect({ exitCode, stdout }).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/comparing it[\s\S]*No changes\./),
      });
    },
  );
});

describe(`deploy, told to end (seed ${seed})`, () => {
  beforeEach(() => bench.finishBucket());

  it.each(moments('deploy', 38))(
    'leaves nothing undone at request $count, by $ending',
    async ({ count, ending }) => {
      await endAt(bench.startCommand('ops/cdktf.ts', 'deploy', 'table', '--auto-approve'), count, ending);

      const deployed = await bench.checkout.npm('deploy', ['table', '--auto-approve']);
      expect(deployed).toMatchObject({ exitCode: 0 });
      await expectAllDone();
    },
  );
});

describe(`destroy, told to end (seed ${seed})`, () => {
  beforeEach(async () => {
    await bench.finishBucket();
    await deployTable();
    bench.proxy.reset();
  });

  it.each(moments('destroy', 45))(
    'is finished by the next one at request $count, by $ending',
    async ({ count, ending }) => {
      await endAt(bench.startCommand('ops/cdktf.ts', 'destroy', '--auto-approve'), count, ending);

      const destroyed = await bench.checkout.npm('destroy', ['--auto-approve']);
      expect(destroyed).toMatchObject({ exitCode: 0 });
      expect((await bench.state('table'))?.resources).toEqual([]);
      await expect(bench.items()).rejects.toThrow('resource not found');
    },
  );
});

/** A number from 0 to 1, the same for the same seed. */
function random(...parts: readonly unknown[]): number {
  const digest = createHash('sha256')
    .update([seed, ...parts].join(' '))
    .digest();
  return digest.readUInt32BE() / 2 ** 32;
}

describe('npm start, told to end', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  it.each(startEndings)('leaves nothing running when a deployment is ended by %s', (ending) =>
    expectInterruptedRun(checkout, ending),
  );
});
