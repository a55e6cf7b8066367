import type { ConfigurationModule, Plan } from '../terraform/plan-json';

/** What a resource of the configuration refers to, directly or by way of variables, outputs and data sources. */
export interface Reference {
  /** Address in the configuration, without an instance. */
  readonly address: string;
  readonly type: string;
  readonly isData: boolean;
  /** What the configuration gives, as the plan tells it: without blocks that are made for each of a list. */
  readonly expressions: unknown;
  readonly hasProvisioners: boolean;
  /** Addresses by the argument that refers to them. */
  readonly byArgument: ReadonlyMap<string, readonly string[]>;
  /** Addresses of all that it refers to. */
  readonly all: readonly string[];
}

/** All resources and data sources of a plan's configuration, by their address. */
export function referencesOf(plan: Plan): ReadonlyMap<string, Reference> {
  const index = new Map<string, Reference>();
  const outputs = new Map<string, () => string[]>();
  const root = plan.configuration?.root_module;
  if (root) readModule(root, '', new Map(), index, outputs);
  return index;
}

/** An address without its instances: `module.a["x"].b.c[0]` is an instance of `module.a.b.c`. */
export function withoutInstances(address: string): string {
  return address.replace(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]/g, '');
}

function readModule(
  module: ConfigurationModule,
  path: string,
  variables: ReadonlyMap<string, () => string[]>,
  index: Map<string, Reference>,
  outputs: Map<string, () => string[]>,
): void {
  const inModule = (address: string) => (path === '' ? address : `${path}.${address}`);
  const resolve = (reference: string): string[] => {
    const [first = '', second = '', third = ''] = reference.split('.');
    if (first === 'var') return variables.get(second)?.() ?? [];
    if (first === 'module') return outputs.get(`${inModule(`module.${second}`)}.${third}`)?.() ?? [];
    const address = inModule(
      withoutInstances(first === 'data' ? `data.${second}.${third}` : `${first}.${second}`),
    );
    return index.has(address) ? [address] : [];
  };
  const resolveAll = (references: readonly string[]) => [...new Set(references.flatMap(resolve))];

  // References are resolved when all modules have been read: `entries` are filled afterwards.
  const later: (() => void)[] = [];
  for (const resource of module.resources ?? []) {
    const {
      address,
      type = '',
      mode,
      expressions = {},
      depends_on: dependsOn = [],
      provisioners = [],
    } = resource;
    const byArgument = new Map<string, readonly string[]>();
    const all: string[] = [];
    index.set(inModule(address), {
      address: inModule(address),
      type,
      isData: mode === 'data',
      expressions,
      hasProvisioners: provisioners.length > 0,
      byArgument,
      all,
    });
    later.push(() => {
      for (const [argument, expression] of Object.entries(Object(expressions))) {
        const found = resolveAll(referencesIn(expression));
        if (found.length > 0) byArgument.set(argument, found);
      }
      all.push(...new Set([...[...byArgument.values()].flat(), ...resolveAll(dependsOn)]));
    });
  }
  for (const [name, call] of Object.entries(module.module_calls ?? {})) {
    const given = Object.entries(Object(call.expressions)).map(
      ([variable, expression]) => [variable, once(() => resolveAll(referencesIn(expression)))] as const,
    );
    if (call.module) readModule(call.module, inModule(`module.${name}`), new Map(given), index, outputs);
  }
  for (const [name, { expression }] of Object.entries(module.outputs ?? {})) {
    outputs.set(
      `${path}.${name}`,
      once(() => resolveAll(referencesIn(expression))),
    );
  }
  for (const fill of later) fill();
}

/** A value that is asked for while it is being made up is empty, so that a circle ends. */
function once(make: () => string[]): () => string[] {
  let made: string[] | undefined;
  return () => {
    if (!made) {
      made = [];
      made = make();
    }
    return made;
  };
}

function referencesIn(expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap(referencesIn);
  if (typeof expression !== 'object' || expression === null) return [];
  const { references, ...others } = expression as { references?: unknown };
  const own = Array.isArray(references) ? references.filter((it) => typeof it === 'string') : [];
  return [...own, ...Object.values(others).flatMap(referencesIn)];
}
