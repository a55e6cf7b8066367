import type { Plan } from '../terraform/plan-json';
import type { Action, ChangeView } from './change-view';
import { referencesOf, withoutInstances } from './references';

/** The resources that a plan changes, and those next to them. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Changed resources for which there was no room. */
  readonly leftOut: number;
}

export interface GraphNode {
  /** `<stack> <address>`, without an instance. */
  readonly id: string;
  readonly stack: string;
  readonly type: string;
  /** Without its type. */
  readonly name: string;
  readonly action: Action;
  /** How many instances, or items of one stack. */
  readonly count: number;
  /** Whether a risk speaks of it. */
  readonly isRisky: boolean;
}

/** What refers to what. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/** The more a reader must see it, the earlier. */
const importance: readonly Action[] = [
  'destroy',
  'replace',
  'unheard-of',
  'forget',
  'update',
  'create',
  'read',
  'no-op',
];
/** Items of a stack are one node. */
const collected = 'aws_dynamodb_table_item';

/** Nothing that is larger can be read; Mermaid itself stops at 500 edges. */
const maxNodes = 60;
const maxEdges = 150;

export interface GraphSource {
  readonly stack: string;
  readonly plan: Plan;
  readonly views: readonly ChangeView[];
}

/** @param risky - `<stack> <address>` of what a risk speaks of */
export function graphOf(sources: readonly GraphSource[], risky: ReadonlySet<string>): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  for (const { stack, plan, views } of sources) {
    const references = referencesOf(plan);
    const idOf = (address: string) => {
      const { type } = references.get(address) ?? {};
      return `${stack} ${type === collected ? collected : address}`;
    };
    for (const view of views) {
      if (view.source.mode === 'data' || view.action === 'read') continue;
      const address = withoutInstances(view.source.address);
      const isCollected = view.type === collected;
      const id = `${stack} ${isCollected ? collected : address}`;
      const known = nodes.get(id);
      const action =
        known && importance.indexOf(known.action) < importance.indexOf(view.action)
          ? known.action
          : view.action;
      nodes.set(id, {
        id,
        stack,
        type: view.type,
        name: isCollected ? 'items' : address.replace(`${view.type}.`, ''),
        action,
        count: countOf(known, view.action),
        isRisky: (known?.isRisky ?? false) || risky.has(`${stack} ${view.address}`),
      });
    }
    const resources = [...references.values()].filter(({ isData }) => !isData);
    for (const { address } of resources) {
      const from = idOf(address);
      for (const target of throughData(address, references)) {
        const to = idOf(target);
        if (from !== to) edges.set(`${from} ${to}`, { from, to });
      }
    }
  }
  return limited(nodes, [...edges.values()]);
}

/** Of a resource with instances only those that change count, if any does. */
function countOf(known: GraphNode | undefined, action: Action): number {
  if (!known) return 1;
  const isFirstChange = known.action === 'no-op' && action !== 'no-op';
  return isFirstChange ? 1 : known.count + (known.action !== 'no-op' && action === 'no-op' ? 0 : 1);
}

/** Data sources are not shown: what they refer to counts as referred to by whoever refers to them. */
function throughData(address: string, references: ReturnType<typeof referencesOf>): string[] {
  const seen = new Set<string>();
  const visit = (from: string): string[] =>
    (references.get(from)?.all ?? []).flatMap((to) => {
      if (seen.has(to)) return [];
      seen.add(to);
      return references.get(to)?.isData ? visit(to) : [to];
    });
  return visit(address);
}

function limited(nodes: ReadonlyMap<string, GraphNode>, edges: readonly GraphEdge[]): Graph {
  const changed = [...nodes.values()].filter(({ action }) => action !== 'no-op');
  const rank = (it: GraphNode) => importance.indexOf(it.action) - (it.isRisky ? importance.length : 0);
  const shown = new Map(
    changed
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, maxNodes)
      .map((it) => [it.id, it]),
  );
  const isShown = ({ from, to }: GraphEdge) => shown.has(from) && shown.has(to);
  const leftOut = changed.length - shown.size;
  for (const { from, to } of edges) {
    if (shown.size >= maxNodes) break;
    const [missing] = [from, to].filter((id) => !shown.has(id));
    const node = missing === undefined ? undefined : nodes.get(missing);
    const other = missing === from ? to : from;
    if (node && shown.get(other) && shown.get(other)?.action !== 'no-op') shown.set(node.id, node);
  }
  return { nodes: [...shown.values()], edges: edges.filter(isShown).slice(0, maxEdges), leftOut };
}
