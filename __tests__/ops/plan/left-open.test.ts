import { readFileSync } from 'node:fs';
import { leftOpen } from '../../../ops/plan/left-open';
import {
  environment,
  synthesizeFunctions,
  synthesizeStateBackend,
  synthesizeTable,
} from '../../stacks/synthesize';

const prod = environment('prod');
const stacks = [synthesizeTable(prod), synthesizeFunctions(prod), synthesizeStateBackend(prod)];
const types = [...new Set(stacks.flatMap((it) => Object.keys(it.resource)))].sort();

/** What nobody can set: the bindings have no input for it. */
function computedOnly(type: string): string[] {
  const folder = type.replace(/^aws_/, '').replaceAll('_', '-');
  const text = readFileSync(`node_modules/@cdktf/provider-aws/lib/${folder}/index.d.ts`, 'utf8');
  const resource = text.slice(text.lastIndexOf('export declare class'));
  const names = [...resource.matchAll(/get (\w+)\(\)/g)].map(([, name]) => String(name));
  return names
    .filter((name) => !name.endsWith('Input') && !names.includes(`${name}Input`))
    .map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

describe('what AWS computes', () => {
  it.each(types)('is no drift: %s', (type) => {
    const values = Object.fromEntries(computedOnly(type).map((name) => [name, 'x']));

    expect(leftOpen(type, values, {})).toEqual([]);
  });

  it('is drift as what it comes of: a bucket that somebody has made a website', () => {
    const website = { website: [{ index_document: 'index.html' }], website_endpoint: 'b.example' };

    expect(leftOpen('aws_s3_bucket', website, {}).map(({ path }) => path)).toEqual([
      'website[0].index_document',
    ]);
  });

  it('is found for the types of ours', () => {
    expect(types.length).toBeGreaterThan(10);
    expect(types.flatMap(computedOnly)).toContain('code_sha256');
  });
});
