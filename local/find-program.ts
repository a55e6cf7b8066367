import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The file of a program that is named by its path, or by its name if it is on the PATH. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (name.includes(path.sep)) return isProgram(name) ? path.resolve(name) : undefined;
  return (
    (environment.PATH ?? '')
      .split(path.delimiter)
      // npm puts these in front of the PATH, and there `terraform` is the downloader kept for the last resort.
      .filter((folder) => folder !== '' && !folder.endsWith(path.join('node_modules', '.bin')))
      .map((folder) => path.resolve(folder, name))
      .find(isProgram)
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
