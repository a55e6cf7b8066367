import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { stateKey } from '../../stacks/names';
import { explained, run } from '../command/run-program';
import { readLock } from '../state/state-lock';
import { prepareFolders } from '../terraform/stack-terraform';
import { clientConfig, stackFolder, synthesize, type Tools } from '../terraform/tools';
import { isDeployed, type ResourceDifference, resourceDifferences } from './drift-in-plan';
import { describeDifference } from './json-differences';

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

export interface DriftOptions {
  readonly stacks: readonly string[];
  /** Called with each line of progress. */
  readonly report: (line: string) => void;
}

/**
 * Compare what is deployed with the configuration, each stack by a plan that nobody applies.
 *
 * @throws InputError if the state bucket or a state cannot be read, or Terraform fails
 */
export async function drift(
  environment: Environment,
  { terraform, variables }: Tools,
  { stacks: names, report }: DriftOptions,
): Promise<DriftReport> {
  await prepareFolders();
  const bucket = await readStateBucket(environment);
  if (names.some((stack) => bucket.hasState(stack))) {
    report('synthesize the stacks');
    await explained(synthesize({ env: variables }));
  }
  const compare = async (stack: string): Promise<StackDrift> => {
    const lock = await lockHolder(environment, stack);
    const notDeployed = { stack, status: 'not-deployed', lock, differences: [] } as const;
    if (!bucket.hasState(stack)) return notDeployed;
    report(`compare ${stack}`);
    const plan = await readPlan(terraform, { cwd: stackFolder(stack), env: variables });
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

/**
 * Make a plan and read it. It takes no lock, because it writes no state: a check must not stop a deployment, and a
 * stale lock must not stop the check.
 */
async function readPlan(terraform: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const file = 'drift.tfplan';
  try {
    await explained(run(terraform, ['init', '-input=false', '-reconfigure'], options));
    await explained(run(terraform, ['plan', '-input=false', '-lock=false', `-out=${file}`], options));
    return JSON.parse(await explained(run(terraform, ['show', '-json', file], options)));
  } finally {
    await rm(join(options.cwd, file), { force: true });
  }
}

async function lockHolder(environment: Environment, stack: string): Promise<LockHolder | null> {
  const lock = await readLock(environment, stack);
  return lock ? { who: lock.Who, operation: lock.Operation, since: lock.Created } : null;
}

/** Which stacks have a state in the bucket. */
async function readStateBucket(environment: Environment) {
  const client = new S3Client(await clientConfig(environment));
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
