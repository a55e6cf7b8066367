import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { invoke } from './invoke/invoke-function';

const usage = `Usage: npm run invoke -- <function> [event]

Invoke a function of the environment that SUPERMISSION_ENV names (local without it) and print its answer as JSON.

  npm run invoke -- SuperDynamoDBFunction
  npm run invoke -- MissionDetailsFunction '{"superhero":"Ironman"}'

Exit code 1 if the function failed or did not accept the event.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [name, event = '{}', ...rest] = positionals;
  if (values.help || name === undefined || rest.length > 0) {
    (values.help ? console.log : console.error)(usage);
    if (!values.help) process.exitCode = 1;
    return;
  }
  const { answer, failed } = await invoke(readEnvironment(), name, parseEvent(event));
  console.log(JSON.stringify(answer, null, 2));
  if (failed) process.exitCode = 1;
}

function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError({ where: 'event', what: 'not JSON', got: text, expected: 'a JSON value' });
  }
}

if (require.main === module) runCommand(main);
