import { readEnvironment } from '../environments';
import { partitionKey } from '../lambdas/shared/attributes';
import { loadSeed } from '../seed-data/load-seed';
import { runCommand } from './command/command';
import { describeCheck, smoke } from './invoke/smoke-test';
import { openAws } from './terraform/session';

const usage = `Usage: npm run smoke [-- --json]

Invoke the functions of the environment that SUPERMISSION_ENV names (local without it) as the notebook does, and for
each record of the seed data, and compare their answers with that record. Of imported records it asks for the sample in
the manifest, and for one page of the table.

Where an environment's records are imported or "create-only", what else a record holds is the application's own: the record must be
there, and its answer must have the right form and no attribute that the environment keeps from callers.

--json  the checks as JSON: the type SmokeReport in ops/invoke/smoke-test.ts

Exit code 0 if every check is ok, 1 if not.`;

void runCommand({
  usage,
  options: { json: { type: 'boolean' } },
  writes: false,
  run: async ({ values }, frame) => {
    const session = await openAws({ ...frame, environment: readEnvironment() });
    const seed = loadSeed(session.environment.seed, { partitionKey });
    const report = await smoke(session, seed, (check) => {
      if (!values.json) console.log(describeCheck(check));
    });
    if (values.json) console.log(JSON.stringify(report, null, 2));
    return report.ok ? 0 : 1;
  },
});
