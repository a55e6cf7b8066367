import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readPlans } from '../../ops/review/plan-folder';

const folder = mkdtempSync(join(tmpdir(), 'review-'));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = (kind: string) => resolve(__dirname, 'review/plans', `${kind}.json`);

/** A plan folder with these plans by stack, as its manifest says. */
function planFolder(name: string, stacks: Record<string, string>, manifest: object = {}): string {
  const files: Record<string, string> = {};
  for (const [stack, kind] of Object.entries(stacks)) {
    const content = readFileSync(golden(kind));
    const file = join(folder, name, stack, 'plan.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    files[`${stack}/plan.json`] = createHash('sha256').update(content).digest('hex');
  }
  const whole = {
    format: 1,
    environment: 'lab',
    stacks: Object.keys(stacks).map((it) => ({ name: it, changes: true })),
    files,
  };
  writeFileSync(join(folder, name, 'manifest.json'), JSON.stringify({ ...whole, ...manifest }));
  return join(folder, name);
}

describe('npm run review', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'ops/review.ts', ...args],
      { encoding: 'utf8' },
    );
    return { exitCode: status, stdout, stderr };
  };
  const risk = 'weaker-protection:aws_dynamodb_table.missions_table_B65640C1';

  it('ends with 2 while a risk is open, and with 0 when it is accepted by the name in its output', () => {
    const plans = planFolder('open', { table: 'deletion-protection-off' });

    const open = run(plans);
    expect(open).toMatchObject({ exitCode: 2, stderr: '' });
    expect(open.stdout).toMatch(
      /^\*\*Weakens protection: aws\\_dynamodb\\_table\.missions\\_table\\_B65640C1 deletion protection is turned off\*\*\n\n🔴 1 open risk\n/,
    );
    expect(open.stdout).toContain(`\n--accept ${risk}\n`);

    const page = join(folder, 'page.html');
    const accepted = run(plans, '--accept', risk, '--json', '--html', page);
    expect(accepted).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(accepted.stdout)).toMatchObject({
      status: 'accepted',
      risks: [{ name: risk, isAccepted: true }],
    });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*1 risk accepted, none open/);
  });

  it('fails when an accepted risk is in no plan', () => {
    expect(run(golden('no-changes'), '--accept', risk)).toEqual({
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
  it('is read in the order of its manifest', () => {
    const path = planFolder('two', { table: 'tags', functions: 'memory' }, {});
    const { environment, plans } = readPlans(path);

    expect(environment).toBe('lab');
    expect(plans.map(({ stack }) => stack)).toEqual(['table', 'functions']);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'a plan was altered',
      (path) => writeFileSync(join(path, 'table/plan.json'), readFileSync(golden('no-changes'))),
      /table\/plan\.json: not the plan that was made, SHA-256, got "[0-9a-f]{64}"; expected [0-9a-f]{64}$/,
    ],
    [
      'a plan is missing',
      (path) => rmSync(join(path, 'table/plan.json')),
      /table\/plan\.json: missing, got nothing; expected the file that the manifest names$/,
    ],
    ['the manifest is missing', (path) => rmSync(join(path, 'manifest.json')), /manifest\.json: missing/],
    [
      'the manifest is no JSON',
      (path) => writeFileSync(join(path, 'manifest.json'), '{'),
      /manifest\.json: not JSON/,
    ],
  ])('fails when %s', (_, damage, message) => {
    const path = planFolder('damaged', { table: 'tags' });
    damage(path);
    expect(() => readPlans(path)).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ['of another format', { format: 2 }, /manifest\.json: format: .*got 2; expected a manifest of format 1$/],
    ['with a stack elsewhere', { stacks: [{ name: '../table' }] }, /manifest\.json: stacks\.0\.name: /],
    ['without a hash', { files: {} }, /not the plan that was made/],
  ])('fails when its manifest is %s', (_, manifest, message) => {
    expect(() => readPlans(planFolder('odd', { table: 'tags' }, manifest))).toThrow(message);
  });
});
