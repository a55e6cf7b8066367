import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlanFolder, writePlanFolder } from '../../../ops/plan/plan-folder';

const description = {
  environment: 'lab',
  accountId: '123456789012',
  region: 'us-east-1',
  stateBucket: 'a-state-bucket',
  commit: null,
  dirty: null,
  createdAt: '2026-11-24T12:00:00.000Z',
  terraform: { product: 'terraform', version: '1.11.4' },
  providers: { 'registry.terraform.io/hashicorp/aws': '6.25.0' },
  stacks: [{ name: 'table', changes: true, state: { serial: 3, lineage: 'ours' } }],
} as const;
const names = ['plan.tfplan', 'plan.json', 'cdk.tf.json', '.terraform.lock.hcl'];
const filesOf = (content: string) => new Map(names.map((name) => [`table/${name}`, Buffer.from(content)]));

describe('a plan folder', () => {
  const parent = mkdtempSync(join(tmpdir(), 'plan-folder-'));
  const folder = join(parent, 'plans', 'lab');
  const write = (content: string) =>
    writePlanFolder(folder, { ...description, stacks: [...description.stacks] }, filesOf(content));
  afterAll(() => rmSync(parent, { recursive: true }));

  it('is read as it was written', async () => {
    const written = await write('first');

    expect(await readPlanFolder(folder, written.digest)).toEqual(written);
  });

  it('takes the place of an older one, of which nothing is left', async () => {
    await write('first');
    writeFileSync(join(folder, 'table', 'Function.zip'), '');

    const { digest } = await write('second');

    expect(readdirSync(join(parent, 'plans'))).toEqual(['lab']);
    expect((await readPlanFolder(folder)).digest).toBe(digest);
    expect(readFileSync(join(folder, 'table/plan.json'), 'utf8')).toBe('second');
  });

  it('is written where its name ends in a slash', async () => {
    const { digest } = await writePlanFolder(
      `${folder}//`,
      { ...description, stacks: [...description.stacks] },
      filesOf('slash'),
    );

    expect(readdirSync(join(parent, 'plans'))).toEqual(['lab']);
    expect((await readPlanFolder(folder)).digest).toBe(digest);
  });

  it('fails when it cannot be put in its place, and leaves the older one there', async () => {
    const { digest } = await write('first');
    const { rename } = fs;
    const full = jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      if (to === folder && !String(from).endsWith('.old')) throw new Error('ENOSPC');
      return rename(from, to);
    });

    await expect(write('second')).rejects.toThrow('ENOSPC');
    full.mockRestore();

    expect(readdirSync(join(parent, 'plans'))).toEqual(['lab']);
    expect((await readPlanFolder(folder)).digest).toBe(digest);
  });

  it('fails to take the place of anything else', async () => {
    const home = join(parent, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'letter.txt'), 'dear');

    await expect(writePlanFolder(home, { ...description, stacks: [] }, filesOf('x'))).rejects.toThrow(
      /home: not a plan folder, left as it is, got \["letter.txt"\]; expected a new, an empty or a plan folder/,
    );
    expect(readdirSync(home)).toEqual(['letter.txt']);
  });

  it.each([
    ['there is none', join(parent, 'nowhere'), /nowhere: not a folder that can be read \(ENOENT\)/],
    ['it is a file', __filename, /plan-folder\.test\.ts: not a folder that can be read \(ENOTDIR\)/],
    ['it has no manifest', __dirname, /not a plan folder/],
  ])('fails to be read when %s', async (_, place, message) => {
    await expect(readPlanFolder(place)).rejects.toThrow(message);
  });

  it('fails to be read when a stack lacks its plan, though the manifest agrees', async () => {
    const files = filesOf('x');
    files.delete('table/plan.tfplan');
    await writePlanFolder(folder, { ...description, stacks: [...description.stacks] }, files);

    await expect(readPlanFolder(folder)).rejects.toThrow(/incomplete.*table\/plan\.tfplan among its files/);
    expect(existsSync(folder)).toBe(true);
  });
});
