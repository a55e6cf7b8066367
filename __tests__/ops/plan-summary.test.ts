import { type ResourceChange, summarizePlan } from '../../ops/plan-summary';

type Change = Partial<ResourceChange['change']> & Pick<ResourceChange['change'], 'actions'>;

const resource = (change: Change, mode: ResourceChange['mode'] = 'managed'): ResourceChange => ({
  address: 'aws_x.y',
  mode,
  change: { before: null, after: null, after_unknown: {}, ...change },
});
const update = (before: object, after: object, unknown: object = {}) =>
  summarizePlan([
    resource({
      actions: ['update'],
      before: { ...before },
      after: { ...after },
      after_unknown: { ...unknown },
    }),
  ]).lines.slice(1);

describe('the summary of a plan', () => {
  it('counts, and names what is done to each resource', () => {
    const { lines, counts, losses } = summarizePlan([
      resource({ actions: ['no-op'], importing: { id: 'an-id' } }),
      resource({ actions: ['update'], importing: { id: 'an-id' }, before: { a: 1 }, after: { a: 2 } }),
      resource({ actions: ['create'], after: { a: 1 } }),
      resource({ actions: ['no-op'] }),
      resource({ actions: ['read'] }, 'data'),
    ]);

    expect(counts).toBe('2 to import, 1 to add, 1 to change, 0 to destroy');
    expect(losses).toEqual([]);
    expect(lines).toEqual([
      'aws_x.y: import an-id',
      'aws_x.y: import an-id, change',
      '    a: 1 -> 2',
      'aws_x.y: create',
    ]);
  });

  it.each([
    [
      'replaced: hash_key, attribute.0 cannot be',
      ['delete', 'create'] as const,
      [['hash_key'], ['attribute', 0]],
    ],
    ['replaced: it cannot be', ['create', 'delete'] as const, []],
    ['destroyed', ['delete'] as const, []],
  ])('says what would be %s', (words, actions, paths) => {
    const { counts, losses } = summarizePlan([resource({ actions, replace_paths: paths })]);

    expect(losses).toEqual([expect.stringContaining(`aws_x.y would be ${words}`)]);
    expect(counts).toContain('1 to destroy');
  });

  it('compares records attribute by attribute', () => {
    expect(
      update(
        { item: '{"Hero":{"S":"Batman"},"Gone":{"S":"x"},"Power":{"N":"1"}}' },
        { item: '{"Hero":{"S":"Batman"},"New":{"BOOL":true},"Power":{"N":"2"}}' },
      ),
    ).toEqual([
      '    item.Gone: {"S":"x"} -> none',
      '    item.New: none -> {"BOOL":true}',
      '    item.Power.N: "1" -> "2"',
    ]);
  });

  it('leaves text that only looks like JSON as it is, and shortens what is long', () => {
    expect(update({ a: '{' }, { a: `[${'x'.repeat(300)}` })).toEqual([`    a: "{" -> "[${'x'.repeat(197)}…`]);
  });

  it('makes no difference between no value and none', () => {
    expect(update({ a: null }, {})).toEqual([]);
  });

  it('names what only AWS can tell', () => {
    expect(update({ version: '1', b: 1 }, { b: 2 }, { version: true, arn: true, c: {} })).toEqual([
      '    b: 1 -> 2',
      '    known after the change: arn, version',
    ]);
  });
});
