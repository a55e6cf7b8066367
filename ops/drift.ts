import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { runCommand } from '../input-error';
import { allStacks, chosenStacks } from './command/chosen-stacks';
import { describeReport, drift } from './plan/find-drift';
import { withTools } from './terraform/tools';

const usage = `Usage: npm run drift [-- [stacks] [--json]]

Compare what is deployed in the environment that SUPERMISSION_ENV names (local without it) with the configuration here.
It changes nothing, and neither takes nor waits for the lock of a state.

Stacks: ${allStacks.join(', ')}; all but the last if none is named.
--json  the report as JSON: the type DriftReport in ops/plan/find-drift.ts

Exit code 0 without drift, 2 with drift, 1 if it could not be found out.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const stacks = chosenStacks(positionals);
  const environment = readEnvironment();
  const report = await withTools(environment, (tools) =>
    drift(environment, tools, { stacks, report: (line) => console.error(`… ${line}`) }),
  );
  console.log(values.json ? JSON.stringify(report, null, 2) : describeReport(report));
  if (report.drifted) process.exitCode = 2;
}

if (require.main === module) runCommand(main);
