import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { addressesOf } from '../../ops/state/state-file';
import { readLock } from '../../ops/state/state-lock';
import type { State } from '../../ops/terraform/state-text';
import { awsSession } from '../session';
import type { SeenRequest } from './aws-fault-proxy';
import { seedItems, Workbench } from './workbench';

/** A seed repeats the points of another run. */
const kills = Number(process.env.SUPERMISSION_KILLS ?? 20);
const seed = Number(process.env.SUPERMISSION_SEED ?? Date.now() % 1_000_000);

jest.setTimeout(300_000);

const apply = ['apply', '-input=false', '-auto-approve'];
const tableState = 'supermission/local/table.tfstate';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});

afterAll(() => bench?.close());

beforeEach(() => bench.emptyAccount());

describe('an interrupted deployment', () => {
  beforeEach(() => bench.finishBucket());

  /** Interrupt a deployment of the table when AWS is asked for this operation the first time. */
  async function interruptAt(operation: string, signal: 'SIGINT' | 'SIGHUP'): Promise<void> {
    const running = bench.startNpm('deploy', 'table', '--auto-approve');
    let isInterrupted = false;
    bench.proxy.before = async ({ target }) => {
      if (!target.endsWith(`.${operation}`) || isInterrupted) return false;
      isInterrupted = true;
      running.interrupt(signal);
      await running.prints('Interrupt received');
      return false;
    };
    const { exitCode, stdout, stderr } = await running.ended;
    // npm ends by the signal itself, or with the exit code of the command.
    expect({ exitCode, stdout, stderr }).not.toMatchObject({ exitCode: 0 });
    bench.proxy.reset();
    // The states, and no lock.
    expect(await bench.stateFiles()).toEqual(['supermission/local/state-backend.tfstate', tableState]);
  }

  it('saves the state, frees the lock, and is finished by the next one', async () => {
    await interruptAt('PutItem', 'SIGINT');
    const { known } = addressesOf(await bench.state('table'));
    expect([...known]).toContainEqual(expect.stringMatching(/^aws_dynamodb_table\./));

    expect(await bench.checkout.npm('deploy', ['table', '--auto-approve'])).toMatchObject({ exitCode: 0 });

    expect(await bench.items()).toEqual(seedItems());
  });

  it('leaves what is not seen to its end to be replaced, and adopt keeps it', async () => {
    // The terminal is closed while Terraform waits for the table to be ready.
    await interruptAt('DescribeTable', 'SIGHUP');
    expect((await bench.state('table'))?.resources).toMatchObject([{ instances: [{ status: 'tainted' }] }]);

    expect(await bench.adopt()).toContain('table: 5 to add, 0 to change, 0 to destroy');

    expect(bench.proxy.seen.some(({ target }) => target.endsWith('.DeleteTable'))).toBe(false);
    expect(await bench.items()).toEqual(seedItems());
  });
});

describe(`an apply killed at a random point (seed ${seed})`, () => {
  /** How many requests the apply of a stack makes, from taking the lock to freeing it. */
  const requests = { table: 27, functions: 60 };
  const cases = Array.from({ length: kills }, (_, index) => {
    const stack = index % 2 === 0 ? ('table' as const) : ('functions' as const);
    const count = 1 + Math.floor(random(index, 'count') * requests[stack]);
    return { stack, count, phase: random(index, 'phase') < 0.5 ? ('before' as const) : ('after' as const) };
  });

  it.each(cases)('is made good: $stack, $phase request $count', async ({ stack, count, phase }) => {
    const running = bench.startTerraform(bench.file(stack, ''), apply);
    let killed: Promise<void> | undefined;
    const kill = (request: SeenRequest) => {
      if (request.count >= count) killed ??= running.kill();
      return false;
    };
    bench.proxy[phase] = kill;
    await running.ended;
    await killed;
    expect(killed).toBeDefined();
    bench.proxy.reset();

    const report = await bench.adopt({ unlock: true });
    const deployed = await bench.terraform(stack, ...apply);

    expect(deployed).toMatchObject({ exitCode: 0 });
    // What is adopted is finished too, so the deployment finds nothing left; else the next one does.
    if (report.includes(`${stack}: adopted`)) {
      expect(deployed.stdout).toContain('0 added, 0 changed, 0 destroyed');
    } else {
      await bench.expectNoChanges(stack);
    }
    const { resources = [] } = (await bench.state(stack)) ?? {};
    const known = resources
      .filter(({ mode }) => mode === 'managed')
      .map(({ type, name }) => `${type}.${name}`);
    expect(known.sort()).toEqual(bench.addresses(stack));
    expect(resources.every(({ instances }) => instances.length === 1)).toBe(true);
    if (stack === 'table') expect(await bench.items()).toEqual(seedItems());
    expect(await bench.stateFiles()).toEqual([`supermission/local/${stack}.tfstate`]);
  });
});

