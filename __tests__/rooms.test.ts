import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

test('commands reach the local AWS by one file', () => {
  const files = readdirSync('ops', { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.ts'));
  const texts = files.map((file) => readFileSync(join('ops', file), 'utf8'));
  const imported = texts.flatMap((text) =>
    Array.from(text.matchAll(/'[./]+\/local\/([^']+)'/g), ([, it]) => it),
  );

  expect(new Set(imported)).toEqual(new Set(['local-aws']));
});
