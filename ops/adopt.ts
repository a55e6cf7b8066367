import { readEnvironment } from '../environments';
import { adopt } from './adopt/adopt-stacks';
import { runCommand } from './command/command';
import { approval, expectTerminal } from './command/confirm';
import { withSession } from './terraform/session';

const usage = `Usage: npm run adopt [-- --auto-approve] [--force-unlock]

Take over what AWS has, the stacks define and the state does not know: a system built by hand, or what a killed
deployment has left. Nothing is replaced or destroyed; the plan is shown first. Before that, save a state that a
deployment could not write (errored.tfstate), and free a lock that a killed command has left.

  --auto-approve  do not ask before the plan is applied
  --force-unlock  do not ask before a lock is freed: only when nobody is deploying

The environment is the one that SUPERMISSION_ENV names (local without it).`;

void runCommand({
  usage,
  options: {
    'auto-approve': { type: 'boolean', default: false },
    'force-unlock': { type: 'boolean', default: false },
  },
  writes: true,
  afterInterruption:
    'what was adopted is in the state: "npm run adopt" takes over the rest, then "npm run deploy" changes what is to be changed',
  run: async ({ values }, frame) => {
    if (!values['auto-approve']) expectTerminal('adopt');
    const canAsk = process.stdin.isTTY && !values['auto-approve'];
    const approveUnlock = approval(values['force-unlock'], frame);
    await withSession({ ...frame, environment: readEnvironment(), report: console.log }, (session) =>
      adopt(session, {
        approve: approval(values['auto-approve'], frame),
        approveUnlock: async (question) => (values['force-unlock'] || canAsk) && approveUnlock(question),
      }),
    );
  },
});
