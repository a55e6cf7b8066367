/** What `terraform providers schema -json` says of a provider, as far as it is read here. */
export interface ProviderSchemas {
  readonly provider: { readonly block: Block };
  readonly resource_schemas: Readonly<Record<string, { readonly block: Block }>>;
  readonly data_source_schemas: Readonly<Record<string, { readonly block: Block }>>;
}

interface Attribute {
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly deprecated?: boolean;
  /** Of an attribute that is written like a block. */
  readonly nested_type?: { readonly attributes: Readonly<Record<string, Attribute>> };
}

export interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, BlockType>>;
  readonly deprecated?: boolean;
}

interface BlockType {
  readonly block: Block;
  readonly min_items?: number;
  readonly max_items?: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Arguments that are Terraform's own. @see https://developer.hashicorp.com/terraform/language/meta-arguments */
const metaArguments = ['//', 'count', 'depends_on', 'for_each', 'lifecycle', 'provider', 'provisioner'];

/** What a provider would refuse, ignore or warn of in the Terraform of a stack, one line each. */
export function schemaProblems(
  terraform: Json,
  schemas: Readonly<Record<string, ProviderSchemas>>,
): string[] {
  const ofType = (type: string) => schemas[type.split('_')[0] as string];
  const resources = Object.entries({
    resource: 'resource_schemas',
    data: 'data_source_schemas',
  } as const).flatMap(([kind, key]) =>
    entries(terraform[kind]).flatMap(([type, byName]) =>
      entries(byName).flatMap(([name, body]) => {
        const where = `${type}.${name}`;
        const schema = ofType(type)?.[key][type];
        return schema ? blockProblems(body, schema.block, where) : [`${where}: unknown type`];
      }),
    ),
  );
  const providers = entries(terraform.provider).flatMap(([name, bodies]) => {
    const schema = schemas[name];
    if (!schema) return [`provider.${name}: unknown`];
    return toArray(bodies).flatMap((body) => blockProblems(body, schema.provider.block, `provider.${name}`));
  });
  return [...resources, ...providers];
}

function blockProblems(body: unknown, block: Block, where: string): string[] {
  const { attributes = {}, block_types = {}, deprecated } = block;
  const given = Object.fromEntries(entries(body).filter(([name]) => !metaArguments.includes(name)));
  const own = Object.keys(given).flatMap((name) => {
    const at = `${where}.${name}`;
    const attribute = attributes[name];
    if (attribute) return attributeProblems(given[name], attribute, at);
    const type = block_types[name];
    if (!type) return [`${at}: unknown`];
    return nestedProblems(toArray(given[name]), type, at);
  });
  const missing = [
    ...Object.keys(attributes).filter((name) => attributes[name]?.required && !(name in given)),
    ...Object.keys(block_types).filter((name) => block_types[name]?.min_items && !(name in given)),
  ].map((name) => `${where}.${name}: required`);
  return [...(deprecated ? [`${where}: deprecated`] : []), ...own, ...missing];
}

function attributeProblems(value: unknown, attribute: Attribute, where: string): string[] {
  const { required, optional, computed, deprecated, nested_type } = attribute;
  if (computed && !optional && !required) return [`${where}: read-only`];
  if (deprecated) return [`${where}: deprecated`];
  if (!nested_type) return [];
  return toArray(value).flatMap((it) => blockProblems(it, { attributes: nested_type.attributes }, where));
}

function nestedProblems(blocks: readonly unknown[], type: BlockType, where: string): string[] {
  const { min_items = 0, max_items = 0 } = type;
  const count = blocks.length;
  const fits = count >= min_items && (max_items === 0 || count <= max_items);
  const expected = `${min_items} to ${max_items || 'any number'}`;
  return [
    ...(fits ? [] : [`${where}: ${count} blocks; expected ${expected}`]),
    ...blocks.flatMap((block) => blockProblems(block, type.block, where)),
  ];
}

const toArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const entries = (value: unknown) => Object.entries((value ?? {}) as Json);
