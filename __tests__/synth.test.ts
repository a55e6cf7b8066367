import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { functionsOf } from '../environments';
import { handlerEntry } from '../stacks/handler-bundles';
import { tableName } from '../stacks/names';
import { type FunctionId, functions, missions } from '../system';
import { Checkout, type CommandResult } from './end-to-end/checkout';
import { environment, environmentNames } from './stacks/synthesize';

jest.setTimeout(180_000);

describe('the app', () => {
  const checkouts = [new Checkout(), new Checkout()] as const;
  afterAll(() => {
    for (const checkout of checkouts) checkout.remove();
  });

  const synthesize = (checkout: Checkout, name: string): Promise<CommandResult> =>
    // A row needs no account: there are no credentials, and no region but its own.
    checkout.run(process.execPath, ['ops/terraform/run-app.mjs'], {
      SUPERMISSION_ENV: name,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_PROFILE: undefined,
      // Nothing is put where only a process that ends well would remove it.
      TMPDIR: '/nowhere',
    });

  it.each(environmentNames)('synthesizes the same bytes of %s in two folders', async (name) => {
    const results = await Promise.all(checkouts.map((checkout) => synthesize(checkout, name)));

    expect(results).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    const [first, second] = checkouts.map(({ folder }) => readTree(join(folder, 'cdktf.out')));
    expect(Object.keys(first ?? {})).toContain('stacks/functions/cdk.tf.json');
    expect(second).toEqual(first);
  });

  it('names no folder of the machine and no day', () => {
    const [{ folder }] = checkouts;
    for (const [file, content] of Object.entries(readTree(join(folder, 'cdktf.out')))) {
      for (const place of [folder, process.cwd()])
        expect({ file, names: content.includes(place) }).toEqual({ file, names: false });
      if (file.endsWith('.json')) expect(content).not.toMatch(/\b20\d\d-\d\d-\d\dT/);
    }
  });

  it('puts a handler, its source map and its part of the AWS SDK into each archive', async () => {
    const [checkout] = checkouts;
    const { folder } = checkout;
    rmSync(join(folder, 'cdktf.out'), { recursive: true });
    expect(await synthesize(checkout, 'prod')).toMatchObject({ exitCode: 0 });

    const files = Object.keys(readTree(join(folder, 'cdktf.out/stacks/functions/assets')));
    expect(files.map((file) => file.split('/').pop())).toEqual(
      functionsOf(environment('prod')).flatMap(() => ['index.mjs', 'index.mjs.map', 'sdk.mjs']),
    );
  });

  it('makes new packages of the functions that use what has changed in a shared file, and of no other', async () => {
    const [checkout] = checkouts;
    const packages = () => {
      const assets = join(checkout.folder, 'cdktf.out/stacks/functions/assets');
      return Object.fromEntries(readdirSync(assets).map((name) => [name, readdirSync(join(assets, name))]));
    };
    await synthesize(checkout, 'local');
    const before = packages();

    checkout.edit('lambdas/shared/event.ts', "'not a cursor'", "'no cursor'");
    await synthesize(checkout, 'local');

    const after = packages();
    const changed = Object.keys(after).filter((name) => after[name]?.[0] !== before[name]?.[0]);
    const users = Object.keys(functions).filter((id) =>
      readFileSync(handlerEntry(id as FunctionId), 'utf8').includes('readCursor'),
    );
    expect(users.length).toBeGreaterThan(0);
    expect(users.length).toBeLessThan(Object.keys(functions).length);
    expect(changed.map((name) => name.replace(/_bundle_.*/, ''))).toEqual(users);
    checkout.edit('lambdas/shared/event.ts', "'no cursor'", "'not a cursor'");
  });

  it('puts what answers over HTTP beside it where there is a web, and the page into an archive of its own', async () => {
    const [checkout] = checkouts;
    expect(await synthesize(checkout, 'local')).toMatchObject({ exitCode: 0 });

    const files = Object.keys(readTree(join(checkout.folder, 'cdktf.out/stacks/functions/assets')));
    const expected = [...functionsOf(environment('local'))]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { route, webOnly }]) => [
        ...(route ? ['http.mjs'] : []),
        'index.mjs',
        'index.mjs.map',
        webOnly ? 'page.html' : 'sdk.mjs',
      ]);
    expect(files.map((file) => file.split('/').pop())).toEqual(expected);
    expect(expected).toContain('page.html');
  });

  it('is synthesized by npm run synth, which asks for nothing in the network', async () => {
    const [checkout] = checkouts;

    const { exitCode, stdout, stderr } = await checkout.npm('synth', [], { SUPERMISSION_ENV: 'prod' });

    expect(exitCode).toBe(0);
    expect(stdout).toContain('Generated Terraform code for the stacks: functions, state-backend, table');
    expect(stdout + stderr).not.toMatch(/ERROR|fetch failed|ENOTFOUND/);
    expect(readTree(join(checkout.folder, 'cdktf.out'))['stacks/table/cdk.tf.json']).toContain(
      tableName(environment('prod'), missions),
    );
  });

  it.each([
    [
      'SUPERMISSION_ENV',
      'staging',
      `SUPERMISSION_ENV: unknown environment, got "staging"; expected one of ${environmentNames.join(', ')}\n`,
    ],
    [
      'SUPERMISSION_STATE_BUCKET',
      'B',
      'SUPERMISSION_STATE_BUCKET: bad value, got "B"; expected a bucket name of 3 to 63 lower-case letters, digits and hyphens\n',
    ],
  ])('fails with one line when %s is %j', async (variable, value, message) => {
    const [checkout] = checkouts;

    const result = await checkout.run(process.execPath, ['ops/terraform/run-app.mjs'], {
      [variable]: value,
    });

    expect(result).toEqual({ exitCode: 1, stdout: '', stderr: message });
  });

  it('fails with the line of the source when it has a problem', async () => {
    const [, checkout] = checkouts;
    checkout.edit('stacks/table-stack.ts', 'super(scope', 'undefined.problem; super(scope');

    const { exitCode, stderr } = await checkout.run(process.execPath, ['ops/terraform/run-app.mjs']);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    const lines = readFileSync(join(checkout.folder, 'stacks/table-stack.ts'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes('undefined.problem')) + 1;
    expect(stderr).toContain(`${join(checkout.folder, 'stacks/table-stack.ts')}:${line}`);
  });
});

/** Every file below a folder, by its path from there. */
function readTree(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  return Object.fromEntries(
    files
      .map((file) => join(file.parentPath, file.name))
      .sort()
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')]),
  );
}
