import { isHidden, type Plan, resourcesOf } from '../terraform/plan-json';
import type { ChangeView } from './change-view';
import { type Reference, referencesOf, withoutInstances } from './references';
import type { Context } from './rules/rule';

/** The plan of one stack. */
export interface StackPlan {
  readonly stack: string;
  readonly plan: Plan;
  /**
   * What was planned, as Terraform's JSON: it tells what a plan does not, such as whether a value is a document's text or
   * made of it. @default not at hand, so more is unclear
   */
  readonly configuration?: unknown;
}

/** What the rules can ask of a plan and its configuration. */
export interface PlanContext extends Context {
  readonly references: ReadonlyMap<string, Reference>;
}

/** @param sizeOf - bytes of an archive beside the plan, if it is there */
export function contextOf(
  { plan, configuration }: StackPlan,
  views: readonly ChangeView[],
  sizeOf: (file: string) => number | undefined,
): PlanContext {
  const references = referencesOf(plan);
  const known = (type: string) =>
    [plan.prior_state?.values, plan.planned_values].flatMap((values) =>
      resourcesOf(values?.root_module, (it) => it.type === type).map((it) => it.values),
    );
  /** As the configuration has it; that of modules is not at hand. */
  const bodyOf = (address: string): unknown => {
    const [type = '', name = '', ...others] = address.split('.');
    return others.length === 0
      ? ownMember(ownMember(ownMember(configuration, 'resource'), type), name)
      : undefined;
  };
  return {
    references,
    views: new Map(views.map((it) => [it.address, it])),
    known,
    isGiven: ({ source }, path, isBlock) => {
      const address = withoutInstances(source.address);
      const body = bodyOf(address);
      if (body) return isWritten(body, path);
      const { expressions } = references.get(address) ?? {};
      if (expressions === undefined) return undefined;
      if (isWritten(expressions, path)) return true;
      // A plan leaves out blocks that are made for each element of a list, and what is in them.
      return isBlock || !isWritten(expressions, path.slice(0, -1)) ? undefined : false;
    },
    writtenAs: ({ source }, attribute) => {
      const text = ownMember(bodyOf(source.address), attribute);
      return [text].flat().every((it) => typeof it === 'string') ? String(text) : undefined;
    },
    newCodeBytes: ({ after }) => {
      const file = after?.filename;
      if (typeof file !== 'string' || isHidden(file)) return undefined;
      const archive = known('archive_file').find((it) => it.output_path === file);
      return sizeOf(file) ?? (Number(archive?.output_size) || undefined);
    },
  };
}

function isWritten(body: unknown, path: readonly string[]): boolean {
  let values: readonly unknown[] = [body];
  for (const name of path) {
    if (values.some((it) => ownMember(ownMember(it, 'dynamic'), name) !== undefined)) return true;
    values = values.flatMap((it) => ownMember(it, name) ?? []);
    if (values.length === 0) return false;
  }
  return true;
}

function ownMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
