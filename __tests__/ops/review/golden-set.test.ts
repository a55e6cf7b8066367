import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { htmlOf } from '../../../ops/review/render/html';
import { markdownOf } from '../../../ops/review/render/markdown';
import type { Review } from '../../../ops/review/review-result';
import { goldenSet, judgementOf, readMade, reviewMade } from './golden-set';
import { planCases } from './plan-cases';

const reviews = new Map(
  readdirSync(join(__dirname, 'plans')).map((file) => {
    const kind = file.replace('.json', '');
    return [kind, reviewMade(readMade(kind))] as const;
  }),
);
const kinds = [...reviews.keys()].sort();
const reviewOf = (kind: string) => reviews.get(kind) as Review;

/** As a shell takes it. */
const acceptOf = (risk: string) =>
  new RegExp(`--accept '?${risk.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}'?(\\s|$)`, 'm');

describe('the golden set', () => {
  it('has an expectation for each plan, and a way to make it again', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(goldenSet).sort()).toEqual(kinds);
    expect(Object.keys(planCases).sort()).toEqual(kinds);
  });

  it.each(kinds)('is judged as a person would: %s', (kind) => {
    expect(judgementOf(reviewOf(kind), kind)).toEqual(goldenSet[kind]);
  });

  it.each(kinds)('says in its first line whether there is a risk: %s', (kind) => {
    const { verdict, status } = reviewOf(kind);
    const alarm =
      /^(Destroys|Loses data|Replaces|Widens access|Weakens protection|Interrupts service|Removes from state|Incomplete|Not judged|Changes items)/;

    expect(status === 'open-risks' ? alarm.test(verdict) : /^(No changes|Safe|Changes)/.test(verdict)).toBe(
      true,
    );
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
    expect(JSON.stringify(readMade('sensitive'))).toContain(secret);
    const result = reviewOf('sensitive');
    for (const text of [JSON.stringify(result), markdownOf(result), htmlOf(result)])
      expect(text).not.toContain(secret);
  });

  it('shows attributes of items as they are, and not as DynamoDB writes them', () => {
    const [changed] = reviewOf('item-changed').findings;
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
    expect(drift).toEqual([['items-restored', 'aws_dynamodb_table_item.batman', 'Power: 1 → 9']]);
  });
});
