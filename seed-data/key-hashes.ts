import { hash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const hashBytes = 8;
const fileCount = 64;
const bufferBytes = 1_024 * hashBytes;
/** More keys are not remembered one by one, only counted. */
const maxSuspects = 10_000;

interface Repeated {
  /** Hashes that were added more than once. */
  readonly suspects: ReadonlySet<bigint>;
  /** How often a hash was added that was there already. */
  readonly repetitions: number;
  /** Whether `suspects` holds every such hash, or no more than were remembered. */
  readonly areAll: boolean;
}

/**
 * Finds keys that may be there twice, in little memory: hashes of 8 bytes are put away in files by their first bits, and
 * compared file by file. No two equal keys are missed; of a million different ones two share a hash once in 37 million
 * runs, so a suspect has to be looked at again.
 */
export class KeyHashes {
  readonly #buffers = Array.from({ length: fileCount }, () => Buffer.alloc(bufferBytes));
  readonly #lengths = new Uint32Array(fileCount);

  /** @param folder - an empty folder to put hashes away in */
  constructor(private readonly folder: string) {}

  add(key: string): void {
    const bytes = hashOf(key);
    const file = (bytes[0] ?? 0) % fileCount;
    const buffer = this.#buffers[file] as Buffer;
    const length = this.#lengths[file] as number;
    bytes.copy(buffer, length, 0, hashBytes);
    this.#lengths[file] = length + hashBytes;
    if (length + hashBytes === bufferBytes) this.#putAway(file);
  }

  /** What was added more than once. */
  findRepeated(): Repeated {
    const suspects = new Set<bigint>();
    let repetitions = 0;
    for (let file = 0; file < fileCount; file += 1) {
      this.#putAway(file);
      if (!existsSync(this.#name(file))) continue;
      const content = readFileSync(this.#name(file));
      const hashes = new BigUint64Array(
        content.buffer,
        content.byteOffset,
        content.length / hashBytes,
      ).sort();
      for (let index = 1; index < hashes.length; index += 1) {
        const current = hashes[index] as bigint;
        if (current !== hashes[index - 1]) continue;
        repetitions += 1;
        if (suspects.size < maxSuspects) suspects.add(current);
      }
    }
    return { suspects, repetitions, areAll: suspects.size < maxSuspects };
  }

  #putAway(file: number): void {
    const length = this.#lengths[file] as number;
    if (length > 0) appendFileSync(this.#name(file), (this.#buffers[file] as Buffer).subarray(0, length));
    this.#lengths[file] = 0;
  }

  #name(file: number): string {
    return join(this.folder, `hashes-${file}`);
  }
}

/** The hash of a key as `findRepeated` gives it. */
export function keyHash(key: string): bigint {
  return new BigUint64Array(new Uint8Array(hashOf(key).subarray(0, hashBytes)).buffer)[0] as bigint;
}

function hashOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
