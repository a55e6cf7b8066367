import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as completed } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { InputError, type Problem } from '../input-error';
import type { Report } from './attribute-value';
import { type CheckedItem, checkItem, type ItemRules, reportDuplicateKey } from './check-item';
import type { ImportManifest } from './import-manifest';
import { BrokenText, readJson, reportDuplicateName } from './json-text';
import { KeyHashes, keyHash } from './key-hashes';
import { type Line, splitLines } from './split-lines';

export interface ConversionOptions {
  /** What the items are checked against. */
  readonly rules: ItemRules;
  /** An empty folder for the parts, and for what is put away on the way to them. */
  readonly folder: string;
  /** Called now and then with the number of items so far, and the share of the file that has been read. */
  readonly onProgress?: (items: number, share: number) => void;
  /** Bytes after which a part ends. @default 32 MiB */
  readonly partBytes?: number;
  /** Ends the conversion with its reason when it is aborted. @default it goes on to its end */
  readonly signal?: AbortSignal;
}

/** A file of DynamoDB JSON, an item a line, in gzip. */
export interface Part {
  readonly file: string;
  /** SHA-256 of the lines: unlike that of the file the same whatever machine has compressed them. */
  readonly digest: string;
}

export interface Conversion {
  readonly manifest: ImportManifest;
  readonly parts: readonly Part[];
}

/**
 * Many files of a middle size are imported in parallel, and a cut upload loses little; 50,000 of them, the most that
 * DynamoDB imports at once, hold 1.5 TiB, more than it imports at once in most regions.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.BestPractices.html
 */
const defaultPartBytes = 32 * 2 ** 20;
const maxParts = 50_000;

const sampleItems = 5;
const maxSampleBytes = 2_048;

const shownProblems = 100;
const progressItems = 100_000;
const batchBytes = 2 ** 16;

/**
 * Check the items of a file, and convert them into parts for DynamoDB's import from S3. The file is read as a stream: JSON
 * Lines, in gzip or not, whichever its content shows; each line is an item in plain JSON or as DynamoDB exports it.
 *
 * @throws InputError that lists the first problems, one per line, and counts the others
 */
export async function convertItems(file: string, options: ConversionOptions): Promise<Conversion> {
  const { rules, folder, onProgress, partBytes = defaultPartBytes, signal } = options;
  const problems = new Problems();
  const keys = new KeyHashes(folder);
  const parts = new PartWriter(folder, partBytes);
  const sample: ImportManifest['sample'] = [];
  let items = 0;
  for await (const line of readLines(file, problems.report, (share) => onProgress?.(items, share))) {
    signal?.throwIfAborted();
    items += 1;
    const checked = readItem(line, rules, problems.report);
    if (!checked) continue;
    keys.add(checked.key);
    if (problems.count > 0) continue;
    await parts.write(checked.item);
    if (sample.length < sampleItems && checked.item.length <= maxSampleBytes) {
      sample.push(JSON.parse(checked.item));
    }
  }
  await reportDuplicateKeys(file, keys, rules, problems);
  problems.throwAny(file, items);
  if (items === 0)
    throw new InputError({ where: file, what: 'no items', got: items, expected: 'at least one' });

  const written = await parts.end();
  if (written.length > maxParts) {
    const expected = `at most ${maxParts} of ${partBytes} bytes, the most that DynamoDB imports at once`;
    throw new InputError({ where: file, what: 'too many parts', got: written.length, expected });
  }
  const digest = hash('sha256', written.map((part) => part.digest).join('\n'));
  const manifest = { digest, items, parts: written.length, bytes: parts.bytes, sample };
  return { manifest, parts: written };
}

/** Keeps the first problems, and counts all. */
class Problems {
  readonly #first: Problem[] = [];
  count = 0;

