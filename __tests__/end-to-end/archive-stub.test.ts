import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { writeArchive } from '../../ops/terraform/archive-stub/archive';
import type { ArchiveFileConfig } from '../../ops/terraform/archive-stub/schema';
import { type ArchiveStub, startArchiveStub } from '../../ops/terraform/archive-stub/start';
import { findTerraform, type Terraform } from '../../ops/terraform/find-terraform';
import { itWithTerraform } from './terraform-needed';

const noArguments: ArchiveFileConfig = {
  type: 'zip',
  output_path: 'out/archive.zip',
  source_file: null,
  source_dir: null,
  source_content: null,
  source_content_filename: null,
  source: [],
  output_file_mode: null,
  excludes: null,
  exclude_symlink_directories: null,
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'archive-test-'));
});

afterEach(() => {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.terraform')) rmSync(path.join(folder, name), { recursive: true });
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

// Terraform's commands and new processes take their time on a busy machine.
jest.setTimeout(60_000);

function write(name: string, content: string, mode = 0o644): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** Write an archive and read it back: names in order, contents, and the whole as it is on disk. */
function archive(config: Partial<ArchiveFileConfig>) {
  const result = writeArchive({ ...noArguments, ...config }, folder);
  const zip = readFileSync(path.join(folder, 'out/archive.zip'));
  const contents = Object.entries(unzipSync(zip)).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString(),
  ]);
  return { result, zip, contents };
}

describe('writeArchive', () => {
  it('packs a folder in lexical order, folder by folder, links followed', () => {
    write('assets/index.js', 'index');
    write('assets/a/deep/b.txt', 'b');
    write('assets/a.txt', 'a');
    write('elsewhere/linked.txt', 'linked');
    symlinkSync(path.join(folder, 'elsewhere'), path.join(folder, 'assets/link'));

    expect(archive({ source_dir: './assets' }).contents).toEqual([
      ['a/deep/b.txt', 'b'],
      ['a.txt', 'a'],
      ['index.js', 'index'],
      ['link/linked.txt', 'linked'],
    ]);
  });

  it('tells size and hashes of what it wrote', () => {
    write('assets/index.js', 'index');
    const { result, zip } = archive({ source_dir: 'assets' });
    const hash = (algorithm: string, encoding: 'hex' | 'base64') =>
      createHash(algorithm).update(zip).digest(encoding);

    expect(result).toEqual({
      id: hash('sha1', 'hex'),
      output_size: zip.length,
      output_md5: hash('md5', 'hex'),
      output_sha: hash('sha1', 'hex'),
      output_sha256: hash('sha256', 'hex'),
      output_base64sha256: hash('sha256', 'base64'),
      output_sha512: hash('sha512', 'hex'),
      output_base64sha512: hash('sha512', 'base64'),
    });
  });

  it('writes the same bytes under another umask, folder, time zone and clock', () => {
    write('assets/index.js', 'index');
    write('assets/a/b.txt', 'b');
    const { zip } = archive({ source_dir: 'assets', output_file_mode: '0644' });

    const script = `
      process.umask(0o077);
      const { mkdirSync, utimesSync, writeFileSync } = require('node:fs');
      mkdirSync('other/assets/a', { recursive: true });
      writeFileSync('other/assets/a/b.txt', 'b');
      writeFileSync('other/assets/index.js', 'index');
      utimesSync('other/assets/index.js', 1, 1);
      const config = ${JSON.stringify({ ...noArguments, source_dir: 'assets', output_file_mode: '0644' })};
      require(${JSON.stringify(path.resolve('ops/terraform/archive-stub/archive'))}).writeArchive(config, 'other');`;
    const { status } = spawnSync(process.execPath, ['--import', require.resolve('tsx'), '-e', script], {
      cwd: folder,
      env: { ...process.env, TZ: 'Pacific/Kiritimati' },
      stdio: 'inherit',
    });

    expect(status).toBe(0);
    expect(readFileSync(path.join(folder, 'other/out/archive.zip')).equals(zip)).toBe(true);
  });

  it('keeps the modes on disk without output_file_mode, and forces them with it', () => {
    write('assets/run.sh', 'run', 0o755);
    const executable = archive({ source_dir: 'assets' }).zip;
    write('assets/run.sh', 'run', 0o644);
    const plain = archive({ source_dir: 'assets' }).zip;

    expect(executable.equals(plain)).toBe(false);
    expect(archive({ source_dir: 'assets', output_file_mode: '0755' }).zip.equals(executable)).toBe(true);
  });

  it('leaves the old archive, and nothing else, when a source cannot be read', () => {
    write('out/archive.zip', 'old');

    expect(() => archive({ source_dir: 'assets' })).toThrow('cannot be read: ENOENT');
    expect(readdirSync(path.join(folder, 'out'))).toEqual(['archive.zip']);
    expect(readFileSync(path.join(folder, 'out/archive.zip'), 'utf8')).toBe('old');
  });
});

