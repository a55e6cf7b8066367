import { InputError } from '../../input-error';
import { appStacks, stackNames } from '../../stacks/names';
import { describeFinding } from '../review/finding';
import { review } from '../review/review';
import { erroredStates } from '../state/errored-state';
import { expectOwnState, saveErroredState } from '../state/save-errored-state';
import {
  addressesOf,
  backUp,
  type ExistingItem,
  nextAfter,
  withItems,
  withoutTaint,
} from '../state/state-file';
import { describeLock, readLock } from '../state/state-lock';
import { destroyedBy, readPlan } from '../terraform/plan-json';
import type { Session } from '../terraform/session';
import { type Configuration, StackTerraform, synthesize } from '../terraform/stack-terraform';
import { findExisting } from './find-existing';

export interface AdoptOptions {
  /** Asked before a plan is applied. */
  readonly approve: (question: string) => Promise<boolean>;
  /** Asked before a lock is freed. */
  readonly approveUnlock: (question: string) => Promise<boolean>;
}

/**
 * Take over what exists into the state of each stack.
 *
 * @throws InputError if a lock is not freed, a plan is not approved, or something would be replaced or destroyed
 */
export async function adopt(session: Session, options: AdoptOptions): Promise<void> {
  const { environment, report } = session;
  const context = { ...session, ...options };
  const open = (stack: string, folder?: string) => new StackTerraform(stack, session, folder);

  const errored = erroredStates().map(({ stack, folder }) => open(stack, folder));
  for (const terraform of errored) await expectOwnState(terraform, environment);

  report('synthesize');
  await synthesize(session);
  for (const terraform of errored) {
    await freeStaleLock(terraform, context);
    await saveErroredState(session, terraform);
  }
  for (const stack of Object.values(stackNames)) await freeStaleLock(open(stack), context);
  for (const stack of appStacks(environment)) await adoptStack(open(stack), context);
}

type Context = Session & AdoptOptions;

async function freeStaleLock(terraform: StackTerraform, context: Context): Promise<void> {
  const { approveUnlock, report } = context;
  const { stack } = terraform;
  const lock = await readLock(context, stack);
  if (!lock) return;
  const holder = `${stack}: ${describeLock(lock)}`;
  report(holder);
  if (!(await approveUnlock(`${stack}: free the lock? Whoever still deploys would lose it.`))) {
    throw new InputError(`${holder}; if nobody is deploying, free it with "npm run adopt -- --force-unlock"`);
  }
  await terraform.freeLock(lock.ID).catch(async (error: unknown) => {
    // Whoever held it may have come to an end meanwhile.
    if (await readLock(context, stack)) throw error;
  });
  report(`${stack}: the lock is free`);
}

const notLookedFor =
  'is of a type that adopt cannot look for, and is left as it is; if it exists, import it with Terraform, if not, deploy';

function itemAddress({ name }: ExistingItem): string {
  return `aws_dynamodb_table_item.${name}`;
}

/** Addresses of all that a configuration defines, but for some. */
function addressesIn({ resource }: Configuration, except: readonly string[]): string[] {
  return Object.entries(resource)
    .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
    .filter((address) => !except.includes(address));
}

async function adoptStack(terraform: StackTerraform, context: Context): Promise<void> {
  const { environment, aws, approve, report } = context;
  const { stack } = terraform;
  await terraform.tidy();
  const before = await terraform.pull();
  const { known, tainted } = addressesOf(before);
  const complete = new Set([...known].filter((address) => !tainted.has(address)));
  const configuration = await terraform.configuration();
  const existing = await findExisting(configuration, complete, aws);
  const found = [...existing.imports.map(({ to }) => to), ...existing.items.map(itemAddress)];
  const imports = existing.imports.filter(({ to }) => !tainted.has(to));
  const items = existing.items.filter((it) => !tainted.has(itemAddress(it)));
  const unfinished = found.filter((address) => tainted.has(address));
  for (const address of existing.notLookedFor) report(`${stack}: ${address} ${notLookedFor}`);
  if (imports.length + unfinished.length + items.length === 0) {
    report(`${stack}: nothing to adopt`);
    return;
  }
  if (before) report(`${stack}: a copy of the state is ${await backUp(environment, stack, before)}`);

  // Terraform plans on what its state holds, so the items have to be there first.
  const changesState = unfinished.length + items.length > 0;
  if (changesState) {
    const awsProvider = Object.keys(await terraform.providers()).find((it) => it.endsWith('/hashicorp/aws'));
    const versions = { terraform: context.terraform.version, awsProvider: awsProvider as string };
    const completed = withItems(before, items, versions);
    await terraform.push(nextAfter(before, withoutTaint(completed, unfinished)));
  }
  const pushed = changesState ? await terraform.pull() : undefined;
  let isApplying = false;
  try {
    // What may be there already is not made a second time.
    const targets = existing.notLookedFor.length > 0 ? addressesIn(configuration, existing.notLookedFor) : [];
    const plan = readPlan((await terraform.plan(imports, targets)).json, stack);
    const { findings, stacks } = review([{ stack, plan, configuration }], environment);
    const destroyed = destroyedBy(plan.resource_changes ?? []);
    for (const { key } of items) {
      report(`  ${key.map(([, value]) => value).join(', ')}: item taken into the state as it is`);
    }
    for (const address of unfinished) report(`  ${address}: kept, though making it was interrupted`);
    for (const line of findings.flatMap(describeFinding)) report(`  ${line}`);
    report(`${stack}: ${stacks[0]?.counts}`);
    if (destroyed.length > 0) {
      const losses = findings.flatMap((it) =>
        destroyed.includes(it.address) ? describeFinding({ ...it, details: [] }) : [],
      );
      throw new InputError([`${stack}: stopped, nothing is adopted`, ...losses].join('\n  '));
    }
    if (!(await approve(`${stack}: apply this?`))) {
      throw new InputError(`${stack}: not approved, nothing is adopted`);
    }
    isApplying = true;
    await terraform.apply();
    report(`${stack}: adopted`);
  } finally {
    await terraform.tidy();
    if (pushed && !isApplying) {
      await terraform.push(nextAfter(pushed, before ?? { ...pushed, resources: [] }), { isCleanUp: true });
    }
  }
}
