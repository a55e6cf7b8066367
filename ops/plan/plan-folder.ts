import { createHash, randomUUID } from 'node:crypto';
import { existsSync, type Stats } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { describeProblem, InputError } from '../../input-error';
import { stackNames } from '../../stacks/names';
import { project } from '../../system';
import { jsonIn } from '../terraform/json-differences';
import { configurationFile, lockFile, planFile } from '../terraform/stack-folder';

/** A stack's part of a plan folder: the plan for Terraform and for people, and what the plan was made from. */
export const planJsonFile = 'plan.json';

const manifestFile = 'manifest.json';
const allStacks = Object.values(stackNames) as [string, ...string[]];
/** No other place than a file of a stack can be named, so none outside of the folder either. */
const filePath = new RegExp(
  `^(${allStacks.join('|')})/(plan\\.tfplan|plan\\.json|cdk\\.tf\\.json|\\.terraform\\.lock\\.hcl|[\\w-]+\\.zip)$`,
);

const stateSchema = z.strictObject({
  /** 0 and an empty lineage if there was no state. */
  serial: z.int().min(0),
  lineage: z.string(),
});

const manifestSchema = z.strictObject({
  format: z.literal(1),
  project: z.literal(project),
  environment: z.string(),
  accountId: z.string(),
  region: z.string(),
  stateBucket: z.string(),
  /** The commit that was planned, and whether the checkout had changes that are in no commit; null outside of git. */
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  terraform: z.strictObject({ product: z.enum(['terraform', 'opentofu']), version: z.string() }),
  /** Versions of the providers that Terraform has installed, by address. */
  providers: z.record(z.string(), z.string()),
  /** In the order in which they are applied; `state` is what each was planned on. */
  stacks: z
    .array(z.strictObject({ name: z.enum(allStacks), changes: z.boolean(), state: stateSchema }))
    .refine((stacks) => isDeploymentOrder(stacks.map(({ name }) => name)), {
      error: `each stack once, in the order ${allStacks.join(', ')}`,
    }),
  /** SHA-256 of every other file, in hexadecimal digits. */
  files: z.record(z.string().regex(filePath), z.string().regex(/^[0-9a-f]{64}$/)),
});

/** What a plan folder says of itself. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** Which state a plan was made on. */
export type PlannedState = Readonly<z.infer<typeof stateSchema>>;

export interface PlanFolder {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest: it stands for every byte of the folder. */
  readonly digest: string;
  /** The content of every file but the manifest, by its path in the folder. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Write a plan folder. It takes the place of an older one as a whole, or not at all; only its owner may read it, for
 * plans hold sensitive values in the clear.
 *
 * @throws InputError if something else than a plan folder is in its place
 */
export async function writePlanFolder(
  name: string,
  description: Omit<Manifest, 'format' | 'project' | 'files'>,
  files: ReadonlyMap<string, Buffer>,
): Promise<PlanFolder> {
  // A slash at its end would make the folder that is written beside it one within it.
  const folder = name.replace(/(?<=.)\/+$/, '');
  await expectReplaceable(folder);
  const hashes = [...files].map(([path, content]) => [path, sha256(content)]);
  const manifest = { format: 1, project, ...description, files: Object.fromEntries(hashes) } as const;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);

  const aside = `${folder}.${randomUUID()}`;
  const older = `${aside}.old`;
  try {
    await mkdir(aside, { recursive: true, mode: 0o700 });
    for (const [path, content] of [...files, [manifestFile, text] as const]) {
      await mkdir(join(aside, dirname(path)), { recursive: true, mode: 0o700 });
      await writeFile(join(aside, path), content, { mode: 0o600 });
    }
    if (existsSync(folder)) await rename(folder, older);
    await rename(aside, folder);
    await rm(older, { recursive: true, force: true });
  } finally {
    if (existsSync(older) && !existsSync(folder)) await rename(older, folder);
    await rm(aside, { recursive: true, force: true });
  }
  return { manifest, digest: sha256(text), files };
}

/** A stack as Terraform read it when it was planned; nothing if it is not among the files. */
export function configurationIn(files: PlanFolder['files'], stack: string): unknown {
  return jsonIn(files.get(`${stack}/${configurationFile}`)?.toString('utf8'));
}

