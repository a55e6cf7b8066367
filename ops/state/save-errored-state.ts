import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { stateKey } from '../../stacks/names';
import type { Session } from '../terraform/session';
import type { StackTerraform } from '../terraform/stack-terraform';
import { readState } from '../terraform/state-text';
import { erroredStateFile } from './errored-state';
import { addressesOf, backUp } from './state-file';

/**
 * To be called before stacks are synthesized: the folder's configuration may be of another environment than its state.
 *
 * @throws InputError if the state that could not be saved is another environment's
 */
export async function expectOwnState(terraform: StackTerraform, environment: Environment): Promise<void> {
  const got = await terraform.lastBackend();
  const place = placeOf(terraform, environment);
  if (got === undefined || got === place) return;
  const where = join(terraform.folder, erroredStateFile);
  const [, name = '<its environment>'] = /\/([^/]+)\/[^/]+\.tfstate$/.exec(got) ?? [];
  const expected = `${place}; it stays where it is: save it with "SUPERMISSION_ENV=${name} npm run adopt"`;
  throw new InputError({ where, what: 'the state of another environment', got, expected });
}

/**
 * Save a state that Terraform could not write, if nobody has deployed since; either way copies of both are kept.
 *
 * @throws InputError if the state is not of the lineage of the one in the bucket
 */
export async function saveErroredState(session: Session, terraform: StackTerraform): Promise<void> {
  const { environment, report } = session;
  const { stack } = terraform;
  const file = join(terraform.folder, erroredStateFile);
  const errored = readState(await readFile(file, 'utf8'), file);
  const isKnownPlace = (await terraform.lastBackend()) !== undefined;

  const current = await terraform.pull();
  const copy = await backUp(environment, stack, errored);
  const copyOfCurrent = current && (await backUp(environment, stack, current));
  if (current ? current.lineage !== errored.lineage : !isKnownPlace) {
    const what = `not of the lineage of ${placeOf(terraform, environment)}; copies of both are in state-backups, so move it away if it is of no use`;
    throw new InputError({
      where: file,
      what,
      got: errored.lineage,
      expected: current?.lineage ?? 'a state',
    });
  }
  if (!current || (errored.serial > current.serial && !(await isDeployedSince(session, stack, file)))) {
    await terraform.push(errored);
    report(
      `${stack}: saved the state that a deployment could not write (serial ${errored.serial}); a copy is ${copy}`,
    );
    if (copyOfCurrent) report(`${stack}: the one that was in the bucket is ${copyOfCurrent}`);
  } else {
    const { known } = addressesOf(current);
    const lost = [...addressesOf(errored).known].filter((address) => !known.has(address));
    report(
      `${stack}: somebody has deployed since: the state in the bucket (serial ${current.serial}) stays, and a copy is ${copyOfCurrent}; the one that could not be saved (serial ${errored.serial}) is now ${copy}`,
    );
    if (lost.length > 0)
      report(`${stack}: only the latter knows ${lost.join(', ')}; adopt looks for them in AWS`);
  }
  await rm(file);
}

/** A serial grows with each attempt to save, so it does not tell who came later. */
async function isDeployedSince({ environment, aws }: Session, stack: string, file: string): Promise<boolean> {
  const object = { Bucket: environment.stateBucket, Key: stateKey(environment, stack) };
  const { LastModified } = await new S3Client(aws).send(new HeadObjectCommand(object));
  return LastModified !== undefined && LastModified > (await stat(file)).mtime;
}

function placeOf({ stack }: StackTerraform, environment: Environment): string {
  return `s3://${environment.stateBucket}/${stateKey(environment, stack)}`;
}
