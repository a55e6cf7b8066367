import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { describeMistake, InputError } from '../../input-error';
import { readPlan } from './plan';
import type { ReviewOptions, StackPlan } from './review';

/** What is to be reviewed. */
export interface Plans {
  /** None for a plan of which nothing but its JSON is known. */
  readonly environment: string | undefined;
  readonly plans: readonly StackPlan[];
  readonly sizeOf: NonNullable<ReviewOptions['sizeOf']>;
}

/** The part of a plan folder's manifest that a review reads. */
const manifestSchema = z.object({
  format: z.literal(1),
  environment: z.string(),
  stacks: z.array(z.object({ name: z.string().regex(/^[\w-]+$/) })).min(1),
  files: z.record(z.string(), z.string()),
});

/**
 * Read a folder that `npm run plan` has written, or one plan's JSON.
 *
 * @throws InputError if it is neither, or if a plan is not the one that the manifest names
 */
export function readPlans(path: string): Plans {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info)
    throw mistake(path, 'does not exist', undefined, 'a folder that "npm run plan" wrote, or a plan as JSON');
  return info.isDirectory() ? readFolder(path) : readFile(path);
}

function readFile(path: string): Plans {
  const name = basename(path) === 'plan.json' ? basename(dirname(path)) : basename(path, '.json');
  const plan = readPlan(readFileSync(path, 'utf8'), path);
  return { environment: undefined, plans: [{ stack: name, plan }], sizeOf: () => undefined };
}

function readFolder(folder: string): Plans {
  const { environment, stacks, files } = readManifest(join(folder, 'manifest.json'));
  const plans = stacks.map(({ name: stack }) => {
    const file = join(folder, stack, 'plan.json');
    const content = statSync(file, { throwIfNoEntry: false }) ? readFileSync(file) : undefined;
    if (!content) throw mistake(file, 'missing', undefined, 'the file that the manifest names');
    const hash = createHash('sha256').update(content).digest('hex');
    if (hash !== files[`${stack}/plan.json`]) {
      throw mistake(file, 'not the plan that was made, SHA-256', hash, String(files[`${stack}/plan.json`]));
    }
    return { stack, plan: readPlan(content.toString('utf8'), file) };
  });
  const sizeOf = (stack: string, file: string) =>
    Object.hasOwn(files, `${stack}/${file}`)
      ? statSync(join(folder, stack, file), { throwIfNoEntry: false })?.size
      : undefined;
  return { environment, plans, sizeOf };
}

function readManifest(file: string): z.infer<typeof manifestSchema> {
  if (!statSync(file, { throwIfNoEntry: false })) {
    throw mistake(file, 'missing', undefined, 'the manifest of a folder that "npm run plan" wrote');
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw mistake(file, 'not JSON', undefined, 'a manifest of format 1');
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const got = path.reduce<unknown>((value, key) => Object(value)[key], json);
  throw mistake(`${file}: ${path.join('.')}`, issue?.message ?? 'bad value', got, 'a manifest of format 1');
}

function mistake(where: string, what: string, got: unknown, expected: string): InputError {
  return new InputError(describeMistake({ where, what, got, expected }));
}
