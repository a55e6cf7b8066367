import { join } from 'node:path';
import { readEnvironment } from '../environments';
import { chosenStacks, stacksHelp, stackWords } from './command/chosen-stacks';
import { runCommand } from './command/command';
import { type PlanReport, plan } from './plan/make-plan';
import { prepareFolders } from './state/errored-state';
import { withSession } from './terraform/session';

const usage = `Usage: npm run plan [-- [stacks] [--out folder] [--renew] [--skip-synth] [--json]]

Plan a deployment of the environment that SUPERMISSION_ENV names (local without it), and keep the plan in a folder that
"npm run apply" applies as it is, here or elsewhere. It changes nothing, and neither takes nor waits for the lock of a
state. The folder holds sensitive values in the clear.

${stacksHelp}; all but the pipeline if none is named.
--out folder  where to put the plan (default plans/<environment>); an older plan there is replaced
--renew       plan again what the folder holds: it is kept if it can still be applied as it is, replaced if the new plan
              does the same on newer states, and left, with exit code 1, if the new plan does anything else
--skip-synth  plan what cdktf.out holds, as "npm run synth" has written it
--json        a report as JSON: the type PlanReport in ops/plan/make-plan.ts

Exit code 0 if there is nothing to change, 2 if there is, 1 if it could not be planned.`;

void runCommand({
  usage,
  options: {
    out: { type: 'string' },
    renew: { type: 'boolean', default: false },
    'skip-synth': { type: 'boolean', default: false },
    json: { type: 'boolean' },
  },
  words: stackWords,
  writes: true,
  run: async ({ values, positionals }, frame) => {
    const environment = readEnvironment();
    const stacks = chosenStacks(positionals, environment);
    await prepareFolders();
    const folder = values.out ?? join('plans', environment.name);
    const options = { stacks, folder, renew: values.renew, skipSynth: values['skip-synth'] };
    const report = await withSession({ ...frame, environment }, (session) => plan(session, options));
    console.log(values.json ? JSON.stringify(report, null, 2) : describeReport(report));
    return report.changes ? 2 : 0;
  },
});

function describeReport({ folder, digest, changes, verdict, stacks }: PlanReport): string {
  return [
    verdict,
    ...stacks.map((it) => `${it.name}: ${it.changes ? it.counts : 'no changes'}`),
    `plan folder ${folder}`,
    `digest ${digest}`,
    ...(changes
      ? [
          `read it with "npm run review -- ${folder}"`,
          `apply it with "npm run apply -- ${folder} --digest ${digest}"`,
        ]
      : []),
  ].join('\n');
}
