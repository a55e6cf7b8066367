import { handlerBundles } from './stacks/handler-bundles';

// That came first, so that esbuild bundles the handlers while the framework loads.

import { App } from 'cdktf';
import { readEnvironment } from './environments';
import { endWithMessage } from './input-error';
import { loadSeeds } from './seed-data/load-seed';
import { FunctionsStack } from './stacks/functions-stack';
import { PipelineStack } from './stacks/pipeline-stack';
import { StateBackendStack } from './stacks/state-backend-stack';
import { TableStack } from './stacks/table-stack';
import { WebStack } from './stacks/web-stack';

void endWithMessage(async () => {
  const environment = readEnvironment();
  const seeds = loadSeeds(environment);

  const app = new App();
  const stateBackend = new StateBackendStack(app, { environment });
  const table = new TableStack(app, { environment, seeds });
  const functions = new FunctionsStack(app, { environment, bundles: await handlerBundles });
  const { pipeline, web } = environment;
  if (web) new WebStack(app, { environment, web }).addDependency(functions);
  if (pipeline) new PipelineStack(app, { environment, pipeline, seeds });

  // Only the order of a deployment: no stack reads another's state.
  table.addDependency(stateBackend);
  functions.addDependency(table);
  app.synth();
});
