export interface Curves {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
}

const width = 420;
const height = 280;
const margin = { left: 60, right: 110, top: 30, bottom: 40 };
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'];

/** Line plots side by side, as one SVG. */
export function plot(all: readonly Curves[]): string {
  const panels = all.map(
    (curves, index) => `<g transform="translate(${index * width},0)">${panel(curves)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all.length * width} ${height}" font-family="sans-serif" font-size="11">
<title>${all.map(({ title }) => title).join(', ')}</title>
<rect width="100%" height="100%" fill="#fff"/>
${panels.join('\n')}
</svg>
`;
}

function panel({ title, x, y, lines }: Curves): string {
  const points = Object.values(lines).flat();
  const right = Math.max(...points.map(([value]) => value));
  const top = Math.max(...points.map(([, value]) => value)) * 1.1;
  const toX = (value: number) => margin.left + (value / right) * (width - margin.left - margin.right);
  const toY = (value: number) =>
    height - margin.bottom - (value / top) * (height - margin.top - margin.bottom);
  const ticks = (end: number) => [0, 0.25, 0.5, 0.75, 1].map((share) => share * end);
  const label = (value: number) =>
    value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
  const parts = [
    `<text x="${width / 2 - 25}" y="16" text-anchor="middle" font-weight="bold">${title}</text>`,
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${x}</text>`,
    `<text transform="translate(14,${height / 2}) rotate(-90)" text-anchor="middle">${y}</text>`,
    ...ticks(right).map(
      (value) => `<text x="${toX(value)}" y="${height - 24}" text-anchor="middle">${label(value)}</text>`,
    ),
    ...ticks(top).map(
      (value) =>
        `<text x="${margin.left - 6}" y="${toY(value) + 4}" text-anchor="end">${label(value)}</text><line x1="${margin.left}" x2="${width - margin.right}" y1="${toY(value)}" y2="${toY(value)}" stroke="#ddd"/>`,
    ),
  ];
  Object.entries(lines).forEach(([name, values], index) => {
    const colour = colours[index % colours.length];
    const [lastX, lastY] = values.at(-1) ?? [0, 0];
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${values.map(([a, b]) => `${toX(a)},${toY(b)}`).join(' ')}"/>`,
      ...values.map(([a, b]) => `<circle cx="${toX(a)}" cy="${toY(b)}" r="3" fill="${colour}"/>`),
      `<text x="${toX(lastX) + 8}" y="${toY(lastY) + 4}" fill="${colour}">${name}</text>`,
    );
  });
  return parts.join('\n');
}
