import { isDeepStrictEqual } from 'node:util';
import { decode, encode } from '@msgpack/msgpack';
import { strFromU8, unzipSync, zipSync } from 'fflate';
import { Reader } from 'protobufjs/minimal';
import { InputError } from '../../input-error';
import type { Attributes, Plan } from '../terraform/plan-json';
import { configurationFile, lockFile } from '../terraform/stack-folder';
import { addressOf, readState, type State } from '../terraform/state-text';

/** What a plan file carries along: what it was made from, on which state, and where the next state is kept. */
export interface PlanFile {
  readonly configuration: string;
  readonly lock: string;
  readonly state: {
    /** As it was in the backend, but for serial and lineage. */
    readonly stored: State;
    /** With what the providers have read since. */
    readonly refreshed: State;
  };
  /** Where `terraform apply` reads and writes the state, whatever the configuration says. */
  readonly backend: Backend;
  /** Addresses of the provider configurations that make the changes. */
  readonly providers: readonly string[];
  /** All that decides what is done, for two plans to be compared; times are not in it. */
  readonly effects: unknown;
  /** The same plan file written anew: whatever reads zip files in another way finds in it what was read here. */
  readonly content: Uint8Array;
}

interface Backend {
  readonly type: string;
  readonly workspace: string;
  /** Arguments that are set. */
  readonly config: Readonly<Record<string, unknown>>;
}

const entryNames = {
  plan: 'tfplan',
  refreshed: 'tfstate',
  stored: 'tfstate-prev',
  modules: 'tfconfig/modules.json',
  configuration: `tfconfig/m-/${configurationFile}`,
  lock: lockFile,
} as const;

/**
 * Fields of the message in `tfplan` by their number, and who answers for them: `terraform show -json` prints them, they
 * are compared here, or Terraform itself compares them with what a provider's functions answer. The provider's private
 * data within a change is opaque to all but the provider; only the digest of the plan folder stands for it.
 *
 * @see https://github.com/hashicorp/terraform/blob/main/internal/plans/planproto/planfile.proto
 */
const fields = {
  version: 1,
  variables: 2,
  resourceChanges: 3,
  outputChanges: 4,
  backend: 13,
  terraformVersion: 14,
  relevantAttributes: 15,
  resourceDrift: 18,
  checkResults: 19,
  errored: 20,
  timestamp: 21,
  functionResults: 22,
  applyable: 25,
  complete: 26,
  deferredChanges: 27,
  actionInvocations: 30,
  deferredActionInvocations: 31,
} as const;
const providerOfChange = 8;

/** Fields that `terraform show -json` leaves out. No plan that is made here has them. */
const options: Readonly<Record<number, string>> = {
  5: 'target_addrs',
  6: 'exclude_addrs',
  16: 'force_replace_addrs',
  17: 'ui_mode',
  28: 'apply_time_variables',
  29: 'state_store',
  32: 'action_target_addrs',
};

/**
 * Read a plan file, which is a zip file to Terraform 1.x and OpenTofu.
 *
 * @param where - for messages
 * @throws InputError if anything is in it that is not known here
 */
export function readPlanFile(content: Uint8Array, where: string): PlanFile {
  const refuse = (what: string, got: unknown, expected: string) =>
    new InputError({ where, what, got, expected });
  const entries = readZip(content, where);
  const text = (name: keyof typeof entryNames) => strFromU8(entries[entryNames[name]] as Uint8Array);

  let plan: Fields;
  let backend: Backend;
  try {
    plan = fieldsOf(entries[entryNames.plan] as Uint8Array);
    backend = readBackend(only(plan, fields.backend));
  } catch (error) {
    throw refuse('not a plan of Terraform', String(error), 'what "terraform plan" has written');
  }
  const unknown = [...plan.keys()].filter((it) => !(Object.values(fields) as number[]).includes(it));
  if (unknown.length > 0) {
    throw refuse(
      'holds what no review shows',
      unknown.map((it) => options[it] ?? `field ${it}`),
      'a plan without options, of a Terraform whose plans are known',
    );
  }
  const modules = [{ Key: '', Dir: '.' }];
  if (!isDeepStrictEqual(parse(text('modules')), modules)) {
    throw refuse('holds another configuration', text('modules'), `one module, ${JSON.stringify(modules)}`);
  }
  const refreshed = readState(text('refreshed'), `${where}: ${entryNames.refreshed}`);
  const changes = [...(plan.get(fields.resourceChanges) ?? []), ...(plan.get(fields.resourceDrift) ?? [])];
  const effects = [...plan].filter(([number]) => number !== fields.timestamp);
  return {
    configuration: text('configuration'),
    lock: text('lock'),
    state: { stored: readState(text('stored'), `${where}: ${entryNames.stored}`), refreshed },
    backend,
    providers: changes.map((it) => Buffer.from(only(fieldsOf(it), providerOfChange)).toString()),
    effects: [
      refreshed,
      effects.flatMap(([number, values]) => values.map((it) => `${number} ${hex(it)}`)).sort(),
    ],
    content: zipSync(entries),
  };
}

