import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { CommandError } from './command/run-program';
import { lockProviders } from './terraform/lock-providers';
import { lockFile } from './terraform/tools';

const usage = `Usage: npm run providers:lock

Write ${lockFile}: the newest providers that the environment which SUPERMISSION_ENV names allows, with their checksums
for Linux, macOS and Windows. They are looked up in the registry, or in the mirror that SUPERMISSION_PROVIDER_MIRROR
names. Commit the file: every command on a real environment then uses exactly these providers.`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(usage);
    return;
  }
  try {
    await lockProviders(readEnvironment(), console.error);
  } catch (error) {
    // Its output, with the reason, has just been shown.
    throw error instanceof CommandError ? new InputError(error.message) : error;
  }
  console.log(`${lockFile}: written; commit it.`);
}

if (require.main === module) runCommand(main);