describe('a lock that nobody holds any more', () => {
  const lock = {
    ID: '0d7bd53f-1c04-ec13-d9b6-1e0c8d6a4a5f',
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'ada@build-7',
    Version: '1.11.4',
    Created: new Date(Date.now() - 3 * 3_600_000).toISOString(),
    Path: `supermission-local-state/${tableState}`,
  };
  const putLock = (body: string) => putObject(`${tableState}.tflock`, body);

  it('is freed when that is asked for', async () => {
    await putLock(JSON.stringify(lock));

    const { exitCode, stdout } = await bench.checkout.npm('adopt', ['--auto-approve', '--force-unlock']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      `table: ada@build-7 holds the lock for 3 hours, since ${lock.Created} (OperationTypeApply, lock ${lock.ID})`,
    );
    expect(stdout).toContain('table: the lock is free');
    expect(await readLock(await awsSession(bench.environment, bench.aws.url), 'table')).toBeUndefined();
  });

  it('fails when only the plan is approved beforehand, and names the owner', async () => {
    await putLock(JSON.stringify(lock));

    const { exitCode, stderr } = await bench.checkout.npm('adopt', ['--auto-approve']);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^table: ada@build-7 holds the lock for 3 hours.*free it with "npm run adopt -- --force-unlock"$/m,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readLock(await awsSession(bench.environment, bench.aws.url), 'table')).toEqual(lock);
  });

  it('is waited for by a deployment that is told to', async () => {
    await bench.finishBucket();
    await putLock(JSON.stringify(lock));
    let freed: Promise<unknown> | undefined;
    bench.proxy.after = ({ method, path }, status) => {
      // Terraform has been refused the lock, and reads whose it is.
      if (method !== 'GET' || !path.includes('.tflock') || status !== 200) return;
      const Key = `${tableState}.tflock`;
      const Bucket = bench.environment.stateBucket;
      freed ??= new S3Client(bench.config).send(new DeleteObjectCommand({ Bucket, Key }));
    };

    const { exitCode, stdout, stderr } = await bench.checkout.npm('deploy', [
      'table',
      '--auto-approve',
      '--lock-timeout=200s',
    ]);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(freed).toBeDefined();
    expect(await bench.items()).toEqual(seedItems());
  });

  it('fails when it is not a lock of Terraform', async () => {
    await putLock('{');

    await expect(bench.adopt({ unlock: true })).rejects.toThrow(/tflock: not a lock of Terraform/);
  });
});

