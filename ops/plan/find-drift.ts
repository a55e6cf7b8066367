import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { InputError } from '../../input-error';
import { stackNames, stateKey } from '../../stacks/names';
import { review } from '../review/review';
import { prepareFolders } from '../state/errored-state';
import { readLock } from '../state/state-lock';
import { describeDifference } from '../terraform/json-differences';
import type { Attributes, Plan } from '../terraform/plan-json';
import type { Session } from '../terraform/session';
import { StackTerraform, synthesize } from '../terraform/stack-terraform';
import {
  driftAsPlan,
  isDeployed,
  managedResources,
  type ResourceDifference,
  resourceDifferences,
} from './drift-in-plan';
import { findBeside, triggers } from './found-beside';

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
  /**
   * What gives access that the configuration does not give, in the words of a review, the worst first; triggers are among
   * it.
   */
  readonly access: readonly string[];
  /** Types of what may belong to the stack's resources and is not looked for. */
  readonly notCompared: readonly string[];
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
  const begin = async (stack: string) => {
    const lock = await lockHolder(session, stack);
    if (!bucket.hasState(stack)) return { stack, lock };
    report(`compare ${stack}`);
    return { stack, lock, plan: await planOf(new StackTerraform(stack, session)) };
  };
  const begun = await Promise.all(names.map(begin));
  const webPlan = begun.find(({ stack }) => stack === stackNames.web)?.plan;
  // What lets the web call a function stands in the policy of that, and is compared with the stack of the web.
  const isWebApart = !webPlan && environment.web && bucket.hasState(stackNames.web);
  const ofWeb = isWebApart
    ? await resourcesIn(session, stackNames.web)
    : webPlan && managedResources(webPlan);

  const compare = async ({ stack, lock, plan }: (typeof begun)[number]): Promise<StackDrift> => {
    const nothing = { differences: [], access: [], notCompared: [] };
    if (!plan || !isDeployed(plan)) return { stack, status: 'not-deployed', lock, ...nothing };
    const resources = managedResources(plan);
    const { beside, notCompared } = await findBeside(resources, session, ofWeb);
    const differences = resourceDifferences(plan, stack, beside, environment.secretNames);
    const { findings } = review([{ stack, plan: driftAsPlan(plan, beside) }], environment);
    return {
      stack,
      status: differences.length > 0 ? 'drifted' : 'in-sync',
      lock,
      differences,
      access: findings
        .filter(
          ({ concern, address }) => concern === 'access' || triggers.includes(address.split(' ')[0] ?? ''),
        )
        .map(({ address, sentence }) => `${address} ${sentence}`),
      notCompared,
    };
  };
  const stacks = await Promise.all(begun.map(compare));
  const drifted = stacks.some(({ status }) => status !== 'in-sync');
  return { environment: environment.name, drifted, stacks };
}

/** The report for people to read. */
export function describeReport({ environment, stacks }: DriftReport): string {
  const access = stacks.flatMap((it) => it.access.map((words) => `${it.stack}: ${words}`));
  const others = access.length > 1 ? `; and ${access.length - 1} more` : '';
  return [
    ...access
      .slice(0, 1)
      .map((words) => `${environment}: access that the configuration does not give: ${words}${others}`),
    ...stacks.flatMap((it) => [
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
      ...(it.notCompared.length > 0 ? [`  not compared: ${it.notCompared.join(', ')}`] : []),
    ]),
  ].join('\n');
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

/** What the state of a stack knows. */
async function resourcesIn(session: Session, stack: string) {
  const state = await new StackTerraform(stack, session).pull();
  return (state?.resources ?? []).flatMap(({ type, instances }) =>
    instances.map(({ attributes }) => ({ type, values: Object(attributes) as Attributes })),
  );
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
