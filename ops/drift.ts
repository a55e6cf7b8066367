import { readEnvironment } from '../environments';
import { chosenStacks, stacksHelp, stackWords } from './command/chosen-stacks';
import { runCommand } from './command/command';
import { describeReport, drift } from './plan/find-drift';
import { withSession } from './terraform/session';

const usage = `Usage: npm run drift [-- [stacks] [--json]]

Compare what is deployed in the environment that SUPERMISSION_ENV names (local without it) with the configuration here.
It changes nothing, and neither takes nor waits for the lock of a state.

${stacksHelp}; all but the pipeline if none is named.
--json  the report as JSON: the type DriftReport in ops/plan/find-drift.ts

Exit code 0 without drift, 2 with drift, 1 if it could not be found out.`;

void runCommand({
  usage,
  options: { json: { type: 'boolean' } },
  words: stackWords,
  writes: true,
  run: async ({ values, positionals }, frame) => {
    const environment = readEnvironment();
    const stacks = chosenStacks(positionals, environment);
    const report = await withSession({ ...frame, environment }, (session) => drift(session, stacks));
    console.log(values.json ? JSON.stringify(report, null, 2) : describeReport(report));
    return report.drifted ? 2 : 0;
  },
});
