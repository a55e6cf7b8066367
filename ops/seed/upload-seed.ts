import { hash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Environment, importedTables } from '../../environments';
import { InputError } from '../../input-error';
import { convertItems, type Part } from '../../seed-data/convert-for-import';
import type { ImportManifest } from '../../seed-data/import-manifest';
import { importPrefix } from '../../stacks/names';
import { tables } from '../../system';
import { findStateBucket } from '../state/state-bucket';
import type { AwsSession } from '../terraform/session';
import { findParts, type PartKey } from './uploaded-parts';

/** Emptied by each run: one that was killed leaves it. */
const workFolder = join('cdktf.out', 'import');

/** Each in the memory whole, so that it can be sent again after a failure. */
const uploadsAtOnce = 2;

export interface UploadOptions {
  /** The table's id in `system.ts`. @default the only one whose items the environment imports */
  readonly table?: string | undefined;
  /** Bytes of DynamoDB JSON after which a part ends. */
  readonly partBytes?: number;
}

/**
 * Check the items of a file, upload them as parts of an import, and write the environment's manifest.
 *
 * @throws InputError if the environment imports nothing, an item is wrong, or the state bucket is missing, before anything is
 * uploaded
 */
export async function uploadSeed(
  session: AwsSession,
  file: string,
  { table, ...conversion }: UploadOptions = {},
): Promise<ImportManifest> {
  const { environment, report } = session;
  const seed = importedTable(environment, table);
  const bucket = await findStateBucket(session);
  await rm(workFolder, { recursive: true, force: true });
  await mkdir(workFolder, { recursive: true });
  try {
    const onProgress = (items: number, share: number) =>
      report(`checked ${items.toLocaleString('en')} items (${Math.round(share * 100)}%)`);
    const { manifest, parts } = await convertItems(file, {
      rules: tables[seed.id],
      folder: workFolder,
      onProgress,
      signal: session.signal,
      ...conversion,
    });
    if (bucket.condition !== 'ready') {
      // Without a manifest nothing can be synthesized, the bucket neither.
      await writeManifest(seed.manifest, manifest);
      throw new InputError(
        `s3://${bucket.name}: ${bucket.condition}, so nothing was uploaded; make it with "npm run bootstrap", then run this again`,
      );
    }
    report(`s3://${bucket.name}/${importPrefix(environment, manifest.digest)}`);
    await uploadParts(session, bucket.s3, manifest, parts);
    await writeManifest(seed.manifest, manifest);
    return manifest;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** @throws InputError if the environment imports no table, not this one, or more than one and none is named */
export function importedTable(environment: Environment, table?: string) {
  const imported = importedTables(environment);
  const chosen = table === undefined ? imported : imported.filter(({ id }) => id === table);
  const [only, ...others] = chosen;
  if (only && others.length === 0) return only;
  const ids = imported.map(({ id }) => id);
  if (ids.length > 0) {
    const expected = `one of ${ids.join(', ')}`;
    throw new InputError({ where: '--table', what: 'no imported table', got: table, expected });
  }
  throw new InputError({
    where: `environments.ts: ${environment.name}.seed.mode`,
    what: 'no table of this environment is imported',
    got: environment.seed.mode,
    expected: `{ mode: 'import', manifest: 'seed-data/import.json' }, or another SUPERMISSION_ENV`,
  });
}

async function uploadParts(
  { environment, report, signal }: AwsSession,
  s3: S3Client,
  manifest: ImportManifest,
  parts: readonly Part[],
): Promise<void> {
  const keys = await findParts(environment, manifest, s3);
  const waiting = parts.map((part, index) => ({ part, index, place: keys[index] as PartKey }));
  const upload = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      signal.throwIfAborted();
      const { part, index, place } = next;
      const object = { Bucket: environment.stateBucket, Key: place.key };
      const isThere = place.isThere && (await readDigest(s3, object)) === part.digest;
      if (!isThere) {
        const Body = await readPart(part);
        const Metadata = { [digestName]: part.digest };
        const put = new PutObjectCommand({ ...object, Body, Metadata, ContentType: 'application/gzip' });
        await s3.send(put, { abortSignal: signal });
      }
      report(`part ${index + 1} of ${parts.length}: ${isThere ? 'already there' : 'sent'}`);
    }
  };
  const uploads = Array.from({ length: uploadsAtOnce }, upload);
  try {
    await Promise.all(uploads);
  } finally {
    waiting.length = 0;
    await Promise.allSettled(uploads);
  }
}

/** A part's content, which is what was checked, whatever has become of the file since. */
async function readPart({ file, digest }: Part): Promise<Buffer> {
  const content = await readFile(file);
  const got = await promisify(gunzip)(content).then(
    (lines) => hash('sha256', lines),
    () => 'broken gzip',
  );
  if (got === digest) return content;
  const expected = `digest ${digest}; is another command at work in this folder?`;
  throw new InputError({ where: file, what: 'changed since it was checked', got, expected });
}

/** Of the uncompressed lines: another machine may compress them to other bytes. */
const digestName = 'content-sha256';

async function readDigest(s3: S3Client, object: { readonly Bucket: string; readonly Key: string }) {
  const { Metadata } = await s3.send(new HeadObjectCommand(object));
  return Metadata?.[digestName];
}

/** Whole or not at all, and only when all parts are there. */
async function writeManifest(file: string, manifest: ImportManifest): Promise<void> {
  const draft = join(workFolder, 'manifest.json');
  await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(draft, file);
}
