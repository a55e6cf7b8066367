import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Fn, Table } from '../declarations';
import { functions, missions, tables } from '../system';

test('commands reach the local AWS by one file', () => {
  const files = readdirSync('ops', { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.ts'));
  const texts = files.map((file) => readFileSync(join('ops', file), 'utf8'));
  const imported = texts.flatMap((text) =>
    Array.from(text.matchAll(/'[./]+\/local\/([^']+)'/g), ([, it]) => it),
  );

  expect(new Set(imported)).toEqual(new Set(['local-aws']));
});

describe('what system.ts names', () => {
  /** Text and data: the documents, the seed data, recorded plans, measured results. */
  const notCode = /\.(md|json)$/;

  /** What is held to the notebook's letter, and so writes its names out: files, and a folder of them. */
  const writtenOut = [
    'system.ts',
    '__tests__/end-to-end/notebook.ts',
    '__tests__/lambdas/mission-details-function.test.ts',
    '__tests__/lambdas/super-dynamodb-function.test.ts',
    '__tests__/stacks/functions-stack.test.ts',
    '__tests__/stacks/table-stack.test.ts',
    'bench/peers',
  ];
  /** Writes out the names of the page that it follows, which are in system.ts while it does. */
  const followsThePage = '__tests__/end-to-end/extending.test.ts';

  const ofFunctions = Object.values<Fn>(functions)
    .flatMap(({ name, role, policy }) => [name, role, policy?.name])
    .filter((it) => it !== undefined);
  // Attributes of other tables may be called as anything is, `createdAt` say; those of the notebook are not.
  const attributes = [...Object.keys(missions.key), ...missions.visibleAttributes];
  const all = new Set([
    ...Object.values<Table>(tables).map(({ name }) => name),
    ...ofFunctions,
    ...attributes,
  ]);
  // A name of one word, `Report` say, may be one of the code.
  const names = [...all].filter((it) => /.[A-Z\d_.-]/.test(it));

  const ignored = readFileSync('.gitignore', 'utf8')
    .split('\n')
    .map((it) => basename(it));
  const files = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== '.git' && !ignored.includes(name))
      .flatMap((it) => (it.isDirectory() ? files(join(folder, it.name)) : [join(folder, it.name)]));
  const findings = files('.')
    .filter((file) => !notCode.test(file))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return names.filter((name) => text.includes(name)).map((name) => ({ file, name }));
    });
  const under = (folder: string) => findings.filter(({ file }) => !relative(folder, file).startsWith('..'));

  it('is found by its names where it is declared', () => {
    expect(names).toEqual(expect.arrayContaining([missions.name, functions['mission-details'].policy.name]));
    expect(under('system.ts').map(({ name }) => name)).toEqual(names);
  });

  it('is written out nowhere else in source, workflows and tests', () => {
    const known = [...writtenOut, followsThePage].flatMap(under);
    expect(findings.filter((it) => !known.includes(it))).toEqual([]);
    expect(writtenOut.filter((it) => under(it).length === 0)).toEqual([]);
  });
});
