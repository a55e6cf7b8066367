import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { InputError } from '../../input-error';
import { stateKey } from '../../stacks/names';
import { prepareFolders } from '../state/errored-state';
import { readLock } from '../state/state-lock';
import type { Session } from '../terraform/session';
import { StackTerraform, synthesize } from '../terraform/stack-terraform';
import { isDeployed, type ResourceDifference, resourceDifferences } from './drift-in-plan';
import { describeDifference } from './json-differences';
import type { Plan } from './plan-json';

/** What `npm run drift -- --json` prints. */
export interface DriftReport {
  readonly environment: string;
  /** Whether any stack is not in sync. */
  readonly drifted: boolean;
  readonly stacks: readonly StackDrift[];
}

export interface StackDrift {
  readonly stack: string;
  readonly status: 'in-sync' | 'drifted' | 'not-deployed';
  /** Who held the state's lock when the comparison began: what they are changing may show as drift. */
  readonly lock: LockHolder | null;
  readonly differences: readonly ResourceDifference[];
}

export interface LockHolder {
  /** User and machine. */
  readonly who: string;
  /** Such as `OperationTypeApply`. */
  readonly operation: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Compare what is deployed with the configuration, each stack by a plan that nobody applies.
 *
 * @throws InputError if the state bucket or a state cannot be read, or Terraform fails
 */
export async function drift(session: Session, names: readonly string[]): Promise<DriftReport> {
  const { environment, report } = session;
  await prepareFolders();
  const bucket = await readStateBucket(session);
  if (names.some((stack) => bucket.hasState(stack))) {
    report('synthesize the stacks');
    await synthesize(session);
  }
  const compare = async (stack: string): Promise<StackDrift> => {
    const lock = await lockHolder(session, stack);
    const notDeployed = { stack, status: 'not-deployed', lock, differences: [] } as const;
    if (!bucket.hasState(stack)) return notDeployed;
    report(`compare ${stack}`);
    const plan = await planOf(new StackTerraform(stack, session));
    if (!isDeployed(plan)) return notDeployed;
    const differences = resourceDifferences(plan, stack);
    return { stack, status: differences.length > 0 ? 'drifted' : 'in-sync', lock, differences };
  };
  const stacks = await Promise.all(names.map(compare));
  const drifted = stacks.some(({ status }) => status !== 'in-sync');
  return { environment: environment.name, drifted, stacks };
}

/** The report for people to read. */
export function describeReport({ environment, stacks }: DriftReport): string {
  return stacks
    .flatMap((it) => [
      `${environment} ${it.stack}: ${describeStatus(it)}`,
      ...(it.lock
        ? [
            `  locked by ${it.lock.who} since ${it.lock.since} (${it.lock.operation}): what they are changing may show here`,
          ]
        : []),
      ...it.differences.flatMap((difference) => [
        `  ${difference.address}: ${describeKind(difference)}`,
        ...difference.attributes.map((attribute) => `    ${describeDifference(attribute)}`),
        `    repair: ${difference.repair}`,
      ]),
    ])
    .join('\n');
}

function describeStatus({ stack, status, differences }: StackDrift): string {
  if (status === 'in-sync') return 'in sync';
  if (status === 'not-deployed') return `not deployed; deploy it with "npm run deploy -- ${stack}"`;
  return differences.length === 1 ? '1 difference' : `${differences.length} differences`;
}

function describeKind({ kind, origin, replaced }: ResourceDifference): string {
  const cause = { outside: 'outside Terraform', 'not-deployed': 'the configuration is not deployed yet' };
  return `${kind} (${cause[origin]})${replaced ? ', a deployment replaces it' : ''}`;
}

async function planOf(terraform: StackTerraform): Promise<Plan> {
  try {
    return JSON.parse((await terraform.plan()).json);
  } finally {
    await terraform.tidy();
  }
}

async function lockHolder(session: Session, stack: string): Promise<LockHolder | null> {
  const lock = await readLock(session, stack);
  return lock ? { who: lock.Who, operation: lock.Operation, since: lock.Created } : null;
}

/** Which stacks have a state in the bucket. */
async function readStateBucket({ environment, aws }: Session) {
  const client = new S3Client(aws);
  const Bucket = environment.stateBucket;
  const keys = new Set<string | undefined>();
  try {
    const Prefix = stateKey(environment, '').replace(/[^/]*$/, '');
    // A state bucket may hold the many parts of an import, a level below.
    const list = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/' });
    const { Contents = [] } = await client.send(list);
    for (const { Key } of Contents) keys.add(Key);
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const advice = error.name === 'NoSuchBucket' ? '; make it with "npm run bootstrap"' : '';
    throw new InputError(`state bucket ${Bucket}: ${error.name}, ${error.message}${advice}`);
  }
  return {
    hasState: (stack: string) => keys.has(stateKey(environment, stack)),
  };
}
