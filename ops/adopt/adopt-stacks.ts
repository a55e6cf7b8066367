import { InputError } from '../../input-error';
import { stackNames } from '../../stacks/names';
import { destroyedBy, readPlan } from '../plan/plan-json';
import { describeFinding } from '../review/finding';
import { review } from '../review/review';
import { erroredStates } from '../state/errored-state';
import { expectOwnState, saveErroredState } from '../state/save-errored-state';
import { addressesOf, backUp, nextAfter, withoutTaint, withRecords } from '../state/state-file';
import { describeLock, readLock } from '../state/state-lock';
import type { Session } from '../terraform/session';
import { StackTerraform, synthesize } from '../terraform/stack-terraform';
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
  for (const stack of [stackNames.table, stackNames.functions]) await adoptStack(open(stack), context);
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

async function adoptStack(terraform: StackTerraform, context: Context): Promise<void> {
  const { environment, aws, approve, report } = context;
  const { stack } = terraform;
  await terraform.tidy();
  const before = await terraform.pull();
  const { known, tainted } = addressesOf(before);
  const complete = new Set([...known].filter((address) => !tainted.has(address)));
  const existing = await findExisting(await terraform.configuration(), complete, aws);
  const imports = existing.imports.filter(({ to }) => !tainted.has(to));
  const unfinished = existing.imports.filter(({ to }) => tainted.has(to)).map(({ to }) => to);
  const { records } = existing;
  if (imports.length + unfinished.length + records.length === 0) {
    report(`${stack}: nothing to adopt`);
    return;
  }
  if (before) report(`${stack}: a copy of the state is ${await backUp(environment, stack, before)}`);

  // Terraform plans on what its state holds, so the records have to be there first.
  const changesState = unfinished.length + records.length > 0;
  if (changesState) {
    const completed = withRecords(before, records, await terraform.versions());
    await terraform.push(nextAfter(before, withoutTaint(completed, unfinished)));
  }
  const pushed = changesState ? await terraform.pull() : undefined;
  let isApplying = false;
  try {
    const plan = readPlan((await terraform.plan(imports)).json, stack);
    const { findings, stacks } = review([{ stack, plan }]);
    const destroyed = destroyedBy(plan.resource_changes ?? []);
    for (const { key } of records) report(`  ${key}: record taken into the state as it is`);
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
