import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../input-error';
import { readManifest } from '../../seed-data/import-manifest';

const folder = mkdtempSync(join(tmpdir(), 'import-manifest-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'import.json');
const manifest = {
  digest: 'f00d'.repeat(16),
  items: 7,
  parts: 1,
  bytes: 700,
  sample: [JSON.parse('{"Name":{"S":"A"},"__proto__":{"S":"x"}}')],
};
const expected = 'expected a manifest as "npm run seed:upload -- <file of items>" writes it';

it('is read as it was written', () => {
  writeFileSync(file, JSON.stringify(manifest));
  expect(JSON.stringify(readManifest(file))).toBe(JSON.stringify(manifest));
});

it('fails when it is missing, and names the command that writes it', () => {
  expect(() => readManifest('seed-data/none.json')).toThrow(
    new InputError(`seed-data/none.json: cannot be read, got "ENOENT"; ${expected}`),
  );
});

it.each([
  ['items', { items: '7' }, '.items: not of a manifest, got "7"'],
  ['a digest', { digest: 'none' }, '.digest: not of a manifest, got "none"'],
  ['an item', { sample: [7] }, '.sample.0: not of a manifest, got 7'],
  ['the name of the count', { items: undefined, records: 7 }, '.items: not of a manifest, got nothing'],
  ['a part', { parts: -1 }, '.parts: not of a manifest, got -1'],
])('fails when %s is not of a manifest', (_, change, message) => {
  writeFileSync(file, JSON.stringify({ ...manifest, ...change }));
  expect(() => readManifest(file)).toThrow(new InputError(`${file}${message}; ${expected}`));
});

it('fails when it is not JSON', () => {
  writeFileSync(file, '<<<<<<< HEAD');
  expect(() => readManifest(file)).toThrow(/import\.json: cannot be read, got "Unexpected token/);
});
