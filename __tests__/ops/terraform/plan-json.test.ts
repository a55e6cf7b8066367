import fc from 'fast-check';
import { htmlOf } from '../../../ops/review/render/html';
import { markdownOf } from '../../../ops/review/render/markdown';
import { review } from '../../../ops/review/review';
import { type Plan, readPlan, showableSides } from '../../../ops/terraform/plan-json';

describe('reading a plan', () => {
  it.each([
    [
      'no JSON',
      'Terraform will perform',
      /^p: not JSON, got "Terraform will perform"; expected what "terraform show -json/,
    ],
    ['a state', '{"version":4}', /^p: not a plan/],
    ['the JSON of a state', '{"format_version":"1.0","values":{}}', /^p: not a plan/],
    ['null', 'null', /^p: not a plan/],
    [
      'another format',
      '{"format_version":"2.0","resource_changes":[]}',
      /^p: unknown format_version, got "2.0"; expected a version 1.x$/,
    ],
    [
      'changes that are none',
      '{"format_version":"1.2","resource_changes":[{}]}',
      /^p: resource_changes\.0\.address: Invalid input: expected string, received undefined/,
    ],
    [
      'an output that is no change',
      '{"format_version":"1.2","resource_changes":[],"output_changes":{"a":{"change":{}}}}',
      /^p: output_changes\.a\.actions: Invalid input/,
    ],
    [
      'members of other types',
      '{"format_version":"1.0","planned_values":{"root_module":{"resources":5}},"checks":7}',
      /^p: planned_values\.root_module\.resources: Invalid input/,
    ],
    [
      'of Terraform before 1.1',
      '{"format_version":"0.2","terraform_version":"1.0.11","resource_changes":[]}',
      /^p: a plan of an old Terraform, got "1\.0\.11"; expected Terraform 1\.1 or newer, or OpenTofu$/,
    ],
    [
      'nested without end',
      `{"format_version":"1.0","resource_changes":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      /^p: nested too deeply/,
    ],
  ])('fails when it is %s', (_, text, message) => {
    expect(() => readPlan(text, 'p')).toThrow(message);
  });

  const small = '{"format_version":"1.2","resource_changes":[],"terraform_version":"ünï"}';
  const utf16 = Buffer.from(`\ufeff${small}`, 'utf16le');
  it.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from(small)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${small}`)],
    ['UTF-16, as PowerShell writes it', utf16],
    ['UTF-16 with the other byte first', Buffer.from(utf16).swap16()],
  ])('reads %s', (_, content) => {
    expect(readPlan(content, 'p')).toEqual(JSON.parse(small));
  });

  it('takes a plan that has nothing but its version', () => {
    const plan = readPlan('{"format_version":"1.9","resource_changes":[]}', 'p');
    expect(review([{ stack: 's', plan }])).toMatchObject({ verdict: 'No changes', status: 'no-changes' });
  });

  it('names what is deferred', () => {
    const plan: Plan = {
      resource_changes: [],
      deferred_changes: [
        {
          reason: 'instance_count_unknown',
          resource_change: { address: 'a.b', change: { actions: ['create'] } },
        },
      ],
    };
    expect(review([{ stack: 's', plan }])).toMatchObject({
      verdict: 'Not judged: a.b is deferred (instance_count_unknown): it needs another plan after this one',
      findings: [
        {
          address: 'a.b',
          sentence: 'is deferred (instance_count_unknown): it needs another plan after this one',
        },
      ],
    });
  });
});

describe('what may be shown of a change', () => {
  it.each([
    ['a member', { a: 's' }, { a: true }, { a: '(sensitive)' }],
    ['an element', { a: ['s', 'b'] }, { a: [true] }, { a: ['(sensitive)', 'b'] }],
    ['everything', { a: 's' }, true, '(sensitive)'],
    ['nothing', { a: 's' }, {}, { a: 's' }],
    ['no value', { a: null }, { a: true }, { a: null }],
  ])('leaves out %s that is sensitive', (_, value, marks, expected) => {
    const sides = showableSides({
      actions: ['update'],
      before: value,
      after: value,
      before_sensitive: marks,
    });
    expect(sides).toEqual({ before: expected, after: expected });
  });

  it('says that a sensitive value changes, and not how', () => {
    expect(
      showableSides({
        actions: ['update'],
        before: { a: 's' },
        after: { a: 't' },
        after_sensitive: { a: true },
      }),
    ).toEqual({
      before: { a: '(sensitive)' },
      after: { a: '(sensitive, another value)' },
    });
  });

  it('names what is unknown, at any depth', () => {
    const change = {
      actions: ['update'],
      before: null,
      after: { a: [{ b: 1 }], d: null },
      after_unknown: { a: [{ c: true }], id: true, d: {} },
    };
    expect(showableSides(change).after).toEqual({
      a: [{ b: 1, c: '(known after apply)' }],
      d: null,
      id: '(known after apply)',
    });
  });
});

