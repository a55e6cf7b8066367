import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import type { ArchiveFileConfig } from './schema';

/** A problem in one argument of the data source. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';

  constructor(
    readonly argument: keyof ArchiveFileConfig,
    message: string,
  ) {
    super(message);
  }
}

/** Forms of archives that nothing in this project uses: their arguments must be left out. */
const notImplemented = [
  'source_file',
  'source_content',
  'source_content_filename',
  'source',
  'excludes',
  'exclude_symlink_directories',
] as const;

/**
 * Check what can be checked without reading a file; an argument that is not known yet passes.
 *
 * @throws ArgumentError
 */
export function checkArguments(config: ArchiveFileConfig): void {
  const { type, source_dir: folder, output_file_mode: mode } = config;
  for (const name of notImplemented) {
    const given = config[name];
    if (given !== null && given !== false && (given === true || given.length !== 0)) {
      throw new ArgumentError(name, 'not implemented by the archive stub; expected source_dir alone');
    }
  }
  if (folder === null) throw new ArgumentError('source_dir', 'missing; expected a folder');
  if (typeof type === 'string' && type !== 'zip') {
    throw new ArgumentError('type', `not implemented by the archive stub, got "${type}"; expected "zip"`);
  }
  if (typeof mode === 'string' && !/^0[0-7]{3}$/.test(mode)) {
    throw new ArgumentError('output_file_mode', `got "${mode}"; expected four octal digits such as "0644"`);
  }
}

/**
 * Write the archive as a whole or not at all, and tell its size and hashes; the same content gives the same bytes.
 *
 * @param workingDirectory the folder that relative paths start from
 * @throws ArgumentError
 */
export function writeArchive(config: ArchiveFileConfig, workingDirectory: string) {
  checkArguments(config);
  const entries = readEntries(path.resolve(workingDirectory, String(config.source_dir)));
  const zip = zipEntries(entries, config.output_file_mode);
  const output = path.resolve(workingDirectory, config.output_path);
  const partial = `${output}.${process.pid}.partial`;
  try {
    mkdirSync(path.dirname(output), { recursive: true });
    writeFileSync(partial, zip);
    renameSync(partial, output);
  } catch (error) {
    if (existsSync(partial)) rmSync(partial);
    throw new ArgumentError('output_path', `cannot be written: ${(error as Error).message}`);
  }
  return describeArchive(zip);
}

interface Entry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

function readEntries(folder: string): Entry[] {
  try {
    const entries = readFolder(folder, '');
    if (entries.length > 0) return entries;
  } catch (error) {
    throw new ArgumentError('source_dir', `cannot be read: ${(error as Error).message}`);
  }
  throw new ArgumentError('source_dir', `no files in ${folder}`);
}

/** The files below a folder in lexical order, symbolic links followed. */
function readFolder(folder: string, prefix: string): Entry[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const file = path.join(folder, name);
      return statSync(file).isDirectory()
        ? readFolder(file, `${prefix}${name}/`)
        : [readEntry(file, prefix + name)];
    });
}

function readEntry(file: string, name: string): Entry {
  return { name, content: readFileSync(file), mode: statSync(file).mode & 0o777 };
}

const UNIX = 3;
const REGULAR_FILE = 0o100000;
/** The first instant of a zip's clock, which is local time, whatever the time zone. */
const CONSTANT_TIME = new Date(1980, 0, 1);

function zipEntries(entries: readonly Entry[], outputFileMode: string | null): Uint8Array {
  const files = entries.map(({ name, content, mode }) => {
    const attrs = ((REGULAR_FILE | (outputFileMode ? Number.parseInt(outputFileMode, 8) : mode)) << 16) >>> 0;
    return [name, [content, { os: UNIX, attrs, mtime: CONSTANT_TIME }]] as const;
  });
  return zipSync(Object.fromEntries(files) as Parameters<typeof zipSync>[0]);
}

function describeArchive(zip: Uint8Array) {
  const hash = (algorithm: string, encoding: 'hex' | 'base64') =>
    createHash(algorithm).update(zip).digest(encoding);
  return {
    id: hash('sha1', 'hex'),
    output_size: zip.length,
    output_md5: hash('md5', 'hex'),
    output_sha: hash('sha1', 'hex'),
    output_sha256: hash('sha256', 'hex'),
    output_base64sha256: hash('sha256', 'base64'),
    output_sha512: hash('sha512', 'hex'),
    output_base64sha512: hash('sha512', 'base64'),
  };
}
