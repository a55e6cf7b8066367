import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InputError } from '../../input-error';
import { stateKey } from '../../stacks/names';
import type { AwsSession } from '../terraform/session';

/** Who holds the lock of a state, as Terraform writes it beside the state. */
export interface StateLock {
  readonly ID: string;
  readonly Operation: string;
  /** `user@host` */
  readonly Who: string;
  /** ISO 8601. */
  readonly Created: string;
}

/**
 * The lock of a stack's state, if it is held.
 *
 * @throws InputError if there is no state bucket, or if the lock is not one of Terraform's
 */
export async function readLock(
  { environment, aws }: AwsSession,
  stack: string,
): Promise<StateLock | undefined> {
  const client = new S3Client(aws);
  const Bucket = environment.stateBucket;
  const Key = `${stateKey(environment, stack)}.tflock`;
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  } catch (error) {
    const { name } = error as Error;
    if (name === 'NoSuchKey') return undefined;
    if (name === 'NoSuchBucket') {
      throw new InputError(`S3 bucket "${Bucket}" does not exist; make it with "npm run bootstrap"`);
    }
    if (name !== 'SyntaxError') throw error;
    throw new InputError(
      `s3://${Bucket}/${Key}: not a lock of Terraform's; look at it, and delete it by hand`,
    );
  }
}

export function describeLock({ Who, Operation, Created, ID }: StateLock, now = Date.now()): string {
  return `${Who} holds the lock for ${ageOf(now - Date.parse(Created))}, since ${Created} (${Operation}, lock ${ID})`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

function ageOf(milliseconds: number): string {
  const [name, size] = units.find(([, size]) => milliseconds >= size) ?? ['second', 1_000];
  const count = Math.max(0, Math.floor(milliseconds / size));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
