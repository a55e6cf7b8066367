/**
 * Makes `plans/` anew from the stacks as they are: `npx tsx __tests__/ops/review/make-plans.ts [kind…]`. It takes minutes, so
 * its files are kept, and the operations suite makes them all again. Times and random ids are masked; nothing else is edited.
 */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { Lambda } from '@aws-sdk/client-lambda';
import { App } from 'cdktf';
import { archiveProviderVersion, checkEnvironment, readEnvironment } from '../../../environments';
import { localAwsEnvironment, startLocalAws } from '../../../local/local-aws';
import { ProgramError, runProgram } from '../../../ops/command/run-program';
import { prepareProviders } from '../../../ops/terraform/find-providers';
import { findTerraform } from '../../../ops/terraform/find-terraform';
import { supervised } from '../../../ops/terraform/session';
import { loadSeeds } from '../../../seed-data/load-seed';
import { FunctionsStack } from '../../../stacks/functions-stack';
import { handlerBundles } from '../../../stacks/handler-bundles';
import { PipelineStack } from '../../../stacks/pipeline-stack';
import { StateBackendStack } from '../../../stacks/state-backend-stack';
import { TableStack } from '../../../stacks/table-stack';
import { WebStack } from '../../../stacks/web-stack';
import { type Configuration, type PlanCase, planCases } from './plan-cases';

const folder = mkdtempSync(join(tmpdir(), 'make-plans-'));
const stackFolder = join(folder, 'stack');
const isProvider = (file: string) => /^\.terraform(\.lock\.hcl)?$/.test(file);

/** What a file of `plans/` holds: a plan, and the configuration that it was made of. */
export interface MadePlan {
  readonly configuration: unknown;
  readonly plan: unknown;
}

/** Makes plans with real Terraform on a local AWS of their own, one after the other. */
export async function* makePlans(kinds: readonly string[]): AsyncGenerator<readonly [string, MadePlan]> {
  mkdirSync(stackFolder);
  process.env.SUPERMISSION_LOCAL_FOLDER = join(folder, 'aws');
  const aws = await startLocalAws({ keep: false, port: 0 });
  const terraform = await findTerraform();
  const providers = await prepareProviders({
    terraform,
    awsVersions: '>= 5.100.0, < 7.0.0',
    archiveVersions: archiveProviderVersion,
    stub: { workingDirectory: stackFolder },
  });
  const { TERRAFORM_BINARY_NAME: program, ...shared } = supervised(terraform, aws.url);
  const env = {
    ...localAwsEnvironment(aws.url, 'us-east-1'),
    ...providers.variables,
    ...shared,
    CHECKPOINT_DISABLE: '1',
  };
  const run = (...args: string[]) => runProgram(program, args, { cwd: stackFolder, env });
  try {
    for (const group of groupsOf(kinds)) {
      await fetch(new URL('/moto-api/reset', aws.url), { method: 'POST' });
      clear(() => false);
      const { before } = planCases[group[0] as string] as PlanCase;
      if (before) {
        await write(before, run);
        await run('apply', '-input=false', '-auto-approve');
      }
      for (const kind of group) {
        const plan = await makePlan(planCases[kind] as PlanCase, run, aws.url);
        yield [kind, { configuration: readConfiguration(), plan: masked(plan) }];
      }
    }
  } finally {
    providers.stop();
    await aws.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Kinds that start from the same, which is deployed once; where somebody else changes it, each starts anew. */
function groupsOf(kinds: readonly string[]): Iterable<readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const kind of kinds) {
    const { before, outside } = planCases[kind] as PlanCase;
    const text = JSON.stringify(before, (_, it) => (typeof it === 'function' ? String(it) : it));
    const start = outside ? kind : `from ${text}`;
    groups.set(start, [...(groups.get(start) ?? []), kind]);
  }
  return groups.values();
}

function readConfiguration(): unknown {
  const [file] = readdirSync(stackFolder).filter((it) => it === 'cdk.tf.json' || it === 'main.tf.json');
  return JSON.parse(readFileSync(join(stackFolder, file as string), 'utf8'));
}

type Run = (...args: string[]) => Promise<string>;

