import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environments';
import {
  addressOf,
  type State,
  type StateInstance,
  type StateResource,
  stateText,
} from '../terraform/state-text';

/** An item of a table that the state does not know. */
export interface ExistingItem {
  /** Name of the `aws_dynamodb_table_item` that it becomes. */
  readonly name: string;
  /** Addresses of the resources that this one refers to. */
  readonly dependencies: readonly string[];
  readonly tableName: string;
  /** Name and text of the partition key, then of the sort key if there is one; binary in base64. */
  readonly key: readonly (readonly [name: string, value: string])[];
  /** DynamoDB JSON of the item as it is in the table. */
  readonly item: string;
}

/** Addresses of the resources that a state knows, and of those among them that are tainted. */
export function addressesOf(state: State | undefined) {
  const managed = (state?.resources ?? []).filter(
    ({ mode, instances }) => mode === 'managed' && instances.length > 0,
  );
  const tainted = managed.filter(({ instances }) => instances.some(({ status }) => status === 'tainted'));
  return { known: new Set(managed.map(addressOf)), tainted: new Set(tainted.map(addressOf)) };
}

/** The state with these resources as they would be had making them been seen to its end. */
export function withoutTaint(state: State, addresses: readonly string[]): State {
  const untaint = ({ status: _, ...instance }: StateInstance) => instance;
  const resources = state.resources.map((resource) =>
    addresses.includes(addressOf(resource))
      ? { ...resource, instances: resource.instances.map(untaint) }
      : resource,
  );
  return { ...state, resources };
}

/** The state, or a first one, that also knows the items, as the AWS provider itself would have written them. */
export function withItems(
  state: State | undefined,
  items: readonly ExistingItem[],
  versions: { readonly terraform: string; readonly awsProvider: string },
): State {
  const before = state ?? {
    version: 4,
    terraform_version: versions.terraform,
    serial: 0,
    lineage: randomUUID(),
    outputs: {},
    resources: [],
  };
  const added = items.map(
    ({ name, dependencies, tableName, key, item }): StateResource => ({
      mode: 'managed',
      type: 'aws_dynamodb_table_item',
      name,
      provider: `provider["${versions.awsProvider}"]`,
      instances: [
        {
          schema_version: 0,
          attributes: {
            hash_key: key[0]?.[0],
            id: [tableName, ...key.flat()].join('|'),
            item,
            range_key: key[1]?.[0] ?? null,
            table_name: tableName,
          },
          sensitive_attributes: [],
          dependencies,
        } as StateInstance,
      ],
    }),
  );
  return { ...before, resources: [...before.resources, ...added] };
}

/** A state in a form that can be pushed when `current` is the one in the backend. */
export function nextAfter(current: State | undefined, state: State): State {
  const { lineage, serial } = current ?? state;
  return { ...state, lineage, serial: serial + 1 };
}

/** Keep a copy of a state on this machine, and return its file. */
export async function backUp(environment: Environment, stack: string, state: State): Promise<string> {
  const folder = join('state-backups', environment.name);
  const time = new Date().toISOString().replace(/[:.]/g, '-');
  const file = join(folder, `${stack}-serial-${state.serial}-${time}.tfstate`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, stateText(state), { mode: 0o600, flag: 'wx' });
  return file;
}
