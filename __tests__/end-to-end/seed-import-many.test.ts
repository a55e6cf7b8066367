import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { names, partitionKey } from '../names';
import { Checkout, clientConfig } from './checkout';
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

describeWithLocalAws('two tables from imported items', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  it('each start from their own, and have nothing to change then', async () => {
    const aws = await checkout.startLocalAws();
    await succeeds('bootstrap');
    const declaration = `{ name: 'SeasonTable', key: { Team: 'S', Year: 'N' }, seed: 'seed-data/seasons.json' }`;
    checkout.edit('system.ts', '{ missions }', `{ missions, seasons: ${declaration} }`);
    const from = (manifest: string) => `seed: { mode: 'import', manifest: 'seed-data/${manifest}' }`;
    const settings = `${from('missions-import.json')}, tables: { seasons: { ${from('seasons-import.json')} } },`;
    checkout.edit('environments.ts', 'emulated: true,', `emulated: true, ${settings}`);
    write('seed-data/seasons.json', '[{ "Team": "Team 0", "Year": 1 }]');
    write(
      'missions.jsonl',
      lines(300, (index) => ({ [partitionKey]: `Hero ${index}` })),
    );
    write(
      'seasons.jsonl',
      lines(200, (index) => ({ Team: `Team ${index % 5}`, Year: index })),
    );

    for (const table of ['missions', 'seasons']) {
      await succeeds('seed:upload', `${table}.jsonl`, '--table', table);
    }
    // A table that is imported gets its tags by a second deployment.
    for (const _ of ['first', 'second']) await succeeds('deploy', 'table', '--auto-approve');

    await succeeds('plan', 'table');
    const client = new DynamoDBClient(clientConfig(aws.url));
    const count = async (TableName: string) =>
      (await client.send(new ScanCommand({ TableName, Select: 'COUNT' }))).Count;
    expect([await count(names.table), await count('SeasonTable')]).toEqual([300, 200]);
    await aws.stop();
  });

  const write = (file: string, text: string) => writeFileSync(join(checkout.folder, file), text);
  const lines = (count: number, item: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => JSON.stringify(item(index))).join('\n');

  async function succeeds(script: string, ...args: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await checkout.npm(script, args);
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
  }
});
