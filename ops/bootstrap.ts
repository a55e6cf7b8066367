import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { CommandError } from './command/run-program';
import { bootstrap } from './state/make-state-bucket';
import { withTools } from './terraform/tools';

const usage = `Usage: npm run bootstrap

Make the state bucket of the environment that SUPERMISSION_ENV names (local without it), and keep the state of its
making in it. A run that was cut short is finished by the next one; a further run changes nothing.`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(usage);
    return;
  }
  const environment = readEnvironment();
  try {
    await withTools(environment, (tools) => bootstrap(environment, tools, console.log));
  } catch (error) {
    // Its output, with the reason, has just been shown.
    throw error instanceof CommandError ? new InputError(error.message) : error;
  }
  console.log(`State bucket ${environment.stateBucket} is ready.`);
}

if (require.main === module) runCommand(main);
