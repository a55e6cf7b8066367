import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareFolders } from '../../../ops/state/errored-state';

describe('prepareFolders', () => {
  const startFolder = process.cwd();
  const project = mkdtempSync(join(tmpdir(), 'stack-folders-'));
  const stack = join(project, 'cdktf.out/stacks/table');
  const leave = (file: string) => writeFileSync(join(stack, file), '{}');

  beforeEach(() => {
    mkdirSync(stack, { recursive: true });
    process.chdir(project);
  });

  afterEach(() => {
    process.chdir(startFolder);
    rmSync(project, { recursive: true });
  });

  it('removes the import blocks of a killed adopt, and nothing else', async () => {
    for (const file of ['import.tf.json', 'cdk.tf.json']) leave(file);

    await prepareFolders();

    expect(existsSync(join(stack, 'import.tf.json'))).toBe(false);
    expect(existsSync(join(stack, 'cdk.tf.json'))).toBe(true);
  });

  it('fails when a state could not be written, and keeps it', async () => {
    leave('errored.tfstate');

    await expect(prepareFolders()).rejects.toThrow(
      'cdktf.out/stacks/table/errored.tfstate: a deployment could not save this state; save it with "npm run adopt" first',
    );

    expect(existsSync(join(stack, 'errored.tfstate'))).toBe(true);
  });
});