describe('a state that could not be written', () => {
  it('is left by Terraform, stops a synthesis, and is saved by adopt', async () => {
    bench.proxy.before = ({ method, path }) => method === 'PUT' && path.includes('.tfstate?');
    expect(await bench.terraform('table', ...apply)).toMatchObject({ exitCode: 1 });
    bench.proxy.reset();
    expect(await bench.state('table')).toBeUndefined();
    const errored: State = JSON.parse(readFileSync(bench.file('table', 'errored.tfstate'), 'utf8'));

    for (const command of ['synth', 'drift']) {
      expect(await bench.checkout.npm(command)).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /errored\.tfstate: a deployment .*; save it with "npm run adopt" first\n$/,
        ),
      });
    }
    // What no command of ours does: the folder has the configuration of another environment, and the state still.
    await bench.checkout.run(process.execPath, ['ops/terraform/run-app.mjs'], { SUPERMISSION_ENV: 'lab' });
    const report = await bench.adopt();

    expect(bench.proxy.itemWrites()).toBe(0);
    expect(report).toContain('table: saved the state that a deployment could not write (serial 1)');
    const [, copy = ''] = /a copy is (\S+)/.exec(report) ?? [];
    expect(JSON.parse(readFileSync(copy, 'utf8'))).toEqual(errored);
    expect(existsSync(bench.file('table', 'errored.tfstate'))).toBe(false);
    expect((await bench.state('table'))?.resources).toEqual(errored.resources);
    await bench.expectNoChanges('table');
  });

  describe('when there is a state in the bucket', () => {
    const current = {
      version: 4,
      terraform_version: '1.10.0',
      serial: 7,
      lineage: 'ours',
      outputs: {},
      resources: [],
    };
    const leaveErrored = (state: object) =>
      writeFileSync(bench.file('table', 'errored.tfstate'), JSON.stringify(state));

    const record = () => bench.file('table', '.terraform/terraform.tfstate');
    let backend: string;
    beforeEach(async () => {
      backend = readFileSync(record(), 'utf8');
      await putObject(tableState, JSON.stringify(current));
    });
    afterEach(() => {
      writeFileSync(record(), backend);
      rmSync(bench.file('table', 'errored.tfstate'), { force: true });
    });

    it('is put aside when it is not the newer one', async () => {
      leaveErrored({ ...current, serial: 6 });

      expect(await bench.adopt()).toMatch(
        /table: somebody has deployed since: the state in the bucket \(serial 7\) stays.*; the one that could not be saved \(serial 6\) is now/,
      );

      expect(await bench.state('table')).toMatchObject({ serial: 7, lineage: 'ours' });
      expect(existsSync(bench.file('table', 'errored.tfstate'))).toBe(false);
    });

    it('is put aside when somebody has deployed since, whatever its serial; both are kept', async () => {
      const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
      const lost = {
        mode: 'managed',
        type: 'aws_thing',
        name: 'lost',
        provider,
        instances: [{ attributes: {} }],
      };
      leaveErrored({ ...current, serial: 12, resources: [lost] });
      const anHourAgo = new Date(Date.now() - 3_600_000);
      utimesSync(bench.file('table', 'errored.tfstate'), anHourAgo, anHourAgo);

      const report = await bench.adopt();

      expect(report).toContain('table: only the latter knows aws_thing.lost; adopt looks for them in AWS');
      expect(await bench.state('table')).toMatchObject({ serial: 7, lineage: 'ours' });
      const copies =
        /a copy is (\S+); the one that could not be saved \(serial 12\) is now (\S+)/.exec(report) ?? [];
      expect(copies.slice(1).map((it) => JSON.parse(readFileSync(it, 'utf8')).serial)).toEqual([7, 12]);
    });

    it.each([
      ['of another lineage', () => leaveErrored({ ...current, serial: 8, lineage: 'theirs' }), /"theirs"/],
      [
        'of another environment',
        () => {
          leaveErrored({ ...current, serial: 8 });
          writeFileSync(record(), backend.replaceAll('supermission/local/', 'supermission/lab/'));
        },
        /the state of another environment, got "s3:.*supermission\/lab\/table.tfstate".*"SUPERMISSION_ENV=lab npm run adopt"/,
      ],
    ])('fails when it is %s, and keeps both', async (_name, leave, message) => {
      leave();

      await expect(bench.adopt()).rejects.toThrow(message);

      expect(await bench.state('table')).toMatchObject({ serial: 7, lineage: 'ours' });
      expect(existsSync(bench.file('table', 'errored.tfstate'))).toBe(true);
    });
  });
});

