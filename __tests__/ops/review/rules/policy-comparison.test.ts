import fc from 'fast-check';
import { coversGlob, denies, wideningsOf } from '../../../../ops/review/rules/policy-comparison';

const tableArn = 'arn:aws:dynamodb:us-east-1:123456789012:table/Heroes';
const query = {
  Effect: 'Allow',
  Action: ['dynamodb:Query', 'dynamodb:GetItem'],
  Resource: [tableArn],
  Condition: { StringEquals: { 'dynamodb:Select': ['COUNT', 'SPECIFIC_ATTRIBUTES'] } },
};
const deny = { Effect: 'Deny', Principal: '*', Action: ['s3:Delete*'], Resource: 'arn:aws:s3:::b/*' };
const text = (...Statement: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const words = (before: string | undefined, after: string | undefined) =>
  wideningsOf(before, after).map(({ kind, short }) => `${kind}: ${short}`);

describe('a policy that allows no more than before', () => {
  it.each<[string, unknown[], unknown[]]>([
    ['in another order', [query, deny], [deny, { ...query, Action: [...query.Action].reverse() }]],
    ['with a statement split', [query], query.Action.map((Action) => ({ ...query, Action }))],
    ['with statements joined', query.Action.map((Action) => ({ ...query, Action })), [query]],
    ['with one text in the place of a list', [query], [{ ...query, Resource: tableArn }]],
    ['with a name', [query], [{ ...query, Sid: 'Query' }]],
    ['with other letters in an action', [query], [{ ...query, Action: ['DynamoDB:query'] }]],
    ['with one action less', [query], [{ ...query, Action: 'dynamodb:Query' }]],
    ['with an action in the place of a wildcard', [{ ...query, Action: 'dynamodb:*' }], [query]],
    ['with a table in the place of all', [{ ...query, Resource: '*' }], [query]],
    [
      'with a condition more',
      [query],
      [{ ...query, Condition: { ...query.Condition, Bool: { 'aws:SecureTransport': 'true' } } }],
    ],
    [
      'with one value less',
      [query],
      [{ ...query, Condition: { StringEquals: { 'dynamodb:select': 'COUNT' } } }],
    ],
    [
      'with a value more that must not be',
      [{ ...query, Condition: { StringNotEquals: { 'aws:x': ['a'] } } }],
      [{ ...query, Condition: { StringNotEquals: { 'aws:x': ['a', 'b'] } } }],
    ],
    [
      'with a key that must be there',
      [{ ...query, Condition: { StringEqualsIfExists: { 'aws:x': 'a' } } }],
      [{ ...query, Condition: { StringEquals: { 'aws:x': 'a' } } }],
    ],
    ['with more denied', [query], [query, deny]],
    ['without a statement', [query, { ...query, Action: 's3:GetObject' }], [query]],
    [
      'with more left out',
      [{ ...query, Action: undefined, NotAction: 'iam:*' }],
      [{ ...query, Action: undefined, NotAction: ['iam:*', 'sts:*'] }],
    ],
    ['with something that was not left out', [{ ...query, Action: undefined, NotAction: 'iam:*' }], [query]],
    [
      'with an account in another form',
      [{ Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sts:AssumeRole' }],
      [{ Effect: 'Allow', Principal: { AWS: ['arn:aws:iam::123456789012:root'] }, Action: 'sts:AssumeRole' }],
    ],
  ])('is not wider: %s', (_, before, after) => {
    expect(words(text(...before), text(...after))).toEqual([]);
  });

  it('is not wider when it is gone', () => {
    expect(words(text(query), undefined)).toEqual([]);
  });
});

it('compares policies at the limits of IAM in less than a second of processor time', () => {
  const numbers = Array.from({ length: 70 }, (_, index) => index);
  const statement = (end: string) => ({
    Effect: 'Allow',
    Action: numbers.map((it) => `s3:*a*b*${it}*`),
    Resource: numbers.map((it) => `arn:aws:s3:::*x*${it}*y*${end}`),
  });
  const start = process.cpuUsage();

  expect(words(text(statement('q'), statement('z')), text(statement('r'), statement('z')))).toHaveLength(1);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000).toBeLessThan(1_000);
});

describe('a policy that may allow more', () => {
  const trust = (Principal: unknown, more = {}) => ({
    Effect: 'Allow',
    Principal,
    Action: 'sts:AssumeRole',
    ...more,
  });

  it.each<[string, unknown[], unknown[], string[]]>([
    [
      'an action',
      [query],
      [{ ...query, Action: [...query.Action, 'dynamodb:PutItem'] }],
      [
        'allowed: dynamodb:PutItem on table/Heroes if dynamodb:Select StringEquals COUNT, SPECIFIC_ATTRIBUTES',
      ],
    ],
    [
      'a wildcard of actions',
      [query],
      [{ ...query, Action: 'dynamodb:*' }],
      [expect.stringContaining('allowed: dynamodb:* on table/Heroes')],
    ],
    [
      'every action',
      [query],
      [{ ...query, Action: '*' }],
      [expect.stringContaining('allowed: any action (*) on')],
    ],
    ['all resources', [query], [{ ...query, Resource: '*' }], [expect.stringContaining('on anything (*)')]],
    [
      'another account',
      [query],
      [{ ...query, Resource: tableArn.replace('123456789012', '*') }],
      [expect.stringContaining('allowed')],
    ],
    [
      'no condition',
      [query],
      [{ ...query, Condition: undefined }],
      [
        'condition: condition dynamodb:Select removed (dynamodb:Select StringEquals COUNT, SPECIFIC_ATTRIBUTES): dynamodb:Query, dynamodb:GetItem on table/Heroes',
      ],
    ],
    [
      'one value more',
      [query],
      [
        {
          ...query,
          Condition: {
            StringEquals: { 'dynamodb:Select': ['COUNT', 'SPECIFIC_ATTRIBUTES', 'ALL_ATTRIBUTES'] },
          },
        },
      ],
      [expect.stringContaining('condition dynamodb:Select also takes ALL_ATTRIBUTES (StringEquals)')],
    ],
    [
      'the absence of a key',
      [query],
      [{ ...query, Condition: { StringEqualsIfExists: query.Condition.StringEquals } }],
      [expect.stringContaining('condition dynamodb:Select removed')],
    ],
    [
      'the absence of a list',
      [query],
      [{ ...query, Condition: { 'ForAllValues:StringEquals': query.Condition.StringEquals } }],
      [expect.stringContaining('condition dynamodb:Select removed')],
    ],
    [
      'one value less that must not be',
      [{ ...query, Condition: { StringNotEquals: { k: ['a', 'b'] } } }],
      [{ ...query, Condition: { StringNotEquals: { k: 'a' } } }],
      [expect.stringContaining('condition k')],
    ],
    [
      'all but some actions',
      [query],
      [{ ...query, Action: undefined, NotAction: 'iam:*' }],
      [expect.stringContaining('any action but iam:*')],
    ],
    [
      'fewer left out',
      [{ ...query, Action: undefined, NotAction: ['iam:*', 'sts:*'] }],
      [{ ...query, Action: undefined, NotAction: 'iam:*' }],
      [expect.stringContaining('any action but iam:*')],
    ],
    [
      'what was left out',
      [{ ...query, Action: undefined, NotAction: 'iam:*' }],
      [{ ...query, Action: 'iam:PassRole' }],
      [expect.stringContaining('allowed: iam:PassRole')],
    ],
    [
      'all but one resource',
      [query],
      [{ ...query, Resource: undefined, NotResource: tableArn }],
      [expect.stringContaining('on anything but table/Heroes')],
    ],
    [
      'another service',
      [trust({ Service: 'lambda.amazonaws.com' })],
      [trust({ Service: ['lambda.amazonaws.com', 'ec2.amazonaws.com'] })],
      ['allowed: sts:AssumeRole by Service ec2.amazonaws.com'],
    ],
    [
      'everybody',
      [trust({ Service: 'lambda.amazonaws.com' })],
      [trust('*')],
      ['allowed: sts:AssumeRole by everybody (*)'],
    ],
    [
      'everybody but one',
      [trust({ AWS: '999999999999' })],
      [{ ...trust(undefined), NotPrincipal: { AWS: '999999999999' } }],
      [expect.stringContaining('by everybody but arn:aws:iam::999999999999:root')],
    ],
    ['what was denied', [query, deny], [query], ['not-denied: s3:Delete* on b/* by everybody (*)']],
    [
      'a part of what was denied',
      [deny],
      [{ ...deny, Action: 's3:DeleteObject' }],
      [expect.stringContaining('not-denied: s3:Delete*')],
    ],
    [
      'what was denied, on a condition',
      [deny],
      [{ ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      [expect.stringContaining('not-denied')],
    ],
    [
      'an element that nobody knows',
      [query],
      [{ ...query, Action: undefined, Aktion: '*' }],
      ['unreadable: its new text cannot be read as a policy'],
    ],
  ])('is wider: %s', (_, before, after, expected) => {
    expect(words(text(...before), text(...after))).toEqual(expected);
  });

  it.each([
    ['no JSON', '{'],
    ['no statement', '{"Version":"2012-10-17"}'],
    [
      'a variable in a version that has none',
      JSON.stringify({ Version: '2008-10-17', Statement: [{ ...query, Resource: '${aws:username}' }] }),
    ],
  ])('is wider when it cannot be read: %s', (_, after) => {
    expect(words(text(query), after)).toEqual(['unreadable: its new text cannot be read as a policy']);
  });

  it('is wider when the old one cannot be read', () => {
    expect(words('?', text(query))).toHaveLength(2);
  });

  it('is wider when it is new', () => {
    expect(words(undefined, text({ ...query, Condition: undefined }))).toEqual([
      'allowed: dynamodb:Query, dynamodb:GetItem on table/Heroes',
    ]);
  });

  it('is wider when it denied and is gone', () => {
    expect(words(text(deny), undefined)).toHaveLength(1);
  });

  it('keeps a variable apart from the text that it stands for', () => {
    const on = (Resource: string) => text({ ...query, Resource });
    expect(words(on('arn:aws:s3:::b/????'), on('arn:aws:s3:::b/${x}'))).toHaveLength(1);
    expect(words(on('arn:aws:s3:::b/*'), on('arn:aws:s3:::b/${x}'))).toEqual([]);
  });
});

describe('denies', () => {
  it.each([
    [text(query), false],
    [text(query, deny), true],
    ['?', true],
  ])('of %s is %s', (policy, expected) => {
    expect(denies(policy)).toBe(expected);
  });
});

describe('patterns', () => {
  const letters = fc.constantFrom('a', 'b');
  const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 6 }).map((it) => it.join(''));
  const fits = (glob: string, value: string) =>
    new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);

  it('cover another only if they cover all that fits it', () => {
    fc.assert(
      fc.property(pattern, pattern, fc.array(letters, { maxLength: 8 }), (cover, other, some) => {
        const value = some.join('');
        if (coversGlob(cover, other) && fits(other, value)) expect(fits(cover, value)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('cover a text that fits', () => {
    fc.assert(
      fc.property(pattern, fc.array(letters, { maxLength: 8 }), (cover, some) => {
        expect(coversGlob(cover, some.join(''))).toBe(fits(cover, some.join('')));
      }),
      { numRuns: 1_000 },
    );
  });
});

interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Principal?: { AWS: string[] };
  Condition: Record<string, Record<string, string[]>>;
}

describe('a random policy', () => {
  const some = <T>(...values: T[]) =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  const statement: fc.Arbitrary<Statement> = fc.record({
    Effect: fc.constant('Allow'),
    Action: some('s3:GetObject', 's3:PutObject', 's3:List*', 'dynamodb:Query'),
    Resource: some('arn:aws:s3:::a/*', 'arn:aws:s3:::b/x', 'arn:aws:dynamodb:us-east-1:123456789012:table/a'),
    Condition: fc.constantFrom(
      {},
      { StringEquals: { 'aws:x': ['1'] } },
      { StringEquals: { 'aws:x': ['1', '2'] }, StringNotLike: { 'aws:y': ['q*'] } },
    ),
  });
  const policy = fc.array(statement, { minLength: 1, maxLength: 4 });
  const at = fc.nat(100);
  const replace = (policy: Statement[], index: number, change: (it: Statement) => Statement[]) =>
    policy.flatMap((it, here) => (here === index % policy.length ? change(structuredClone(it)) : [it]));

  const widenings: Record<string, (it: Statement) => Statement> = {
    'a new action': (it) => ({ ...it, Action: [...it.Action, 'iam:PassRole'] }),
    'all actions of a service': (it) => ({ ...it, Action: ['s3:*'] }),
    'all actions': (it) => ({ ...it, Action: ['*'] }),
    'a new resource': (it) => ({ ...it, Resource: [...it.Resource, 'arn:aws:s3:::secret/*'] }),
    'all resources': (it) => ({ ...it, Resource: ['*'] }),
    'all but one': ({ Action, ...it }) => ({ ...it, NotAction: ['x:y'] }) as unknown as Statement,
    'an odd element': (it) => ({ ...it, Extra: 1 }) as unknown as Statement,
  };
  it.each(Object.entries(widenings))('is wider with %s', (_, widen) => {
    fc.assert(
      fc.property(policy, at, (before, index) => {
        const after = replace(before, index, (it) => [widen(it)]);
        expect(wideningsOf(text(...before), text(...after))).not.toEqual([]);
      }),
    );
  });

  it('is wider without a condition, unless another statement has none', () => {
    fc.assert(
      fc.property(statement, (it) => {
        fc.pre(Object.keys(it.Condition).length > 0);
        for (const operator of Object.keys(it.Condition)) {
          const { [operator]: _, ...Condition } = it.Condition;
          expect(wideningsOf(text(it), text({ ...it, Condition }))).not.toEqual([]);
        }
      }),
    );
  });

  it('is wider without something it denied', () => {
    fc.assert(
      fc.property(policy, at, (before, index) => {
        const denied = replace(before, index, (it) => [it, { ...it, Effect: 'Deny', Action: ['ec2:*'] }]);
        expect(wideningsOf(text(...denied), text(...before))).not.toEqual([]);
        expect(wideningsOf(text(...before), text(...denied))).toEqual([]);
      }),
    );
  });

  const narrowings: Record<string, (it: Statement) => Statement[]> = {
    'nothing else': (it) => [it],
    'fewer actions': (it) => [{ ...it, Action: it.Action.slice(0, 1) }],
    'fewer resources': (it) => [{ ...it, Resource: it.Resource.slice(-1) }],
    'its statement in two': (it) => it.Action.map((Action) => ({ ...it, Action: [Action] })),
    'a condition more': (it) => [{ ...it, Condition: { ...it.Condition, Bool: { 'aws:z': ['true'] } } }],
    'no such statement': () => [],
    'lists turned round': (it) => [
      { ...it, Action: [...it.Action].reverse(), Resource: [...it.Resource].reverse() },
    ],
    'something denied': (it) => [it, { ...it, Effect: 'Deny' }],
  };
  it.each(Object.entries(narrowings))('is not wider with %s', (_, narrow) => {
    fc.assert(
      fc.property(policy, at, (before, index) => {
        const after = replace(before, index, narrow).reverse();
        expect(wideningsOf(text(...before), text(...after))).toEqual([]);
      }),
    );
  });
});
