import { describeReport, type StackDrift } from '../../../ops/plan/find-drift';

const inSync: StackDrift = {
  stack: 'table',
  status: 'in-sync',
  lock: null,
  differences: [],
  access: [],
  notCompared: [],
};
const textOf = (stack: StackDrift) =>
  describeReport({ environment: 'prod', drifted: false, stacks: [stack] });

describe('the report of drift', () => {
  it('has one line for a stack without drift', () => {
    expect(textOf(inSync)).toBe('prod table: in sync');
  });

  it('names what was not looked for', () => {
    expect(textOf({ ...inSync, notCompared: ['aws_a', 'aws_b'] })).toBe(
      'prod table: in sync\n  not compared: aws_a, aws_b',
    );
  });

  it('begins with access that the configuration does not give', () => {
    const drifted = { ...inSync, status: 'drifted', access: ['aws_a.b opens', 'aws_c.d too'] } as const;

    expect(textOf(drifted).split('\n')[0]).toBe(
      'prod: access that the configuration does not give: table: aws_a.b opens; and 1 more',
    );
  });

  it('says how to deploy what is not deployed', () => {
    expect(textOf({ ...inSync, status: 'not-deployed' })).toBe(
      'prod table: not deployed; deploy it with "npm run deploy -- table"',
    );
  });

  it('says who holds the lock', () => {
    const lock = { who: 'ann@laptop', operation: 'OperationTypeApply', since: '2026-11-24T08:00:00Z' };

    expect(textOf({ ...inSync, lock })).toBe(
      'prod table: in sync\n' +
        '  locked by ann@laptop since 2026-11-24T08:00:00Z (OperationTypeApply): what they are changing may show here',
    );
  });

  it('shows each difference, where it comes from and what ends it', () => {
    const base = { replaced: false, attributes: [], repair: 'npm run deploy -- table' };
    const differences: StackDrift['differences'] = [
      {
        ...base,
        address: 'aws_dynamodb_table.a',
        kind: 'changed',
        origin: 'outside',
        attributes: [{ path: 'read_capacity', expected: 5, found: 7 }],
      },
      { ...base, address: 'aws_dynamodb_table.b', kind: 'missing', origin: 'not-deployed' },
      { ...base, address: 'aws_dynamodb_table.c', kind: 'changed', origin: 'not-deployed', replaced: true },
    ];

    expect(textOf({ ...inSync, status: 'drifted', differences })).toBe(`prod table: 3 differences
  aws_dynamodb_table.a: changed (outside Terraform)
    read_capacity: expected 5, found 7
    repair: npm run deploy -- table
  aws_dynamodb_table.b: missing (the configuration is not deployed yet)
    repair: npm run deploy -- table
  aws_dynamodb_table.c: changed (the configuration is not deployed yet), a deployment replaces it
    repair: npm run deploy -- table`);
  });
});
