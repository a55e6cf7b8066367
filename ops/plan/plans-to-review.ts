import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { InputError } from '../../input-error';
import type { StackPlan } from '../review/plan-context';
import type { ReviewOptions } from '../review/review';
import { readPlan } from '../terraform/plan-json';
import { configurationIn, planJsonFile, readPlanFolder } from './plan-folder';

/** What is to be reviewed. */
export interface Plans {
  /** None for a plan of which nothing but its JSON is known. */
  readonly environment: string | undefined;
  readonly plans: readonly StackPlan[];
  readonly sizeOf: NonNullable<ReviewOptions['sizeOf']>;
}

/**
 * Read a folder that `npm run plan` has written, or one plan's JSON.
 *
 * @throws InputError if it is neither, or if anything in the folder is not as it was written
 */
export async function readPlans(path: string): Promise<Plans> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) {
    const expected = 'a folder that "npm run plan" wrote, or a plan as JSON';
    throw new InputError({ where: path, what: 'does not exist', got: undefined, expected });
  }
  return info.isDirectory() ? readFolder(path) : readFile(path);
}

function readFile(path: string): Plans {
  const name = basename(path) === planJsonFile ? basename(dirname(path)) : basename(path, '.json');
  const plan = readPlan(readFileSync(path), path);
  return { environment: undefined, plans: [{ stack: name, plan }], sizeOf: () => undefined };
}

async function readFolder(folder: string): Promise<Plans> {
  const { manifest, files } = await readPlanFolder(folder);
  const plans = manifest.stacks.map(({ name: stack }) => {
    const file = `${stack}/${planJsonFile}`;
    return {
      stack,
      plan: readPlan(files.get(file) ?? '', `${folder}/${file}`),
      configuration: configurationIn(files, stack),
    };
  });
  return {
    environment: manifest.environment,
    plans,
    sizeOf: (stack, file) => files.get(`${stack}/${file}`)?.length,
  };
}
