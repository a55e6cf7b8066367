import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Change, type Plan, readPlan } from '../../../ops/plan/plan-json';
import { review } from '../../../ops/review/review';

const golden = (kind: string) =>
  readPlan(readFileSync(join(__dirname, 'plans', `${kind}.json`), 'utf8'), kind);

const planOf = (type: string, change: Partial<Change>, more: Partial<Plan> = {}): Plan => ({
  resource_changes: [
    { address: `${type}.x`, mode: 'managed', type, change: { actions: ['update'], ...change } },
  ],
  ...more,
});
const risksOf = (plan: Plan) =>
  review([{ stack: 's', plan }]).risks.map(({ name, sentence }) => [name, sentence]);

describe('the risks of a review', () => {
  const plans = [{ stack: 'table', plan: golden('deletion-protection-off') }];
  const risk = 'weaker-protection:aws_dynamodb_table.missions_table_B65640C1';

  it('are accepted by name, and a name that no plan has is reported', () => {
    expect(review(plans, { accepted: [risk, 'destroy:a.b', 'destroy:a.b'] })).toMatchObject({
      status: 'accepted',
      verdict: expect.stringMatching(/^Weakens protection: /),
      risks: [{ name: risk, isAccepted: true }],
      unusedAccepts: ['destroy:a.b'],
    });
  });

  it('stay open while one of them is not accepted', () => {
    const both = [...plans, { stack: 'other', plan: golden('action-added') }];
    expect(review(both, { accepted: [risk] }).status).toBe('open-risks');
  });

  it.each([
    [0, ['records:s']],
    [1, []],
  ])('count changed records above the limit of %s', (maxChangedItems, expected) => {
    const { risks } = review([{ stack: 's', plan: golden('record-changed') }], { maxChangedItems });
    expect(risks.map(({ name }) => name)).toEqual(expected);
  });
});

describe('what no plan of the golden set has', () => {
  const policy =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}';
  const denying = policy.replace('Allow', 'Deny');
  const attachment = (policy_arn: string, more?: Partial<Plan>) =>
    planOf(
      'aws_iam_role_policy_attachment',
      { actions: ['delete'], before: { role: 'r', policy_arn }, after: null },
      more,
    );
  const state = (text: string) => ({
    prior_state: {
      values: {
        root_module: {
          child_modules: [
            { resources: [{ address: 'p', type: 'aws_iam_policy', values: { arn: 'arn:p', policy: text } }] },
          ],
        },
      },
    },
  });

  it.each<[string, Plan, RegExp]>([
    [
      'a sensitive policy that becomes unknown',
      planOf('aws_iam_policy', {
        before: { policy },
        after: {},
        after_unknown: { policy: true },
        before_sensitive: { policy: true },
      }),
      /policy is known after apply only: what it allows cannot be reviewed/,
    ],
    [
      'a policy of a type that nobody knows',
      planOf('any_thing', {
        before: { a: [{ b: policy }] },
        after: { a: [{ b: policy.replace('Get', '*') }] },
      }),
      /may now also s3:\*Object on anything/,
    ],
    [
      'text in the place of a policy',
      planOf('any_thing', { before: { policy: 'a' }, after: { policy: 'b' } }),
      /its new text cannot be read as a policy/,
    ],
    [
      'encryption that is not known any more',
      planOf('aws_dynamodb_table', {
        before: { server_side_encryption: [{ enabled: true }] },
        after: {},
        after_unknown: { server_side_encryption: true },
      }),
      /may be turned off: it is \(known after apply\)/,
    ],
    [
      'a function with another role',
      planOf('aws_lambda_function', { before: { role: 'a' }, after: { role: 'b' } }),
      /runs with other rights \(role: "a" → "b"\)/,
    ],
    [
      'a detached policy that denies',
      attachment('arn:p', state(denying)),
      /takes away the policy "arn:p", which may deny something/,
    ],
    ['a detached policy that nobody can read', attachment('arn:q'), /which may deny something/],
    [
      'records that begin to expire',
      planOf('aws_dynamodb_table', {
        before: { ttl: [{ enabled: false }] },
        after: { ttl: [{ enabled: true, attribute_name: 'a' }] },
      }),
      /records begin to expire/,
    ],
    [
      'logs that were kept for ever',
      planOf('aws_cloudwatch_log_group', {
        before: { retention_in_days: 0 },
        after: { retention_in_days: 365 },
      }),
      /kept for less time/,
    ],
    [
      'a replaced resource of a type that nobody knows',
      planOf('any_thing', { actions: ['delete', 'create'], before: { a: 1 }, after: { a: 2 } }),
      /whether it holds data is not known/,
    ],
    [
      'an old copy that is destroyed',
      {
        resource_changes: [
          {
            address: 'aws_dynamodb_table.x',
            type: 'aws_dynamodb_table',
            mode: 'managed',
            deposed: '1234',
            change: { actions: ['delete'], before: {}, after: null },
          },
        ],
      },
      /\(old copy 1234\) would be destroyed/,
    ],
    [
      'a permission for whom nobody knows yet',
      planOf('aws_lambda_permission', {
        before: { principal: 'a' },
        after: {},
        after_unknown: { principal: true },
      }),
      /changes access: principal: "a" → \(known after apply\)/,
    ],
    [
      'a sensitive policy that is gone',
      planOf('aws_iam_role', {
        before: { inline_policy: [{ name: 'a', policy }] },
        after: { inline_policy: [] },
        before_sensitive: { inline_policy: [{ policy: true }] },
      }),
      /is sensitive: what it allows cannot be reviewed/,
    ],
    [
      'access to everybody',
      planOf('aws_s3_bucket_acl', { before: { acl: 'private' }, after: { acl: 'public-read' } }),
      /access control list/,
    ],
    [
      'a database that is open',
      planOf('aws_db_instance', {
        before: { publicly_accessible: false },
        after: { publicly_accessible: true },
      }),
      /publicly_accessible is turned on/,
    ],
  ])('is a risk: %s', (_, plan, sentence) => {
    expect(risksOf(plan)).toContainEqual([expect.any(String), expect.stringMatching(sentence)]);
  });

  it.each<[string, Plan]>([
    [
      'logs that are kept for ever from now on',
      planOf('aws_cloudwatch_log_group', {
        before: { retention_in_days: 14 },
        after: { retention_in_days: 0 },
      }),
    ],
    [
      'a policy that only the provider computes',
      planOf(
        'aws_kms_key',
        { before: null, actions: ['create'], after: {}, after_unknown: { policy: true } },
        {
          configuration: {
            root_module: {
              resources: [
                { address: 'aws_kms_key.x', mode: 'managed', type: 'aws_kms_key', expressions: {} },
              ],
            },
          },
        },
      ),
    ],
    [
      'JSON that is no policy',
      planOf('aws_sqs_queue', {
        before: { redrive_policy: '{"maxReceiveCount":1}' },
        after: { redrive_policy: '{"maxReceiveCount":2}' },
      }),
    ],
    [
      'a data source that is read',
      {
        resource_changes: [
          {
            address: 'data.a.b',
            type: 'a',
            mode: 'data',
            change: { actions: ['read'], before: null, after: { policy } },
          },
        ],
      },
    ],
  ])('is none: %s', (_, plan) => {
    expect(risksOf(plan)).toEqual([]);
  });

  it('tells of a detached policy that allows only as of any other destruction', () => {
    expect(risksOf(attachment('arn:p', state(policy)))).toEqual([
      ['destroy:aws_iam_role_policy_attachment.x', 'aws_iam_role_policy_attachment.x would be destroyed'],
    ]);
  });
});
