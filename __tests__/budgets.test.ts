import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { functionsOf, readEnvironment } from '../environments';
import { budgets, expectWithinBudget } from './budgets';
import { Checkout } from './end-to-end/checkout';

jest.setTimeout(180_000);

describe('the app', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  it('stays within its budgets', async () => {
    const listModules = resolve('bench/peers/list-modules.cjs');
    const { stdout } = await checkout.run(process.execPath, [
      '--require',
      listModules,
      'ops/terraform/run-app.mjs',
    ]);

    const modules = stdout.split('\n');
    expect(modules.some((file) => file.includes('/cdktf/'))).toBe(true);
    expectWithinBudget('modules loaded at synth', modules.length);
    const assets = join(checkout.folder, 'cdktf.out/stacks/functions/assets');
    const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
    const folders = new Set(files.map(({ parentPath }) => parentPath));
    expect(folders.size).toBe(functionsOf(readEnvironment({})).length);
    for (const folder of folders) {
      const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
      expectWithinBudget(
        'bytes of a function',
        sizes.reduce((sum, size) => sum + size),
      );
    }
  });
});

describe('a budget', () => {
  it('is kept by as much as it allows', () => {
    expectWithinBudget('bytes of a function', budgets['bytes of a function']);
  });

  it('fails when more is counted, and says where to raise it', () => {
    expect(() => expectWithinBudget('modules loaded at synth', 9_999)).toThrow(
      /^modules loaded at synth: 9999, over the budget of \d+; find out what grew .* or raise the budget in __tests__\/budgets\.ts/,
    );
  });
});
