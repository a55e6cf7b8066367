import { join, resolve } from 'node:path';

export const benchFolder = __dirname;
export const projectFolder = resolve(__dirname, '..');
export const peersFolder = join(benchFolder, 'peers');
/** Everything that a run makes and nobody keeps. */
export const workFolder = join(benchFolder, '.work');
