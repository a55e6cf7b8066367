import { readEnvironment } from '../environments';
import { runCommand } from './command/command';
import { bootstrap } from './state/make-state-bucket';
import { withSession } from './terraform/session';

const usage = `Usage: npm run bootstrap

Make the state bucket of the environment that SUPERMISSION_ENV names (local without it), and keep the state of its
making in it. A run that was cut short is finished by the next one; a further run changes nothing.`;

void runCommand({
  usage,
  writes: true,
  afterInterruption: 'what was made stays: the next "npm run bootstrap" finishes it',
  run: async (_, frame) => {
    const environment = readEnvironment();
    await withSession({ ...frame, environment, report: console.log }, bootstrap);
    console.log(`State bucket ${environment.stateBucket} is ready.`);
  },
});
