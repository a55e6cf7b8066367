import { Graph as Layout, layout } from '@dagrejs/dagre';
import { actionWords } from '../change-view';
import type { Graph, GraphEdge, GraphNode } from '../dependency-graph';
import { entities } from './escape';

const lineHeight = 17;
const padding = 12;
const gap = 16;
/** Of the page's monospaced letters, in pixels. */
const letter = 6.7;
const maxLetters = 42;
/** Width of a row of resources that nothing connects. */
const rowWidth = 1_000;

interface Placed {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly placed: readonly Placed[];
  readonly lines: readonly (readonly Point[])[];
}

/** One drawing for each stack, without style: the page has it. */
export function svgsOf({ nodes, edges }: Graph): { readonly stack: string; readonly svg: string }[] {
  const stacks = [...new Set(nodes.map(({ stack }) => stack))];
  return stacks.map((stack) => {
    const own = nodes.filter((it) => it.stack === stack);
    const ids = new Set(own.map(({ id }) => id));
    return {
      stack,
      svg: draw(
        stack,
        arrange(
          own,
          edges.filter(({ from }) => ids.has(from)),
        ),
      ),
    };
  });
}

function arrange(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Drawing {
  const connected = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const tied = nodes.filter(({ id }) => connected.has(id));
  const drawing = arrangeConnected(tied, edges);
  const apart = nodes.filter(({ id }) => !connected.has(id));
  return arrangeRows(apart, drawing);
}

function arrangeConnected(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Drawing {
  if (nodes.length === 0) return { width: 0, height: 0, placed: [], lines: [] };
  const graph = new Layout();
  graph.setGraph({ rankdir: 'LR', nodesep: gap, ranksep: 48, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, sizeOf(node));
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const placed = nodes.map((node) => {
    const at = graph.node(node.id) as { x: number; y: number; width: number; height: number };
    return { node, width: at.width, height: at.height, x: at.x - at.width / 2, y: at.y - at.height / 2 };
  });
  const lines: Point[][] = graph
    .edges()
    .map(
      (edge: { v: string; w: string }) => (graph.edge(edge) as { points: { x: number; y: number }[] }).points,
    );
  // Lines may run around the outermost resources, beyond the size that the layout names.
  const width = Math.max(...placed.map((it) => it.x + it.width), ...lines.flat().map(({ x }) => x)) + 4;
  const height = Math.max(...placed.map((it) => it.y + it.height), ...lines.flat().map(({ y }) => y)) + 4;
  return { width, height, placed, lines };
}

function arrangeRows(nodes: readonly GraphNode[], above: Drawing): Drawing {
  let [x, y] = [4, above.height > 0 ? above.height + gap : 4];
  let width = above.width;
  const placed = nodes.map((node) => {
    const size = sizeOf(node);
    if (x > 4 && x + size.width > rowWidth) [x, y] = [4, y + size.height + gap];
    const at = { node, ...size, x, y };
    x += size.width + gap;
    width = Math.max(width, x - gap + 4);
    return at;
  });
  const last = placed.at(-1);
  const height = last ? last.y + last.height + 4 : above.height;
  return { width, height, placed: [...above.placed, ...placed], lines: above.lines };
}

function sizeOf(node: GraphNode) {
  const letters = Math.max(...textsOf(node).map((it) => it.length));
  return { width: Math.round(letters * letter) + 2 * padding, height: 3 * lineHeight + padding };
}

function textsOf({ type, name, action, count }: GraphNode): [string, string, string] {
  const many = count > 1 ? ` ×${count}` : '';
  return [
    short(type),
    `${short(name, maxLetters - many.length)}${many}`,
    `${signs[action]} ${actionWords[action]}`,
  ];
}

/** So that colour is not all that tells them apart. */
const signs = {
  destroy: '−',
  replace: '±',
  forget: '?',
  update: '~',
  create: '+',
  read: '·',
  'unheard-of': '?',
  'no-op': '=',
} as const;

/** The middle goes: the ends of addresses tell them apart. */
function short(text: string, limit = maxLetters): string {
  if (text.length <= limit) return text;
  const half = Math.floor((limit - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

function draw(stack: string, { width, height, placed, lines }: Drawing): string {
  const changes = placed.filter(({ node }) => node.action !== 'no-op').length;
  const title = `${stack}: ${changes} changed resources, and what they refer to`;
  return `<svg role="img" aria-label="${entities(title)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}">
${lines.map((points) => `<path class="edge" d="${pathOf(points)}"/>${arrowOf(points)}`).join('\n')}
${placed.map(drawNode).join('\n')}
</svg>`;
}

function drawNode({ node, x, y, width, height }: Placed): string {
  const [type, name, action] = textsOf(node).map(entities);
  const line = (text: string | undefined, index: number, style: string) =>
    `<text class="${style}" x="${padding}" y="${index * lineHeight + 19}">${text}</text>`;
  return `<g class="node ${node.action}${node.isRisky ? ' risky' : ''}" transform="translate(${round(x)} ${round(y)})"><title>${entities(`${node.type} ${node.name}`)}</title><rect width="${width}" height="${height}" rx="8"/>${line(type, 0, 'type')}${line(name, 1, 'name')}${line(action, 2, 'action')}</g>`;
}

function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    if (!next) path += `L${round(point.x)} ${round(point.y)}`;
    else
      path += `Q${round(point.x)} ${round(point.y)} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return path;
}

function arrowOf(points: readonly Point[]): string {
  const [from, to] = points.slice(-2);
  if (!from || !to) return '';
  const degrees = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return `<path class="arrow" d="M0 0L-8 -4L-8 4Z" transform="translate(${round(to.x)} ${round(to.y)}) rotate(${round(degrees)})"/>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
