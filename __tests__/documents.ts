import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The commands under a heading of a document, in order: each block as a script. */
export function commandBlocks(document: string, title: string): string[] {
  const text = readFileSync(join(resolve(__dirname, '..'), document), 'utf8');
  const section = text.split(/^##+ /m).find((it) => it.startsWith(`${title}\n`)) ?? '';
  const blocks = Array.from(section.matchAll(/^```bash\n([\s\S]*?)^```/gm), ([, commands = '']) => commands);
  if (blocks.length === 0) throw new Error(`${document}: no commands under ${title}`);
  return blocks;
}
