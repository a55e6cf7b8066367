import { importedTables } from '../../environments';
import { readManifest } from '../../seed-data/import-manifest';
import { stackNames, tableName } from '../../stacks/names';
import { tables } from '../../system';
import { type CdktfRequest, cdktfCalls, describeTable } from '../terraform/run-cdktf';
import type { AwsSession } from '../terraform/session';
import { expectParts } from './uploaded-parts';

/**
 * The calls of a deployment, after one of the tables alone if that makes a table by an import: DynamoDB gives such a table
 * neither tags nor deletion protection, so there is more to be deployed as soon as it is there.
 *
 * @throws InputError if what is to be imported is not there
 */
export async function withImport(session: AwsSession, request: CdktfRequest): Promise<readonly string[][]> {
  const { environment } = session;
  const calls = cdktfCalls(request);
  if (!request.stacks.includes(stackNames.table)) return calls;
  let isNew = false;
  for (const { id, manifest } of importedTables(environment)) {
    if (await describeTable(session, tableName(environment, tables[id]))) continue;
    await expectParts(session, readManifest(manifest));
    isNew = true;
  }
  return isNew ? [...cdktfCalls({ ...request, stacks: [stackNames.table] }), ...calls] : calls;
}
