import { readFileSync } from 'node:fs';
import type { BlockRules, Rules } from '../../../../ops/review/rules/rule';
import type { Block } from '../../../end-to-end/provider-schema';

/** Names of attributes, and of blocks with what is in them. */
export interface Shape {
  readonly [name: string]: Shape | 'attribute';
}

/** What the bindings know of a type. */
export function shapeOfBindings(type: string): Shape {
  const file = `@cdktf/provider-aws/lib/${type.replace(/^aws_/, '').replaceAll('_', '-')}/index.js`;
  const text = readFileSync(require.resolve(file), 'utf8');
  const structs = new Map(
    [...text.matchAll(/^function (\w+)ToHclTerraform\(struct\) \{[\s\S]*?^\}/gm)].map(([body, name]) => [
      name,
      body,
    ]),
  );
  const shapeOf = (body: string): Shape =>
    Object.fromEntries(
      [...body.matchAll(/^ +(\w+): \{\s+value: (.*),$/gm)].map(([, name, value]) => {
        const [, struct] = /(?<![.\w])(\w+)ToHclTerraform/.exec(value as string) ?? [];
        return [name, struct ? shapeOf(structs.get(struct) as string) : 'attribute'];
      }),
    );
  const resource = text.slice(text.lastIndexOf('extends cdktf.TerraformResource'));
  const [given = ''] = /synthesizeHclAttributes\(\) \{[\s\S]*/.exec(resource) ?? [];
  const readOnly = [...resource.matchAll(/this\.get\w+Attribute\('(\w+)'\)/g)].map(([, name]) => [
    name,
    'attribute',
  ]);
  return { ...Object.fromEntries(readOnly), ...shapeOf(given) };
}

/** What a provider's schema says of a type. */
export function shapeOfSchema({ attributes = {}, block_types: blocks = {} }: Block): Shape {
  return Object.fromEntries([
    ...Object.keys(attributes).map((name) => [name, 'attribute']),
    ...Object.entries(blocks).map(([name, { block }]) => [name, shapeOfSchema(block)]),
  ]);
}

const membersOf = (rule: Rules[string]) =>
  typeof rule === 'object' && 'members' in rule ? (rule as BlockRules).members : undefined;

/** What no rule is for, and blocks that a rule takes for an attribute. */
export function missingRules(shape: Shape, rules: Rules, path = ''): string[] {
  return Object.entries(shape).flatMap(([name, inside]) => {
    const at = path ? `${path}.${name}` : name;
    const rule = rules[name];
    if (!rule) return [`${at}: no rule`];
    const members = membersOf(rule);
    if (inside === 'attribute' || (typeof rule === 'object' && !members)) return [];
    const { by = '' } = rule as BlockRules;
    const { [by]: _, ...others } = inside;
    return members ? missingRules(others, members, at) : [`${at}: a block, judged as an attribute`];
  });
}

/** Rules for what is in none of the shapes. */
export function idleRules(shapes: readonly Shape[], rules: Rules, path = ''): string[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const at = path ? `${path}.${name}` : name;
    const found = shapes.flatMap((it) => (Object.hasOwn(it, name) ? [it[name]] : []));
    if (found.length === 0) return [`${at}: nothing has it`];
    const blocks = found.filter((it) => it !== 'attribute' && it !== undefined) as Shape[];
    return idleRules(blocks, membersOf(rule) ?? {}, at);
  });
}
