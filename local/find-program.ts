import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The file of a program that is named by its path, or by its name if it is on the PATH. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (name.includes(path.sep)) return isProgram(name) ? path.resolve(name) : undefined;
  return searchPath(environment)
    .map((folder) => path.resolve(folder, name))
    .find(isProgram);
}

/** The PATH without what npm puts in front of it: there `terraform` is the downloader kept for the last resort. */
export function searchPath(environment: NodeJS.ProcessEnv): string[] {
  return (environment.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith(path.join('node_modules', '.bin')));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
