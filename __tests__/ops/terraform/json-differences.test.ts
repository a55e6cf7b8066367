import { describeDifference, differencesOf } from '../../../ops/terraform/json-differences';

describe('differencesOf', () => {
  it.each<[string, unknown, unknown]>([
    ['equal values', { a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }],
    ['names in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['JSON texts that hold the same', '{"a": 1, "b": []}', '{"a":1}\n'],
    ['several ways to have nothing', { a: null, b: [], c: {}, d: undefined }, {}],
  ])('finds none between %s', (_, expected, found) => {
    expect(differencesOf(expected, found)).toEqual([]);
  });

  it.each<[string, unknown, unknown, unknown[]]>([
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', expected: 1, found: 2 }]],
    ['a type', { a: 5 }, { a: '5' }, [{ path: 'a', expected: 5, found: '5' }]],
    [
      'what one side lacks',
      { a: { b: 1 } },
      { c: { d: false } },
      [
        { path: 'a.b', expected: 1, found: null },
        { path: 'c.d', expected: null, found: false },
      ],
    ],
    [
      'an attribute of an item',
      { item: '{"Hero":{"S":"Batman"},"Age":{"N":"30"}}' },
      { item: '{"Hero":{"S":"Batman"},"Age":{"S":"30"}}\n' },
      [
        { path: 'item.Age.N', expected: '30', found: null },
        { path: 'item.Age.S', expected: null, found: '30' },
      ],
    ],
    [
      'a list of values, as a whole',
      { Action: ['a', 'b'] },
      { Action: ['a'] },
      [{ path: 'Action', expected: ['a', 'b'], found: ['a'] }],
    ],
    [
      'elements of a list of objects',
      [{ Sid: 'One' }],
      [{ Sid: 'One', 'aws:x': 1 }, { Sid: 'Two' }],
      [
        { path: '[0]["aws:x"]', expected: null, found: 1 },
        { path: '[1].Sid', expected: null, found: 'Two' },
      ],
    ],
    [
      'integers in texts that JavaScript would round to the same',
      { policy: '{"n": 9007199254740993}' },
      { policy: '{"n": 9007199254740992}' },
      [{ path: 'policy.n', expected: '9007199254740993', found: '9007199254740992' }],
    ],
    ['text that only looks like JSON', '{a', '{b', [{ path: '', expected: '{a', found: '{b' }]],
  ])('finds %s', (_, expected, found, differences) => {
    expect(differencesOf(expected, found)).toEqual(differences);
  });
});

describe('describeDifference', () => {
  it.each([
    [{ path: 'tags.owner', expected: null, found: 'me' }, 'tags.owner: expected nothing, found "me"'],
    [{ path: '', expected: ['a'], found: null }, 'expected ["a"], found nothing'],
  ])('says %j in words', (difference, text) => {
    expect(describeDifference(difference)).toBe(text);
  });
});
