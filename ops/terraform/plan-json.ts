import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { InputError } from '../../input-error';
import { isDeeperThan, jsonIn, maxLevels } from './json-differences';

const list = <T extends z.ZodType>(element: T) => z.array(element).readonly();
const byName = <T extends z.ZodType>(member: T) => z.record(z.string(), member).readonly();
const text = z.string().optional();

const changeSchema = z.object({
  /** Of `no-op`, `read`, `create`, `update`, `delete`, `forget`. */
  actions: list(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** `true` at each place that is known after the deployment only. */
  after_unknown: z.unknown().optional(),
  /** `true` at each place that must not be shown. */
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  /** What cannot be changed in place. */
  replace_paths: list(list(z.union([z.string(), z.number()]))).optional(),
  importing: z.object({ id: text }).optional(),
});

const resourceChangeSchema = z.object({
  address: z.string(),
  previous_address: text,
  mode: text,
  type: text,
  provider_name: text,
  /** Of an old copy that a replacement has left behind. */
  deposed: text,
  action_reason: text,
  change: changeSchema,
});

const attributesSchema = byName(z.unknown());

const resourceSchema = z.object({
  address: z.string(),
  mode: text,
  type: z.string(),
  values: attributesSchema.optional(),
  sensitive_values: z.unknown().optional(),
});

const moduleSchema = z.object({
  resources: list(resourceSchema).optional(),
  get child_modules(): z.ZodOptional<z.ZodReadonly<z.ZodArray<typeof moduleSchema>>> {
    return list(moduleSchema).optional();
  },
});

const configurationResourceSchema = z.object({
  address: z.string(),
  mode: text,
  type: text,
  expressions: z.unknown().optional(),
  depends_on: list(z.string()).optional(),
  /** Programs that run when it is made or destroyed. */
  provisioners: list(z.unknown()).optional(),
});

const configurationModuleSchema = z.object({
  resources: list(configurationResourceSchema).optional(),
  get module_calls(): z.ZodOptional<z.ZodReadonly<z.ZodRecord<z.ZodString, typeof moduleCallSchema>>> {
    return byName(moduleCallSchema).optional();
  },
  outputs: byName(z.object({ expression: z.unknown().optional() })).optional(),
});

const moduleCallSchema = z.object({
  module: configurationModuleSchema.optional(),
  expressions: z.unknown().optional(),
  depends_on: list(z.string()).optional(),
});

const checkSchema = z.object({
  status: text,
  address: z.object({ to_display: text }).optional(),
  instances: list(z.object({ problems: list(z.object({ message: text })).optional() })).optional(),
});

const valuesSchema = z.object({ root_module: moduleSchema.optional() });

/**
 * What is read of `terraform show -json <plan>`; there may be more.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
const planSchema = z.object({
  format_version: text,
  terraform_version: text,
  prior_state: z.object({ values: valuesSchema.optional() }).optional(),
  planned_values: valuesSchema.optional(),
  resource_changes: list(resourceChangeSchema).optional(),
  /** What has changed since Terraform last wrote the state. */
  resource_drift: list(resourceChangeSchema).optional(),
  /** What cannot be planned before other things are applied. */
  deferred_changes: list(
    z.object({ reason: text, resource_change: resourceChangeSchema.optional() }),
  ).optional(),
  /** What providers are asked to do beside changing resources. */
  action_invocations: list(z.object({ address: z.string() })).optional(),
  deferred_action_invocations: list(z.unknown()).optional(),
  output_changes: byName(changeSchema).optional(),
  configuration: z.object({ root_module: configurationModuleSchema.optional() }).optional(),
  checks: list(checkSchema).optional(),
  /** False if another plan has to follow. */
  complete: z.boolean().optional(),
  errored: z.boolean().optional(),
});

export type Plan = z.infer<typeof planSchema>;
export type Module = z.infer<typeof moduleSchema>;
export type Resource = z.infer<typeof resourceSchema>;
export type Attributes = z.infer<typeof attributesSchema>;
export type ResourceChange = z.infer<typeof resourceChangeSchema>;
export type Change = z.infer<typeof changeSchema>;
export type ConfigurationModule = z.infer<typeof configurationModuleSchema>;

