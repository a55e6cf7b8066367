import {
  GetBucketTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { stackNames, stateKey } from '../../stacks/names';
import { project } from '../../system';
import type { AwsSession } from '../terraform/session';

/** An environment's state bucket as it is found, and the means to work on it. */
export interface StateBucket {
  readonly name: string;
  /** Where the bucket keeps the state of its own making. */
  readonly ownKey: string;
  readonly accountId: string;
  /**
   * `absent`: nobody has a bucket of this name. `unfinished`: the bucket is ours, and the state of its making is not
   * in it. `ready`: it is.
   */
  readonly condition: 'absent' | 'unfinished' | 'ready';
  readonly s3: S3Client;
}

/**
 * Find an environment's state bucket; nothing is changed.
 *
 * @throws InputError if the credentials do not work or belong to another account than the environment allows, or if
 * the bucket belongs to somebody else, is in another region or may not be read
 */
export async function findStateBucket({ environment, aws }: AwsSession): Promise<StateBucket> {
  const accountId = await readAccountId(environment, new STSClient(aws));
  const bucket = {
    name: environment.stateBucket,
    ownKey: stateKey(environment, stackNames.stateBackend),
    accountId,
    s3: new S3Client(aws),
  };
  try {
    return { ...bucket, condition: await conditionOf(environment, bucket) };
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    throw bucketError(environment, 'access denied', messageOf(error), {
      expected: `a bucket of account ${accountId}, and the right to read it (s3:ListBucket, s3:GetObject, s3:GetBucketTagging); bucket names are unique in the world: choose another with SUPERMISSION_STATE_BUCKET if this one is somebody else's`,
    });
  }
}

/**
 * The state bucket of an environment that can be deployed.
 *
 * @throws InputError as `findStateBucket`, and if there is no bucket yet
 */
export async function expectStateBucket(session: AwsSession): Promise<StateBucket> {
  const bucket = await findStateBucket(session);
  if (bucket.condition === 'ready') return bucket;
  throw new InputError(`s3://${bucket.name}: ${bucket.condition}; run "npm run bootstrap" first`);
}

async function readAccountId({ name, allowedAccountIds }: Environment, sts: STSClient): Promise<string> {
  const { Account = '' } = await sts.send(new GetCallerIdentityCommand()).catch((error: unknown) => {
    throw new InputError({
      where: 'AWS credentials',
      what: 'not accepted',
      got: messageOf(error),
      expected: 'credentials with which "aws sts get-caller-identity" answers',
    });
  });
  if (!allowedAccountIds || allowedAccountIds.includes(Account)) return Account;
  throw new InputError({
    where: 'AWS credentials',
    what: `of an account that environment ${name} may not touch`,
    got: Account,
    expected: `one of ${allowedAccountIds.join(', ')}`,
  });
}

async function conditionOf(
  environment: Environment,
  { name: Bucket, ownKey: Key, accountId, s3 }: Omit<StateBucket, 'condition'>,
): Promise<StateBucket['condition']> {
  const region = await s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: accountId })).then(
    ({ BucketRegion }) => BucketRegion,
    (error: unknown) => {
      if (statusOf(error) === 404) return 'absent';
      const elsewhere = regionOf(error);
      if (elsewhere === undefined || elsewhere === environment.region) throw error;
      return elsewhere;
    },
  );
  if (region === 'absent') return 'absent';
  if (region !== undefined && region !== environment.region) {
    throw bucketError(environment, 'in another region', region, {
      expected: `${environment.region}, or region: '${region}' in environments.ts`,
    });
  }
  if (await isThere(s3.send(new HeadObjectCommand({ Bucket, Key })))) return 'ready';
  await expectOurs(environment, s3);
  return 'unfinished';
}

/** A run that was cut short leaves a bucket with our tags, or an empty one without any. */
async function expectOurs(environment: Environment, s3: S3Client): Promise<void> {
  const Bucket = environment.stateBucket;
  const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket })).catch((error: unknown) => {
    if ((error as Error).name !== 'NoSuchTagSet') throw error;
    return { TagSet: [] };
  });
  const tags = Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]));
  if (tags.project === project && tags.environment === environment.name) return;
  if (TagSet.length === 0) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }),
    );
    if (Versions.length + DeleteMarkers.length === 0) return;
  }
  throw bucketError(environment, 'made for something else', tags, {
    expected: `a name that is free, an empty bucket without tags, or tags project=${project} and environment=${environment.name}; choose another name with SUPERMISSION_STATE_BUCKET`,
  });
}

async function isThere(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

function bucketError(
  { stateBucket }: Environment,
  what: string,
  got: unknown,
  { expected }: { readonly expected: string },
): InputError {
  return new InputError({ where: `s3://${stateBucket}`, what, got, expected });
}

interface ServiceError {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The HTTP status of an answer that AWS refused with. */
export const statusOf = (error: unknown) => (error as ServiceError).$metadata?.httpStatusCode;

/** S3 says where a bucket is even to those it turns away. */
const regionOf = (error: unknown) => (error as ServiceError).$response?.headers?.['x-amz-bucket-region'];

export const messageOf = (error: unknown) =>
  `${(error as ServiceError).name}: ${(error as ServiceError).message}`;
