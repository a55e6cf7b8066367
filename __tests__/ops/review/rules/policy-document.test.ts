import { policyText } from '../../../../ops/review/rules/policy-document';
import { planOf, said } from '../hand-made';

const allow = { effect: 'Allow', actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b/*'] };
const unknown = '(known after apply)';

describe('a document that a data source puts together', () => {
  it('is read with equal principals and conditions merged, as the provider does', () => {
    const statement = {
      ...allow,
      principals: ['a', 'b'].map((it) => ({ type: 'AWS', identifiers: [it] })),
      condition: ['x', 'y'].map((it) => ({ test: 'StringEquals', variable: 'aws:v', values: [it] })),
    };
    expect(JSON.parse(policyText({ statement: [statement] }) ?? '')).toMatchObject({
      Statement: [{ Principal: { AWS: ['a', 'b'] }, Condition: { StringEquals: { 'aws:v': ['x', 'y'] } } }],
    });
  });

  it.each<[string, object]>([
    ['of which something is unknown that allows', { statement: [{ ...allow, resources: [unknown] }] }],
    ['of which an effect is unknown', { statement: [{ ...allow, effect: unknown }] }],
    ['that takes statements from others', { statement: [allow], source_policy_documents: ['{}'] }],
    ['that is overridden', { statement: [allow], override_policy_documents: [unknown] }],
    ['that takes statements from others in the old way', { statement: [allow], source_json: '{}' }],
    ['that is overridden in the old way', { statement: [allow], override_json: '{}' }],
    ['whose statements are unknown', { statement: unknown }],
  ])('cannot be read: %s', (_, document) => {
    expect(policyText(document as never)).toBeUndefined();
  });

  it('leaves out a denial of which something is unknown: without it the policy only looks wider', () => {
    const statement = [{ ...allow, effect: 'Deny', resources: [unknown] }, allow];
    expect(JSON.parse(policyText({ statement } as never) ?? '').Statement).toHaveLength(1);
  });

  const address = 'data.aws_iam_policy_document.d';
  const plan = planOf('aws_s3_bucket_policy', { after: { bucket: 'b' }, after_unknown: { policy: true } });
  const reads = {
    address,
    mode: 'data',
    type: 'aws_iam_policy_document',
    change: {
      actions: ['read'],
      before: null,
      after: { statement: [{ ...allow, effect: 'Deny' }] },
      after_unknown: { json: true, statement: [{ resources: [true] }] },
    },
  };
  const whole = { ...plan, resource_changes: [...(plan.resource_changes ?? []), reads] };
  const writing = (policy: string) => ({
    resource: { aws_s3_bucket_policy: { x: { bucket: 'b', policy } } },
  });

  it('counts where the configuration has it as it is', () => {
    expect(said(whole, writing(`\${${address}.json}`)).risks).toEqual([]);
  });

  it.each<[string, string | undefined]>([
    ['changes it', `\${replace(${address}.json, "Deny", "Allow")}`],
    ['puts something beside it', `\${${address}.json} `],
    ['is not at hand', undefined],
  ])('does not count where the configuration %s', (_, policy) => {
    expect(said(whole, policy && writing(policy)).risks).toEqual([
      expect.stringMatching(/^access: .* cannot be reviewed/),
    ]);
  });
});
