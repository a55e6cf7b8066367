import { parseArgs } from 'node:util';
import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { type Environment, readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { resourceNames } from '../stacks/names';
import { clientConfig } from './terraform/tools';

const usage = `Usage: npm run invoke -- <function> [event]

Invoke a function of the environment that SUPERMISSION_ENV names (local without it) and print its answer as JSON.

  npm run invoke -- SuperDynamoDBFunction
  npm run invoke -- MissionDetailsFunction '{"superhero":"Ironman"}'

Exit code 1 if the function failed or did not accept the event.`;

/** What came of an invocation. */
export interface Invocation {
  readonly answer: unknown;
  /** Whether the function failed or refused the event. */
  readonly failed: boolean;
}

/**
 * Invoke a function by its name, with or without the environment's suffix.
 *
 * @throws InputError if the name is not one of the system's functions, or if the function is not deployed
 */
export async function invoke(
  environment: Environment,
  name: string,
  event: unknown,
  url?: string,
): Promise<Invocation> {
  const { scanFunction, queryFunction } = resourceNames(environment);
  const functions = [scanFunction, queryFunction];
  const functionName = functions.find(
    (known) => known === name || known === `${name}${environment.nameSuffix}`,
  );
  if (!functionName) {
    const expected = `one of ${functions.join(', ')}`;
    throw new InputError({ where: 'function', what: 'unknown name', got: name, expected });
  }
  const client = new LambdaClient(await clientConfig(environment, url));
  const response = await client
    .send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }))
    .catch((error: unknown) => {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      throw new InputError(
        `${functionName}: not deployed in environment ${environment.name}; deploy it with "npm run deploy"`,
      );
    });
  const answer: unknown = JSON.parse(response.Payload?.transformToString() || 'null');
  return { answer, failed: response.FunctionError !== undefined || isRefusal(answer) };
}

/** The functions answer `{ code, message, requestId }` to an event they do not accept. */
function isRefusal(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'requestId' in answer;
}

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
