import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/**
 * The frames of an error's stack, with the lines of our sources where a source map says them. It is read now, when a fault is
 * logged: Node's `--enable-source-maps` reads it at every cold start.
 */
export function framesOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack?.split('\n') ?? []) : [];
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => inSource(line.trim()));
}

function inSource(frame: string): string {
  // What stands before the place is a name that the bundle has made short.
  return frame.replace(/at (?:.+ \()?(file:\/\/\S+?):(\d+):(\d+)\)?$/, (bundled, url, line, column) => {
    const { fileName, lineNumber, columnNumber } = sourceMapOf(url)?.findOrigin(+line, +column) ?? {};
    return fileName ? `at ${fileName}:${lineNumber}:${columnNumber}` : bundled;
  });
}

const sourceMaps = new Map<string, SourceMap | undefined>();

function sourceMapOf(url: string): SourceMap | undefined {
  if (!sourceMaps.has(url)) sourceMaps.set(url, readSourceMap(url));
  return sourceMaps.get(url);
}

function readSourceMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    // The part of the SDK has none.
    return undefined;
  }
}
