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
  records: 7,
  parts: 1,
  bytes: 700,
  sample: [{ SuperHero: { S: 'A' } }],
};
const expected = 'expected a manifest as "npm run seed:upload -- <file of records>" writes it';

it('is read as it was written', () => {
  writeFileSync(file, JSON.stringify(manifest));
  expect(readManifest(file)).toEqual(manifest);
});

it('fails when it is missing, and names the command that writes it', () => {
  expect(() => readManifest('seed-data/none.json')).toThrow(
    new InputError(`seed-data/none.json: cannot be read, got "ENOENT"; ${expected}`),
  );
});

it.each([
  ['records', { records: '7' }, '.records: not of a manifest, got "7"'],
  ['a digest', { digest: 'none' }, '.digest: not of a manifest, got "none"'],
  ['a part', { parts: -1 }, '.parts: not of a manifest, got -1'],
])('fails when %s is not of a manifest', (_, change, message) => {
  writeFileSync(file, JSON.stringify({ ...manifest, ...change }));
  expect(() => readManifest(file)).toThrow(new InputError(`${file}${message}; ${expected}`));
});

it('fails when it is not JSON', () => {
  writeFileSync(file, '<<<<<<< HEAD');
  expect(() => readManifest(file)).toThrow(/import\.json: cannot be read, got "Unexpected token/);
});
