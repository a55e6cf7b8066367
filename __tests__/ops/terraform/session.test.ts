import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Environment, readEnvironment } from '../../../environments';
import { withSession } from '../../../ops/terraform/session';

const startFolder = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tools-test-'));
  process.chdir(folder);
  write('terraform', '#!/bin/sh\necho Terraform v1.12.2\n');
  chmodSync('terraform', 0o755);
  process.env.TERRAFORM_BINARY_NAME = join(folder, 'terraform');
});

afterEach(() => {
  delete process.env.TERRAFORM_BINARY_NAME;
  process.chdir(startFolder);
  rmSync(folder, { recursive: true });
});

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

describe('the session of an environment', () => {
  const frame = { signal: new AbortController().signal, report: () => {} };
  const use = (name: string, changes: Partial<Environment> = {}) =>
    withSession(
      { environment: { ...readEnvironment({ SUPERMISSION_ENV: name }), ...changes }, ...frame },
      async ({ variables }) => variables,
    );

  it('keeps the provider versions that were chosen for it, and forgets those for another', async () => {
    const locks = ['cdktf.out/stacks/table', 'cdktf.out/bootstrap/stacks/state-backend'].map((it) =>
      join(it, '.terraform.lock.hcl'),
    );
    const left = () => locks.filter(existsSync);
    for (const lock of locks) write(lock, '');
    write('cdktf.out/stacks/table/errored.tfstate', '');

    await use('lab');
    expect(left()).toEqual([]);
    for (const lock of locks) write(lock, '');
    await use('lab');
    expect(left()).toEqual(locks);
    await use('prod');
    expect(left()).toEqual([]);
    for (const lock of locks) write(lock, '');
    await use('prod', { awsProviderVersion: '6.30.0' });
    expect(left()).toEqual([]);
    expect(existsSync('cdktf.out/stacks/table/errored.tfstate')).toBe(true);
  });

  it('shares no provider in a real environment, whatever the shell says', async () => {
    process.env.SUPERVISED_PROVIDERS = 'http://127.0.0.1:9';
    const variables = await use('lab');
    delete process.env.SUPERVISED_PROVIDERS;

    expect(variables.SUPERVISED_PROVIDERS).toBeUndefined();
  });

  it('has Terraform forget the backend of another, whatever else init is told', async () => {
    process.env.TF_CLI_ARGS_init = '-no-color';
    const variables = await use('lab');
    delete process.env.TF_CLI_ARGS_init;

    expect(variables.TF_CLI_ARGS_init).toBe('-no-color -reconfigure');
    expect((await use('lab')).TF_CLI_ARGS_init).toBe('-reconfigure');
  });
});
