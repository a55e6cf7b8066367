import { type BucketObject, expectUnused, readObject } from '../../../ops/state/remove-state-bucket';

const bucket = { name: 'states', ownKey: 'own.tfstate' };
const object = (key: string, content: Partial<BucketObject>): BucketObject => ({
  key,
  lastModified: '',
  ...content,
});

describe('readObject', () => {
  it('counts the instances of managed resources, not data sources', () => {
    const resources = [
      { mode: 'managed', instances: [{}, {}] },
      { mode: 'managed', instances: [{}] },
      { mode: 'data', instances: [{}] },
    ];

    expect(readObject('a.tfstate', JSON.stringify({ serial: 7, resources }))).toEqual({
      state: { serial: 7, resources: 3 },
    });
  });

  it('reads who holds a lock', () => {
    const lock = {
      ID: 'f00d',
      Who: 'ada@laptop',
      Operation: 'OperationTypePlan',
      Created: '2026-11-24T01:02:03Z',
    };

    expect(readObject('a.tfstate.tflock', JSON.stringify(lock))).toEqual({
      lock: 'ada@laptop since 2026-11-24T01:02:03Z (OperationTypePlan, lock f00d)',
    });
  });

  it.each([
    ['a.tfstate', 'not JSON'],
    ['a.tfstate', '{"serial":1}'],
    ['a.tfstate.tflock', ''],
    ['a.txt', '{"serial":1,"resources":[]}'],
  ])('understands nothing of %s with %j', (key, content) => {
    expect(readObject(key, content)).toEqual({});
  });
});

describe('expectUnused', () => {
  const own = object('own.tfstate', { state: { serial: 8, resources: 6 } });
  const empty = object('table.tfstate', { state: { serial: 3, resources: 0 } });

  const part = object('supermission/local/import/f00d/part-00000.json.gz', { partBytes: 5 });

  it.each([[[]], [[own]], [[own, empty]], [[own, part]]])('accepts %j', (objects) => {
    expect(() => expectUnused(bucket, objects)).not.toThrow();
  });

  it.each([
    [object('table.tfstate', { state: { serial: 3, resources: 1 } }), 'still has 1 resource;'],
    [object('own.tfstate.tflock', { lock: 'ada since today' }), 'locked by ada since today;'],
    [object('broken.tfstate', {}), 'not a state that can be read;'],
    [object('holiday.jpg', {}), 'not a state that can be read;'],
  ])('fails when there is %j', (it, reason) => {
    expect(() => expectUnused(bucket, [own, it])).toThrow(`s3://states/${it.key}: ${reason}`);
  });

  it('fails when there is more than one reason, with a line for each', () => {
    const objects = [object('a.txt', {}), object('b.txt', {})];

    expect(() => expectUnused(bucket, objects)).toThrow(
      /^s3:\/\/states\/a\.txt: .*\ns3:\/\/states\/b\.txt: .*$/,
    );
  });
});
