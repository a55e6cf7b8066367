import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePlanFolder } from '../../ops/plan/plan-folder';
import { readPlans } from '../../ops/plan/plans-to-review';
import { readMade } from './review/golden-set';

const folder = mkdtempSync(join(tmpdir(), 'review-'));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = (kind: string) => JSON.stringify(readMade(kind).plan);
const configurationOf = (kind: string) => JSON.stringify(readMade(kind).configuration);

/** A plan folder with these plans by stack. */
async function planFolder(name: string, stacks: Record<string, string>): Promise<string> {
  const place = join(folder, name);
  const names = Object.keys(stacks) as 'table'[];
  const description = {
    environment: 'lab',
    accountId: '123456789012',
    region: 'us-east-1',
    stateBucket: 'a-state-bucket',
    commit: null,
    dirty: null,
    createdAt: '2026-11-24T12:00:00.000Z',
    terraform: { product: 'terraform', version: '1.11.4' },
    providers: {},
    stacks: names.map((it) => ({ name: it, changes: true, state: { serial: 1, lineage: 'ours' } })),
  } as const;
  const files = Object.entries(stacks).flatMap(([stack, kind]) => [
    [`${stack}/plan.json`, Buffer.from(golden(kind))] as const,
    [`${stack}/cdk.tf.json`, Buffer.from(configurationOf(kind))] as const,
    // A review reads nothing of these.
    ...['plan.tfplan', '.terraform.lock.hcl'].map((file) => [`${stack}/${file}`, Buffer.from('')] as const),
  ]);
  await writePlanFolder(place, description, new Map(files));
  return place;
}

describe('npm run review', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['ops/command/run-typescript.cjs', 'ops/review.ts', ...args],
      { encoding: 'utf8' },
    );
    return { exitCode: status, stdout, stderr };
  };
  const risk = 'weaker-protection:table/aws_dynamodb_table.missions_table_B65640C1#';

  it('ends with 2 while a risk is open, and with 0 when it is accepted by the name in its output', async () => {
    const plans = await planFolder('open', { table: 'deletion-protection-off' });

    const open = run(plans);
    expect(open).toMatchObject({ exitCode: 2, stderr: '' });
    expect(open.stdout).toMatch(
      /^\*\*Weakens protection: aws\\_dynamodb\\_table\.missions\\_table\\_B65640C1 deletion protection is turned off\*\*\n\n🔴 1 open risk\n/,
    );
    const [, name = ''] = /\n--accept (\S+)\n/.exec(open.stdout) ?? [];
    expect(name).toContain(risk);

    const page = join(folder, 'page.html');
    const accepted = run(plans, '--accept', name, '--json', '--html', page);
    expect(accepted).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(accepted.stdout)).toMatchObject({
      status: 'accepted',
      risks: [{ name, isAccepted: true }],
    });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*1 risk accepted, none open/);
  });

  it('fails when an accepted risk is in no plan', () => {
    const file = join(folder, 'nothing.json');
    writeFileSync(file, golden('no-changes'));
    expect(run(file, '--accept', risk)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `--accept: no such risk, got "${risk}"; expected none: there is no risk\n`,
    });
  });

  it('fails when there is no plan', () => {
    const { exitCode, stderr } = run(join(folder, 'nowhere'));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /nowhere: does not exist, got nothing; expected a folder that "npm run plan" wrote, or a plan as JSON\n$/,
    );
  });
});

describe('a plan folder', () => {
  it('is read in the order of its manifest', async () => {
    const { environment, plans } = await readPlans(
      await planFolder('two', { table: 'tags', functions: 'memory' }),
    );

    expect(environment).toBe('lab');
    expect(plans.map(({ stack }) => stack)).toEqual(['table', 'functions']);
    expect(plans[0]).toMatchObject({ configuration: { resource: { aws_dynamodb_table: {} } } });
  });

  it('fails when a plan was altered', async () => {
    const path = await planFolder('altered', { table: 'tags' });
    writeFileSync(join(path, 'table/plan.json'), golden('no-changes'));

    await expect(readPlans(path)).rejects.toThrow(/table\/plan\.json: altered since the plan was made/);
  });
});
