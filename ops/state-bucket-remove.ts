import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { confirm, expectTerminal } from './command/confirm';
import { removeStateBucket } from './state/remove-state-bucket';
import { messageOf, statusOf } from './state/state-bucket';

const usage = `Usage: npm run state-bucket:remove [-- --auto-approve]

Show the states in the state bucket of the environment that SUPERMISSION_ENV names (local without it), and remove the
bucket with every version of them. Refused while a state other than the bucket's own still has resources, or while a
lock is held.

  --auto-approve  do not ask`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' }, 'auto-approve': { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const approved = values['auto-approve'] ?? false;
  if (!approved) expectTerminal('state-bucket:remove');
  const approve = approved ? async () => true : confirm;
  await removeStateBucket(readEnvironment(), { approve, report: console.log }).catch((error: unknown) => {
    if (statusOf(error) !== 403) throw error;
    throw new InputError(`state-bucket:remove: stopped, ${messageOf(error)}; it can be run again`);
  });
}

if (require.main === module) runCommand(main);
