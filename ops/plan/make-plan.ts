import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { readManifest } from '../../seed-data/import-manifest';
import { runProgram } from '../command/run-program';
import { review } from '../review/review';
import { expectParts } from '../seed/uploaded-parts';
import { expectStateBucket } from '../state/state-bucket';
import { describeLock, readLock } from '../state/state-lock';
import { type Plan, readPlan } from '../terraform/plan-json';
import type { Session } from '../terraform/session';
import { configurationFile, lockFile, planFile } from '../terraform/stack-folder';
import { StackTerraform, synthesize } from '../terraform/stack-terraform';
import { type PlanFile, readPlanFile } from './plan-file';
import {
  configurationIn,
  type Manifest,
  type PlanFolder,
  planJsonFile,
  readPlanFolder,
  writePlanFolder,
} from './plan-folder';
import { archivesOf, backendProblems, effectDifferences, folderProblems } from './planned-stack';

/** What `npm run plan -- --json` prints. */
export interface PlanReport {
  readonly environment: string;
  readonly folder: string;
  /** SHA-256 of the folder's manifest: what `npm run apply -- <folder> --digest` expects. */
  readonly digest: string;
  readonly changes: boolean;
  /** What the plans would do, in one line. */
  readonly verdict: string;
  readonly stacks: readonly { readonly name: string; readonly changes: boolean; readonly counts: string }[];
}

export interface PlanOptions {
  readonly stacks: readonly string[];
  readonly folder: string;
  readonly renew: boolean;
  readonly skipSynth: boolean;
}

/**
 * Plan stacks and keep the plans in a folder.
 *
 * @throws InputError if a stack cannot be planned, or if a renewed plan would do anything else
 */
export async function plan(
  session: Session,
  { stacks, folder, renew, skipSynth }: PlanOptions,
): Promise<PlanReport> {
  const { environment, terraform, report } = session;
  const older = renew ? await readOlder(environment, folder) : undefined;
  const { accountId } = await expectStateBucket(session);
  if (!skipSynth) {
    report('synthesize');
    await synthesize(session);
  }
  const planned = await Promise.all(
    stacks.map(async (stack) => {
      const lock = await readLock(session, stack);
      if (lock) report(`${stack}: ${describeLock(lock)}; what they are changing makes this plan stale`);
      report(`plan ${stack}`);
      return planStack(environment, new StackTerraform(stack, session));
    }),
  );
  if (environment.seed.mode === 'import' && planned.some(({ json }) => makesTable(json))) {
    await expectParts(session, readManifest(environment.seed.manifest));
  }
  const { product, version } = terraform;
  const description = {
    environment: environment.name,
    accountId,
    region: environment.region,
    stateBucket: environment.stateBucket,
    ...(await readCommit()),
    createdAt: new Date().toISOString(),
    terraform: { product, version },
    providers: Object.assign({}, ...planned.map(({ providers }) => providers)),
    stacks: planned.map(({ name, changes, file: { state } }) => {
      const { serial, lineage } = state.refreshed;
      return { name, changes, state: { serial, lineage } };
    }),
  };
  const files = new Map(planned.flatMap((stack) => stack.files));
  const kept = older && keepOrReplace(folder, older, description, planned, report);
  const { digest, manifest } = kept ?? (await writePlanFolder(folder, description, files));
  const reviewed = review(
    planned.map(({ name, json }) => ({
      stack: name,
      plan: json,
      configuration: configurationIn(files, name),
    })),
    environment,
  );
  return {
    environment: environment.name,
    folder,
    digest,
    changes: manifest.stacks.some(({ changes }) => changes),
    verdict: reviewed.verdict,
    stacks: planned.map(({ name, changes }, index) => ({
      name,
      changes,
      counts: reviewed.stacks[index]?.counts ?? '',
    })),
  };
}

function makesTable({ resource_changes: changes = [] }: Plan): boolean {
  return changes.some(
    ({ type, change }) => type === 'aws_dynamodb_table' && change.actions.includes('create'),
  );
}

type Description = Parameters<typeof writePlanFolder>[1];

interface Planned {
  readonly name: string;
  readonly changes: boolean;
  readonly file: PlanFile;
  readonly json: Plan;
  readonly providers: Readonly<Record<string, string>>;
  /** By their path in the plan folder. */
  readonly files: readonly (readonly [string, Buffer])[];
}

