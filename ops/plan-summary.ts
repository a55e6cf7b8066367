/** A change in the JSON of a plan. @see https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
export interface ResourceChange {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly change: {
    readonly actions: readonly ('no-op' | 'read' | 'create' | 'update' | 'delete')[];
    readonly before: Values | null;
    readonly after: Values | null;
    /** `true` in the place of each value that only AWS can tell. */
    readonly after_unknown: Values;
    readonly importing?: { readonly id: string };
    /** What cannot be changed in place. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

type Values = Readonly<Record<string, unknown>>;

/** A plan in words. */
export interface PlanSummary {
  /** A line for each resource that is imported, created or changed, and one for each of its changes. */
  readonly lines: readonly string[];
  /** Such as "3 to import, 1 to add, 2 to change, 0 to destroy". */
  readonly counts: string;
  /** What would be replaced or destroyed, and why. */
  readonly losses: readonly string[];
}

export function summarizePlan(changes: readonly ResourceChange[]): PlanSummary {
  const managed = changes.filter(({ mode }) => mode === 'managed');
  const having = (action: string) => managed.filter(({ change }) => change.actions.includes(action as never));
  const imported = managed.filter(({ change }) => change.importing);
  const destroyed = having('delete');
  return {
    lines: managed.flatMap(describeResource),
    counts: `${imported.length} to import, ${having('create').length} to add, ${having('update').length} to change, ${destroyed.length} to destroy`,
    losses: destroyed.map(({ address, change: { actions, replace_paths: paths = [] } }) => {
      const because = paths.map((path) => path.join('.')).join(', ');
      return actions.includes('create')
        ? `${address} would be replaced: ${because || 'it'} cannot be changed in place`
        : `${address} would be destroyed`;
    }),
  };
}

function describeResource({ address, change }: ResourceChange): string[] {
  const { actions, importing } = change;
  const words = [
    ...(importing ? [`import ${importing.id}`] : []),
    ...(actions.includes('create') ? ['create'] : []),
    ...(actions.includes('update') ? ['change'] : []),
  ];
  if (words.length === 0) return [];
  return [`${address}: ${words.join(', ')}`, ...(actions.includes('update') ? describeUpdate(change) : [])];
}

function describeUpdate({ before, after, after_unknown: unknown }: ResourceChange['change']): string[] {
  const names = Object.keys({ ...before, ...after }).sort();
  const later = Object.keys(unknown).filter((name) => unknown[name] === true);
  const lines = names
    .filter((name) => !later.includes(name))
    .flatMap((name) => differences(name, open(before?.[name]), open(after?.[name])));
  if (later.length > 0) lines.push(`known after the change: ${later.sort().join(', ')}`);
  return lines.map((line) => `    ${line}`);
}

/** Records and policy documents are JSON in text. */
function open(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What has members in common is compared member by member, lists by position. */
function differences(path: string, before: unknown, after: unknown): string[] {
  if (isSame(before, after)) return [];
  if (!hasMembers(before) || !hasMembers(after)) return [`${path}: ${show(before)} -> ${show(after)}`];
  const names = Object.keys({ ...before, ...after }).sort();
  return names.flatMap((name) => differences(`${path}.${name}`, before[name], after[name]));
}

function hasMembers(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Terraform knows both no value and an empty one, and they make no difference. */
function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before ?? null) === JSON.stringify(after ?? null);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text === 'null' ? 'none' : text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