  readonly report: Report = (problem) => {
    this.count += 1;
    if (this.#first.length < shownProblems) this.#first.push(problem);
  };

  throwAny(file: string, items: number): void {
    if (this.count === 0) return;
    const others = this.count - this.#first.length;
    throw new InputError(
      ...this.#first,
      ...(others > 0 ? [`${file}: and ${others} more`] : []),
      `${file}: nothing was uploaded; items read: ${items}, problems: ${this.count}`,
    );
  }
}

async function* readLines(
  file: string,
  report: Report,
  onRead: (share: number) => void = () => {},
): AsyncGenerator<Line> {
  try {
    const { size } = await stat(file);
    const bytes = createReadStream(file, { highWaterMark: batchBytes });
    const inGzip = await isGzip(file);
    // Its errors come out where the content is read.
    const content = inGzip ? pipeline(bytes, createGunzip(), () => {}) : bytes;
    let lines = 0;
    for await (const line of splitLines(refusingOtherForms(content, file, inGzip), file, report)) {
      yield line;
      lines += 1;
      if (lines % progressItems === 0) onRead(bytes.bytesRead / size);
    }
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) {
      throw new InputError({ where: file, what: 'broken gzip', got: message, expected: 'a whole gzip file' });
    }
    if (syscall === undefined) throw error;
    const expected = 'a file of items in JSON Lines, in gzip or not';
    throw new InputError({ where: file, what: 'cannot be read', got: code, expected });
  }
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** Two forms that people have, and that would give an error for each line. */
async function* refusingOtherForms(chunks: AsyncIterable<Uint8Array>, file: string, inGzip: boolean) {
  let isStart = true;
  for await (const chunk of chunks) {
    const start = isStart ? Buffer.from(chunk.subarray(0, 64)).toString('latin1') : '';
    if (/^(\xef\xbb\xbf)?\s*\[/.test(start)) {
      const jq = inGzip ? `gunzip -c "${file}" | jq -c '.[]'` : `jq -c '.[]' "${file}"`;
      const expected = `JSON Lines, an item a line: ${jq} > items.jsonl (jq before 1.7 rounds numbers)`;
      throw new InputError({ where: file, what: 'a JSON list', got: '[', expected });
    }
    if (start.startsWith('$ion_')) {
      const expected = 'JSON Lines, for example an export of DynamoDB with the format DYNAMODB_JSON';
      throw new InputError({ where: file, what: 'Amazon Ion', got: start.slice(0, 8), expected });
    }
    isStart = false;
    yield chunk;
  }
}

function readItem(
  { content, where, start }: Line,
  rules: ItemRules,
  report: Report,
): CheckedItem | undefined {
  try {
    const { json, duplicateNames } = readJson(content, start, where);
    for (const { name } of duplicateNames) reportDuplicateName(name, where, report);
    return checkItem(json, where, rules, report);
  } catch (error) {
    if (!(error instanceof BrokenText)) throw error;
    report(error.problem);
    return undefined;
  }
}

/** Reads the file once more if there is a suspect: of a key only its hash was kept. */
async function reportDuplicateKeys(
  file: string,
  keys: KeyHashes,
  rules: ItemRules,
  problems: Problems,
): Promise<void> {
  const { suspects, repetitions, areAll } = keys.findRepeated();
  if (repetitions === 0) return;
  const ignore = () => {};
  const seen = new Set<string>();
  let [occurrences, duplicates] = [0, 0];
  for await (const line of readLines(file, ignore)) {
    const item = readItem(line, rules, ignore);
    if (!item || !suspects.has(keyHash(item.key))) continue;
    occurrences += 1;
    if (seen.has(item.key)) {
      duplicates += 1;
      reportDuplicateKey(item.key, line.where, rules, problems.report);
    }
    seen.add(item.key);
  }
  if (!areAll) problems.count += repetitions - duplicates;
  else if (occurrences !== repetitions + suspects.size) {
    const expected = 'a file at rest';
    throw new InputError({ where: file, what: 'changed while it was read', got: occurrences, expected });
  }
}

/** Writes items into parts, each of which ends with the item that fills it. */
class PartWriter {
  bytes = 0;
  readonly #parts: Part[] = [];
  #lines: string[] = [];
  #length = 0;
  #current: { readonly gzip: ReturnType<typeof createGzip>; readonly ended: Promise<void> } | undefined;
  #hash = createHash('sha256');
  #partBytes = 0;

  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  async write(item: string): Promise<void> {
    const line = `{"Item":${item}}\n`;
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= Math.min(batchBytes, this.maxBytes)) await this.#flush();
    if (this.#partBytes >= this.maxBytes) await this.#endPart();
  }

  async end(): Promise<readonly Part[]> {
    await this.#flush();
    await this.#endPart();
    return this.#parts;
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const batch = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    this.#current ??= this.#open();
    this.#hash.update(batch);
    this.#partBytes += batch.length;
    this.bytes += batch.length;
    const { gzip, ended } = this.#current;
    if (!gzip.write(batch)) await Promise.race([once(gzip, 'drain'), ended]);
  }

  #open() {
    const gzip = createGzip();
    const ended = completed(gzip, createWriteStream(this.#file()));
    // Whoever waits for the end hears of an error; until then it is no unhandled one.
    ended.catch(() => {});
    return { gzip, ended };
  }

  async #endPart(): Promise<void> {
    if (!this.#current) return;
    this.#current.gzip.end();
    await this.#current.ended;
    this.#parts.push({ file: this.#file(), digest: this.#hash.digest('hex') });
    this.#hash = createHash('sha256');
    this.#partBytes = 0;
    this.#current = undefined;
  }

  #file(): string {
    return join(this.folder, partName(this.#parts.length));
  }
}

/** Names in the order of the items. */
export function partName(index: number): string {
  return `part-${String(index).padStart(5, '0')}.json.gz`;
}
