import { names } from '../names';
import { describeImport, ImportingCheckout } from './import-items';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

describeWithLocalAws('a table from 100,000 imported items', () => {
  const importing = new ImportingCheckout(100_000);
  beforeAll(() => importing.open());
  afterAll(() => importing.close());

  describeImport(importing);

  it('answers as the sample says, in pages', async () => {
    expect(await importing.checkout.npm('deploy', ['functions', 'web', '--auto-approve'])).toMatchObject({
      exitCode: 0,
    });

    const { exitCode, stdout } = await importing.checkout.npm('smoke');

    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain(`ok     ${names.list.function} {"limit":10}`);
    expect(stdout).toContain(`ok     ${names.details.function} {"superhero":"Hero 4"}`);
  });

  it('has nothing to change anywhere', async () => {
    const { stdout } = await importing.checkout.npm('diff');

    expect(stdout.match(/No changes\./g)).toHaveLength(4);
    expect(stdout).not.toContain('Check block assertion failed');
  });

  it('goes with the state bucket and its parts', async () => {
    importing.checkout.edit('environments.ts', 'deletionProtection: true,', '');
    expect(await importing.checkout.npm('deploy', ['table', '--auto-approve'])).toMatchObject({
      exitCode: 0,
    });
    expect(await importing.checkout.npm('destroy', ['--auto-approve'])).toMatchObject({ exitCode: 0 });

    const { exitCode, stdout } = await importing.checkout.npm('state-bucket:remove', ['--auto-approve']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\d+ parts of imports, \d+ bytes/);
    expect(stdout).toMatch(/removed, with \d+ versions/);
  });
});
