import { InputError } from '../../input-error';
import type { ItemRules } from '../../seed-data/check-item';
import { parseItems, type SeedItem } from '../../seed-data/load-items';

const heroes: ItemRules = { key: { Name: 'S' } };

/** Read `text` as the file `seed-data/heroes.json`. */
export function readHeroes(text: string | Uint8Array, rules = heroes): readonly SeedItem[] {
  return parseItems(Buffer.from(text), 'seed-data/heroes.json', rules);
}

/** The lines of the error that reading `text` ends with; none when it is accepted. */
export function problemsIn(text: string | Uint8Array, rules?: ItemRules): readonly string[] {
  try {
    readHeroes(text, rules);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.message.split('\n');
    throw error;
  }
}

/** The JSON text of a list with one item, a hero named `A` with the given attributes in JSON. */
export function hero(attributes: string): string {
  return `[{"Name":"A",${attributes}}]`;
}
