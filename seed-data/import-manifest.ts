import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../input-error';
import { isObject } from './attribute-value';

const count = z.int().min(0);

const manifestSchema = z.strictObject({
  /** SHA-256 of the parts' own: the same for the same items in the same order. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  items: count,
  /** Files that the items are in. */
  parts: count,
  /** Size of the items as DynamoDB JSON, uncompressed, which is what an import costs by. */
  bytes: count,
  /** The first items as DynamoDB JSON, for people to look at and for the smoke test to ask for. */
  sample: z.array(z.custom<Readonly<Record<string, unknown>>>(isObject)),
});

/** What has been uploaded for a table to be imported from: all that a plan has to know of millions of items. */
export type ImportManifest = Readonly<z.infer<typeof manifestSchema>>;

/** @throws InputError if there is none, or if it is not as `npm run seed:upload` writes it */
export function readManifest(file: string): ImportManifest {
  const expected = 'a manifest as "npm run seed:upload -- <file of items>" writes it';
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError({ where: file, what: 'cannot be read', got: code ?? message, expected });
  }
  const result = manifestSchema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InputError({
    where: [file, ...(issue?.path ?? [])].join('.'),
    what: 'not of a manifest',
    got: issue?.path.reduce<unknown>((value, name) => Object(value)[name], content),
    expected,
  });
}
