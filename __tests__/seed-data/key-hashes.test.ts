import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyHashes, keyHash } from '../../seed-data/key-hashes';

const folders: string[] = [];
const keyHashes = () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-hashes-'));
  folders.push(folder);
  return new KeyHashes(folder);
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

it('finds no key that was added once, of more than fit into the memory that it takes', () => {
  const keys = keyHashes();
  for (let index = 0; index < 100_000; index += 1) keys.add(`Hero ${index}`);

  expect(keys.findRepeated()).toEqual({ suspects: new Set(), repetitions: 0, areAll: true });
});

it('finds the keys that were added again, however far apart', () => {
  const keys = keyHashes();
  keys.add('Batman');
  for (let index = 0; index < 100_000; index += 1) keys.add(`Hero ${index}`);
  for (const key of ['Batman', 'Hero 7', 'Batman']) keys.add(key);

  expect(keys.findRepeated()).toEqual({
    suspects: new Set([keyHash('Batman'), keyHash('Hero 7')]),
    repetitions: 3,
    areAll: true,
  });
});

it('counts all that are repeated, and remembers ten thousand', () => {
  const keys = keyHashes();
  for (let index = 0; index < 24_000; index += 1) keys.add(`Hero ${index % 12_000}`);

  const { suspects, repetitions, areAll } = keys.findRepeated();

  expect({ suspects: suspects.size, repetitions, areAll }).toEqual({
    suspects: 10_000,
    repetitions: 12_000,
    areAll: false,
  });
});
