import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';
import { type FunctionId, functions } from '../system';
import { entries } from './names';

/**
 * Folders by the functions' ids. `direct` holds a handler, `index.mjs`, its source map, its part of the AWS SDK if it uses it, and
 * its page if it has one;
 * `overHttp` the same, and beside it `http.mjs`, a handler that answers requests of API Gateway by the former.
 */
export type HandlerBundles = Readonly<
  Record<FunctionId, { readonly direct: string; readonly overHttp: string }>
>;

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
  const [sdk, http, handlers] = await Promise.all([
    build({ ...options, entryPoints: { sdk: 'lambdas/shared/aws-sdk.ts' }, external: neverImported }),
    build({
      ...options,
      stdin: {
        contents: `import { handler as direct } from './${entries.direct}.mjs';
          import { overHttp } from './lambdas/shared/over-http';
          export const handler = overHttp(direct);`,
        resolveDir: '.',
      },
      external: [`./${entries.direct}.mjs`],
    }),
    build({
      ...options,
      minify: false,
      entryPoints: Object.keys(functions).map((id) => ({ in: handlerEntry(id), out: id })),
      alias: { '#aws-sdk': './sdk.mjs' },
      external: ['./sdk.mjs'],
      sourcemap: 'inline',
      sourcesContent: false,
      metafile: true,
    }),
  ]);
  const sdkFiles = sdk.outputFiles.map(({ contents }) => ({ name: 'sdk.mjs', contents }));
  const httpFiles = http.outputFiles.map(({ contents }) => ({ name: `${entries.overHttp}.mjs`, contents }));
  const folders = handlers.outputFiles.map(async ({ path, text }) => {
    const { imports = [] } = handlers.metafile.outputs[relative('', path)] ?? {};
    const files = [
      ...(await minified(text)),
      ...(imports.some((it) => it.path === './sdk.mjs') ? sdkFiles : []),
      ...(await pageOf(basename(path, '.mjs'))),
    ];
    return [basename(path, '.mjs'), { direct: keep(files), overHttp: keep([...files, ...httpFiles]) }];
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
    { name: `${entries.direct}.mjs`, contents: code },
    { name: `${entries.direct}.mjs.map`, contents: map },
  ];
}

/** The page of a function that has a `page.html`, with the `page.css` and `page.ts` beside it put into it. */
async function pageOf(id: string): Promise<File[]> {
  const folder = dirname(handlerEntry(id));
  const page = join(folder, 'page.html');
  if (!existsSync(page)) return [];
  const { outputFiles } = await build({
    ...options,
    minify: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: [join(folder, 'page.ts'), join(folder, 'page.css')],
    outExtension: {},
  });
  // Each on its own, as the handlers are.
  const shorten = async (loader: 'js' | 'css') => {
    const text = outputFiles.find(({ path }) => path.endsWith(`.${loader}`))?.text ?? '';
    return (await transform(text, { loader, target: 'es2022', minify: true })).code.trim();
  };
  const [script, style] = await Promise.all([shorten('js'), shorten('css')]);
  const contents = readFileSync(page, 'utf8')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return [{ name: 'page.html', contents }];
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
