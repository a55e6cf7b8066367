import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import type { Fn } from '../../declarations';
import { functionsOf } from '../../environments';
import { InputError } from '../../input-error';
import { functionNames } from '../../stacks/names';
import { functions } from '../../system';
import type { AwsSession } from '../terraform/session';

/** What came of an invocation. */
export interface Invocation {
  readonly answer: unknown;
  /** Whether the function failed or refused the event. */
  readonly failed: boolean;
}

/** What each function's declaration invokes it with, whatever the tables start from, by the function's name. */
export const examples: readonly { readonly name: string; readonly event: unknown }[] = Object.values<Fn>(
  functions,
).flatMap(({ name, smoke, webOnly }) =>
  smoke
    .filter(() => !webOnly)
    .filter((it) => it.event !== 'each item' && !('answers' in it && it.answers === 'a page'))
    .map(({ event }) => ({ name, event })),
);

/** The command that invokes a function with an event. */
export function invokeCommand({ name, event }: (typeof examples)[number]): string {
  return `npm run invoke -- ${name} '${JSON.stringify(event)}'`;
}

/**
 * Invoke a function by its name, with or without the environment's suffix.
 *
 * @throws InputError if the name is not one of the system's functions, or if the function is not deployed
 */
export async function invoke(
  { environment, aws }: AwsSession,
  name: string,
  event: unknown,
): Promise<Invocation> {
  const known = functionsOf(environment).map(([, fn]) => functionNames(environment, fn).function);
  const functionName = known.find((it) => it === name || it === `${name}${environment.nameSuffix}`);
  if (!functionName) {
    const expected = `one of ${known.join(', ')}`;
    throw new InputError({ where: 'function', what: 'unknown name', got: name, expected });
  }
  const client = new LambdaClient(aws);
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
