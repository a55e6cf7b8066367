import type { Environment } from '../environments';
import { type ImportManifest, readManifest } from './import-manifest';
import { loadSeedData, type SeedDataOptions, type SeedItem } from './load-items';

type SeedSetting = Environment['seed'];

/** What a table starts from: the records themselves, or what is known of those that are imported. */
export type Seed =
  | (Extract<SeedSetting, { mode: 'items' }> & { readonly items: readonly SeedItem[] })
  | { readonly mode: 'import'; readonly manifest: ImportManifest; readonly manifestFile: string };

/**
 * Read what a row's seed names.
 *
 * @throws InputError that lists every problem in the file, or says that there is no manifest
 */
export function loadSeed(seed: SeedSetting, options: SeedDataOptions): Seed {
  return seed.mode === 'items'
    ? { ...seed, items: loadSeedData(seed.file, options) }
    : { mode: 'import', manifest: readManifest(seed.manifest), manifestFile: seed.manifest };
}
