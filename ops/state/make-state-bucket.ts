import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { InputError } from '../../input-error';
import { stackNames } from '../../stacks/names';
import { destroyedBy, type ResourceChange, readPlan } from '../terraform/plan-json';
import type { Session } from '../terraform/session';
import { configurationFile, placeLock } from '../terraform/stack-folder';
import { StackTerraform, synthesize } from '../terraform/stack-terraform';
import { readState } from '../terraform/state-text';
import { bootstrapFolder, refuseErroredStates } from './errored-state';
import { findStateBucket, type StateBucket } from './state-bucket';
import { backUp } from './state-file';

const folder = bootstrapFolder(stackNames.stateBackend);
/** What a first run writes until the bucket can keep it. */
const localState = join(folder, 'terraform.tfstate');

/**
 * Make the state bucket of an environment as Terraform, and keep the state of doing so in it.
 * A run that was cut short is finished by the next one; a further run changes nothing.
 *
 * @throws InputError if the bucket cannot be ours, before anything is made, or if something would be destroyed
 */
export async function bootstrap(session: Session): Promise<void> {
  const { environment, report } = session;
  const bucket = await findStateBucket(session);
  report(`AWS account ${bucket.accountId}, region ${environment.region}`);
  report(`s3://${bucket.name}: ${intentions[bucket.condition]}`);

  refuseErroredStates();
  if (existsSync(localState)) {
    const left = readState(await readFile(localState, 'utf8'), localState);
    const copy = await backUp(environment, stackNames.stateBackend, left);
    report(
      `${localState}: left by a run that was cut short, maybe of another environment; it is now ${copy}`,
    );
  }
  await tidy();
  const outputFolder = join(folder, '..', '..');
  await mkdir(outputFolder, { recursive: true });
  await synthesize(session, { outputFolder, onLine: report });
  await placeLock(environment, folder);
  const terraform = new StackTerraform(
    stackNames.stateBackend,
    session,
    folder,
    [],
    // All but JSON.
    (line) => !line.startsWith('{'),
  );
  if (bucket.condition === 'ready') await update(terraform);
  else await make(bucket, terraform);
  await tidy();
}

const intentions: Record<StateBucket['condition'], string> = {
  absent: 'does not exist, making it',
  unfinished: 'exists without the state of its making, as a run that was cut short leaves it; taking it over',
  ready: 'exists, comparing it with its definition',
};

/** The bucket cannot keep the state of its making before it exists, so that starts in a file. */
async function make({ name, ownKey, condition, s3 }: StateBucket, terraform: StackTerraform): Promise<void> {
  await write('backend_override.tf.json', { terraform: { backend: { local: {} } } });
  if (condition === 'unfinished') {
    const { resource } = JSON.parse(await readFile(join(folder, configurationFile), 'utf8'));
    const [address] = Object.keys(resource.aws_s3_bucket);
    // All else that belongs to a bucket is set, not made: to set it again is the same.
    await write('import.tf.json', { import: [{ to: `aws_s3_bucket.${address}`, id: name }] });
  }
  await terraform.run('apply', '-input=false', '-no-color', '-auto-approve');

  const state = new PutObjectCommand({
    Bucket: name,
    Key: ownKey,
    Body: await readFile(localState),
    ContentType: 'application/json',
    // Of two first runs at the same time one wins.
    IfNoneMatch: '*',
  });
  await s3.send(state).catch((error: unknown) => {
    if (!['PreconditionFailed', 'ConditionalRequestConflict'].includes((error as Error).name)) throw error;
    throw new InputError(
      `s3://${name}/${ownKey}: somebody else has made the state bucket at the same time; run this again`,
    );
  });
}

/** A run that changes nothing leaves nothing when it is killed. */
async function update(terraform: StackTerraform): Promise<void> {
  const { changes, json } = await terraform.plan();
  if (!changes) return;
  expectNoDestruction(readPlan(json, stackNames.stateBackend).resource_changes ?? []);
  await terraform.apply();
}

/** An older clone knows less of the bucket than what is there. */
export function expectNoDestruction(changes: readonly ResourceChange[]): void {
  const destroyed = destroyedBy(changes);
  if (destroyed.length === 0) return;
  throw new InputError(
    `bootstrap: would destroy ${destroyed.join(', ')}, which it never does; is this clone up to date? If it is meant: "npm run deploy -- ${stackNames.stateBackend}"`,
  );
}

/** Remove what a run leaves, one that was killed too; the providers stay. */
async function tidy(): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  for (const file of files.filter((it) => !/^\.terraform(\.lock\.hcl)?$/.test(it))) {
    await rm(join(folder, file), { recursive: true });
  }
}

function write(file: string, content: object): Promise<void> {
  return writeFile(join(folder, file), JSON.stringify(content, null, 2));
}
