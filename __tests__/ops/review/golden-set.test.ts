import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPlan } from '../../../ops/plan/plan-json';
import { htmlOf } from '../../../ops/review/render/html';
import { markdownOf } from '../../../ops/review/render/markdown';
import { type Review, review } from '../../../ops/review/review';
import { goldenSet } from './golden-set';
import { planCases } from './plan-cases';

const folder = join(__dirname, 'plans');
const reviews = new Map(
  readdirSync(folder).map((file) => {
    const plan = readPlan(readFileSync(join(folder, file), 'utf8'), file);
    return [file.replace('.json', ''), review([{ stack: 'stack', plan }])] as const;
  }),
);
const kinds = [...reviews.keys()].sort();
const reviewOf = (kind: string) => reviews.get(kind) as Review;

/** As a shell takes it. */
const acceptOf = (risk: string) =>
  new RegExp(`--accept '?${risk.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}'?(\\s|$)`, 'm');

describe('the golden set', () => {
  it('has an expectation for each plan, and a way to make it again', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(25);
    expect(Object.keys(goldenSet).sort()).toEqual(kinds);
    expect(Object.keys(planCases).sort()).toEqual(kinds);
  });

  it.each(kinds)('is judged as a person would: %s', (kind) => {
    const { verdict, risks, findings } = reviewOf(kind);

    expect({
      verdict,
      risks: risks.map(({ name }) => name),
      findings: findings.map((it) => `${it.concern}: ${it.address} ${it.sentence}`),
    }).toEqual(goldenSet[kind]);
  });

  it.each(kinds)('says in its first line whether there is a risk: %s', (kind) => {
    const { verdict, risks } = reviewOf(kind);
    const alarm = /^(Destroys|Widens access|Weakens protection|Lets go of|Incomplete|Changes records)/;

    expect(
      risks.length > 0 ? alarm.test(verdict) : /^(?!Destroys|Widens|Weakens|Lets|Incomplete)/.test(verdict),
    ).toBe(true);
  });

  it.each(kinds)('shows each finding in the comment and in the page: %s', (kind) => {
    const { findings } = reviewOf(kind);
    const [text, page] = [markdownOf(reviewOf(kind)), htmlOf(reviewOf(kind))];

    expect(text.length).toBeLessThan(65_000);
    for (const { risk } of findings.filter((it) => it.risk)) expect(text).toMatch(acceptOf(risk as string));
    expect(page.match(/<li class="(risk|plain|taken)">/g) ?? []).toHaveLength(
      findings.length + reviewOf(kind).drift.length,
    );
  });

  it.each(['first-planted-secret', 'hunter2-planted'])('shows no secret: %s', (secret) => {
    const plan = readFileSync(join(folder, 'sensitive.json'), 'utf8');
    expect(plan).toContain(secret);
    const result = reviewOf('sensitive');
    for (const text of [JSON.stringify(result), markdownOf(result), htmlOf(result)])
      expect(text).not.toContain(secret);
  });

  it('shows record attributes as they are, and not as DynamoDB writes them', () => {
    const [changed] = reviewOf('record-changed').findings;
    expect(changed?.details).toEqual([
      'Gear: ["cape","car"] → ["cape","boat"]',
      'Power: 1 → 2',
      'a|b`c: none → "<b>@all</b>"',
    ]);
  });

  it('tells what was changed outside and would be changed back, and nothing that AWS computes', () => {
    const drift = kinds.flatMap((kind) =>
      reviewOf(kind).drift.map(({ address, details }) => [kind, address, ...details]),
    );
    expect(drift).toEqual([['records-restored', 'aws_dynamodb_table_item.batman', 'Power: 1 → 9']]);
  });
});
