import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import { runCommand } from './command/command';
import { approval, expectTerminal } from './command/confirm';
import { removeStateBucket } from './state/remove-state-bucket';
import { messageOf, statusOf } from './state/state-bucket';
import { openAws } from './terraform/session';

const usage = `Usage: npm run state-bucket:remove [-- --auto-approve]

Show the states in the state bucket of the environment that SUPERMISSION_ENV names (local without it), and remove the
bucket with every version of them. Refused while a state other than the bucket's own still has resources, or while a
lock is held.

  --auto-approve  do not ask`;

void runCommand({
  usage,
  options: { 'auto-approve': { type: 'boolean', default: false } },
  writes: true,
  afterInterruption: 'what is left is removed by the next "npm run state-bucket:remove"',
  run: async ({ values }, frame) => {
    if (!values['auto-approve']) expectTerminal('state-bucket:remove');
    const session = await openAws({ ...frame, environment: readEnvironment(), report: console.log });
    await removeStateBucket(session, approval(values['auto-approve'], frame)).catch((error: unknown) => {
      if (statusOf(error) !== 403) throw error;
      throw new InputError(`state-bucket:remove: stopped, ${messageOf(error)}; it can be run again`);
    });
  },
});
