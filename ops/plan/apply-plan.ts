import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describeProblem, InputError } from '../../input-error';
import { ProgramError } from '../command/run-program';
import { describeFinding } from '../review/finding';
import { review } from '../review/review';
import { applyFolder, erroredStateFile, refuseErroredStates } from '../state/errored-state';
import { findStateBucket } from '../state/state-bucket';
import { parseExactly } from '../terraform/exact-json';
import { type Plan, readPlan } from '../terraform/plan-json';
import type { Session } from '../terraform/session';
import { planFile } from '../terraform/stack-folder';
import { StackTerraform } from '../terraform/stack-terraform';
import { readPlanFile, unexplainedResources } from './plan-file';
import {
  configurationIn,
  type Manifest,
  type PlanFolder,
  planJsonFile,
  readPlanFolder,
  stackFiles,
} from './plan-folder';
import { folderProblems } from './planned-stack';

export interface ApplyOptions {
  readonly folder: string;
  readonly plan: PlanFolder;
  /** Asked before the plan is applied. */
  readonly approve: (question: string) => Promise<boolean>;
}

/**
 * Apply a plan folder, stack by stack.
 *
 * @throws InputError with all that is wrong with the folder, before anything is changed; if the plan is not approved; or
 * with what was applied and what was not, if a stack fails
 */
export async function apply(session: Session, options: ApplyOptions): Promise<void> {
  const { environment, report } = session;
  const { folder, plan, approve } = options;
  refuseErroredStates();
  const { manifest } = plan;
  refuse(folder, [...(await manifestProblems(session, manifest)), ...folderProblems(environment, plan)]);

  const open = (stack: string) =>
    new StackTerraform(stack, session, applyFolder(stack), ['-lockfile=readonly']);
  const stacks = manifest.stacks.map(({ name }) => open(name));
  try {
    const problems = await Promise.all(stacks.map((terraform) => terraformProblems(terraform, plan)));
    refuse(folder, problems.flat());

    const changing = stacks.filter((_, index) => manifest.stacks[index]?.changes);
    report(describePlan(manifest));
    if (changing.length === 0) {
      report('nothing to change');
      return;
    }
    const reviewed = review(
      changing.map(({ stack }) => ({
        stack,
        plan: readJson(plan, stack),
        configuration: configurationIn(plan.files, stack),
      })),
      environment,
    );
    for (const { stack, counts } of reviewed.stacks) {
      const findings = reviewed.findings.filter((it) => it.stack === stack);
      for (const it of findings.flatMap((it) => describeFinding({ ...it, details: [] }))) report(`  ${it}`);
      report(`${stack}: ${counts}`);
    }
    report(reviewed.verdict);
    if (!(await approve('Apply this plan?'))) throw new InputError('not approved, nothing is applied');
    await applyStacks(session, folder, changing);
  } finally {
    for (const { folder } of stacks) {
      if (!existsSync(join(folder, erroredStateFile))) await rm(folder, { recursive: true, force: true });
    }
  }
}

/** @throws InputError with all that is wrong with the folder itself */
export async function readFolder(folder: string, digest?: string): Promise<PlanFolder> {
  return readPlanFolder(folder, digest).catch((error: unknown) => {
    throw error instanceof InputError ? refusal(folder, [error.message]) : error;
  });
}

/** In their order; the first that fails is the last. */
async function applyStacks(
  { signal, report }: Session,
  folder: string,
  stacks: readonly StackTerraform[],
): Promise<void> {
  const names = stacks.map(({ stack }) => stack);
  for (const [index, terraform] of stacks.entries()) {
    const { stack } = terraform;
    try {
      await terraform.apply();
    } catch (error) {
      if (!(error instanceof ProgramError) && !signal.aborted) throw error;
      const errored = join(terraform.folder, erroredStateFile);
      const list = (some: readonly string[]) => some.join(', ') || 'none';
      const lines = [
        ...(error instanceof ProgramError ? error.lastLines : []),
        `${stack}: ${signal.aborted ? 'interrupted' : 'failed'}, and may be applied in part`,
        `  applied: ${list(names.slice(0, index))}; not applied: ${list(names.slice(index + 1))}`,
        existsSync(errored)
          ? `  ${errored}: the state could not be saved, and this is the only copy; mend the cause and save it with "npm run adopt", on this machine`
          : '  what was made is in the state',
        `  ${folder} cannot be applied again: ${signal.aborted ? '' : 'mend the cause and '}make a new plan with "npm run plan"`,
      ];
      throw new InputError(...lines);
    }
    report(`${stack}: applied`);
  }
}