describe('the stub provider, asked by Terraform', () => {
  let terraform: Terraform;
  let stub: ArchiveStub | undefined;

  beforeAll(async () => {
    terraform = await findTerraform().catch(() => ({ path: 'terraform', version: '', product: 'terraform' }));
    const host = terraform.product === 'opentofu' ? 'registry.opentofu.org' : 'registry.terraform.io';
    stub = await startArchiveStub({
      address: `${host}/hashicorp/archive`,
      workingDirectory: folder,
      folder: mkdtempSync(path.join(tmpdir(), 'archive-stub-')),
    });
  });

  afterAll(() => stub?.stop());

  /** Run Terraform in the folder as cdktf would, and return its exit code and all that it prints. */
  function run(...args: string[]): Promise<{ exitCode: number; output: string }> {
    const env = {
      ...process.env,
      ...stub?.variables,
      CHECKPOINT_DISABLE: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
    };
    return new Promise((resolve) => {
      execFile(terraform.path, [...args, '-no-color'], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ exitCode: Number(error?.code ?? 0), output: stdout + stderr });
      });
    });
  }

  async function define(...lines: string[]): Promise<void> {
    const outputPath = 'output_path = "${path.module}/out/archive.zip"';
    write(
      'main.tf',
      [
        'terraform {',
        '  required_providers {',
        '    archive = {',
        '      source  = "hashicorp/archive"',
        '      version = "2.7.1"',
        '    }',
        '  }',
        '}',
        'provider "archive" {}',
        'data "archive_file" "bundle" {',
        outputPath,
        ...(lines.some((line) => line.startsWith('type')) ? [] : ['type = "zip"']),
        ...lines,
        '}',
        'output "archive" {',
        '  value = data.archive_file.bundle',
        '}',
      ].join('\n'),
    );
    await expect(run('init')).resolves.toMatchObject({ exitCode: 0 });
  }

  itWithTerraform('gives the archive and its hashes, and a second plan is empty', async () => {
    write('assets/index.js', 'index');
    await define('source_dir = "./assets"', 'output_file_mode = "0644"');

    await expect(run('apply', '-auto-approve')).resolves.toMatchObject({ exitCode: 0 });
    const { archive } = JSON.parse((await run('output', '-json')).output.replace(/^[^{]*/, ''));
    const zip = readFileSync(path.join(folder, 'out/archive.zip'));
    expect(Object.keys(unzipSync(zip))).toEqual(['index.js']);
    expect(archive.value).toMatchObject({
      source_dir: './assets',
      output_path: './out/archive.zip',
      output_size: zip.length,
      output_base64sha256: createHash('sha256').update(zip).digest('base64'),
    });
    await expect(run('plan', '-detailed-exitcode')).resolves.toMatchObject({ exitCode: 0 });

    write('assets/index.js', 'changed');
    await expect(run('plan', '-detailed-exitcode')).resolves.toMatchObject({ exitCode: 2 });
  });

  itWithTerraform('serves several commands at once', async () => {
    write('assets/index.js', 'index');
    await define('source_dir = "assets"');

    const plans = await Promise.all([1, 2, 3].map(() => run('plan', '-lock=false')));
    expect(plans.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  });

  const notImplemented = 'not implemented by the archive stub; expected source_dir alone';

  itWithTerraform.each([
    ['the folder is missing', 'plan', ['source_dir = "nowhere"'], 'source_dir: cannot be read: ENOENT'],
    ['the folder is empty', 'plan', ['source_dir = "empty"'], 'source_dir: no files in'],
    [
      'the type is not zip',
      'validate',
      ['source_dir = "."', 'type = "tar.gz"'],
      'type: not implemented by the archive stub, got "tar.gz"; expected "zip"',
    ],
    ['a file is archived', 'validate', ['source_file = "main.tf"'], `source_file: ${notImplemented}`],
    [
      'a content is archived',
      'validate',
      ['source_content_filename = "hi.txt"', 'source_content = "hello"'],
      `source_content: ${notImplemented}`,
    ],
    [
      'files are excluded',
      'validate',
      ['source_dir = "."', 'excludes = ["*.js"]'],
      `excludes: ${notImplemented}`,
    ],
    [
      'linked folders are excluded',
      'validate',
      ['source_dir = "."', 'exclude_symlink_directories = true'],
      `exclude_symlink_directories: ${notImplemented}`,
    ],
    [
      'the mode is not octal',
      'validate',
      ['source_dir = "."', 'output_file_mode = "644"'],
      'output_file_mode: got "644"',
    ],
  ])('fails when %s, and points at the argument', async (_, command, lines, message) => {
    mkdirSync(path.join(folder, 'empty'));
    await define(...lines);

    const { exitCode, output } = await run(command);
    expect(exitCode).toBe(1);
    // Terraform breaks long lines and frames them, and quotes the line that the argument is on.
    expect(output.replace(/[\s│]+/g, ' ')).toContain(`Error: Archive stub`);
    expect(output.replace(/[\s│]+/g, ' ')).toContain(message);
    expect(output).toContain(`${lines.at(-1)}\n`);
    expect(existsSync(path.join(folder, 'out'))).toBe(false);
  });

  itWithTerraform('fails when there is no source at all, and when it is given as a block', async () => {
    await define();
    expect((await run('validate')).output).toContain('source_dir: missing; expected a folder');

    await define('source {', 'filename = "hi.txt"', 'content = "hello"', '}');
    expect((await run('validate')).output).toContain('source: not implemented by the archive stub');
  });

  itWithTerraform('fails when the archive cannot be written', async () => {
    write('out', 'a file where the folder should be');
    write('assets/index.js', 'index');
    await define('source_dir = "assets"');
    expect((await run('plan')).output).toContain('output_path: cannot be written');
  });
});
