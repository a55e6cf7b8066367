import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const projectRoot = resolve(__dirname, '../..');
/** Found again by its content, so that no process has to clean up behind itself, however it ends. */
const cacheFolder = join(projectRoot, 'node_modules/.cache/supermission');

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

const bundles = new Map<string, string>();

/**
 * Bundle a handler with all it imports into one ES module and its source map, once in a process, and return their
 * folder. The bytes depend on the sources alone.
 *
 * @param entry - the handler's file, relative to the project
 */
export function bundleHandler(entry: string): string {
  const folder = bundles.get(entry) ?? bundle(entry);
  bundles.set(entry, folder);
  return folder;
}

function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    outfile: 'bundle/index.mjs',
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
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  const folder = join(cacheFolder, hash.digest('hex'));
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Another process may be reading the same file.
    const draft = join(cacheFolder, `${process.pid}.partial`);
    writeFileSync(draft, contents);
    renameSync(draft, join(folder, basename(path)));
  }
  return folder;
}