async function planStack(environment: Environment, terraform: StackTerraform): Promise<Planned> {
  const { stack, folder } = terraform;
  const read = (file: string) => readFile(join(folder, file));
  const configuration = await read(configurationFile).catch(() => {
    throw new InputError(`${join(folder, configurationFile)}: not there; run "npm run synth" first`);
  });
  const problems = backendProblems(environment, stack, configuration.toString('utf8'));
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  try {
    const { changes, json: text } = await terraform.plan();
    const json = readPlan(text, planJsonFile);
    const content = await read(planFile);
    const file = readPlanFile(content, `${stack}/${planFile}`);
    const files = [planFile, configurationFile, lockFile, ...archivesOf(json).keys()];
    const contents = await Promise.all(
      files.map(async (file) => [`${stack}/${file}`, await read(file)] as const),
    );
    return {
      name: stack,
      changes,
      file,
      json,
      providers: await terraform.providers(),
      files: [...contents, [`${stack}/${planJsonFile}`, Buffer.from(text)]],
    };
  } finally {
    await terraform.tidy();
  }
}

async function readOlder(environment: Environment, folder: string): Promise<PlanFolder> {
  const older = await readPlanFolder(folder);
  const problems = folderProblems(environment, older);
  if (problems.length === 0) return older;
  throw new InputError(`${folder}: refused, nothing is renewed`, ...problems);
}

/** The older plan folder if it can be applied as it is, nothing if the new plans may take its place. */
function keepOrReplace(
  folder: string,
  older: PlanFolder,
  description: Description,
  planned: readonly Planned[],
  report: (line: string) => void,
): PlanFolder | undefined {
  const { commit, dirty, createdAt } = older.manifest;
  const [before, now] = [madeFor(older.manifest), madeFor(description)];
  const olderJson = (stack: string): Plan => {
    const text = older.files.get(`${stack}/${planJsonFile}`)?.toString('utf8');
    return text === undefined ? {} : JSON.parse(text);
  };
  const names = new Set([...before.stacks, ...planned].map(({ name }) => name));
  const differences = [...names].flatMap((name) => {
    const json = planned.find((it) => it.name === name)?.json ?? {};
    return effectDifferences(olderJson(name), json).map((line) => `${name}: ${line}`);
  });
  if (before.environment !== now.environment || before.accountId !== now.accountId) {
    differences.push('the older plan is of another environment');
  }
  if (differences.length > 0) {
    const planner = `${createdAt}${commit ? ` at commit ${commit}` : ''}${dirty ? ', changed' : ''}`;
    throw new InputError(
      [`${folder}: a new plan does not do the same as this one (${planner})`, ...differences].join('\n  '),
    );
  }
  const sources = (files: Iterable<readonly [string, Buffer]>) =>
    new Map([...files].filter(([path]) => !/\/plan\.(json|tfplan)$/.test(path)));
  // A configuration can run programs while it is applied, and no change of a resource tells.
  const isOfSameSources = isDeepStrictEqual(
    sources(older.files),
    sources(planned.flatMap(({ files }) => files)),
  );
  // What is kept will be applied, so its plan files must be the new ones to the byte, or the new ones take their place.
  const isSamePlan = planned.every(({ name, file }) => {
    const content = older.files.get(`${name}/${planFile}`);
    return content && isDeepStrictEqual(readPlanFile(content, `${name}/${planFile}`).effects, file.effects);
  });
  if (isOfSameSources && isSamePlan && isDeepStrictEqual(before, now)) {
    report(`${folder}: kept, it can still be applied as it is`);
    return older;
  }
  report(`${folder}: replaced by a plan that does the same`);
  return undefined;
}

/** What a plan was made for and with: all that must be the same when it is applied. */
function madeFor({ environment, accountId, region, stateBucket, terraform, providers, stacks }: Description) {
  return { environment, accountId, region, stateBucket, terraform, providers, stacks };
}

/** Which commit is checked out, and whether anything has been changed since; nulls outside of git. */
async function readCommit(): Promise<Pick<Manifest, 'commit' | 'dirty'>> {
  try {
    const commit = (await runProgram('git', ['rev-parse', 'HEAD'])).trim();
    return { commit, dirty: (await runProgram('git', ['status', '--porcelain'])) !== '' };
  } catch {
    return { commit: null, dirty: null };
  }
}
