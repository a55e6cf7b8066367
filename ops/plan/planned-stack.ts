import { createHash } from 'node:crypto';
import type { Environment } from '../../environments';
import { describeProblem, InputError } from '../../input-error';
import { stateBackend } from '../../stacks/names';
import { foreignAmong, foreignProviders } from '../terraform/foreign-providers';
import { type Difference, differencesOf } from '../terraform/json-differences';
import type { Plan } from '../terraform/plan-json';
import { configurationFile, lockFile, planFile } from '../terraform/stack-folder';
import { type PlanFile, readPlanFile } from './plan-file';
import { type PlanFolder, type PlannedState, planJsonFile, stackFiles } from './plan-folder';

/** What is wrong with the files of a plan folder's stacks, judged without Terraform. */
export function folderProblems(environment: Environment, folder: PlanFolder): string[] {
  return folder.manifest.stacks.flatMap((expected) =>
    stackProblems(environment, expected.name, new Map(stackFiles(folder, expected.name)), expected),
  );
}

/**
 * What is wrong with a stack's files in a plan folder, judged without Terraform: they do not belong together, or not to
 * this environment.
 *
 * @param files - the stack's files by their name
 * @param expected - what the manifest says of the stack
 */
function stackProblems(
  environment: Environment,
  stack: string,
  files: ReadonlyMap<string, Buffer>,
  expected: { readonly changes: boolean; readonly state: PlannedState },
): string[] {
  const describe = (file: string, what: string, got: unknown, wanted: string) =>
    describeProblem({ where: `${stack}/${file}`, what, got, expected: wanted });
  const textOf = (file: string) => files.get(file)?.toString('utf8');
  let content: PlanFile;
  try {
    content = readPlanFile(files.get(planFile) as Buffer, `${stack}/${planFile}`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [error.message];
  }
  const plan = parse(textOf(planJsonFile)) as Plan | undefined;
  if (!plan) {
    return [
      describe(planJsonFile, 'not JSON', textOf(planJsonFile), 'what "terraform show -json" has written'),
    ];
  }

  const problems: string[] = [];
  if (content.configuration !== textOf(configurationFile)) {
    problems.push(
      describe(configurationFile, 'not what was planned', 'another configuration', `the one in ${planFile}`),
    );
  } else {
    problems.push(...backendProblems(environment, stack, content.configuration));
  }
  problems.push(...elsewhere(environment, stack, planFile, content.backend));
  const foreign = [
    ...foreignAmong(content.providers, parse(content.configuration)),
    ...foreignProviders(content.state.refreshed, parse(content.configuration)),
    ...foreignProviders(content.state.stored, parse(content.configuration)),
  ];
  if (foreign.length > 0) {
    problems.push(describe(planFile, 'uses what the configuration does not have', foreign, 'its providers'));
  }
  if (content.lock !== textOf(lockFile)) {
    problems.push(describe(lockFile, 'not what was planned', 'other providers', `those in ${planFile}`));
  }
  const { serial, lineage } = content.state.refreshed;
  if (serial !== expected.state.serial || lineage !== expected.state.lineage) {
    problems.push(
      describe(
        planFile,
        'planned on another state than the manifest says',
        { serial, lineage },
        JSON.stringify(expected.state),
      ),
    );
  }
  if (plan.errored)
    problems.push(describe(planJsonFile, 'a plan that has failed', true, 'errored to be false'));
  if (!expected.changes && effects(plan).size > 0) {
    problems.push(
      describe(planJsonFile, 'not what the manifest says', [...effects(plan).keys()], 'no changes'),
    );
  }
  return [...problems, ...archiveProblems(stack, plan, files)];
}

/** Whether a synthesized configuration keeps its state where the environment does. */
export function backendProblems(environment: Environment, stack: string, configuration: string): string[] {
  const { backend } = Object(Object(parse(configuration)).terraform);
  const [type = 'none', ...more] = Object.keys(Object(backend));
  const config = more.length === 0 ? Object(backend)[type] : {};
  return elsewhere(environment, stack, configurationFile, { type, workspace: 'default', config });
}

/** Every argument of a backend counts: an endpoint or a key can send the state elsewhere just as a bucket can. */
function elsewhere(
  environment: Environment,
  stack: string,
  file: string,
  { type, workspace, config }: PlanFile['backend'],
): string[] {
  const expected = { type: 's3', workspace: 'default', ...stateBackend(environment, stack) };
  return differencesOf(expected, { ...config, type, workspace }).map((difference) =>
    describeProblem({
      where: `${stack}/${file}: backend: ${difference.path}`,
      what: 'keeps its state elsewhere',
      ...shown(difference),
    }),
  );
}

function shown({ path, expected, found }: Difference): { got: unknown; expected: string } {
  const isSecret = /access_key|secret_key|token|customer_key/.test(path);
  return { got: isSecret ? '(sensitive)' : found, expected: JSON.stringify(expected ?? 'nothing') };
}

/** Each function's archive must be there, as it was planned, and no other. */
function archiveProblems(stack: string, plan: Plan, files: ReadonlyMap<string, Buffer>): string[] {
  const planned = archivesOf(plan);
  const problems = [...planned].flatMap(([file, hash]) => {
    const content = files.get(file);
    const got = content && createHash('sha256').update(content).digest('base64');
    if (got === hash) return [];
    return [
      describeProblem({
        where: `${stack}/${file}`,
        what: 'not the code that was planned',
        got,
        expected: `an archive with the source_code_hash ${hash}`,
      }),
    ];
  });
  const unplanned = [...files.keys()].filter((file) => file.endsWith('.zip') && !planned.has(file));
  return [
    ...problems,
    ...unplanned.map((file) =>
      describeProblem({
        where: `${stack}/${file}`,
        what: 'of no function',
        got: file,
        expected: 'planned archives',
      }),
    ),
  ];
}

/** Base64 SHA-256 of each archive that a plan's functions are made of, by its file. */
export function archivesOf({ resource_changes: changes = [] }: Plan): Map<string, string> {
  const functions = changes.filter(({ type }) => type === 'aws_lambda_function');
  const planned = functions.map(({ change }) => Object(change.after)).filter(({ filename }) => filename);
  return new Map(planned.map((it) => [String(it.filename), String(it.source_code_hash)]));
}

/**
 * Where two plans of a stack would not do the same; times, and what only tells of the state they were made on, are left
 * out. No value is named, for some are sensitive.
 */
export function effectDifferences(reviewed: Plan, now: Plan): string[] {
  const [before, after] = [effects(reviewed), effects(now)];
  const addresses = [...new Set([...before.keys(), ...after.keys()])].sort();
  return addresses.flatMap((address) => {
    const [then, since] = [before.get(address), after.get(address)];
    if (!since) return [`${address}: ${then?.actions.join(' and ')} in the older plan, and nothing now`];
    if (!then) return [`${address}: nothing in the older plan, and ${since.actions.join(' and ')} now`];
    const places = differencesOf(then, since).map(({ path }) => path);
    return places.length > 0 ? [`${address}: not the same in ${places.join(', ')}`] : [];
  });
}

/** What a plan changes, by address. */
function effects({ resource_changes: changes = [] }: Plan) {
  const changing = changes.filter(
    ({ mode, change: { actions, importing } }) =>
      mode === 'managed' && (importing !== undefined || actions.some((action) => action !== 'no-op')),
  );
  return new Map(
    changing.map(({ address, deposed, change }) => [
      deposed ? `${address} (deposed ${deposed})` : address,
      change,
    ]),
  );
}

function parse(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
