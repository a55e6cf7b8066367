import { project } from '../../system';
import { Checkout } from '../end-to-end/checkout';

describe('npm run pipeline:matrix', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  it('is an empty list as long as no environment has a pipeline', async () => {
    expect(await checkout.npm('pipeline:matrix')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
  });

  it('lists each environment that has a pipeline, with its region and the ARNs of its roles', async () => {
    const pipeline = `pipeline: { repository: 'acme/supermission', identityProvider: 'defined' }`;
    const settings = (accountId: string) => `allowedAccountIds: ['${accountId}'], ${pipeline},`;
    checkout.edit('environments.ts', `name: 'prod',`, `name: 'prod', ${settings('111122223333')}`);
    checkout.edit(
      'environments.ts',
      `name: 'local',`,
      `name: 'local', region: 'cn-north-1', ${settings('444455556666')}`,
    );
    checkout.edit('environments.ts', `allowedAccountIds: ['123456789012'],`, '');

    const { exitCode, stdout, stderr } = await checkout.npm('pipeline:matrix');

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    // An environment of a team's own that has all that `local` has is listed too.
    const listed = JSON.parse(stdout).filter(({ name }: { name: string }) => /^(local|lab|prod)$/.test(name));
    expect(listed).toEqual([
      {
        name: 'local',
        region: 'cn-north-1',
        planRole: `arn:aws-cn:iam::444455556666:role/${project}-local-plan`,
        applyRole: `arn:aws-cn:iam::444455556666:role/${project}-local-apply`,
      },
      {
        name: 'prod',
        region: 'us-east-1',
        planRole: `arn:aws:iam::111122223333:role/${project}-prod-plan`,
        applyRole: `arn:aws:iam::111122223333:role/${project}-prod-apply`,
      },
    ]);
    // An output of a job is one line.
    expect(stdout.trim()).not.toContain('\n');
  });

  it('fails when an environment is wrong, whichever it is', async () => {
    checkout.edit('environments.ts', `['111122223333']`, `['1111']`);

    expect(await checkout.npm('pipeline:matrix')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('environments.ts: prod.allowedAccountIds.0: bad value, got "1111"'),
    });
  });
});
