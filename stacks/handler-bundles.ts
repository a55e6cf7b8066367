import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

/** The handlers' files, relative to the project. */
export const handlerEntries = {
  superDynamodb: 'lambdas/super-dynamodb-function/index.ts',
  missionDetails: 'lambdas/mission-details-function/index.ts',
} as const;

/** Folders that hold a handler, `index.mjs`, and its source map. */
export type HandlerBundles = Readonly<Record<keyof typeof handlerEntries, string>>;

/** Sources of credentials that a function never asks: Lambda gives it its role's in environment variables. */
const unusedCredentialProviders = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/**
 * The bundles of this process, in folders that live until it ends. Their bytes depend on the sources alone.
 * Being made as soon as this module is loaded: esbuild works in a process of its own.
 */
export const handlerBundles: Promise<HandlerBundles> = bundleHandlers();

async function bundleHandlers(): Promise<HandlerBundles> {
  const { outputFiles } = await build({
    entryPoints: Object.entries(handlerEntries).map(([name, entry]) => ({ in: entry, out: `${name}/index` })),
    outdir: 'bundle',
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    preserveSymlinks: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: unusedCredentialProviders,
  });
  const folder = mkdtempSync(join(tmpdir(), 'supermission-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const { path, contents } of outputFiles) {
    const name = basename(dirname(path));
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, basename(path)), contents);
  }
  const folders = Object.keys(handlerEntries).map((name) => [name, join(folder, name)]);
  return Object.fromEntries(folders) as HandlerBundles;
}
