import { readdirSync, readFileSync } from 'node:fs';
import { scripts } from '../package.json';

const read = (file: string) => readFileSync(file, 'utf8');
const pages = read('docs/runbook.md')
  .split(/^## /m)
  .slice(1)
  .map((page): [string, string] => [page.split('\n', 1)[0] ?? '', page]);

describe.each(['README.md', 'docs/runbook.md', 'docs/leaving.md', 'docs/security.md', 'docs/decisions.md'])(
  '%s',
  (file) => {
    it('names no script that package.json does not have', () => {
      const named = Array.from(read(file).matchAll(/npm run ([a-z][\w:-]*)/g), ([, name = '']) => name);

      expect(named).not.toEqual([]);
      expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    });
  },
);

describe('an answer of docs/security.md', () => {
  const tests = readdirSync('__tests__', { recursive: true, encoding: 'utf8' });
  const found = (name: string) => tests.filter((it) => it === name || it.endsWith(`/${name}`));
  const rows = Array.from(read('docs/security.md').matchAll(/^\| (?!To \|)(.*) \| (.*) \| (.*)\|$/gm), (it) =>
    it.slice(1),
  );

  it.each(rows)(
    'is held by tests that are there, or says that there is none: %s',
    (_threat, answer, held = '') => {
      const names = Array.from(held.matchAll(/`([^`]+)`/g), ([, name = '']) => name);

      expect(names.length > 0).toBe(!answer?.startsWith('It can:'));
      expect(names.filter((name) => !tests.includes(name) && found(name).length !== 1)).toEqual([]);
    },
  );

  it('is there for every threat', () => {
    expect(rows.length).toBeGreaterThan(20);
  });
});

describe('a page of the runbook', () => {
  it.each(pages)('says what is seen and which command helps: %s', (_title, page) => {
    expect(page).toMatch(/^(\*\*)?Symptom\b/m);
    expect(page).toMatch(/npm run /);
  });

  // A message with "…" is looked for in pieces, as it is put together in the code.
  const quoted = pages.flatMap(([title, page]) =>
    Array.from(page.matchAll(/^\| `((?:AWS |s3:)[^`]*)`/gm), ([, message = '']): [string, string] => [
      title,
      message,
    ]),
  );
  it.each(quoted)('quotes what the code says (%s): %s', (_title, message) => {
    const sources = ['ops/state/state-bucket.ts', 'ops/state/make-state-bucket.ts'].map(read).join();

    for (const piece of message.split(/…|: /).filter((it) => /\w\w/.test(it)))
      expect(sources).toContain(piece.trim());
  });
});
