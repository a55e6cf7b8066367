import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';

/** The handlers' files, relative to the project. */
export const handlerEntries = {
  superDynamodb: 'lambdas/super-dynamodb-function/index.ts',
  missionDetails: 'lambdas/mission-details-function/index.ts',
} as const;

/** Folders that hold a handler, `index.mjs`, and its source map. */
export type HandlerBundles = Readonly<Record<keyof typeof handlerEntries, string>>;

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
    external: neverImported,
  });
  const folder = mkdtempSync(join(tmpdir(), 'supermission-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const { path, text } of outputFiles) {
    const name = basename(dirname(path));
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, basename(path)), path.endsWith('.map') ? ownSourceMap(text) : text);
  }
  const folders = Object.keys(handlerEntries).map((name) => [name, join(folder, name)]);
  return Object.fromEntries(folders) as HandlerBundles;
}

/** A source map of our own files alone: Node reads it at every cold start, and nine tenths of it were about the SDK. */
function ownSourceMap(json: string): string {
  const { sources, names, mappings } = JSON.parse(json) as Record<'sources' | 'names', string[]> & {
    mappings: string;
  };
  const isOurs = sources.map((source) => !source.includes('node_modules/'));
  const keptNames = new Map<number, number>();
  const keep = (segment: SourceMapSegment): SourceMapSegment => {
    if (segment.length !== 5) return segment;
    const [column, source, line, sourceColumn, name] = segment;
    if (!keptNames.has(name)) keptNames.set(name, keptNames.size);
    return [column, source, line, sourceColumn, keptNames.get(name) as number];
  };
  const lines = decode(mappings).map((segments) => {
    const kept: SourceMapSegment[] = [];
    for (const segment of segments) {
      if (segment.length > 1 && isOurs[segment[1] as number]) kept.push(keep(segment));
      else if (kept.at(-1)?.length !== 1) kept.push([segment[0]]);
    }
    return kept;
  });
  return JSON.stringify({
    version: 3,
    sources: sources.map((source, index) => (isOurs[index] ? source : '')),
    names: [...keptNames.keys()].map((name) => names[name]),
    mappings: encode(lines),
  });
}
