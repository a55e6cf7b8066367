import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { names } from '../names';
import { Checkout } from './checkout';
import { expectEndToEndRun, expectInterruptedRun, isAnswering, urlIn } from './start-runs';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

describeWithLocalAws('npm start', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  it('deploys, shows what the notebook shows, removes everything and ends with 0', () =>
    expectEndToEndRun(checkout));

  it('fails when a step fails: shows the step, the last lines and the log, and cleans up', async () => {
    const [right, wrong] = ['"Batman"', '"Superman" '];
    checkout.edit('seed-data/super-missions.json', right, wrong);

    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent']);
    checkout.edit('seed-data/super-missions.json', wrong, right);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✘ Create the state bucket/);
    expect(stderr).toContain('duplicate partition key, got "Superman"; expected unique keys');
    expect(stderr).toContain('The full log: .local/start.log');
    expect(readFileSync(join(checkout.folder, '.local/start.log'), 'utf8')).toContain(
      'duplicate partition key',
    );
    expect(await isAnswering(urlIn(stdout))).toBe(false);
  });

  it('fails when a handler does not load: shows its error, not a stack trace of ours, and cleans up', async () => {
    const handler = 'lambdas/mission-details-function/index.ts';
    const [right, wrong] = ['export const handler', 'throw new Error("boom at load");\nexport const handler'];
    checkout.edit(handler, right, wrong);

    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent']);
    checkout.edit(handler, wrong, right);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✘ Invoke the functions/);
    expect(stderr).toMatch(
      new RegExp(`^ {4}${names.details.function}: failed, answered .*"errorMessage":"boom at load"`, 'm'),
    );
    expect(stderr).toContain('The full log: .local/start.log');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await isAnswering(urlIn(stdout))).toBe(false);
  });

  it('leaves nothing running when Ctrl-C ends it in the middle of a deployment', () =>
    expectInterruptedRun(checkout, 'Ctrl-C'));

  it.each(['lab', 'prod'])('fails when the environment is %s, before anything is started', async (name) => {
    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent'], {
      SUPERMISSION_ENV: name,
    });

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      `SUPERMISSION_ENV: not an environment on this machine, got "${name}"; expected local`,
    );
  });

  it('fails when it does not know an option, and says what it knows', async () => {
    const { exitCode, stderr } = await checkout.run('npm', ['start', '--silent', '--', '--keeep']);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('--keeep');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