/**
 * Read the JSON of a plan, in UTF-8 or, as PowerShell writes it, in UTF-16.
 *
 * @param where - for messages
 * @throws InputError for anything but a plan in the format that Terraform 1.1, OpenTofu and newer ones write
 */
export function readPlan(content: string | Uint8Array, where: string): Plan {
  const problem = (what: string, got: unknown, expected: string) =>
    new InputError({ where, what, got, expected });
  const format = 'what "terraform show -json <plan file>" prints';
  const text = typeof content === 'string' ? content : decode(content);
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch {
    throw problem('not JSON', text.slice(0, 40), format);
  }
  if (isDeeperThan(maxLevels, plan)) {
    throw problem('nested too deeply', text.slice(0, 40), `at most ${maxLevels} levels`);
  }
  const { format_version: version, terraform_version: terraform } = Object(plan);
  if (
    typeof version !== 'string' ||
    !('resource_changes' in Object(plan) || 'planned_values' in Object(plan))
  ) {
    throw problem('not a plan', plan, format);
  }
  if (version.startsWith('0.')) {
    throw problem(
      'a plan of an old Terraform',
      terraform ?? `format ${version}`,
      'Terraform 1.1 or newer, or OpenTofu',
    );
  }
  if (!version.startsWith('1.')) throw problem('unknown format_version', version, 'a version 1.x');
  const checked = planSchema.safeParse(plan);
  if (checked.success) return plan as Plan;
  const { path, message } = checked.error.issues[0] as z.core.$ZodIssue;
  const got = at(plan, path as (string | number)[]);
  throw problem(`${path.map(String).join('.')}: ${message}`, got, format);
}

/** As the byte order mark says, which Windows PowerShell puts before everything, and UTF-8 without one. */
function decode(content: Uint8Array): string {
  const marks = { 'utf-16le': [0xff, 0xfe], 'utf-16be': [0xfe, 0xff] } as const;
  const encoding = Object.entries(marks).find(([, mark]) => mark.every((byte, at) => content[at] === byte));
  return new TextDecoder(encoding?.[0] ?? 'utf-8').decode(content);
}

/** Addresses of what a plan destroys or replaces. */
export function destroyedBy(changes: readonly ResourceChange[]): string[] {
  return changes.filter(({ change }) => change.actions.includes('delete')).map(({ address }) => address);
}

/**
 * Resources and data sources of a state or of planned values, those of modules too; what is sensitive is masked in `values`,
 * and there to be compared in `unmasked`.
 *
 * @param isWanted - which of them
 * @param secretNames - names of secrets beside those that `isSecretName` knows
 */
export function resourcesOf(
  module: Module | undefined,
  isWanted: (resource: Resource) => boolean,
  secretNames: readonly string[] = [],
): (Resource & { readonly values: Attributes; readonly unmasked: Attributes })[] {
  if (!module) return [];
  const own = (module.resources ?? []).filter(isWanted).map((it) => ({
    ...it,
    unmasked: it.values ?? {},
    values: maskSensitive(it.values ?? {}, it.sensitive_values, secretNames) as Attributes,
  }));
  return [...own, ...(module.child_modules ?? []).flatMap((it) => resourcesOf(it, isWanted, secretNames))];
}

/** In the place of a value that must not be shown. */
export const sensitive = '(sensitive)';
/** In the place of a sensitive value that differs from the one before. */
export const otherSensitive = '(sensitive, another value)';
/** In the place of a value that only the deployment can tell. */
export const unknown = '(known after apply)';

/** Whether a value is one that is not there to be looked at. */
export const isHidden = (value: unknown) =>
  value === sensitive || value === otherSensitive || value === unknown;

/**
 * Names of attributes, variables and outputs whose values no schema marks as sensitive and nobody should see: those
 * that speak of a password, a secret, a token, a credential or a key that opens something, unless they end as what only
 * points there (`SECRET_ARN`), and those that an environment names (`secretNames`).
 */
