import { z } from 'zod';
import { InputError } from '../../input-error';
import { parseExactly, stringifyExactly } from './exact-json';

/** Terraform and OpenTofu know no other members; were `Provider` passed over here, they would take it for `provider`. */
const instanceSchema = z.strictObject({
  index_key: z.union([z.string(), z.number()]).optional(),
  /** `tainted` if making it was not seen to its end; Terraform would replace it. */
  status: z.literal('tainted').optional(),
  deposed: z.string().optional(),
  schema_version: z.number().optional(),
  attributes: z.unknown().optional(),
  attributes_flat: z.unknown().optional(),
  sensitive_attributes: z.unknown().optional(),
  identity_schema_version: z.number().optional(),
  identity: z.unknown().optional(),
  private: z.string().optional(),
  dependencies: z.array(z.string()).optional(),
  create_before_destroy: z.boolean().optional(),
  /** OpenTofu's, where the instances of a resource have different ones. */
  instance_provider: z.string().optional(),
});
const resourceSchema = z.strictObject({
  module: z.string().optional(),
  mode: z.enum(['managed', 'data']),
  type: z.string(),
  name: z.string(),
  each: z.string().optional(),
  provider: z.string().optional(),
  instances: z.array(instanceSchema).readonly(),
});
const stateSchema = z.strictObject({
  version: z.literal(4),
  terraform_version: z.string(),
  /** Grows with each state of the same lineage, from 1. */
  serial: z.int().min(0),
  lineage: z.string(),
  outputs: z.record(z.string(), z.unknown()),
  resources: z.array(resourceSchema).readonly(),
  check_results: z.unknown().optional(),
});

/** Terraform's state file. */
export type State = Readonly<z.infer<typeof stateSchema>>;
export type StateResource = Readonly<z.infer<typeof resourceSchema>>;
export type StateInstance = Readonly<z.infer<typeof instanceSchema>>;

/**
 * Read a state file.
 *
 * @param where - for messages
 * @throws InputError for all that Terraform may read in another way than it is read here
 */
export function readState(text: string, where: string): State {
  const expected = 'a state as Terraform 1.x and OpenTofu write it';
  let json: unknown;
  try {
    json = parseExactly(text);
  } catch (error) {
    throw new InputError({ where, what: 'not a state', got: (error as Error).message, expected });
  }
  const result = stateSchema.safeParse(json);
  if (result.success) return result.data;
  throw new InputError(
    ...result.error.issues.map(({ path, message }) => ({
      where: [where, ...path].join(': '),
      what: 'not a state that can be judged',
      got: message,
      expected,
    })),
  );
}

/** The text of a state file. */
export const stateText = (state: State) => `${stringifyExactly(state)}\n`;

/** As Terraform prints it, without the instance. */
export function addressOf({
  module,
  mode,
  type,
  name,
}: Omit<StateResource, 'provider' | 'instances'>): string {
  return [module, mode === 'data' && 'data', type, name].filter(Boolean).join('.');
}