/** Whether the folder is for what is deployed to here, with the tools that are here. */
async function manifestProblems(session: Session, manifest: Manifest): Promise<string[]> {
  const { environment, terraform } = session;
  const { accountId } = await findStateBucket(session);
  const expected = {
    environment: environment.name,
    accountId,
    region: environment.region,
    stateBucket: environment.stateBucket,
    'terraform.product': terraform.product,
    'terraform.version': terraform.version,
  };
  const { product, version } = manifest.terraform;
  const got = { ...manifest, 'terraform.product': product, 'terraform.version': version };
  return (Object.keys(expected) as (keyof typeof expected)[])
    .filter((name) => got[name] !== expected[name])
    .map((name) =>
      describeProblem({
        where: `manifest.json: ${name}`,
        what: 'the plan was made for another',
        got: got[name],
        expected: `${expected[name]}, which is used here`,
      }),
    );
}

/** What only Terraform can say: which providers it takes, what the plan file holds, and whether the state is still the same. */
async function terraformProblems(terraform: StackTerraform, plan: PlanFolder): Promise<string[]> {
  const { stack, folder } = terraform;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = new Map(stackFiles(plan, stack));
  const file = readPlanFile(files.get(planFile) as Buffer, `${stack}/${planFile}`);
  for (const [name, content] of files.set(planFile, Buffer.from(file.content))) {
    await writeFile(join(folder, name), content, { mode: 0o600 });
  }
  const problems: string[] = [];
  const expect = (where: string, what: string, got: unknown, expected: unknown, remedy = '') => {
    if (isDeepStrictEqual(got, expected)) return;
    problems.push(describeProblem({ where, what, got, expected: `${JSON.stringify(expected)}${remedy}` }));
  };
  const planned = plan.manifest.stacks.find(({ name }) => name === stack);

  const installed = await terraform.providers().catch((error: unknown) => {
    if (!(error instanceof ProgramError)) throw error;
    return error;
  });
  if (installed instanceof ProgramError) {
    return [
      [`${stack}: Terraform cannot be set up as it was for the plan`, ...installed.lastLines].join('\n  '),
    ];
  }
  for (const [address, version] of Object.entries(installed)) {
    expect(
      `manifest.json: providers.${address}`,
      'the plan was made with another version',
      plan.manifest.providers[address],
      version,
    );
  }
  const shown = await terraform.show();
  if (!isDeepStrictEqual(parseExactly(shown), parseExactly(`${files.get(planJsonFile)}`))) {
    problems.push(
      describeProblem({
        where: `${stack}/${planJsonFile}`,
        what: `not what ${planFile} does`,
        got: 'another plan',
        expected: 'the output of "terraform show -json"',
      }),
    );
  }
  const current = await terraform.pull();
  const { serial, lineage } = current ?? { serial: 0, lineage: '' };
  const remedy = '; make a new plan with "npm run plan", or "npm run plan -- --renew"';
  expect(
    `${stack}: the plan is stale`,
    'the state has changed since',
    planned?.state,
    { serial, lineage },
    remedy,
  );
  const unexplained = problems.length > 0 ? [] : unexplainedResources(file, readJson(plan, stack), current);
  if (unexplained.length > 0) {
    problems.push(
      describeProblem({
        where: `${stack}/${planFile}`,
        what: 'made on another content of the state',
        got: unexplained,
        expected: `the resources as they are in the state${remedy}`,
      }),
    );
  }
  return problems;
}

function refuse(folder: string, problems: readonly string[]): void {
  if (problems.length > 0) throw refusal(folder, problems);
}

const refusal = (folder: string, problems: readonly string[]) =>
  new InputError([`${folder}: refused, nothing is applied`, ...problems].join('\n'));

function readJson({ files }: PlanFolder, stack: string): Plan {
  const file = `${stack}/${planJsonFile}`;
  return readPlan(files.get(file)?.toString('utf8') ?? '', file);
}

function describePlan({ environment, accountId, region, commit, dirty, createdAt }: Manifest): string {
  const source = commit
    ? `commit ${commit}${dirty ? ' with changes that are in no commit' : ''}`
    : 'no commit';
  return `plan for ${environment} (account ${accountId}, ${region}), made ${createdAt} from ${source}`;
}