describe('what looks like a secret', () => {
  const shown = (before: unknown, after: unknown, names: readonly string[] = []) =>
    showableSides({ actions: ['update'], before, after }, names);

  it.each<[string, (secret: string) => object]>([
    ['a variable of a function', (it) => ({ environment: [{ variables: { DB_PASSWORD: it } }] })],
    ['a name in other letters', (it) => ({ variables: { apiKey: it } })],
    ['an attribute of an item', (it) => ({ item: JSON.stringify({ AccessToken: { S: it } }) })],
    ['a pair of name and value', (it) => ({ c: JSON.stringify([{ name: 'CLIENT_SECRET', value: it }]) })],
    ['a key of AWS', (it) => ({ anything: `AKIA${it.toUpperCase()}` })],
    ['a private key', (it) => ({ list: [`-----BEGIN RSA PRIVATE KEY-----${it}`] })],
    ['a password in an address', (it) => ({ url: `postgres://u:${it}@host/db` })],
  ])('is masked: %s', (_, holding) => {
    const text = JSON.stringify(shown(holding('abcdefghijklmnop'), holding('bcdefghijklmnopq')));

    expect(text).toMatch(/\(sensitive\).*\(sensitive, another value\)/);
    expect(text).not.toMatch(/cdefgh/i);
  });

  it.each<[string, object]>([
    [
      'what only points to one',
      { variables: { SECRET_ARN: 'arn:aws:secretsmanager:x', TOKEN_URL: 'https://a' } },
    ],
    ['where one is looked for', { api_key_selection_expression: '$request.header.x-api-key' }],
    ['a flag', { api_key_required: true }],
    [
      'a condition of a policy',
      { policy: '{"Statement":{"Condition":{"StringEquals":{"token.a:sub":"b"}}}}' },
    ],
    ['an item without any', { item: '{ "Hero": {"S":"Batman"} }' }],
  ])('is shown: %s', (_, value) => {
    expect(shown(value, value)).toEqual({ before: value, after: value });
  });

  it('is also what an environment names', () => {
    const value = { variables: { HANDLE: 'x' } };
    expect(shown(value, value, ['handle']).after).toEqual({ variables: { HANDLE: '(sensitive)' } });
  });

  it('does not pass for a mask of ours', () => {
    expect(shown({ a: '(known after apply)' }, {}).before).toEqual({ a: '"(known after apply)"' });
  });
});

describe('a secret', () => {
  const secret = 'planted-hunter2';
  /** A value with the secret somewhere in it, and the marks that Terraform puts where it is. */
  const planted = fc.letrec<{ tree: { value: unknown; marks: unknown } }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .constantFrom(
          secret,
          `{"a":"${secret}"}`,
          [secret],
          { k: secret },
          `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"${secret}","Resource":"*"}}`,
        )
        .map((value) => ({ value, marks: true as unknown })),
      fc
        .tuple(
          fc.constantFrom('a', 'policy', 'item', 'retention_in_days', '__proto__', 'ingress', 'tags', 'role'),
          tie('tree'),
        )
        .map(([name, { value, marks }]) => ({
          value: Object.fromEntries([
            ['open', 1],
            [name, value],
          ]),
          marks: Object.fromEntries([[name, marks]]),
        })),
      fc.tuple(fc.nat(2), tie('tree')).map(([index, { value, marks }]) => ({
        value: [...Array(index).fill('open'), value],
        marks: [...Array(index).fill(false), marks],
      })),
    ),
  })).tree;
  const types = fc.constantFrom(
    'aws_iam_policy',
    'aws_dynamodb_table_item',
    'aws_security_group',
    'aws_lambda_function',
    'aws_lambda_permission',
    'aws_iam_role_policy_attachment',
    'aws_unheard_of',
  );
  const actions = fc.constantFrom(['create'], ['update'], ['delete'], ['delete', 'create'], ['no-op']);

  it('is in no output, wherever Terraform knows it', () => {
    fc.assert(
      fc.property(types, actions, planted, planted, fc.boolean(), (type, does, one, two, isDrift) => {
        const side = ({ value }: { value: unknown }) => ({
          name: 'n',
          secret: value,
          ...(typeof value === 'object' ? value : { item: value, policy: value }),
        });
        const marks = ({ value, marks: all }: { value: unknown; marks: unknown }) => ({
          secret: all,
          ...(typeof value === 'object' && typeof all === 'object'
            ? all
            : typeof value === 'object'
              ? Object.fromEntries(Object.keys(value as object).map((it) => [it, true]))
              : { item: true, policy: true }),
        });
        const change = {
          actions: does,
          before: does[0] === 'create' ? null : side(one),
          after: does.at(-1) === 'delete' ? null : side(two),
          before_sensitive: does[0] === 'create' ? false : marks(one),
          after_sensitive: does.at(-1) === 'delete' ? false : marks(two),
          after_unknown: {},
        };
        const resource = { address: `${type}.x`, mode: 'managed', type, change };
        const plan: Plan = {
          resource_changes: [resource],
          ...(isDrift && { resource_drift: [resource] }),
          output_changes: {
            o: {
              actions: ['update'],
              before: one.value,
              after: two.value,
              before_sensitive: one.marks,
              after_sensitive: two.marks,
            },
          },
          prior_state: {
            values: {
              root_module: {
                resources: [
                  { address: resource.address, type, values: side(one), sensitive_values: marks(one) },
                ],
              },
            },
          },
        };
        const result = review([{ stack: 's', plan }]);
        for (const text of [JSON.stringify(result), markdownOf(result), htmlOf(result)]) {
          expect(text).not.toContain(secret);
        }
      }),
      { numRuns: 400 },
    );
  });
});
