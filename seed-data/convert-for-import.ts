import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as completed } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { describeProblem, InputError, type Problem } from '../input-error';
import type { Report } from './attribute-value';
import {
  BrokenText,
  type CheckedRecord,
  checkKeyName,
  checkRecord,
  decodeUtf8,
  duplicateNames,
  parseJson,
  reportDuplicateKey,
  reportDuplicateName,
} from './check-item';
import type { ImportManifest } from './import-manifest';
import { KeyHashes, keyHash } from './key-hashes';
import { type RecordText, splitRecords } from './split-items';

export interface ConversionOptions {
  /** Name of the table's partition key, a string attribute. */
  readonly partitionKey: string;
  /** An empty folder for the parts, and for what is put away on the way to them. */
  readonly folder: string;
  /** Called now and then with the number of records so far, and the share of the file that has been read. */
  readonly onProgress?: (records: number, share: number) => void;
  /** Bytes after which a part ends. @default 32 MiB */
  readonly partBytes?: number;
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

const sampleRecords = 5;
const maxSampleBytes = 2_048;

const shownMistakes = 100;
const progressRecords = 100_000;
const batchBytes = 2 ** 16;

/**
 * Check the records of a file, and convert them into parts for DynamoDB's import from S3. The file is read as a stream: a
 * JSON list or JSON Lines, in gzip or not, whichever its content shows.
 *
 * @throws InputError that lists the first problems, one per line, and counts the others
 */
export async function convertRecords(file: string, options: ConversionOptions): Promise<Conversion> {
  const { partitionKey, folder, onProgress, partBytes = defaultPartBytes } = options;
  const problems = new Problems();
  const keys = new KeyHashes(folder);
  const parts = new PartWriter(folder, partBytes);
  const sample: ImportManifest['sample'] = [];
  checkKeyName(partitionKey, file, problems.report);
  let read = 0;
  for await (const text of readTexts(file, problems.report, (share) => onProgress?.(read, share))) {
    read += 1;
    const record = readRecord(text, partitionKey, problems.report);
    if (!record) continue;
    keys.add(record.key);
    if (problems.count > 0) continue;
    await parts.write(record.item);
    if (sample.length < sampleRecords && record.item.length <= maxSampleBytes) {
      sample.push(JSON.parse(record.item));
    }
  }
  await reportDuplicateKeys(file, keys, partitionKey, problems);
  problems.throwAny(file, read);
  if (read === 0)
    throw new InputError({ where: file, what: 'no records', got: read, expected: 'at least one' });

  const written = await parts.end();
  if (written.length > maxParts) {
    const expected = `at most ${maxParts} of ${partBytes} bytes, the most that DynamoDB imports at once`;
    throw new InputError({ where: file, what: 'too many parts', got: written.length, expected });
  }
  const digest = hash('sha256', written.map((part) => part.digest).join('\n'));
  const manifest = { digest, records: read, parts: written.length, bytes: parts.bytes, sample };
  return { manifest, parts: written };
}

/** Keeps the first problems, and counts all. */
class Problems {
  readonly #first: Problem[] = [];
  count = 0;

  readonly report: Report = (problem) => {
    this.count += 1;
    if (this.#first.length < shownMistakes) this.#first.push(problem);
  };

  throwAny(file: string, records: number): void {
    if (this.count === 0) return;
    const others = this.count - this.#first.length;
    throw new InputError(
      [
        ...this.#first.map(describeProblem),
        ...(others > 0 ? [`${file}: and ${others} more`] : []),
        `${file}: nothing was uploaded; records read: ${records}, problems: ${this.count}`,
      ].join('\n'),
    );
  }
}

async function* readTexts(
  file: string,
  report: Report,
  onRead: (share: number) => void = () => {},
): AsyncGenerator<RecordText> {
  try {
    const { size } = await stat(file);
    const bytes = createReadStream(file, { highWaterMark: batchBytes });
    // Its errors come out where the content is read.
    const content = (await isGzip(file)) ? pipeline(bytes, createGunzip(), () => {}) : bytes;
    let records = 0;
    for await (const text of splitRecords(content, file, report)) {
      yield text;
      records += 1;
      if (records % progressRecords === 0) onRead(bytes.bytesRead / size);
    }
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) {
      throw new InputError({ where: file, what: 'broken gzip', got: message, expected: 'a whole gzip file' });
    }
    if (syscall === undefined) throw error;
    throw new InputError({
      where: file,
      what: 'cannot be read',
      got: code,
      expected: 'a file of records, a JSON list or JSON Lines, in gzip or not',
    });
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

function readRecord(
  { content, where, start }: RecordText,
  partitionKey: string,
  report: Report,
): CheckedRecord | undefined {
  try {
    const json = decodeUtf8(content, start);
    const record = parseJson(json, start, where);
    for (const { name } of duplicateNames(json)) reportDuplicateName(name, where, report);
    return checkRecord(record, where, partitionKey, report);
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
  partitionKey: string,
  problems: Problems,
): Promise<void> {
  const { suspects, repetitions, areAll } = keys.findRepeated();
  if (repetitions === 0) return;
  const ignore = () => {};
  const seen = new Set<string>();
  let [occurrences, duplicates] = [0, 0];
  for await (const text of readTexts(file, ignore)) {
    const record = readRecord(text, partitionKey, ignore);
    if (!record || !suspects.has(keyHash(record.key))) continue;
    occurrences += 1;
    if (seen.has(record.key)) {
      duplicates += 1;
      reportDuplicateKey(record.key, text.where, partitionKey, problems.report);
    }
    seen.add(record.key);
  }
  if (!areAll) problems.count += repetitions - duplicates;
  else if (occurrences !== repetitions + suspects.size) {
    throw new InputError({
      where: file,
      what: 'changed while it was read',
      got: occurrences,
      expected: 'a file at rest',
    });
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

/** Names in the order of the records. */
export function partName(index: number): string {
  return `part-${String(index).padStart(5, '0')}.json.gz`;
}
