import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../../input-error';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { itWithTerraform } from './terraform-needed';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'terraform-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A script that answers `version` as a Terraform would. */
function writeStub(name: string, answer: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    `#!/bin/sh\necho 'Warning: no CLI configuration file' >&2\necho '${answer}'\necho 'on linux_amd64'\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

const withPath = (...folders: string[]) => ({
  PATH: [...folders.map((name) => path.join(folder, name)), '/usr/bin', '/bin'].join(path.delimiter),
});

describe('findTerraform', () => {
  it('prefers terraform to tofu', async () => {
    writeStub('a/tofu', 'OpenTofu v1.10.6');
    const stub = writeStub('b/terraform', 'Terraform v1.12.2');

    await expect(findTerraform(withPath('a', 'b'))).resolves.toEqual({
      path: stub,
      version: '1.12.2',
      product: 'terraform',
    });
  });

  it('takes tofu where there is no terraform', async () => {
    const stub = writeStub('a/tofu', 'OpenTofu v1.10.6');

    await expect(findTerraform(withPath('a'))).resolves.toEqual({
      path: stub,
      version: '1.10.6',
      product: 'opentofu',
    });
  });

  it('tells the products apart by their answer, not by their name', async () => {
    writeStub('a/terraform', 'OpenTofu v1.10.6');

    await expect(findTerraform(withPath('a'))).resolves.toMatchObject({ product: 'opentofu' });
  });

  it.each(['path', 'name'])('takes the program that TERRAFORM_BINARY_NAME gives by %s', async (kind) => {
    writeStub('a/terraform', 'Terraform v1.12.2');
    const stub = writeStub('b/terraform-next', 'Terraform v1.15.0');

    const TERRAFORM_BINARY_NAME = kind === 'path' ? path.relative(process.cwd(), stub) : 'terraform-next';
    await expect(findTerraform({ ...withPath('a', 'b'), TERRAFORM_BINARY_NAME })).resolves.toMatchObject({
      path: stub,
      version: '1.15.0',
    });
  });

  it('fails when TERRAFORM_BINARY_NAME gives no program, although terraform is on the PATH', async () => {
    writeStub('a/terraform', 'Terraform v1.12.2');
    writeFileSync(path.join(folder, 'a/terraform-next'), 'not executable');

    for (const TERRAFORM_BINARY_NAME of ['terraform-next', path.join(folder, 'a')]) {
      const finding = findTerraform({ ...withPath('a'), TERRAFORM_BINARY_NAME });
      await expect(finding).rejects.toThrow(InputError);
      await expect(finding).rejects.toThrow(`TERRAFORM_BINARY_NAME: no such program`);
    }
  });

  it("passes over the downloader that npm puts in front of the PATH, the project's own terraform command", async () => {
    writeStub('node_modules/.bin/terraform', 'Terraform v1.16.4');
    const stub = writeStub('a/terraform', 'Terraform v1.12.2');

    await expect(findTerraform(withPath('node_modules/.bin', 'a'))).resolves.toMatchObject({ path: stub });
  });

  it('accepts the first version with use_lockfile', async () => {
    writeStub('a/terraform', 'Terraform v1.10.0');

    await expect(findTerraform(withPath('a'))).resolves.toMatchObject({ version: '1.10.0' });
  });

  it.each(['1.9.8', '1.10.0-rc1', '0.15.5'])('fails when Terraform is %s, and says why', async (version) => {
    const stub = writeStub('a/terraform', `Terraform v${version}`);

    const finding = findTerraform(withPath('a'));
    await expect(finding).rejects.toThrow(InputError);
    await expect(finding).rejects.toThrow(
      `${stub}: too old, its S3 backend cannot lock the state with a lock file, got "${version}"; expected 1.10.0 or newer`,
    );
  });

  it('fails when the program is another one', async () => {
    writeStub('a/terraform', 'Terraform, a game of patience');

    const finding = findTerraform(withPath('a'));
    await expect(finding).rejects.toThrow(InputError);
    await expect(finding).rejects.toThrow('does not answer as Terraform does');
  });

  itWithTerraform('finds the one on this machine', async () => {
    const { path: program, version } = await findTerraform();

    expect(
      execFileSync(program, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ).toContain(`v${version}`);
  });
});

describe('findTerraform without any on the PATH', () => {
  /** In a process of its own, as the downloader is an ES module, and with a network that is never there. */
  function findInProcess(): { found?: unknown; error?: string } {
    const script = `
      globalThis.fetch = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('no network here') }));
      require('./ops/terraform/find-terraform').findTerraform({ PATH: '/nowhere' }).then(
        (found) => console.log(JSON.stringify({ found })),
        (error) => console.log(JSON.stringify({ error: error.name + ' ' + error.message })),
      );`;
    const env = { ...process.env, CACHE_DIR: folder };
    return JSON.parse(
      execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { env, encoding: 'utf8' }),
    );
  }

  it('takes the pinned version that was downloaded before', () => {
    const { version } = require('@jahed/terraform/package.json') as { version: string };
    const stub = writeStub(`@jahed/terraform/terraform-v${version}`, `Terraform v${version}`);

    expect(findInProcess()).toEqual({ found: { path: stub, version, product: 'terraform' } });
  });

  it('fails when it cannot be downloaded, and says what to install', () => {
    const { error } = findInProcess();

    expect(error).toMatch(/^InputError PATH: no terraform and no tofu, .*\(no network here\)/);
    expect(error).toContain('expected Terraform or OpenTofu 1.10.0 or newer');
  });
});
