import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stackNames } from '../../stacks/names';
import { run } from '../command/run-program';
import { type Plan, readPlan } from '../plan/plan-json';
import { refuseErroredStates } from '../state/errored-state';
import type { State } from '../state/state-file';
import { stackFolder, type Tools } from './tools';

/** The part of a stack's `cdk.tf.json` that commands read. */
export interface Configuration {
  /** Arguments of a resource by its type and name. */
  readonly resource: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** An existing thing and the resource that it becomes. */
export interface Import {
  /** The resource's address. */
  readonly to: string;
  /** What the provider knows the thing by. */
  readonly id: string;
}

const importsFile = 'import.tf.json';
const planFile = 'adopt.tfplan';

/**
 * To be called before stacks are synthesized over what another command has left in their folders. Import blocks of a
 * killed `adopt` are removed: they would be part of every plan, and fail once what they name is gone.
 *
 * @throws InputError if a state that could not be written is there
 */
export async function prepareFolders(): Promise<void> {
  refuseErroredStates();
  for (const stack of Object.values(stackNames))
    await rm(join(stackFolder(stack), importsFile), { force: true });
}

/** Print a line of Terraform's if it tells an operator how far it is. */
export function printProgress(line: string): void {
  const tells =
    /: (Creation|Modifications|Import|Destruction) complete|Still (creating|modifying|destroying)/;
  if (tells.test(line)) console.log(`  ${line}`);
}

/** Terraform in the folder of one synthesized stack, with the state in its backend. */
export class StackTerraform {
  #isReady = false;

  /**
   * @param folder - where the configuration is, if not where it is synthesized to
   * @param initFlags - what `terraform init` is told beside the usual
   */
  constructor(
    readonly stack: string,
    private readonly tools: Tools,
    private readonly onLine?: (line: string) => void,
    readonly folder = stackFolder(stack),
    private readonly initFlags: readonly string[] = [],
  ) {}

  async configuration(): Promise<Configuration> {
    return JSON.parse(await readFile(join(this.folder, 'cdk.tf.json'), 'utf8'));
  }

  /** Where the last command here had its state, whatever has been synthesized since. */
  async lastBackend(): Promise<string> {
    const record = join(this.folder, '.terraform', 'terraform.tfstate');
    const { bucket, key } = JSON.parse(await readFile(record, 'utf8')).backend.config;
    return `s3://${bucket}/${key}`;
  }

  /** The state in the backend, if there is one. */
  async pull(): Promise<State | undefined> {
    const text = await this.run('state', 'pull');
    const state: State | undefined = text.trim() === '' ? undefined : JSON.parse(text);
    // In the place of none there is one with a lineage made up, and never written.
    return state?.serial === 0 ? undefined : state;
  }

  /** Write a state to the backend. Terraform refuses another lineage and an older serial, and gives a first state its own. */
  async push(state: State): Promise<void> {
    const file = join(this.folder, 'push.tfstate');
    await writeFile(file, JSON.stringify(state, null, 2), { mode: 0o600 });
    try {
      await this.run('state', 'push', 'push.tfstate');
    } finally {
      await rm(file);
    }
  }

  async freeLock(id: string): Promise<void> {
    await this.run('force-unlock', '-force', id);
  }

  /** What writes the state here: Terraform's version, and the address of the AWS provider that it has chosen. */
  async versions(): Promise<{ readonly terraform: string; readonly awsProvider: string }> {
    const { terraform_version, provider_selections } = JSON.parse(await this.run('version', '-json'));
    const awsProvider = Object.keys(provider_selections).find((it) => it.endsWith('/hashicorp/aws'));
    return { terraform: terraform_version, awsProvider: awsProvider ?? '' };
  }

  /** Versions of the providers that are installed here, by address. */
  async providers(): Promise<Readonly<Record<string, string>>> {
    return JSON.parse(await this.run('version', '-json')).provider_selections;
  }

  /** Plan the stack with these imports; `apply` does exactly this plan. */
  async plan(imports: readonly Import[]): Promise<Plan> {
    const file = join(this.folder, importsFile);
    await writeFile(file, JSON.stringify({ import: imports }, null, 2));
    try {
      await this.run('plan', '-input=false', '-no-color', `-out=${planFile}`);
      return readPlan(await this.run('show', '-json', planFile), planFile);
    } finally {
      await rm(file);
    }
  }

  async apply(): Promise<void> {
    await this.run('apply', '-input=false', '-no-color', planFile);
  }

  /** Remove what `plan` has left, also that of a run which was killed. */
  async tidy(): Promise<void> {
    for (const file of [importsFile, planFile]) await rm(join(this.folder, file), { force: true });
  }

  /** Run a command of Terraform and return its output. */
  async run(...args: readonly string[]): Promise<string> {
    const { terraform, variables } = this.tools;
    const options = { cwd: this.folder, env: variables, ...(this.onLine && { onLine: this.onLine }) };
    if (!this.#isReady) {
      // The folder may have served another environment before.
      const init = ['init', '-input=false', '-no-color', '-reconfigure', ...this.initFlags];
      await run(terraform, init, options);
      this.#isReady = true;
    }
    return run(terraform, args, options);
  }
}