describe('a state that names a provider which the configuration does not have', () => {
  const foreign = {
    mode: 'managed',
    type: 'rce_x',
    name: 'x',
    provider: 'provider["registry.terraform.io/evil/rce"]',
    instances: [{ schema_version: 0, attributes: { id: '1' } }],
  };
  const state = (resources: object[]) =>
    JSON.stringify({
      version: 4,
      terraform_version: '1.11.4',
      serial: 1,
      lineage: 'x',
      outputs: {},
      resources,
    });

  it('fails every command before "terraform init", and is left as it is', async () => {
    await bench.finishBucket();
    await putObject(tableState, state([foreign]));
    const yes = '--auto-approve';
    const commands = [
      ['plan', 'table'],
      ['drift', 'table'],
      ['diff', 'table'],
      ['deploy', 'table', yes],
      ['destroy', 'table', yes],
      ['output', 'table'],
      ['adopt', yes],
    ];

    for (const [command = '', ...args] of commands) {
      const { exitCode, stdout, stderr } = await bench.checkout.npm(command, args);

      expect({ command, exitCode, stdout, stderr }).toMatchObject({ exitCode: 1 });
      expect(stderr).toMatch(
        /^s3:\/\/supermission-local-state\/supermission\/local\/table\.tfstate: names a provider that the configuration does not have, which "terraform init" would install, got \["provider\[.*evil\/rce/m,
      );
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(bench.proxy.itemWrites()).toBe(0);
    expect(await bench.state('table')).toMatchObject({ serial: 1, resources: [foreign] });
  });

  it('fails to make the state bucket again, too', async () => {
    await putObject('supermission/local/state-backend.tfstate', state([foreign]));

    const { exitCode, stderr } = await bench.checkout.npm('bootstrap');

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/state-backend\.tfstate: names a provider that the configuration does not have/);
  });
});

describe('a plan that was killed', () => {
  it('leaves nothing that others could read', async () => {
    await bench.finishBucket();
    const running = bench.startNpm('plan', 'table');
    while (!existsSync(bench.file('table', 'plan.tfplan'))) await sleep(5);
    await running.kill();

    expect(statSync(bench.file('table', 'plan.tfplan')).mode & 0o077).toBe(0);
  });
});

describe('eight deployments of a stack at the same time', () => {
  it('go one at a time: two wait for the lock, the others are told who holds it', async () => {
    const folders = Array.from({ length: 8 }, (_, index) => {
      const folder = `${bench.file('table', '')}-${index}`;
      cpSync(bench.file('table', ''), folder, { recursive: true });
      const text = readFileSync(`${folder}/cdk.tf.json`, 'utf8');
      // Each changes something, so each that has its turn writes a state.
      writeFileSync(`${folder}/cdk.tf.json`, text.replace('Utility belt', `Utility belt ${index}`));
      return folder;
    });
    const turns: string[] = [];
    const isLocked = new Promise<void>((resolve) => {
      bench.proxy.after = ({ method, path }, status) => {
        if (!path.includes('.tflock') || !['PUT', 'DELETE'].includes(method) || status >= 300) return;
        turns.push(method);
        resolve();
      };
    });
    const deploy = (folder: string, ...flags: string[]) =>
      bench.startTerraform(folder, [...apply, ...flags]).ended;

    const patient = folders.slice(0, 2).map((folder) => deploy(folder, '-lock-timeout=200s'));
    await isLocked;
    const others = await Promise.all(folders.slice(2).map((folder) => deploy(folder)));

    for (const { exitCode, stderr } of others) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/Error acquiring the state lock[\s\S]*Who:\s+\S+@\S+/);
    }
    expect(await Promise.all(patient)).toMatchObject([
      { exitCode: 0, stderr: '' },
      { exitCode: 0, stderr: '' },
    ]);
    expect(turns).toEqual(['PUT', 'DELETE', 'PUT', 'DELETE']);
    const state = await bench.state('table');
    expect(state).toMatchObject({ serial: 2, lineage: expect.any(String) });
    expect(state?.resources).toHaveLength(6);
    const { Batman } = (await bench.items()) as { Batman: { SuperWeapon: { S: string } } };
    expect(JSON.stringify(state)).toContain(JSON.stringify(JSON.stringify(Batman.SuperWeapon)).slice(1, -1));
  });
});

/** Into the state bucket. */
async function putObject(Key: string, Body: string): Promise<void> {
  const Bucket = bench.environment.stateBucket;
  await new S3Client(bench.config).send(new PutObjectCommand({ Bucket, Key, Body }));
}

/** A number from 0 to 1, the same for the same seed. */
function random(...parts: readonly unknown[]): number {
  const digest = createHash('sha256')
    .update([seed, ...parts].join(' '))
    .digest();
  return digest.readUInt32BE() / 2 ** 32;
}
