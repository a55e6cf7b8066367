import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import { runCommand } from './command/command';
import { approval, expectTerminal } from './command/confirm';
import { apply, readFolder } from './plan/apply-plan';
import { withSession } from './terraform/session';

const usage = `Usage: npm run apply -- <plan folder> [--digest sha256] [--auto-approve]

Apply a plan that "npm run plan" has made, exactly as it was reviewed. Before anything is changed, everything in the
folder is checked, and compared with the environment that SUPERMISSION_ENV names (local without it); the plan is refused
if anything was altered, or if a state has changed since.

--digest sha256  the digest that "npm run plan" printed: who alters a file may have altered the manifest too
--auto-approve   do not ask before the plan is applied`;

void runCommand({
  usage,
  options: { digest: { type: 'string' }, 'auto-approve': { type: 'boolean', default: false } },
  words: { expected: 'one plan folder, as "npm run plan" makes it', min: 1, max: 1 },
  writes: true,
  run: async ({ values: { digest, ...values }, positionals: [folder = ''] }, frame) => {
    if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) {
      const expected = '64 hexadecimal digits';
      throw new InputError({ where: '--digest', what: 'not a SHA-256', got: digest, expected });
    }
    const plan = await readFolder(folder, digest);
    if (!values['auto-approve']) expectTerminal('apply');
    const approve = approval(values['auto-approve'], frame);
    const options = { ...frame, environment: readEnvironment(), report: console.log };
    await withSession(options, (session) => apply(session, { folder, plan, approve }));
  },
});
