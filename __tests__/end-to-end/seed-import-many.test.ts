import { describeImportRoad, ImportRoad } from './import-items';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

describeWithLocalAws('a table from 100,000 imported records', () => {
  const road = new ImportRoad(100_000);
  beforeAll(() => road.open());
  afterAll(() => road.close());

  describeImportRoad(road);

  it('answers as the sample says, in pages', async () => {
    expect(await road.checkout.npm('deploy', ['functions', '--auto-approve'])).toMatchObject({ exitCode: 0 });

    const { exitCode, stdout } = await road.checkout.npm('smoke');

    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain('ok     SuperDynamoDBFunction {"limit":10}');
    expect(stdout).toContain('ok     MissionDetailsFunction {"superhero":"Hero 4"}');
  });

  it('has nothing to change anywhere', async () => {
    const { stdout } = await road.checkout.npm('diff');

    expect(stdout.match(/No changes\./g)).toHaveLength(3);
    expect(stdout).not.toContain('Check block assertion failed');
  });

  it('goes with the state bucket and its parts', async () => {
    road.checkout.edit('environments.ts', 'deletionProtection: true,', '');
    expect(await road.checkout.npm('deploy', ['table', '--auto-approve'])).toMatchObject({ exitCode: 0 });
    expect(await road.checkout.npm('destroy', ['--auto-approve'])).toMatchObject({ exitCode: 0 });

    const { exitCode, stdout } = await road.checkout.npm('state-bucket:remove', ['--auto-approve']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\d+ parts of imports, \d+ bytes/);
    expect(stdout).toMatch(/removed, with \d+ versions/);
  });
});
