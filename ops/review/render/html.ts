import { createHash } from 'node:crypto';
import { type Concern, count, type Finding, sectionsOf } from '../finding';
import { acceptLine } from '../review';
import type { Review } from '../review-result';
import { entities } from './escape';
import { svgsOf } from './svg';

/** The review as one page that asks for nothing: no network, no script. */
export function htmlOf(review: Review): string {
  const { verdict, status, stacks, risks, staleAccepts, findings, drift, outputs, graph } = review;
  const accepted = new Set(risks.flatMap(({ name, isAccepted }) => (isAccepted ? [name] : [])));
  const open = risks.filter(({ isAccepted }) => !isAccepted);
  const sections = sectionsOf(findings);
  const drawings = graph.nodes.length > 1 ? svgsOf(graph) : [];
  const links = [
    ...sections.map((it) => [it.concern, it.title, it.findings.length] as const),
    ...(drift.length > 0 ? [['drift', 'Changed outside Terraform', drift.length] as const] : []),
    ...(outputs.length > 0 ? [['outputs', 'Outputs', outputs.length] as const] : []),
    ...(drawings.length > 0 ? [['graph', 'Dependency graph', 0] as const] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${entities(verdict.slice(0, 120))}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the findings</a>
<header class="${status}">
<p class="status">${statusWords(review)}</p>
<h1>${entities(verdict)}</h1>
<ul class="stacks">
${stacks.map(({ stack, counts }) => `<li><strong>${entities(stack)}</strong> ${entities(counts)}</li>`).join('\n')}
</ul>
</header>
${links.length > 1 ? `<nav aria-label="Sections"><ul>${links.map(([id, title, size]) => `<li><a href="#${id}">${title}${size > 0 ? ` <span>${size}</span>` : ''}</a></li>`).join('')}</ul></nav>` : ''}
<main id="main">
${open.length > 0 ? `<details class="section" id="accept"><summary><h2>Unaccepted risks</h2></summary><pre>${entities(acceptLine(open))}</pre></details>` : ''}
${staleAccepts.length > 0 ? `<p class="unused">Accepted by environments.ts, and in no plan any more: ${staleAccepts.map((it) => `<code>${entities(it)}</code>`).join(', ')}</p>` : ''}
${sections.map((it) => section(it.concern, it.title, it.findings, accepted)).join('\n')}
${drift.length > 0 ? section('drift', 'Changed outside Terraform', drift, accepted) : ''}
${outputs.length > 0 ? `<details class="section" id="outputs"><summary><h2>Outputs</h2> <span class="size">${outputs.length}</span></summary><ul class="findings">${outputs.map(({ stack, name, sentence }) => `<li><p><code>${entities(`${stack}.${name}`)}</code> ${entities(sentence)}</p></li>`).join('')}</ul></details>` : ''}
${drawings.length > 0 ? graphSection(drawings, graph.leftOut) : ''}
</main>
<footer><p>What is sensitive is not shown; what only the deployment can tell is named so.</p></footer>
</body>
</html>
`;
}

function statusWords({ status, risks }: Review): string {
  const open = risks.filter(({ isAccepted }) => !isAccepted).length;
  const accepted = risks.length - open;
  const words = {
    'open-risks': `${count(open, 'open risk')}${accepted > 0 ? `, ${accepted} accepted` : ''}`,
    accepted: `${count(accepted, 'risk')} accepted, none open`,
    safe: 'No risk that has to be accepted',
    'no-changes': 'Nothing to do',
  };
  return words[status];
}

function section(
  id: Concern | 'drift',
  title: string,
  findings: readonly Finding[],
  accepted: ReadonlySet<string>,
): string {
  return `<details class="section" id="${id}"${id === 'rest' ? '' : ' open'}><summary><h2>${title}</h2> <span class="size">${findings.length}</span></summary>
<ul class="findings">
${findings.map((it) => finding(it, accepted)).join('\n')}
</ul></details>`;
}

function finding(
  { stack, address, sentence, details, risk }: Finding,
  accepted: ReadonlySet<string>,
): string {
  const state = risk ? (accepted.has(risk) ? 'taken' : 'risk') : 'plain';
  const mark = { risk: 'open risk', taken: 'accepted', plain: '' }[state];
  const lines = details.map((it) => entities(it)).join('\n');
  const more =
    details.length === 0
      ? ''
      : details.length <= 4
        ? `<pre>${lines}</pre>`
        : `<details><summary>${count(details.length, 'detail')}</summary><pre>${lines}</pre></details>`;
  return `<li class="${state}"><p><code class="address">${entities(address)}</code>${address === stack ? '' : ` <span class="in">${entities(stack)}</span>`}${mark === '' ? '' : ` <span class="mark">${mark}</span>`}</p><p>${entities(sentence)}</p>${more}${state === 'risk' ? `<p class="take"><code>--accept ${entities(risk ?? '')}</code></p>` : ''}</li>`;
}

function graphSection(
  drawings: readonly { readonly stack: string; readonly svg: string }[],
  leftOut: number,
): string {
  return `<details class="section" id="graph" open><summary><h2>Dependency graph</h2></summary>
<p class="legend"><span class="destroy">− destroyed</span> <span class="replace">± replaced</span> <span class="update">~ changed</span> <span class="create">+ added</span> <span class="forget">? removed from state</span> <span class="no-op">= not changed</span></p>
${drawings.map(({ stack, svg }) => `<figure><figcaption>${entities(stack)}</figcaption><div class="scroll" tabindex="0" role="group" aria-label="Dependency graph of ${entities(stack)}, scrolls sideways">${svg}</div></figure>`).join('\n')}
${leftOut > 0 ? `<p>${count(leftOut, 'more changed resource')} not drawn.</p>` : ''}
</details>`;
}

const style = `
:root{--page:#f6f7f9;--card:#fff;--text:#1a2230;--soft:#566075;--line:#dfe3ea;--code:#f0f2f6;--link:#1d4ed8;
--danger:#b42318;--danger-soft:#fef3f2;--taken:#93530a;--taken-soft:#fffaeb;--good:#067647;--good-soft:#ecfdf3;
--change:#a34a06;--forget:#6941c6;--same:#566075}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--card:#161b22;--text:#e6edf3;--soft:#9aa6b6;--line:#2d3542;--code:#0f141b;--link:#7db3ff;
--danger:#ff8a80;--danger-soft:#2b1517;--taken:#f2b957;--taken-soft:#292010;--good:#5fd39a;--good-soft:#0f2a1e;
--change:#f5a35c;--forget:#b8a1f5;--same:#9aa6b6}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-100rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:1}
a{color:var(--link)}
h1{font-size:1.375rem;line-height:1.35;margin:.25rem 0 .75rem;font-weight:650;text-wrap:pretty}
h2{font-size:1.0625rem;margin:0;display:inline;font-weight:650}
header{background:var(--card);border:1px solid var(--line);border-left:.4rem solid var(--good);border-radius:.75rem;padding:1rem 1.25rem}
header.open-risks{border-left-color:var(--danger)}header.accepted{border-left-color:var(--taken)}header.no-changes{border-left-color:var(--same)}
.status{margin:0;font-weight:650;color:var(--good);font-size:.875rem}
.open-risks .status{color:var(--danger)}.accepted .status{color:var(--taken)}.no-changes .status{color:var(--same)}
.stacks{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem;color:var(--soft);font-size:.875rem}
.stacks li{background:var(--code);border-radius:.5rem;padding:.25rem .6rem}.stacks strong{color:var(--text)}
nav{position:sticky;top:0;background:var(--page);padding:.6rem 0;margin-top:.4rem;z-index:1}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.4rem}
nav a{display:block;text-decoration:none;border:1px solid var(--line);background:var(--card);border-radius:1rem;padding:.2rem .75rem;font-size:.875rem}
nav a:hover{border-color:var(--link)}
nav span,.size{color:var(--soft);font-variant-numeric:tabular-nums}
code,pre,svg text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font-size:.875em}
pre{margin:.5rem 0 0;padding:.6rem .75rem;background:var(--code);border-radius:.5rem;font-size:.8125rem;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere}
.section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.75rem 1.25rem;margin:.75rem 0 0;scroll-margin-top:4rem}
.section>summary{cursor:pointer;padding:.2rem 0}
.findings{list-style:none;margin:.5rem 0 0;padding:0}
.findings>li{padding:.65rem 0 .65rem .8rem;border-top:1px solid var(--line);border-left:3px solid transparent}
.findings>li.risk{border-left-color:var(--danger)}
.findings>li.taken{border-left-color:var(--taken)}
.findings p{margin:0}.findings p+p{margin-top:.15rem}
.findings summary{cursor:pointer;color:var(--soft);font-size:.875rem;margin-top:.3rem}
.address{font-weight:650}
.in{color:var(--soft);font-size:.8125rem;margin-left:.25rem}
.mark{font-size:.75rem;font-weight:650;border-radius:1rem;padding:.05rem .5rem;white-space:nowrap;background:var(--danger-soft);color:var(--danger)}
.taken .mark{background:var(--taken-soft);color:var(--taken)}
.take,.unused{color:var(--soft);font-size:.8125rem}
.findings .take{margin-top:.4rem}
figure{margin:.75rem 0}figcaption{font-weight:650;font-size:.875rem;margin-bottom:.3rem}
.scroll{overflow-x:auto;background:var(--code);border-radius:.5rem;padding:.5rem}
svg{display:block;max-width:none}
.node rect{fill:var(--card);stroke:var(--same);stroke-width:1.5}
.node text{fill:var(--text);font-size:11px}.node .type{fill:var(--soft)}.node .name{font-weight:650}.node .action{fill:var(--same)}
.node.no-op rect{stroke:var(--line)}
.destroy rect,.replace rect{stroke:var(--danger);fill:var(--danger-soft);stroke-width:2}.replace rect{stroke-dasharray:5 3}
.update rect{stroke:var(--change)}.create rect{stroke:var(--good);fill:var(--good-soft)}.forget rect{stroke:var(--forget)}
.risky rect{stroke:var(--danger);stroke-width:2.5}
.destroy .action,.replace .action,.legend .destroy,.legend .replace{fill:var(--danger);color:var(--danger)}
.update .action,.legend .update{fill:var(--change);color:var(--change)}
.create .action,.legend .create{fill:var(--good);color:var(--good)}
.forget .action,.legend .forget{fill:var(--forget);color:var(--forget)}.legend .no-op{color:var(--same)}
.edge{fill:none;stroke:var(--soft);stroke-width:1.2}.arrow{fill:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.8125rem;margin:.4rem 0 0}
footer{color:var(--soft);font-size:.8125rem;margin-top:1rem}
@media (max-width:32rem){body{padding:.6rem}header,.section{padding:.7rem .8rem}h1{font-size:1.125rem}nav{position:static}}
@media print{nav,.skip{display:none}body{max-width:none;background:#fff}}
`;

const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
