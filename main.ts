import { App } from 'cdktf';
import { readEnvironment } from './environments';
import { runCommand } from './input-error';
import { partitionKey } from './lambdas/shared/columns';
import { loadSeedData } from './seed-data/load-seed-data';
import { FunctionsStack } from './stacks/functions-stack';
import { StateBackendStack } from './stacks/state-backend-stack';
import { TableStack } from './stacks/table-stack';

runCommand(() => {
  const environment = readEnvironment();
  const seedData = loadSeedData('seed-data/super-missions.json', { partitionKey });

  const app = new App();
  const stateBackend = new StateBackendStack(app, { environment });
  const table = new TableStack(app, { environment, seedData });
  const functions = new FunctionsStack(app, { environment });

  // Only the order of a deployment: no stack reads another's state.
  table.addDependency(stateBackend);
  functions.addDependency(table);
  app.synth();
});
