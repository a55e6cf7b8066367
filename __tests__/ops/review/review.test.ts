import { review } from '../../../ops/review/review';
import { planOf } from './hand-made';
import { largePlan } from './large-plan';

const table = 'aws_dynamodb_table';
const unprotected = planOf(table, {
  before: { deletion_protection_enabled: true },
  after: { deletion_protection_enabled: false },
});
const alsoUnrecoverable = planOf(table, {
  before: { deletion_protection_enabled: true, point_in_time_recovery: [{ enabled: true }] },
  after: { deletion_protection_enabled: false, point_in_time_recovery: [] },
});
const nothing = { resource_changes: [], format_version: '1.2' };
const nameOf = (plan: object) =>
  review([{ stack: 'table', plan }]).risks.map(({ name }) => name)[0] as string;

describe('a risk', () => {
  const plans = [{ stack: 'table', plan: unprotected }];
  const risk = nameOf(unprotected);

  it('is named by what it is, its stack, its place, and a hash of what is said', () => {
    expect(risk).toMatch(/^weaker-protection:table\/aws_dynamodb_table\.x#[0-9a-f]{8}$/);
    expect(nameOf(structuredClone(unprotected))).toBe(risk);
  });

  it('is named by all that is said, however long', () => {
    const long = 'x'.repeat(10_000);
    const [one, two] = ['a', 'b'].map((it) =>
      nameOf(planOf('any_thing', { after: { text: `${long}${it}` } })),
    );
    expect(one).not.toBe(two);
  });

  it('is accepted by its name, by a flag as by the environment', () => {
    const accepted = { status: 'accepted', risks: [{ name: risk, isAccepted: true }], staleAccepts: [] };
    expect(review(plans, { accepted: [risk] })).toMatchObject(accepted);
    expect(review(plans, { acceptedRisks: [risk] })).toMatchObject(accepted);
  });

  it.each<[string, string, object]>([
    ['another danger at the same place', 'table', alsoUnrecoverable],
    ['the same in another stack', 'other', unprotected],
  ])('fails when the name is of %s', (_, stack, plan) => {
    expect(review([{ stack, plan }], { accepted: [risk] })).toMatchObject({ status: 'open-risks' });
  });

  it('fails when the environment accepts what no plan has any more, and names it first', () => {
    expect(review([{ stack: 'table', plan: nothing }], { acceptedRisks: [risk] })).toMatchObject({
      status: 'open-risks',
      verdict: `Accepts what no plan has: take ${risk} out of environments.ts`,
      staleAccepts: [risk],
    });
  });

  it('may be accepted of a stack that is not planned', () => {
    expect(review([{ stack: 'other', plan: nothing }], { acceptedRisks: [risk] })).toMatchObject({
      status: 'no-changes',
      staleAccepts: [],
    });
  });

  const item = (attributes: object) => ({
    table_name: 'Heroes',
    hash_key: 'Hero',
    item: JSON.stringify({ Hero: { S: 'Batman' }, ...attributes }),
  });
  const changedItem = planOf('aws_dynamodb_table_item', {
    before: item({}),
    after: item({ Power: { N: '1' } }),
  });
  it.each([
    [0, ['changes 1 item, more than 0']],
    [1, []],
  ])('is that more than %s items change, and says which', (maxChangedItems, expected) => {
    const { risks, findings } = review([{ stack: 's', plan: changedItem }], { maxChangedItems });

    expect(risks.map(({ sentence }) => sentence)).toEqual(expected.map((it) => `s ${it}`));
    expect(findings.flatMap((it) => (it.risk ? it.details : []))).toEqual(
      expected.map(() => 'aws_dynamodb_table_item.x changes the item "Batman" of Heroes: Power'),
    );
  });
});

describe('the first line', () => {
  const grant = (Action: string) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
  const together = (...plans: (typeof unprotected)[]) => ({
    resource_changes: plans.flatMap(({ resource_changes: changes = [] }, index) =>
      changes.map((it) => ({ ...it, address: `${it.type}.x${index}` })),
    ),
    configuration: { root_module: {} },
  });
  const everything = planOf('aws_iam_policy', {
    before: { policy: grant('s3:GetObject') },
    after: { policy: grant('*') },
  });
  const oneMore = planOf('aws_iam_policy', {
    before: { policy: grant('s3:GetObject') },
    after: { policy: grant('s3:*') },
  });
  const lost = planOf(table, { before: { name: 'a' }, after: null });
  const harmless = planOf('terraform_data', {
    before: { input: 1 },
    after: { input: 2 },
    actions: ['delete', 'create'],
  });

  it.each<[string, object, RegExp]>([
    [
      'lost data before access',
      together(everything, lost),
      /^Destroys data: aws_dynamodb_table\.x1 .*; and 1 more risk$/,
    ],
    [
      'everything on everything before other access',
      together(oneMore, everything),
      /^Widens access: aws_iam_policy\.x1 may now also any action \(\*\)/,
    ],
    ['access before protection', together(unprotected, oneMore), /^Widens access: aws_iam_policy\.x1/],
    [
      'a risk before what is replaced without harm',
      together(harmless, unprotected),
      /^Weakens protection: aws_dynamodb_table\.x1/,
    ],
    [
      'nothing but what is replaced without harm',
      together(harmless),
      /^Safe: 1 resource replaced, nothing else$/,
    ],
  ])('names %s', (_, plan, verdict) => {
    expect(review([{ stack: 's', plan }]).verdict).toMatch(verdict);
  });
});

it('takes less than a second of processor time for a plan of 1,000 resources', () => {
  const plan = JSON.parse(JSON.stringify(largePlan(1_000)));
  const times = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    review([{ stack: 'large', plan }]);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000;
  });
  expect(Math.min(...times)).toBeLessThan(1_000);
});
