import { spawnSync } from 'node:child_process';

/** What `confirm` makes of the lines that a person types, and what that person sees. */
function answer(input: string): { readonly isYes: boolean; readonly shown: string } {
  const script = `require('./ops/command/confirm').approval(false, { signal: new AbortController().signal })('Sure?').then((isYes) => { process.exitCode = isYes ? 0 : 3; })`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
    input,
    encoding: 'utf8',
  });
  if (status !== 0 && status !== 3) throw new Error(stderr);
  return { isYes: status === 0, shown: stdout };
}

describe('confirm', () => {
  it('takes "yes" for a yes, and asks for it', () => {
    expect(answer('yes\n')).toEqual({ isYes: true, shown: 'Sure? Only "yes" is accepted: ' });
  });

  it.each(['no\n', 'y\n', 'YES\n', 'yes please\n', '\n', ''])('takes %j for a no', (input) => {
    expect(answer(input).isYes).toBe(false);
  });
});
