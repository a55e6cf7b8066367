import { type Attributes, type ResourceChange, showableSides } from '../terraform/plan-json';

export type Action = 'create' | 'update' | 'replace' | 'destroy' | 'forget' | 'read' | 'no-op' | 'unheard-of';

/** What becomes of a resource, in a word. */
export const actionWords: Readonly<Record<Action, string>> = {
  destroy: 'destroyed',
  replace: 'replaced',
  forget: 'removed from state',
  update: 'changed',
  create: 'added',
  read: 'read',
  'no-op': 'not changed',
  'unheard-of': 'not known',
};

/** A change of one resource with nothing in it that must not be shown. */
export interface ChangeView {
  readonly address: string;
  readonly type: string;
  readonly action: Action;
  /** Undefined if there was, or will be, nothing. */
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
  readonly source: ResourceChange;
}

export function viewOf(source: ResourceChange, secretNames: readonly string[] = []): ChangeView {
  const { before, after } = showableSides(source.change, secretNames);
  return {
    address: source.deposed ? `${source.address} (old copy ${source.deposed})` : source.address,
    type: source.type ?? source.address.split('.').at(-2) ?? '',
    action: actionOf(source.change.actions),
    before: asAttributes(before),
    after: asAttributes(after),
    source,
  };
}

/** What Terraform can be about to do, and nothing else: a list that is new to us is not "nothing". */
const actions: ReadonlyMap<string, Action> = new Map([
  ['no-op', 'no-op'],
  ['read', 'read'],
  ['create', 'create'],
  ['update', 'update'],
  ['delete', 'destroy'],
  ['forget', 'forget'],
  ['delete,create', 'replace'],
  ['create,delete', 'replace'],
  ['create,forget', 'replace'],
]);

export const actionOf = (list: readonly string[]): Action => actions.get(list.join()) ?? 'unheard-of';

function asAttributes(value: unknown): Attributes | undefined {
  return typeof value === 'object' && value !== null ? (value as Attributes) : undefined;
}
