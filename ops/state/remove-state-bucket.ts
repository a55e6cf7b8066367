import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { importPrefix } from '../../stacks/names';
import type { AwsSession } from '../terraform/session';
import { findStateBucket, type StateBucket } from './state-bucket';

/** S3 removes no more at once. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const mostAtOnce = 1_000;

/**
 * Remove an environment's state bucket and all that is in it; a removal that was cut short is finished by the next one.
 *
 * @throws InputError if the bucket is not ours or still needed, or if the removal is not approved
 */
export async function removeStateBucket(
  session: AwsSession,
  approve: (question: string) => Promise<boolean>,
): Promise<void> {
  const { environment, report } = session;
  const bucket = await findStateBucket(session);
  if (bucket.condition === 'absent') {
    report(`s3://${bucket.name}: does not exist, nothing to remove`);
    return;
  }
  const objects = await readObjects(environment, bucket);
  report(`s3://${bucket.name} (account ${bucket.accountId}, region ${environment.region}) holds`);
  for (const line of describeObjects(objects)) report(`  ${line}`);
  expectUnused(bucket, objects);
  if (!(await approve(`Remove s3://${bucket.name} with every version of these?`))) {
    throw new InputError('not approved, nothing was removed');
  }
  // Somebody may have deployed while the question was open.
  expectUnused(bucket, await readObjects(environment, bucket));

  await bucket.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket.name }));
  const { older, newest } = await listVersions(bucket);
  // In this order, so that no older state comes to light when the removal is cut short.
  await removeVersions(bucket, older);
  await removeVersions(bucket, newest);
  // S3 itself refuses if something has been written since.
  await bucket.s3.send(new DeleteBucketCommand({ Bucket: bucket.name }));
  report(`s3://${bucket.name}: removed, with ${older.length + newest.length} versions`);
}

/** An object of the bucket, as far as it was understood. */
export interface BucketObject {
  readonly key: string;
  readonly lastModified: string;
  readonly state?: { readonly serial: number; readonly resources: number };
  /** Who holds the lock, for what and since when. */
  readonly lock?: string;
  /** Size of a part of an import, which a new table may start from, and no table needs once it is there. */
  readonly partBytes?: number;
}

async function readObjects(
  environment: Environment,
  { s3, name: Bucket }: StateBucket,
): Promise<BucketObject[]> {
  const objects: BucketObject[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    for (const { Key = '', LastModified, Size = 0 } of Contents) {
      if (Key.startsWith(importPrefix(environment))) {
        objects.push({ key: Key, lastModified: '', partBytes: Size });
        continue;
      }
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      objects.push({
        key: Key,
        lastModified: LastModified?.toISOString() ?? '',
        ...readObject(Key, (await Body?.transformToString()) ?? ''),
      });
    }
  }
  return objects;
}

interface StateFile {
  readonly serial: number;
  readonly resources: readonly { readonly mode: string; readonly instances: readonly unknown[] }[];
}

/** What Terraform has written under a key; nothing if it is not Terraform's. */
export function readObject(key: string, content: string): Pick<BucketObject, 'state' | 'lock'> {
  try {
    if (key.endsWith('.tflock')) {
      const { Who, Created, Operation, ID } = JSON.parse(content);
      return { lock: `${Who} since ${Created} (${Operation}, lock ${ID})` };
    }
    if (!key.endsWith('.tfstate')) return {};
    const { serial, resources }: StateFile = JSON.parse(content);
    const managed = resources.filter(({ mode }) => mode === 'managed');
    return { state: { serial, resources: managed.flatMap(({ instances }) => instances).length } };
  } catch {
    return {};
  }
}

function describeObjects(objects: readonly BucketObject[]): string[] {
  if (objects.length === 0) return ['no state'];
  const parts = objects.filter(({ partBytes }) => partBytes !== undefined);
  const others = objects.filter(({ partBytes }) => partBytes === undefined);
  const width = Math.max(...others.map(({ key }) => key.length));
  const lines = others.map(({ key, lastModified, state, lock }) => {
    const content = state ? `serial ${state.serial}, ${countOf(state)}` : (lock ?? 'not understood');
    return `${key.padEnd(width)}  ${lastModified}  ${content}`;
  });
  if (parts.length === 0) return lines;
  const bytes = parts.reduce((sum, { partBytes = 0 }) => sum + partBytes, 0);
  return [...lines, `${parts.length} parts of imports, ${bytes} bytes`];
}

const countOf = ({ resources }: { readonly resources: number }) =>
  `${resources} resource${resources === 1 ? '' : 's'}`;

/** @throws InputError with one line for each object that stands in the way */
export function expectUnused(
  { name, ownKey }: Pick<StateBucket, 'name' | 'ownKey'>,
  objects: readonly BucketObject[],
): void {
  const reasons = objects.flatMap(({ key, state, lock, partBytes }) => {
    if (partBytes !== undefined) return [];
    const where = `s3://${name}/${key}`;
    if (lock !== undefined) return [`${where}: locked by ${lock}; wait, or free the lock if it is stale`];
    if (state === undefined) return [`${where}: not a state that can be read; move it elsewhere first`];
    if (key === ownKey || state.resources === 0) return [];
    return [`${where}: still has ${countOf(state)}; remove them with "npm run destroy" first`];
  });
  if (reasons.length > 0) throw new InputError(reasons.join('\n'));
}

/** Every version and delete marker. */
async function listVersions({ s3, name: Bucket }: StateBucket) {
  const newest: ObjectIdentifier[] = [];
  const older: ObjectIdentifier[] = [];
  let position: Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'> | undefined = {};
  while (position) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket, ...position }),
    );
    for (const { Key, VersionId, IsLatest } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      (IsLatest ? newest : older).push({ Key, VersionId });
    }
    position = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
  return { older, newest };
}

async function removeVersions(
  { s3, name: Bucket }: StateBucket,
  versions: readonly ObjectIdentifier[],
): Promise<void> {
  for (let start = 0; start < versions.length; start += mostAtOnce) {
    const Objects = versions.slice(start, start + mostAtOnce);
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new InputError(`s3://${Bucket}/${first.Key}: ${first.Code}, ${first.Message}`);
  }
}
