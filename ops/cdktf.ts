import { readEnvironment } from '../environments';
import { describeProblem } from '../input-error';
import { chosenStacks, stacksHelp, stackWords } from './command/chosen-stacks';
import { runCommand } from './command/command';
import { expectTerminal } from './command/confirm';
import { withImport } from './seed/deploy-imports';
import { prepareFolders } from './state/errored-state';
import { expectStateBucket } from './state/state-bucket';
import { refuseForeignProviders } from './terraform/foreign-providers';
import {
  type CdktfCommandName,
  type CdktfRequest,
  cdktfCalls,
  cdktfCommands,
  expectTerminalBinary,
  lockTimeoutVariables,
  protectionIn,
  refuseProtected,
  runAll,
  synthVariables,
} from './terraform/run-cdktf';
import { withSession } from './terraform/session';
import { stackFolder } from './terraform/stack-folder';
import { synthesize } from './terraform/stack-terraform';

const [word = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(cdktfCommands, word)) {
  const expected = `one of ${Object.keys(cdktfCommands).join(', ')}`;
  console.error(describeProblem({ where: 'command', what: 'unknown', got: word, expected }));
  process.exit(1);
}
const name = word as CdktfCommandName;
const { summary, stacksOf, options } = cdktfCommands[name];

const usage = `Usage: npm run ${name}${stacksOf ? ' [-- [stacks] [flags]]' : ''}

By cdktf, in the environment that SUPERMISSION_ENV names (local without it): ${summary}.
${
  stacksOf
    ? `
${stacksHelp}; ${stacksOf({ web: true }).join(', ')} if none is named.
Flags: ${Object.keys(options)
        .map((flag) => `--${flag}`)
        .join(', ')}
`
    : ''
}`;

void runCommand(
  {
    usage,
    options,
    ...(stacksOf && { words: stackWords }),
    writes: true,
    ...(['deploy', 'destroy'].includes(name) && {
      afterInterruption: `what was done is in the state: the next "npm run ${name}" does the rest`,
    }),
    run: async ({ values: given, positionals }, frame) => {
      const values = given as CdktfRequest['values'];
      const environment = readEnvironment();
      const request: CdktfRequest = {
        name,
        stacks: stacksOf ? chosenStacks(positionals, environment, stacksOf(environment)) : [],
        values,
      };
      const lockTimeout = lockTimeoutVariables(values['lock-timeout'], process.env);
      if (['deploy', 'destroy'].includes(name) && !values['auto-approve']) expectTerminal(name);
      expectTerminalBinary();
      await prepareFolders();
      if (name === 'synth') return runAll(cdktfCalls(request), synthVariables(), frame);
      return withSession({ ...frame, environment }, async (session) => {
        const variables = { ...session.variables, ...lockTimeout };
        await expectStateBucket(session);
        if (name === 'destroy') {
          await refuseProtected(environment, request.stacks, protectionIn(session));
        }
        // cdktf runs `terraform init` itself.
        await synthesize(session);
        for (const stack of request.stacks) await refuseForeignProviders(session, stackFolder(stack));
        const calls = name === 'deploy' ? await withImport(session, request) : cdktfCalls(request);
        return runAll(calls, variables, frame);
      });
    },
  },
  args,
);
