import type { Table } from '../declarations';
import { type Environment, type TableSettings, tableSettings } from '../environments';
import { type TableId, tables } from '../system';
import { type ImportManifest, readManifest } from './import-manifest';
import { loadItems, type SeedItem } from './load-items';

/** What a table starts from: the items themselves, or what is known of those that are imported. */
export type Seed =
  | (Extract<TableSettings['seed'], { mode: 'items' }> & { readonly items: readonly SeedItem[] })
  | { readonly mode: 'import'; readonly manifest: ImportManifest; readonly manifestFile: string };

/** What each table starts from. */
export type Seeds = Readonly<Record<TableId, Seed>>;

/**
 * Read what an environment's tables start from.
 *
 * @throws InputError that lists every problem in a file, or says that there is no manifest
 */
export function loadSeeds(environment: Environment): Seeds {
  const seeds = Object.entries<Table>(tables).map(([id, table]) => [
    id,
    loadSeed(table, tableSettings(environment, id as TableId).seed),
  ]);
  return Object.fromEntries(seeds);
}

/** What one of the tables starts from. */
export function seedOf(seeds: Seeds, table: Table): Seed {
  const [id] = Object.entries<Table>(tables).find(([, it]) => it === table) as [TableId, Table];
  return seeds[id];
}

function loadSeed(table: Table, seed: TableSettings['seed']): Seed {
  return seed.mode === 'import'
    ? { mode: 'import', manifest: readManifest(seed.manifest), manifestFile: seed.manifest }
    : { ...seed, items: table.seed === undefined ? [] : loadItems(table.seed, table) };
}
