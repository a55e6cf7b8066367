import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Answer } from './access-cases';

/** The policy of a resource whose owner lets everyone in, so that the identity's own policies decide. */
export const openToAll = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'], Principal: '*' }],
};

const answers = new Map<string, Promise<Answer>>();

/**
 * The answer to a request, provided that IAM accepts the documents and knows every key of the context. A statement that does
 * not name the action has no say, so that of a thousand altered policies most are the same to a request, which is asked once.
 */
export function simulate(simulation: Simulation): Promise<Answer> {
  const { action } = simulation.request;
  const identityPolicies = simulation.identityPolicies
    .map(({ name, policy }) => ({ name, policy: { ...policy, Statement: naming(policy.Statement, action) } }))
    .filter(({ policy }) => policy.Statement.length > 0);
  const asked = JSON.stringify({ ...simulation, identityPolicies });
  const known = answers.get(asked) ?? ask(withKnownKeys(asked));
  answers.set(asked, known);
  return known;
}

function naming(statements: any[], action: string): any[] {
  return statements.filter(
    ({ Action = [], NotAction }) => NotAction || [Action].flat().some((pattern) => matches(pattern, action)),
  );
}

function matches(pattern: string, action: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

async function ask(simulation: Simulation): Promise<Answer> {
  const outcome = await runSimulation(simulation, {});
  if (outcome.resultType !== 'single') throw new Error(JSON.stringify(outcome, null, 2));
  const ignored = outcome.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`${simulation.request.action}: has no key ${ignored.join(', ')}`);
  return outcome.overallResult === 'Allowed' ? 'allow' : 'deny';
}

/** The simulator does not know that tokens of GitHub fill `aud` and `sub`; those of Google fill keys alike. */
function withKnownKeys(simulation: string): Simulation {
  return JSON.parse(
    simulation.replaceAll(/token\.actions\.githubusercontent\.com:(aud|sub)/g, 'accounts.google.com:$1'),
  );
}
