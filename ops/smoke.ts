import { readEnvironment } from '../environments';
import { loadSeeds } from '../seed-data/load-seed';
import { runCommand } from './command/command';
import { describeCheck, smoke } from './invoke/smoke-test';
import { openAws } from './terraform/session';

const usage = `Usage: npm run smoke [-- --json]

Invoke every function of the environment that SUPERMISSION_ENV names (local without it) as system.ts says, and compare
the answers with the seed data, or with the answers that stand there. Of imported items it asks for the sample in the
manifest, and for one page of the table.

Where an environment's items are imported or "create-only", what else an item holds is the application's own: the item
must be there, and its answer must have the right form and no attribute that the environment keeps from callers.

--json  the checks as JSON: the type SmokeReport in ops/invoke/smoke-test.ts

Exit code 0 if every check is ok, 1 if not.`;

void runCommand({
  usage,
  options: { json: { type: 'boolean' } },
  writes: false,
  run: async ({ values }, frame) => {
    const session = await openAws({ ...frame, environment: readEnvironment() });
    const seeds = loadSeeds(session.environment);
    const report = await smoke(session, seeds, (check) => {
      if (!values.json) console.log(describeCheck(check));
    });
    if (values.json) console.log(JSON.stringify(report, null, 2));
    return report.ok ? 0 : 1;
  },
});
