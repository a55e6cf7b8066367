import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { partName } from '../../seed-data/convert-for-import';
import type { ImportManifest } from '../../seed-data/import-manifest';
import { importPrefix } from '../../stacks/names';
import type { AwsSession } from '../terraform/session';

/** Where a part of an import belongs in the state bucket. */
export interface PartKey {
  readonly key: string;
  /** Whether there is an object already. */
  readonly isThere: boolean;
}

/** Where the parts of a manifest belong, in their order. */
export async function findParts(
  environment: Environment,
  { digest, parts }: Pick<ImportManifest, 'digest' | 'parts'>,
  s3: S3Client,
): Promise<readonly PartKey[]> {
  const Prefix = importPrefix(environment, digest);
  const found = new Set<string | undefined>();
  const pages = paginateListObjectsV2({ client: s3 }, { Bucket: environment.stateBucket, Prefix });
  for await (const { Contents = [] } of pages) {
    for (const { Key } of Contents) found.add(Key);
  }
  return Array.from({ length: parts }, (_, index) => {
    const key = `${Prefix}${partName(index)}`;
    return { key, isThere: found.has(key) };
  });
}

/** @throws InputError if a part of the import is missing: DynamoDB would make a table without its items */
export async function expectParts({ environment, aws }: AwsSession, manifest: ImportManifest): Promise<void> {
  const s3 = new S3Client(aws);
  const parts = await findParts(environment, manifest, s3).catch((error: Error) => {
    if (error.name !== 'NoSuchBucket') throw error;
    throw new InputError(
      `S3 bucket "${environment.stateBucket}" does not exist; make it with "npm run bootstrap"`,
    );
  });
  const missing = parts.filter(({ isThere }) => !isThere);
  if (missing.length === 0) return;
  throw new InputError(
    `s3://${environment.stateBucket}/${missing[0]?.key}: not there, and ${missing.length} of ${parts.length} parts in all; upload them with "npm run seed:upload -- <file>"`,
  );
}
