import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { typeRules } from '../../../../ops/review/rules';
import { missingRules, shapeOfBindings } from './shapes';

/** Types of resources that a file of `stacks/` can define, by its imports. */
function definedTypes(): string[] {
  const files = readdirSync('stacks', { recursive: true, encoding: 'utf8' }).filter((it) =>
    it.endsWith('.ts'),
  );
  const sources = files.map((file) => readFileSync(join('stacks', file), 'utf8'));
  const modules = sources.flatMap(
    (it) => it.match(/@cdktf\/provider-aws\/lib\/(?!data-|provider')[\w-]+/g) ?? [],
  );
  return [...new Set(modules)].sort().map((name) => {
    const { tfResourceType } = Object.values(require(name)).find((it: any) => it.tfResourceType) as any;
    return tfResourceType;
  });
}

describe('the rules of a review', () => {
  const types = definedTypes();

  it('are there for every type that the stacks can define', () => {
    expect(types.length).toBeGreaterThan(15);
    expect(types.filter((type) => !Object.hasOwn(typeRules, type))).toEqual([]);
  });

  it.each([...new Set([...types, ...Object.keys(typeRules).filter((it) => it.startsWith('aws_'))])])(
    'judge every attribute that the bindings know of %s',
    (type) => {
      expect(missingRules(shapeOfBindings(type), typeRules[type]?.attributes ?? {})).toEqual([]);
    },
  );

  it('fails when an attribute, or one inside of a block, has none', () => {
    const { ttl: _, server_side_encryption, ...rules } = typeRules.aws_dynamodb_table?.attributes ?? {};
    const changed = { ...rules, server_side_encryption: { members: {} } };

    expect(missingRules(shapeOfBindings('aws_dynamodb_table'), changed).sort()).toEqual([
      'server_side_encryption.enabled: no rule',
      'server_side_encryption.kms_key_arn: no rule',
      'ttl: no rule',
    ]);
  });
});
