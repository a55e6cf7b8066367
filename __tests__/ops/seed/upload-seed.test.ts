import { type Environment, readEnvironment } from '../../../environments';
import { importedTable } from '../../../ops/seed/upload-seed';
import { type TableId, tables } from '../../../system';

const environment = readEnvironment({});
const [id] = Object.keys(tables) as [TableId];
const importing: Environment = {
  ...environment,
  tables: { [id]: { seed: { mode: 'import', manifest: 'seed-data/import.json' } } },
};

describe('the table whose items are uploaded', () => {
  it('is the one that the environment imports, named or not', () => {
    const only = { id, manifest: 'seed-data/import.json' };

    expect(importedTable(importing)).toEqual(only);
    expect(importedTable(importing, id)).toEqual(only);
  });

  it('fails when the environment imports none', () => {
    expect(() => importedTable(environment)).toThrow(
      "environments.ts: local.seed.mode: no table of this environment is imported, got \"items\"; expected { mode: 'import', manifest: 'seed-data/import.json' }, or another SUPERMISSION_ENV",
    );
  });

  it('fails when it is another than the environment imports, and names those', () => {
    expect(() => importedTable(importing, 'none')).toThrow(
      `--table: no imported table, got "none"; expected one of ${id}`,
    );
  });
});