export function isSecretName(name: string, more: readonly string[] = []): boolean {
  return (
    more.some((it) => it.toLowerCase() === name.toLowerCase()) ||
    (/pass(word|wd|phrase)|secret|token|credential|(api|access|private|signing)[-_ ]?key/i.test(name) &&
      !/(arn|id|name|ur[li]|endpoint|type|ttl|seconds|days|version|enabled|required|expression)$/i.test(name))
  );
}

/** Keys of AWS, GitHub, Slack and Stripe, private keys, signed tokens, and passwords in addresses. */
const secretValue =
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\b(gh[pousr]_|github_pat_)\w{20,}|\bxox[abprs]-\w{10,}|\b[sr]k_(live|test)_\w{10,}|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|:\/\/[^/\s:@]+:[^/\s:@]+@/;

/**
 * Both sides of a change as they may be shown: nothing that Terraform marks as sensitive is left, nothing that looks like
 * a secret by its name or its form, and what is unknown is named so.
 *
 * @param secretNames - names of secrets beside those that `isSecretName` knows
 */
export function showableSides(
  change: Change,
  secretNames: readonly string[] = [],
): { readonly before: unknown; readonly after: unknown } {
  const marks = [change.before_sensitive, change.after_sensitive];
  const isChanged = (value: unknown, path: Path) =>
    change.before != null && !isDeepStrictEqual(value, at(change.before, path));
  const before = hide(change.before, marks, { word: () => sensitive, secretNames });
  const word = (value: unknown, path: Path) => (isChanged(value, path) ? otherSensitive : sensitive);
  const after = hide(change.after, marks, { word, secretNames });
  return { before, after: withUnknown(after, change.after_unknown) };
}

export function maskSensitive(value: unknown, marks: unknown, secretNames: readonly string[]): unknown {
  return hide(value, [marks], { word: () => sensitive, secretNames });
}

type Path = readonly (string | number)[];

interface Hiding {
  readonly word: (value: unknown, path: Path) => string;
  readonly secretNames: readonly string[];
}

function hide(value: unknown, marks: readonly unknown[], hiding: Hiding, path: Path = []): unknown {
  if (value === null || value === undefined) return value;
  if (marks.includes(true)) return hiding.word(value, path);
  if (typeof value === 'string') return hideInText(value, hiding, path);
  if (typeof value !== 'object') return value;
  const isSecret = (name: string) => isSecretName(name, hiding.secretNames);
  const member = (name: string | number, it: unknown) => {
    const inner = marks.map((mark) => memberOf(mark, name));
    return hide(it, inner, hiding, [...path, name]);
  };
  if (Array.isArray(value)) return value.map((it, index) => member(index, it));
  // Many lists of variables are written as names and values.
  const { name: named, value: given } = value as { name?: unknown; value?: unknown };
  const isSecretPair = typeof named === 'string' && given !== undefined && isSecret(named);
  return mapMembers(value, (it, name) => {
    const isHere = isSecret(name) || (isSecretPair && name === 'value');
    const holds = typeof it === 'string' ? it !== '' : typeof it === 'object' && it !== null && isTyped(it);
    return isHere && holds ? hiding.word(it, [...path, name]) : member(name, it);
  });
}

/** Whether it is a value as DynamoDB writes it, such as `{"S":"text"}`. */
const isTyped = (value: object) => /^([SNBLM]|[SNB]S)$/.test(Object.keys(value).join());

/** Items and the like are JSON in a text; a policy is no place of secrets by their names. */
function hideInText(text: string, hiding: Hiding, path: Path): string {
  if (secretValue.test(text)) return hiding.word(text, path);
  // Nobody's text passes for one of ours.
  if (isHidden(text)) return JSON.stringify(text);
  const json = /"Statement"/.test(text) ? undefined : jsonIn(text);
  if (json === undefined) return text;
  const hidden = hide(json, [], hiding, path);
  return isDeepStrictEqual(hidden, json) ? text : JSON.stringify(hidden);
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

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((it, name) => memberOf(typeof it === 'string' ? jsonIn(it) : it, name), value);
}
