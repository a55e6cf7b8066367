import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { InputError } from '../../input-error';
import { resourceNames } from '../../stacks/names';
import type { AwsSession } from '../terraform/session';

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
  { environment, aws }: AwsSession,
  name: string,
  event: unknown,
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
