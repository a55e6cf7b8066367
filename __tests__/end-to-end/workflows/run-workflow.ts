import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { actions, type JobRun } from './actions';
import { type Contexts, expand, isMet, type Status } from './expressions';
import type { Permissions } from './github';
import type { Hub } from './hub';

/** What has started a run. */
export interface Trigger {
  readonly event_name: 'pull_request' | 'push' | 'schedule' | 'workflow_dispatch';
  readonly ref: string;
  readonly sha: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface StepResult {
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'skipped';
  readonly log: string;
}

export interface JobResult {
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  /** What the job has written for its summary. */
  readonly summary: string;
}

/** Every job by its name; a job of a called workflow has the caller's before it. */
export type Jobs = Readonly<Record<string, JobResult>>;

interface Call {
  readonly hub: Hub;
  readonly runId: number;
  readonly trigger: Trigger;
  readonly file: string;
  /** Before the names of the jobs. */
  readonly prefix: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The most that its jobs may have. */
  readonly permissions?: Permissions;
  /** Jobs that are not run. */
  readonly without: readonly string[];
}

const jobKeys =
  'name needs if strategy permissions concurrency uses with runs-on timeout-minutes environment env outputs steps';
const stepKeys = 'name id if uses with run env continue-on-error';
const workflowKeys = 'name on permissions concurrency env jobs';

/** Whatever is not known here would otherwise be passed over. */
function expectKeys(where: string, value: object, known: string): void {
  for (const key of Object.keys(value)) {
    if (!known.split(' ').includes(key)) throw new Error(`${where}: "${key}" is not known to this runner`);
  }
}

/** Run a workflow as its file in the commit says, one job after the other. */
export async function runWorkflow(call: Call): Promise<{ jobs: Jobs; outputs: Record<string, unknown> }> {
  const { hub, trigger, file, prefix, inputs } = call;
  const workflow = parse(hub.read(trigger.sha, `.github/workflows/${file}`));
  expectKeys(file, workflow, workflowKeys);
  const github = hub.context(trigger, call.runId);
  const results: Record<string, JobResult> = {};
  const needed: Record<string, { result: string; outputs: object }> = {};
  const isOver = (name: string): boolean => needed[name] !== undefined;
  const waiting = Object.entries<any>(workflow.jobs);
  while (waiting.length > 0) {
    const index = waiting.findIndex(([, { needs = [] }]) => [needs].flat().every(isOver));
    const [[name, job]] = waiting.splice(index, 1) as [[string, any]];
    expectKeys(`${file} ${name}`, job, jobKeys);
    const names: string[] = [job.needs ?? []].flat();
    const needs = Object.fromEntries(names.map((it) => [it, needed[it]]));
    const status: Status = {
      failed: Object.values(needs).some((it) => it?.result === 'failure'),
      skipped: Object.values(needs).some((it) => it?.result === 'skipped'),
    };
    const contexts: Contexts = { github, needs, inputs, env: workflow.env ?? {} };
    if (call.without.includes(name) || !isMet(job.if, contexts, status)) {
      results[prefix + name] = { result: 'skipped', outputs: {}, steps: [], summary: '' };
      needed[name] = { result: 'skipped', outputs: {} };
      continue;
    }
    const ofJob: JobResult[] = [];
    for (const matrix of combinations(expand(job.strategy?.matrix, contexts))) {
      const label = Object.values(matrix).map((it: any) => it.name ?? it);
      const fullName = prefix + [name, ...label.map((it) => `(${it})`)].join(' ');
      const inMatrix = { ...contexts, matrix };
      if (job.uses) {
        const called = await runWorkflow({
          ...call,
          file: job.uses.replace('./.github/workflows/', ''),
          prefix: `${fullName} / `,
          inputs: expand(job.with ?? {}, inMatrix) as Record<string, unknown>,
          permissions: job.permissions,
        });
        Object.assign(results, called.jobs);
        const failed = Object.values(called.jobs).some(({ result }) => result === 'failure');
        ofJob.push({
          result: failed ? 'failure' : 'success',
          outputs: called.outputs as Record<string, string>,
          steps: [],
          summary: '',
        });
      } else {
        expectWithin(call.permissions, job.permissions, fullName);
        const result = await runJob(call, { ...job, env: { ...workflow.env, ...job.env } }, inMatrix);
        results[fullName] = result;
        ofJob.push(result);
      }
    }
    needed[name] = {
      result: ofJob.some(({ result }) => result === 'failure') ? 'failure' : 'success',
      // Jobs of a matrix share one set of outputs.
      outputs: Object.assign({}, ...ofJob.map(({ outputs }) => outputs)),
    };
  }
  const declared = workflow.on.workflow_call?.outputs ?? {};
  const outputs = Object.fromEntries(
    Object.entries<any>(declared).map(([name, { value }]) => [name, expand(value, { jobs: needed })]),
  );
  return { jobs: results, outputs };
}

/** A workflow that is called has no more than its caller gives; GitHub refuses to start it otherwise. */
function expectWithin(most: Permissions | undefined, wanted: Permissions, job: string): void {
  for (const [scope, level] of Object.entries(wanted)) {
    if (most && most[scope] !== level && most[scope] !== 'write')
      throw new Error(`${job}: requests "${scope}: ${level}", but is only allowed ${JSON.stringify(most)}`);
  }
}

function combinations(matrix: unknown): Record<string, unknown>[] {
  return Object.entries((matrix ?? {}) as Record<string, unknown[]>).reduce<Record<string, unknown>[]>(
    (all, [key, values]) => all.flatMap((it) => values.map((value) => ({ ...it, [key]: value }))),
    [{}],
  );
}

/** Run the steps of a job in a folder of its own. */
async function runJob({ hub, runId }: Call, job: any, contexts: Contexts): Promise<JobResult> {
  const { github } = contexts as { github: Record<string, any> };
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'workflow-job-')));
  hub.folders.push(folder);
  const workspace = join(folder, 'work');
  mkdirSync(workspace);
  const [output, summary] = ['output', 'summary'].map((it) => join(folder, it)) as [string, string];
  writeFileSync(summary, '');
  const run: JobRun = {
    hub,
    runId,
    workspace,
    permissions: job.permissions,
    environment: expand(job.environment, contexts) as string | undefined,
    github,
    variables: {
      ...hub.variables,
      ...(expand(job.env ?? {}, contexts) as object),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
    },
  };
  if (run.environment) hub.approvals.push(run.environment);
  const steps: Record<string, { outcome: string; outputs: Record<string, string> }> = {};
  const results: StepResult[] = [];
  let failed = false;
  for (const step of job.steps) {
    expectKeys(step.name ?? step.uses ?? step.run, step, stepKeys);
    const name = step.name ?? step.uses?.replace(/@.*/, '') ?? step.run;
    const inStep = { ...contexts, steps, env: run.variables };
    let outcome: StepResult['outcome'] = 'skipped';
    let outputs: Record<string, string> = {};
    let log = '';
    if (isMet(step.if, inStep, { failed })) {
      const texts = (it: unknown) =>
        Object.fromEntries(
          Object.entries(Object(expand(it, inStep))).map(([key, value]) => [key, String(value ?? '')]),
        );
      try {
        if (step.uses) {
          const action = actions[step.uses.replace(/@.*/, '')];
          if (!action) throw new Error(`${step.uses}: there is no stub of it`);
          const result = await action(texts(step.with), run);
          outputs = { ...result.outputs };
          log = result.log ?? '';
        } else {
          writeFileSync(output, '');
          const variables = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, ...texts(step.env) };
          log = await runShell(step.run, workspace, { ...run.variables, ...variables });
          outputs = readOutputs(output);
        }
        outcome = 'success';
      } catch (error) {
        outcome = 'failure';
        log = (error as Error).message;
        outputs = step.uses ? {} : readOutputs(output);
        if (step['continue-on-error'] !== true) failed = true;
      }
    }
    if (step.id) steps[step.id] = { outcome, outputs };
    results.push({ name, outcome, log });
  }
  return {
    result: failed ? 'failure' : 'success',
    outputs: expand(job.outputs ?? {}, { ...contexts, steps }) as Record<string, string>,
    steps: results,
    summary: readFileSync(summary, 'utf8'),
  };
}

/** A script as the runner starts it where no shell is named. */
function runShell(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('bash', ['-e', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += stripVTControlCharacters(text);
    });
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done(log) : fail(new Error(`${log}\nexit code ${code}`))));
  });
}

/** Lines such as `name=value`; those of several lines are not written by the workflows. */
function readOutputs(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
}