async function makePlan(
  { before, after, outside, flags = [], fails }: PlanCase,
  run: Run,
  endpoint: string,
): Promise<string> {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  await outside?.({ dynamodb: new DynamoDB(config), lambda: new Lambda(config) });
  await write((after ?? before) as Configuration, run);
  const failure = await run('plan', '-input=false', '-out=plan.tfplan', ...flags).catch((error) => error);
  if (failure instanceof ProgramError !== Boolean(fails)) throw new Error(JSON.stringify(failure, null, 2));
  return run('show', '-json', 'plan.tfplan');
}

function clear(isKept: (file: string) => boolean): void {
  for (const file of readdirSync(stackFolder).filter((it) => !isProvider(it) && !isKept(it))) {
    rmSync(join(stackFolder, file), { recursive: true });
  }
}

/** In the place of the configuration that is there; its state stays. */
async function write(configuration: Configuration, run: Run): Promise<void> {
  clear((file) => file.startsWith('terraform.tfstate'));
  const files = 'terraform' in configuration ? plainFiles(configuration) : await stackFiles(configuration);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(stackFolder, name)), { recursive: true });
    writeFileSync(join(stackFolder, name), JSON.stringify(content, null, 2));
  }
  await run('init', '-input=false', '-reconfigure');
}

function plainFiles({ terraform, files }: Extract<Configuration, { terraform: unknown }>) {
  const required_providers = { aws: { source: 'hashicorp/aws' } };
  const provider = { aws: { region: 'us-east-1', s3_use_path_style: true } };
  return {
    'main.tf.json': { terraform: { backend: { local: {} }, required_providers }, provider, ...terraform },
    ...files,
  };
}

/** The stack as the app defines it, with the state in a file. */
async function stackFiles({
  stack,
  environment: changed,
  items,
  edit,
  code,
}: Extract<Configuration, { stack: unknown }>) {
  const environment = checkEnvironment({ ...readEnvironment({}), ...changed });
  const seeds = loadSeeds(environment);
  const { missions: seed } = seeds;
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir });
  if (stack === 'table') {
    const edited = seed.mode === 'items' && items ? { ...seed, items: items(seed.items) } : seed;
    new TableStack(app, { environment, seeds: { ...loadSeeds(environment), missions: edited } });
  }
  if (stack === 'functions') new FunctionsStack(app, { environment, bundles: await handlerBundles });
  if (stack === 'state-backend') new StateBackendStack(app, { environment });
  if (stack === 'web' && environment.web) new WebStack(app, { environment, web: environment.web });
  if (stack === 'pipeline' && environment.pipeline) {
    new PipelineStack(app, { environment, pipeline: environment.pipeline, seeds });
  }
  app.synth();
  cpSync(join(outdir, 'stacks', stack), stackFolder, { recursive: true });
  const file = join(stackFolder, 'cdk.tf.json');
  const configuration = JSON.parse(readFileSync(file, 'utf8'));
  edit?.(configuration);
  if (code) {
    for (const it of readdirSync(join(stackFolder, 'assets'), { recursive: true, encoding: 'utf8' })) {
      if (it.endsWith('index.mjs')) appendFileSync(join(stackFolder, 'assets', it), code);
    }
  }
  return {
    'cdk.tf.json': configuration,
    'backend_override.tf.json': { terraform: { backend: { local: {} } } },
  };
}

function masked(plan: string): unknown {
  const text = plan
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+0000)?/g, '2026-01-01T00:00:00Z')
    .replace(/"A[A-Z0-9]{17,20}"/g, '"AMASKED0000000000"')
    .replace(/\b(sgr?|vpc)-[0-9a-f]{17}\b/g, '$1-00000000000000000')
    .replace(
      /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
      '00000000-0000-4000-8000-000000000000',
    );
  const { relevant_attributes, ...members } = JSON.parse(text);
  // Terraform writes them in any order.
  return { ...members, ...(relevant_attributes && { relevant_attributes: sorted(relevant_attributes) }) };
}

function sorted(list: readonly unknown[]): readonly unknown[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function main(named: readonly string[]): Promise<void> {
  const kinds = named.length > 0 ? named : Object.keys(planCases);
  for await (const [kind, made] of makePlans(kinds)) {
    const text = JSON.stringify(made);
    writeFileSync(join(__dirname, 'plans', `${kind}.json`), `${text}\n`);
    console.log(`${kind}: ${text.length} characters`);
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof ProgramError ? error.lastLines.join('\n') : error);
    process.exitCode = 1;
  });
}