/**
 * Read a plan folder that is whole: every file that its manifest names is there, unaltered, and nothing else.
 *
 * @param digest - the SHA-256 that the manifest must have
 * @throws InputError with a line for each thing that is wrong
 */
export async function readPlanFolder(folder: string, digest?: string): Promise<PlanFolder> {
  const found = await listFiles(folder);
  const place = join(folder, manifestFile);
  if (!found.get(manifestFile)?.isFile()) {
    throw problem(
      folder,
      'not a plan folder',
      [...found.keys()],
      `${manifestFile} and the files that it names`,
    );
  }
  const text = await readFile(place);
  const got = sha256(text);
  if (digest !== undefined && got !== digest) {
    throw problem(place, 'not the plan that is meant, or altered', got, `the SHA-256 ${digest}`);
  }
  const manifest = parseManifest(place, text.toString('utf8'));

  const problems: string[] = [];
  const files = new Map<string, Buffer>();
  for (const path of new Set([...found.keys(), ...Object.keys(manifest.files)])) {
    if (path === manifestFile) continue;
    const where = join(folder, path);
    const expected = manifest.files[path];
    if (expected === undefined) {
      problems.push(
        describe(where, 'added since the plan was made', 'a file', `nothing that ${place} does not name`),
      );
    } else if (!found.get(path)) {
      problems.push(describe(where, 'missing', undefined, 'the file that was planned'));
    } else if (!found.get(path)?.isFile()) {
      problems.push(describe(where, 'not a file', 'a link or a device', 'the file itself'));
    } else {
      const content = await readFile(where);
      const hash = sha256(content);
      if (hash !== expected) {
        problems.push(describe(where, 'altered since the plan was made', hash, `the SHA-256 ${expected}`));
      }
      files.set(path, content);
    }
  }
  for (const { name } of manifest.stacks) {
    for (const file of [planFile, planJsonFile, configurationFile, lockFile]) {
      if (manifest.files[`${name}/${file}`]) continue;
      problems.push(
        describe(place, 'incomplete', Object.keys(manifest.files), `${name}/${file} among its files`),
      );
    }
  }
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return { manifest, digest: got, files };
}

/** The files of a stack by their name. */
export function stackFiles({ files }: PlanFolder, stack: string): [name: string, content: Buffer][] {
  return [...files]
    .filter(([path]) => path.startsWith(`${stack}/`))
    .map(([path, content]) => [path.slice(stack.length + 1), content]);
}

function parseManifest(place: string, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw problem(place, 'not JSON', text, 'the manifest as it was written');
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) =>
    describe(
      [place, ...path].join(': '),
      'bad value',
      path.reduce<unknown>((value, key) => Object(value)[key], json),
      message,
    ),
  );
  throw new InputError(lines.join('\n'));
}

/** Everything below a folder that is not a folder itself, by its path from there; links are not followed. */
async function listFiles(folder: string): Promise<Map<string, Stats>> {
  const found = new Map<string, Stats>();
  const list = async (place: string): Promise<void> => {
    for (const name of (await readdir(place)).sort()) {
      const path = join(place, name);
      const stats = await lstat(path);
      if (stats.isDirectory()) await list(path);
      else found.set(relative(folder, path).replaceAll(sep, '/'), stats);
    }
  };
  await list(folder).catch((error: NodeJS.ErrnoException) => {
    throw problem(
      folder,
      `not a folder that can be read (${error.code})`,
      undefined,
      'a folder made by "npm run plan"',
    );
  });
  return found;
}

async function expectReplaceable(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw problem(folder, `cannot be written (${error.code})`, undefined, 'the name of a folder');
  });
  if (names.length === 0 || names.includes(manifestFile)) return;
  throw problem(folder, 'not a plan folder, left as it is', names, 'a new, an empty or a plan folder');
}

function isDeploymentOrder(names: readonly string[]): boolean {
  const places = names.map((name) => allStacks.indexOf(name));
  return places.every((place, index) => index === 0 || place > (places[index - 1] as number));
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

const describe = (where: string, what: string, got: unknown, expected: string) =>
  describeProblem({ where, what, got, expected });

const problem = (...parts: Parameters<typeof describe>) => new InputError(describe(...parts));
