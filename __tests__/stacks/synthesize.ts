import { type App, Testing } from 'cdktf';
import { type Environment, environmentNames, readEnvironment } from '../../environments';
import { loadSeeds, type Seed, type Seeds } from '../../seed-data/load-seed';
import { FunctionsStack } from '../../stacks/functions-stack';
import type { HandlerBundles } from '../../stacks/handler-bundles';
import { PipelineStack } from '../../stacks/pipeline-stack';
import { StateBackendStack } from '../../stacks/state-backend-stack';
import { TableStack } from '../../stacks/table-stack';
import { WebStack } from '../../stacks/web-stack';
import { functions } from '../../system';

export type Attributes = Record<string, any>;

/** The Terraform of a stack, with its resources and data sources in reach. */
export interface Synthesized extends Attributes {
  /** Every resource or data source of a type, by its address in Terraform. */
  readonly all: (type: string) => Record<string, Attributes>;
  /** The only resource or data source of a type. */
  readonly only: (type: string) => Attributes;
}

export { environmentNames };

export const environment = (name: string): Environment => readEnvironment({ SUPERMISSION_ENV: name });

const { missions } = loadSeeds(environment('lab')) as { missions: Extract<Seed, { mode: 'items' }> };
export const seedData = missions.items;

/** Any folder: what is in it is the business of the test of the app. */
const bundle = { direct: 'lambdas', overHttp: 'lambdas' };
const bundles = Object.fromEntries(
  Object.keys(functions).map((id) => [id, bundle]),
) as unknown as HandlerBundles;

export const synthesizeTable = (row: Environment, seed?: Seed) =>
  synthesize(
    (app) =>
      new TableStack(app, {
        environment: row,
        seeds: { ...loadSeeds(row), ...(seed && { missions: seed }) },
      }),
  );

export const synthesizeTables = (row: Environment, seeds: Seeds) =>
  synthesize((app) => new TableStack(app, { environment: row, seeds }));

export const synthesizeFunctions = (row: Environment) =>
  synthesize((app) => new FunctionsStack(app, { environment: row, bundles }));

/** A web for whatever environment, and for nobody in particular. */
export const web = {
  access: { mode: 'iam' },
  throttling: { requestsPerSecond: 10, burst: 20 },
  corsOrigins: [],
  logRetentionDays: 14,
} satisfies Environment['web'];

export const synthesizeWeb = (row: Environment & { readonly web: NonNullable<Environment['web']> }) =>
  synthesize((app) => new WebStack(app, { environment: row, web: row.web }));

export const synthesizeStateBackend = (row: Environment) =>
  synthesize((app) => new StateBackendStack(app, { environment: row }));

export const synthesizePipeline = (
  row: Environment,
  pipeline: NonNullable<Environment['pipeline']>,
  seeds = loadSeeds(row),
) => synthesize((app) => new PipelineStack(app, { environment: row, pipeline, seeds }));

function synthesize(define: (app: App) => ConstructorParameters<typeof TableStack>[0]): Synthesized {
  const json = JSON.parse(Testing.synth(define(Testing.app()) as TableStack, true));
  const all = (type: string) => ({ ...json.resource?.[type], ...json.data?.[type] });
  const only = (type: string) => {
    const found = Object.values<Attributes>(all(type));
    if (found.length !== 1) throw new Error(`${type}: ${found.length} found, expected one`);
    return found[0] as Attributes;
  };
  return { ...json, all, only };
}
