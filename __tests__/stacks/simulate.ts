import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Answer } from './access-cases';

/** The policy of a resource whose owner lets everyone in, so that the identity's own policies decide. */
export const openToAll = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'], Principal: '*' }],
};

/** The answer to a request, provided that IAM accepts the documents and knows every key of the context. */
export async function simulate(simulation: Simulation): Promise<Answer> {
  const outcome = await runSimulation(withKnownKeys(simulation), {});
  if (outcome.resultType !== 'single') throw new Error(JSON.stringify(outcome, null, 2));
  const ignored = outcome.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`${simulation.request.action}: has no key ${ignored.join(', ')}`);
  return outcome.overallResult === 'Allowed' ? 'allow' : 'deny';
}

/** The simulator does not know that tokens of GitHub fill `aud` and `sub`; those of Google fill keys alike. */
function withKnownKeys(simulation: Simulation): Simulation {
  const text = JSON.stringify(simulation);
  return JSON.parse(
    text.replaceAll(/token\.actions\.githubusercontent\.com:(aud|sub)/g, 'accounts.google.com:$1'),
  );
}
