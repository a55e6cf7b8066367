import { expectNoDestruction } from '../../../ops/state/make-state-bucket';

const change = (address: string, ...actions: string[]) => ({ address, change: { actions } });

describe('expectNoDestruction', () => {
  it('accepts what is made, changed, read or left alone', () => {
    const changes = [
      change('a.a', 'create'),
      change('b.b', 'update'),
      change('c.c', 'no-op'),
      change('d.d', 'read'),
    ];

    expect(() => expectNoDestruction(changes)).not.toThrow();
  });

  it('fails when something would be removed or replaced, and names it', () => {
    const changes = [change('a.a', 'update'), change('b.b', 'delete'), change('c.c', 'create', 'delete')];

    expect(() => expectNoDestruction(changes)).toThrow(
      /^bootstrap: would destroy b\.b, c\.c, which it never does; .* "npm run deploy -- state-backend"$/,
    );
  });
});
