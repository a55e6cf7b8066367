import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';
import { type FunctionId, functions } from '../system';

/** Folders that hold a handler, `index.mjs`, its source map, and its part of the AWS SDK, by the functions' ids. */
export type HandlerBundles = Readonly<Record<FunctionId, string>>;

/** The file of a function's handler, relative to the project. */
export function handlerEntry(id: string): string {
  return `lambdas/${id}-function/index.ts`;
}

/** What the SDK imports only when it is needed, and a function never needs. */
const neverImported = [
  // No operation of DynamoDB answers with a stream of events.
  '@smithy/core/event-streams',
  // Lambda gives a function its role's credentials in environment variables, the first place the SDK looks.
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

const options = {
  outdir: '.',
  outExtension: { '.js': '.mjs' },
  write: false,
  bundle: true,
  minify: true,
  preserveSymlinks: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  mainFields: ['module', 'main'],
} satisfies BuildOptions;

async function bundleHandlers(): Promise<HandlerBundles> {
  const [sdk, handlers] = await Promise.all([
    build({ ...options, entryPoints: { sdk: 'lambdas/shared/aws-sdk.ts' }, external: neverImported }),
    build({
      ...options,
      minify: false,
      entryPoints: Object.keys(functions).map((id) => ({ in: handlerEntry(id), out: id })),
      alias: { '#aws-sdk': './sdk.mjs' },
      external: ['./sdk.mjs'],
      sourcemap: 'inline',
      sourcesContent: false,
    }),
  ]);
  const [sdkFile] = sdk.outputFiles.map(({ contents }) => ({ name: 'sdk.mjs', contents }));
  const folders = handlers.outputFiles.map(async ({ path, text }) => {
    const files = await minified(text);
    return [basename(path, '.mjs'), keep([...files, ...(sdkFile ? [sdkFile] : [])])];
  });
  return Object.fromEntries(await Promise.all(folders)) as HandlerBundles;
}

/**
 * A handler's bundle with short names, and its source map. On its own, because esbuild gives names out by how often letters
 * stand in all files of a build, what it then leaves out included: a function that is declared would change every other one.
 */
async function minified(bundle: string): Promise<File[]> {
  const { target, format } = options;
  const { code, map } = await transform(bundle, {
    target,
    format,
    minify: true,
    // It says nothing of the SDK, which would make it forty times as large.
    sourcemap: 'external',
    sourcesContent: false,
  });
  return [
    { name: 'index.mjs', contents: code },
    { name: 'index.mjs.map', contents: map },
  ];
}

interface File {
  readonly name: string;
  readonly contents: string | Uint8Array;
}

/**
 * Files in a folder that is found again by their content, so that no process has to clean up behind itself. Not in
 * `node_modules`, which may be another user's.
 */
function keep(files: readonly File[]): string {
  const cache = resolve('cdktf.out/bundles');
  const hash = createHash('sha256');
  for (const { contents } of files) hash.update(contents);
  const folder = join(cache, hash.digest('hex'));
  mkdirSync(folder, { recursive: true });
  for (const { name, contents } of files) {
    // Another process may be reading the same file.
    const draft = join(cache, `${process.pid}.partial`);
    writeFileSync(draft, contents);
    renameSync(draft, join(folder, name));
  }
  return folder;
}

/**
 * The bundles of this process; their bytes depend on the sources alone.
 * Being made as soon as this module is loaded: esbuild works in a process of its own.
 */
export const handlerBundles: Promise<HandlerBundles> = bundleHandlers();
