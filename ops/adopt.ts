import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { runCommand } from '../input-error';
import { type AdoptOptions, adopt } from './adopt/adopt-stacks';
import { approval, confirm, expectTerminal } from './command/confirm';
import { explained } from './command/run-program';
import { printProgress } from './terraform/stack-terraform';
import { withTools } from './terraform/tools';

const usage = `Usage: npm run adopt [-- --auto-approve] [--force-unlock]

Take over what AWS has, the stacks define and the state does not know: a system built by hand, or what a killed
deployment has left. Nothing is replaced or destroyed; the plan is shown first. Before that, save a state that a
deployment could not write (errored.tfstate), and free a lock that a killed command has left.

  --auto-approve  do not ask before the plan is applied
  --force-unlock  do not ask before a lock is freed: only when nobody is deploying

The environment is the one that SUPERMISSION_ENV names (local without it).`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      'auto-approve': { type: 'boolean', default: false },
      'force-unlock': { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const hasTerminal = process.stdin.isTTY;
  if (!values['auto-approve']) expectTerminal('adopt');
  const environment = readEnvironment();
  const options: AdoptOptions = {
    approve: approval(values['auto-approve']),
    approveUnlock: async (question) =>
      values['force-unlock'] || (hasTerminal && !values['auto-approve'] && confirm(question)),
    report: (line) => console.log(line),
    onTerraformLine: printProgress,
  };
  await withTools(environment, async (tools) => {
    for (const note of [`environment ${environment.name}`, ...tools.notes]) console.error(note);
    await explained(adopt(environment, tools, options));
  });
}

if (require.main === module) runCommand(main);