/**
 * Resources that a plan file has otherwise than the state in the backend, for no reason that the plan shows.
 *
 * @param current - the state in the backend, if there is one, of the serial and lineage that the plan was made on
 */
export function unexplainedResources({ state }: PlanFile, plan: Plan, current: State | undefined): string[] {
  const { resource_changes: changes = [], resource_drift: drift = [] } = plan;
  const renamed = new Map(changes.map((it) => [it.previous_address ?? it.address, it.address]));
  const now = managedInstances(current ?? { resources: [] }, renamed);
  const stored = managedInstances(state.stored);
  const refreshed = managedInstances(state.refreshed);
  const changedOutside = new Set(drift.map(({ address }) => address));
  const imported = new Set(changes.flatMap(({ address, change }) => (change.importing ? [address] : [])));

  const all = new Map([...now, ...stored, ...refreshed]);
  const unexplained = [...all].filter(([key, { address }]) => {
    const [kept, before, after] = [now.get(key), stored.get(key), refreshed.get(key)];
    if (!isSame(kept, before)) return true;
    if (!before || !after) return before ? !changedOutside.has(address) : !imported.has(address);
    return !isSame(before, after, changedOutside.has(address));
  });
  return [...new Set(unexplained.map(([, { address }]) => address))];
}

interface Instance {
  readonly address: string;
  readonly provider: string | undefined;
  readonly status: string | undefined;
  readonly attributes: Attributes;
}

function managedInstances(
  { resources }: Pick<State, 'resources'>,
  renamed?: ReadonlyMap<string, string>,
): Map<string, Instance> {
  const managed = resources.filter(({ mode }) => mode === 'managed');
  return new Map(
    managed.flatMap(({ instances, provider, ...resource }) =>
      instances.map(({ index_key: index, deposed = '', status, attributes }) => {
        const own = `${addressOf(resource)}${index === undefined ? '' : `[${JSON.stringify(index)}]`}`;
        const address = renamed?.get(own) ?? own;
        return [`${address} ${deposed}`, { address, provider, status, attributes: Object(attributes) }];
      }),
    ),
  );
}

/** Another version of a provider may know other attributes. */
function isSame(one: Instance | undefined, other: Instance | undefined, mayDiffer = false): boolean {
  if (!one || !other) return one === other;
  if (one.provider !== other.provider || one.status !== other.status) return false;
  const common = Object.keys(one.attributes).filter((name) => Object.hasOwn(other.attributes, name));
  return mayDiffer || common.every((name) => isDeepStrictEqual(one.attributes[name], other.attributes[name]));
}

function readZip(content: Uint8Array, where: string): Record<string, Uint8Array> {
  const expected = Object.values(entryNames).sort();
  const found: string[] = [];
  let entries: Record<string, Uint8Array> = {};
  try {
    entries = unzipSync(content, {
      filter: ({ name }) => {
        found.push(name);
        return true;
      },
    });
  } catch {
    // Named below: nothing was found.
  }
  if (!isDeepStrictEqual(found.sort(), expected)) {
    const what = 'not a plan of Terraform, or with something added';
    throw new InputError({ where, what, got: found, expected: `exactly ${expected.join(', ')}` });
  }
  return entries;
}

type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

/** Fields of a protobuf message by their number. A field may be there several times, and readers differ in what they take. */
function fieldsOf(message: Uint8Array): Fields {
  const found = new Map<number, Uint8Array[]>();
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const start = reader.pos;
    const value = (tag & 7) === 2 ? reader.bytes() : message.subarray(start, reader.skipType(tag & 7).pos);
    found.set(tag >>> 3, [...(found.get(tag >>> 3) ?? []), value]);
  }
  return found;
}

function only(message: Fields, number: number): Uint8Array {
  const [value, ...more] = message.get(number) ?? [];
  if (!value || more.length > 0)
    throw new Error(`field ${number} is there ${more.length + (value ? 1 : 0)} times`);
  return value;
}

function readBackend(message: Uint8Array): Backend {
  const backend = fieldsOf(message);
  const text = (number: number) => Buffer.from(only(backend, number)).toString();
  const packed = only(fieldsOf(only(backend, 2)), 1);
  const config = decode(packed) as Backend['config'];
  if (!Buffer.from(encode(config)).equals(packed))
    throw new Error('an argument of the backend is there twice');
  const isSet = Object.entries(config).filter(([, value]) => value !== null);
  return { type: text(1), config: Object.fromEntries(isSet), workspace: text(3) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
