import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with packages of the npm registry, none of whose scripts has run; removed after the test file. */
export function installPackages(...packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  // They are for another Node.js than the one that installs them.
  const flags = [
    '--engine-strict=false',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--silent',
    '--prefix',
    folder,
  ];
  execFileSync('npm', ['install', ...flags, ...packages], { stdio: ['ignore', 'ignore', 'pipe'] });
  return join(folder, 'node_modules');
}

/** The package of a major version of Node.js for this machine. */
export const nodePackage = (major: number) => {
  const name = `node-${process.platform}-${process.arch}`;
  return `node${major}@npm:${name}@${major}`;
};

/** The program of a version that `nodePackage` has installed into a folder. */
export const nodeProgram = (folder: string, major: number) => join(folder, `node${major}`, 'bin', 'node');
