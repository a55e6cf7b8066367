import { chmodSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchPath } from '../../local/local-aws';

/** Programs by their names: stubs, each a script of the shell. */
export type Stubs = Readonly<Record<string, string>>;

/** A PATH that has nothing but Node.js and stub programs. Like all in the temporary folder of the tests it goes with that. */
export function pathWith(stubs: Stubs): string {
  const folder = mkdtempSync(join(tmpdir(), 'bin-'));
  symlinkSync(process.execPath, join(folder, 'node'));
  for (const [name, script] of Object.entries(stubs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** A PATH that has all the programs of this one but some, and stub programs. */
export function pathWithout(missing: RegExp, stubs: Stubs = {}): string {
  const folder = pathWith(stubs);
  const taken = new Set(readdirSync(folder));
  for (const place of searchPath(process.env)) {
    for (const name of listed(place).filter((it) => !missing.test(it) && !taken.has(it))) {
      taken.add(name);
      symlinkSync(join(place, name), join(folder, name));
    }
  }
  return folder;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A way to the network that ends at a closed port. */
export const deadProxies = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [
    name,
    'http://127.0.0.1:9',
  ]),
);
