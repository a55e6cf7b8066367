import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import { runCommand } from './command/command';
import { examples, invoke, invokeCommand } from './invoke/invoke-function';
import { openAws } from './terraform/session';

const usage = `Usage: npm run invoke -- <function> [event]

Invoke a function of the environment that SUPERMISSION_ENV names (local without it) and print its answer as JSON.

${examples.map((it) => `  ${invokeCommand(it)}`).join('\n')}

Exit code 1 if the function failed or did not accept the event.`;

void runCommand({
  usage,
  words: { expected: 'a function, and its event in JSON if it takes one', min: 1, max: 2 },
  writes: false,
  run: async ({ positionals: [name = '', event = '{}'] }, frame) => {
    const session = await openAws({ ...frame, environment: readEnvironment() });
    const { answer, failed } = await invoke(session, name, parseEvent(event));
    console.log(JSON.stringify(answer, null, 2));
    return failed ? 1 : 0;
  },
});

function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError({ where: 'event', what: 'not JSON', got: text, expected: 'a JSON value' });
  }
}
