import { runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { wideningsOf } from '../../../../ops/review/rules/policy-comparison';

const pick = (...values: string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
const operators = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringEqualsIfExists',
  'StringNotEqualsIfExists',
  'ForAllValues:StringEquals',
  'ForAnyValue:StringNotEquals',
);
const condition = fc
  .tuple(operators, fc.constantFrom('aws:UserAgent', 'aws:Referer'), pick('a', 'b', 'a*'))
  .map(([operator, key, values]) => ({ [operator]: { [key]: values } }));
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    action: pick('s3:GetObject', 's3:Get*', 's3:PutObject', 's3:*Object', '*'),
    notAction: fc.constantFrom(false, false, false, true),
    resource: pick('arn:aws:s3:::b/x', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/?', 'arn:aws:s3:::*', '*'),
    notResource: fc.constantFrom(false, false, false, true),
    Condition: fc.oneof(fc.constant({}), fc.constant({}), condition),
  })
  .map(({ Effect, action, notAction, resource, notResource, Condition }) => ({
    Effect,
    [notAction ? 'NotAction' : 'Action']: action,
    [notResource ? 'NotResource' : 'Resource']: resource,
    Condition,
  }));
const policy = fc.array(statement, { minLength: 1, maxLength: 3 });
/** Policies that have a good part in common, as two versions of one do. */
const versions = fc
  .tuple(policy, policy, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
  .map(([one, two, choices]) => ({
    before: [...one, ...two],
    after: [...one, ...two].filter((_, index) => choices[index]),
    other: two,
  }));
const request = fc.record({
  action: fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:DeleteObject'),
  resource: fc.constantFrom('arn:aws:s3:::b/x', 'arn:aws:s3:::b/xy', 'arn:aws:s3:::c/x'),
  contextVariables: fc.dictionary(
    fc.constantFrom('aws:UserAgent', 'aws:Referer'),
    fc.constantFrom('a', 'b', 'ab'),
  ),
});

async function allows(
  Statement: object[],
  {
    action,
    resource,
    contextVariables,
  }: { action: string; resource: string; contextVariables: Record<string, string> },
) {
  const outcome = await runSimulation(
    {
      request: {
        principal: 'arn:aws:iam::123456789012:role/any',
        action,
        resource: { resource, accountId: '123456789012' },
        contextVariables,
      },
      identityPolicies: [{ name: 'policy', policy: { Version: '2012-10-17', Statement } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (outcome.resultType !== 'single') throw new Error(JSON.stringify(outcome, null, 2));
  return outcome.overallResult === 'Allowed';
}

describe('a policy that is said to allow no more', () => {
  it('allows no request that an evaluator of IAM policies has denied before', async () => {
    let proofs = 0;
    await fc.assert(
      fc.asyncProperty(
        versions,
        fc.array(request, { minLength: 6, maxLength: 6 }),
        async ({ before, after, other }, requests) => {
          const text = (Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
          for (const [one, two] of [
            [before, after],
            [after, before],
            [other, before],
            [after, other],
          ] as const) {
            if (wideningsOf(text(one), text(two)).length > 0) continue;
            proofs += 1;
            for (const it of requests) {
              if (await allows(two, it)) expect(await allows(one, it)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 80 },
    );
    // Else there was nothing to be wrong about.
    expect(proofs).toBeGreaterThan(20);
  });
});
