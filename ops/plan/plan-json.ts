import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../input-error';

/**
 * What is read of `terraform show -json <plan>`; any member may be missing, and there may be others.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export interface Plan {
  readonly format_version?: string;
  readonly terraform_version?: string;
  readonly prior_state?: { readonly values?: { readonly root_module?: Module } };
  readonly planned_values?: { readonly root_module?: Module };
  readonly resource_changes?: readonly ResourceChange[];
  /** What has changed since Terraform last wrote the state. */
  readonly resource_drift?: readonly ResourceChange[];
  /** What cannot be planned before other things are applied. */
  readonly deferred_changes?: readonly {
    readonly reason?: string;
    readonly resource_change?: ResourceChange;
  }[];
  readonly output_changes?: Readonly<Record<string, Change>>;
  readonly configuration?: { readonly root_module?: ConfigurationModule };
  readonly checks?: readonly Check[];
  readonly errored?: boolean;
}

export interface Module {
  readonly resources?: readonly Resource[];
  readonly child_modules?: readonly Module[];
}

export interface Resource {
  readonly address: string;
  readonly mode?: string;
  readonly type: string;
  readonly values?: Attributes;
  readonly sensitive_values?: unknown;
}

export type Attributes = Readonly<Record<string, unknown>>;

export interface ResourceChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode?: string;
  readonly type?: string;
  /** Of an old copy that a replacement has left behind. */
  readonly deposed?: string;
  readonly action_reason?: string;
  readonly change: Change;
}

export interface Change {
  /** Of `no-op`, `read`, `create`, `update`, `delete`, `forget`. */
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  /** `true` at each place that is known after the deployment only. */
  readonly after_unknown?: unknown;
  /** `true` at each place that must not be shown. */
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  /** What cannot be changed in place. */
  readonly replace_paths?: readonly (readonly (string | number)[])[];
  readonly importing?: { readonly id?: string };
}

export interface ConfigurationModule {
  readonly resources?: readonly ConfigurationResource[];
  readonly module_calls?: Readonly<Record<string, ModuleCall>>;
  readonly outputs?: Readonly<Record<string, { readonly expression?: unknown }>>;
}

export interface ModuleCall {
  readonly module?: ConfigurationModule;
  readonly expressions?: unknown;
  readonly depends_on?: readonly string[];
}

export interface ConfigurationResource {
  readonly address: string;
  readonly mode?: string;
  readonly type?: string;
  readonly expressions?: unknown;
  readonly depends_on?: readonly string[];
}

interface Check {
  readonly status?: string;
  readonly address?: { readonly to_display?: string };
  readonly instances?: readonly { readonly problems?: readonly { readonly message?: string }[] }[];
}

/**
 * Read the JSON of a plan.
 *
 * @param where - for messages
 * @throws InputError for anything but a plan in the format that Terraform 1 writes
 */
export function readPlan(text: string, where: string): Plan {
  const problem = (what: string, got: unknown, expected: string) =>
    new InputError({ where, what, got, expected });
  const format = 'what "terraform show -json <plan file>" prints';
  let plan: Plan;
  try {
    plan = JSON.parse(text);
  } catch {
    throw problem('not JSON', text.slice(0, 40), format);
  }
  const version = Object(plan).format_version;
  if (typeof version !== 'string' || !('resource_changes' in plan || 'planned_values' in plan)) {
    throw problem('not a plan', plan, format);
  }
  if (version.split('.')[0] !== '1') throw problem('unknown format_version', version, 'a version 1.x');
  for (const list of ['resource_changes', 'resource_drift'] as const) {
    const changes = plan[list] ?? [];
    const isChange = (it: ResourceChange) =>
      typeof it?.address === 'string' && Array.isArray(it.change?.actions);
    if (!Array.isArray(changes) || !changes.every(isChange)) {
      throw problem(`${list}: not a list of changes`, changes, format);
    }
  }
  return plan;
}

/** Addresses of what a plan destroys or replaces. */
export function destroyedBy(changes: readonly ResourceChange[]): string[] {
  return changes.filter(({ change }) => change.actions.includes('delete')).map(({ address }) => address);
}

/** All resources and data sources of a state or of planned values, those of modules too; what is sensitive is masked. */
export function resourcesOf(module: Module | undefined): Resource[] {
  if (!module) return [];
  const own = (module.resources ?? []).map((it) => ({
    ...it,
    values: maskSensitive(it.values ?? {}, it.sensitive_values) as Attributes,
  }));
  return [...own, ...(module.child_modules ?? []).flatMap(resourcesOf)];
}

/** In the place of a value that must not be shown. */
export const sensitive = '(sensitive)';
/** In the place of a sensitive value that differs from the one before. */
export const otherSensitive = '(sensitive, another value)';
/** In the place of a value that only the deployment can tell. */
export const unknown = '(known after apply)';

/** Both sides of a change as they may be shown: nothing sensitive is left, and what is unknown is named so. */
export function showableSides(change: Change): { readonly before: unknown; readonly after: unknown } {
  const marks = [change.before_sensitive, change.after_sensitive];
  const after = withUnknown(change.after, change.after_unknown);
  return {
    before: hide(change.before, marks, () => sensitive),
    after: hide(after, marks, (value, path) =>
      change.before == null || isDeepStrictEqual(value, at(change.before, path)) ? sensitive : otherSensitive,
    ),
  };
}

/** Whether a value is one that is not there to be looked at. */
export const isHidden = (value: unknown) =>
  value === sensitive || value === otherSensitive || value === unknown;

export function maskSensitive(value: unknown, marks: unknown): unknown {
  return hide(value, [marks], () => sensitive);
}

function hide(
  value: unknown,
  marks: readonly unknown[],
  word: (value: unknown, path: readonly (string | number)[]) => string,
  path: readonly (string | number)[] = [],
): unknown {
  if (value === null || value === undefined) return value;
  if (marks.includes(true)) return word(value, path);
  if (typeof value !== 'object' || marks.every((it) => typeof it !== 'object' || it === null)) return value;
  const member = (name: string | number, it: unknown) =>
    hide(
      it,
      marks.map((mark) => memberOf(mark, name)),
      word,
      [...path, name],
    );
  if (Array.isArray(value)) return value.map((it, index) => member(index, it));
  return mapMembers(value, (it, name) => member(name, it));
}

function withUnknown(value: unknown, marks: unknown): unknown {
  if (marks === true) return unknown;
  if (Array.isArray(marks)) {
    const list = Array.isArray(value) ? value : [];
    return Array.from({ length: Math.max(list.length, marks.length) }, (_, index) =>
      withUnknown(list[index], marks[index]),
    );
  }
  if (typeof marks !== 'object' || marks === null || typeof (value ?? {}) !== 'object') return value;
  const members = mapMembers(marks, (it, name) => withUnknown(memberOf(value, name), it));
  const known = Object.entries(members).filter(([, it]) => it !== undefined);
  return value == null && known.length === 0 ? value : { ...(value as object), ...Object.fromEntries(known) };
}

/** Also for a member that is called `__proto__`. */
function mapMembers(value: object, change: (member: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, change(it, name)]));
}

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string | number, unknown>)[name]
    : undefined;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(memberOf, value);
}
