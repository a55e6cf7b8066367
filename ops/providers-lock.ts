import { readEnvironment } from '../environments';
import { runCommand } from './command/command';
import { lockProviders } from './terraform/lock-providers';
import { lockFile } from './terraform/stack-folder';

const usage = `Usage: npm run providers:lock

Write ${lockFile}: the newest providers that the environment which SUPERMISSION_ENV names allows, with their checksums
for Linux, macOS and Windows. They are looked up in the registry, or in the mirror that SUPERMISSION_PROVIDER_MIRROR
names. Commit the file: every command on a real environment then uses exactly these providers.`;

void runCommand({
  usage,
  writes: true,
  run: async (_, frame) => {
    await lockProviders(readEnvironment(), frame);
    console.log(`${lockFile}: written; commit it.`);
  },
});
