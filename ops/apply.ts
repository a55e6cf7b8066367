import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { approval, expectTerminal } from './command/confirm';
import { explained } from './command/run-program';
import { type ApplyOptions, apply } from './plan/apply-plan';
import { printProgress } from './terraform/stack-terraform';
import { withTools } from './terraform/tools';

const usage = `Usage: npm run apply -- <plan folder> [--digest sha256] [--auto-approve]

Apply a plan that "npm run plan" has made, exactly as it was reviewed. Before anything is changed, everything in the
folder is checked, and compared with the environment that SUPERMISSION_ENV names (local without it); the plan is refused
if anything was altered, or if a state has changed since.

--digest sha256  the digest that "npm run plan" printed: who alters a file may have altered the manifest too
--auto-approve   do not ask before the plan is applied`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      digest: { type: 'string' },
      'auto-approve': { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) {
    const expected = 'one plan folder, as "npm run plan" makes it';
    throw new InputError({ where: 'plan folder', what: 'not one', got: positionals, expected });
  }
  const { digest } = values;
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) {
    const expected = '64 hexadecimal digits';
    throw new InputError({ where: '--digest', what: 'not a SHA-256', got: digest, expected });
  }
  if (!values['auto-approve']) expectTerminal('apply');
  const environment = readEnvironment();
  const options: ApplyOptions = {
    folder,
    ...(digest !== undefined && { digest }),
    approve: approval(values['auto-approve']),
    report: (line) => console.log(line),
    onTerraformLine: printProgress,
  };
  await withTools(environment, async (tools) => {
    for (const note of [`environment ${environment.name}`, ...tools.notes]) console.error(note);
    await explained(apply(environment, tools, options));
  });
}

if (require.main === module) runCommand(main);
