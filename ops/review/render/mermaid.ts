import { actionWords } from '../change-view';
import type { Graph } from '../dependency-graph';

/** Readable on GitHub's light and dark background. */
const styles = `classDef destroy fill:#b42318,stroke:#7a1a12,color:#fff
classDef replace fill:#b42318,stroke:#7a1a12,color:#fff,stroke-dasharray:5 3
classDef forget fill:#6941c6,stroke:#42307d,color:#fff
classDef update fill:#b54708,stroke:#7a2e0e,color:#fff
classDef create fill:#067647,stroke:#054f31,color:#fff
classDef same fill:#667085,stroke:#475467,color:#fff`;

/** A flowchart of the resources, what changes coloured; of the names only letters that mean nothing to Mermaid are left as they are. */
export function mermaidOf({ nodes, edges }: Graph): string {
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const stacks = [...new Set(nodes.map(({ stack }) => stack))];
  const lines = stacks.flatMap((stack, index) => [
    `  subgraph s${index}["${label(stack)}"]`,
    ...nodes
      .filter((it) => it.stack === stack)
      .map(({ id, type, name, action, count }) => {
        const many = count > 1 ? ` ×${count}` : '';
        const text = `${label(type)}<br>${label(name)}${many}<br>${actionWords[action]}`;
        return `    ${ids.get(id)}["${text}"]:::${action === 'no-op' || action === 'unheard-of' ? 'same' : action}`;
      }),
    '  end',
  ]);
  const arrows = edges.map(({ from, to }) => `  ${ids.get(from)} --> ${ids.get(to)}`);
  return ['flowchart LR', ...lines, ...arrows, styles.replace(/^/gm, '  ')].join('\n');
}

/** Mermaid reads `#35;` as the character of that number. */
function label(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return short.replace(/[^\w.\-/ …]/gu, (it) => `#${it.codePointAt(0)};`);
}
