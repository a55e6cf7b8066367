import { InputError } from '../../input-error';
import { parseSeedData, type SeedItem } from '../../seed-data/load-items';

/** Read `text` as the file `seed-data/heroes.json`. */
export function readHeroes(text: string | Uint8Array, partitionKey = 'SuperHero'): readonly SeedItem[] {
  return parseSeedData(Buffer.from(text), 'seed-data/heroes.json', { partitionKey });
}

/** The lines of the error that reading `text` ends with; none when it is accepted. */
export function mistakesIn(text: string | Uint8Array, partitionKey?: string): readonly string[] {
  try {
    readHeroes(text, partitionKey);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.message.split('\n');
    throw error;
  }
}

/** The JSON text of a list with one record, a hero named `A` with the given attributes in JSON. */
export function hero(attributes: string): string {
  return `[{"SuperHero":"A",${attributes}}]`;
}
