import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { instanceFile, type LocalAws, startLocalAws } from '../../local/local-aws';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What clients of the SDK are given for a local AWS. */
export const clientConfig = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  forcePathStyle: true,
});

/** A command that hangs is ended before jest gives up on its test, and takes what it started with it. */
const timeoutMs = 540_000;

const root = resolve(__dirname, '../..');

/** A copy of this project in a folder of its own, with the packages of this one. */
export class Checkout {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'supermission-checkout-')));

  constructor() {
    // Without git, which a download of the project does not bring.
    const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n').filter(Boolean);
    const names = ['.git', ...ignored.map((line) => line.replace(/\/$/, ''))];
    const isOurs = (path: string) =>
      !names.some((name) =>
        name.startsWith('*')
          ? path.endsWith(name.slice(1))
          : relative(root, path) === name || path.endsWith('/node_modules'),
      );
    cpSync(root, this.folder, { recursive: true, filter: isOurs });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Run a script of package.json as a user would. */
  npm(
    script: string,
    args: readonly string[] = [],
    variables: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    return this.run('npm', ['run', '--silent', script, '--', ...args], variables);
  }

  run(
    command: string,
    args: readonly string[],
    variables: NodeJS.ProcessEnv = {},
    folder = '.',
  ): Promise<CommandResult> {
    // As for a user who has just cloned the project: whatever this process was told to use does not count.
    const { SUPERMISSION_ENV: _, AWS_ENDPOINT_URL: __, AWS_REGION: ___, ...env } = process.env;
    const options = {
      cwd: join(this.folder, folder),
      env: { ...env, ...variables },
      maxBuffer: 64 * 2 ** 20,
      timeout: timeoutMs,
    };
    return new Promise((done) => {
      execFile(command, args, options, (error, stdout, stderr) =>
        done({
          exitCode: error ? Number(error.code ?? 1) : 0,
          stdout: stripVTControlCharacters(stdout),
          stderr: stripVTControlCharacters(stderr) + (error?.killed ? `ended after ${timeoutMs} ms` : ''),
        }),
      );
    });
  }

  /** A local AWS that commands here find as one that is kept. It ends with this process, whatever ends that. */
  async startLocalAws(): Promise<LocalAws> {
    process.env.SUPERMISSION_LOCAL_FOLDER = join(this.folder, '.local');
    const aws = await startLocalAws({ keep: false, port: 0 });
    this.recordLocalAws(aws, aws.url);
    return aws;
  }

  /** Have commands find a local AWS at another URL: behind a proxy. */
  recordLocalAws({ pid, emulator, startedAt }: LocalAws, url: string): void {
    writeFileSync(instanceFile(), JSON.stringify({ url, pid, emulator, startedAt }));
  }

  /** Replace a piece of one of its files. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file}: has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
