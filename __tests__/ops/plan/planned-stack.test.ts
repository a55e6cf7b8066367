import { effectDifferences } from '../../../ops/plan/planned-stack';
import type { Plan } from '../../../ops/terraform/plan-json';

const change = (name: string, change: object, more = {}) => ({
  address: `aws_thing.${name}`,
  mode: 'managed',
  type: 'aws_thing',
  change: { actions: ['update'], before: { size: 1 }, after: { size: 2 }, after_unknown: {}, ...change },
  ...more,
});
const plan = (...changes: object[]) =>
  ({ timestamp: new Date().toISOString(), resource_changes: changes }) as unknown as Plan;

describe('effectDifferences', () => {
  it('finds none between plans that change the same, whatever else they read', () => {
    const unchanged = change('other', { actions: ['no-op'], before: { at: 1 }, after: { at: 1 } });
    const readNow = change('data', { actions: ['read'] }, { mode: 'data' });

    expect(effectDifferences(plan(change('one', {}), unchanged), plan(readNow, change('one', {})))).toEqual(
      [],
    );
    expect(effectDifferences(plan(), {})).toEqual([]);
  });

  it.each([
    ['does less', plan(), 'aws_thing.one: update in the older plan, and nothing now'],
    [
      'does more',
      plan(change('one', {}), change('two', { actions: ['delete', 'create'] })),
      'aws_thing.two: nothing in the older plan, and delete and create now',
    ],
    [
      'changes it into something else',
      plan(change('one', { after: { size: 3 } })),
      'aws_thing.one: not the same in after.size',
    ],
    [
      'changes it from something else',
      plan(change('one', { before: { size: 0 } })),
      'aws_thing.one: not the same in before.size',
    ],
    [
      'replaces it',
      plan(change('one', { actions: ['delete', 'create'], replace_paths: [['size']] })),
      'aws_thing.one: not the same in actions, replace_paths',
    ],
    [
      'knows less of it',
      plan(change('one', { after_unknown: { arn: true } })),
      'aws_thing.one: not the same in after_unknown.arn',
    ],
  ])('fails when the new plan %s', (_, now, difference) => {
    expect(effectDifferences(plan(change('one', {})), now)).toEqual([difference]);
  });

  it('names no value, for it may be sensitive', () => {
    const [line] = effectDifferences(
      plan(change('one', {})),
      plan(change('one', { after: { size: 'secret' } })),
    );

    expect(line).not.toContain('secret');
  });
});
