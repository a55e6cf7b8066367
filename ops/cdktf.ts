import { readEnvironment } from '../environments';
import { runCommand } from '../input-error';
import { allStacks } from './command/chosen-stacks';
import { expectTerminal } from './command/confirm';
import {
  cdktfCalls,
  commands,
  expectTerminalBinary,
  isTableProtected,
  refuseProtected,
  runAll,
  synthVariables,
  takeLockTimeout,
  withImport,
} from './terraform/run-cdktf';
import { prepareFolders } from './terraform/stack-terraform';
import { type Tools, withTools } from './terraform/tools';

const usage = `Usage: npm run <command> [-- [stacks] [flags of cdktf]]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

Stacks: ${allStacks.join(', ')} (the last only if it is named). The environment is the one that SUPERMISSION_ENV names (local without it).
With --lock-timeout=60s, diff, deploy and destroy wait that long for a state that somebody else has locked.
Other flags go to cdktf as they are, for example --auto-approve; "npx cdktf <command> --help" lists them.`;

async function main(): Promise<void> {
  const [name = '--help', ...given] = process.argv.slice(2);
  const { args, variables: lockVariables } = takeLockTimeout(name, given, process.env);
  if (name === '--help' || args.includes('--help')) {
    console.log(usage);
    return;
  }
  const calls = cdktfCalls(name, args);
  if (['deploy', 'destroy'].includes(name) && !args.includes('--auto-approve')) expectTerminal(name);
  const environment = readEnvironment();
  expectTerminalBinary();
  await prepareFolders();
  if (name === 'destroy') await refuseProtected(environment, args, () => isTableProtected(environment));
  if (name === 'synth') {
    process.exitCode = await runAll(calls, synthVariables());
    return;
  }
  const steps = name === 'deploy' ? await withImport(environment, args, calls) : calls;
  process.exitCode = await withTools(environment, ({ notes, variables }: Tools) => {
    for (const note of [`environment ${environment.name}`, ...notes]) console.error(note);
    return runAll(steps, { ...variables, ...lockVariables });
  });
}

if (require.main === module) runCommand(main);
