import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramError, runProgram } from '../command/run-program';
import { refuseForeignProviders } from './foreign-providers';
import type { Session } from './session';
import { configurationFile, importsFile, lockFile, planFile, stackFolder } from './stack-folder';
import { readState, type State, stateText } from './state-text';

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

export interface PlannedChanges {
  readonly changes: boolean;
  /** What `terraform show -json` prints of the plan file. */
  readonly json: string;
}

/** Write the Terraform of every stack by the app alone: cheaper than `cdktf synth`, and no command of Terraform runs. */
export async function synthesize(
  { variables, signal }: Session,
  { outputFolder, onLine }: { readonly outputFolder?: string; readonly onLine?: (line: string) => void } = {},
): Promise<void> {
  const env = { ...variables, ...(outputFolder && { CDKTF_OUTDIR: outputFolder }) };
  await runProgram(process.execPath, ['ops/terraform/run-app.mjs'], {
    env,
    signal,
    ...(onLine && { onLine }),
  });
}

/** Whether a line of Terraform's output tells an operator how far it is. */
export const isProgress = (line: string) =>
  /: (Creation|Modifications|Import|Destruction) complete|Still (creating|modifying|destroying)/.test(line);

/** Terraform in the folder of one synthesized stack, with the state in its backend. */
export class StackTerraform {
  #isReady = false;

  /**
   * @param folder - where the configuration is, if not where it is synthesized to
   * @param initFlags - what `terraform init` is told beside the usual
   * @param isWorthTelling - which lines of Terraform's output the operator reads
   */
  constructor(
    readonly stack: string,
    private readonly session: Session,
    readonly folder = stackFolder(stack),
    private readonly initFlags: readonly string[] = [],
    private readonly isWorthTelling = isProgress,
  ) {}

  async configuration(): Promise<Configuration> {
    return JSON.parse(await readFile(join(this.folder, configurationFile), 'utf8'));
  }

  /** Where the last command here had its state, whatever has been synthesized since; nothing if there was none. */
  async lastBackend(): Promise<string | undefined> {
    const record = join(this.folder, '.terraform', 'terraform.tfstate');
    const text = await readFile(record, 'utf8').catch(() => '{}');
    const { bucket, key } = Object(JSON.parse(text).backend).config ?? {};
    return key && `s3://${bucket}/${key}`;
  }

  /** The state in the backend, if there is one. */
  async pull(): Promise<State | undefined> {
    const text = await this.run('state', 'pull');
    const state = text.trim() === '' ? undefined : readState(text, `${this.stack}: state`);
    // In the place of none there is one with a lineage made up, and never written.
    return state?.serial === 0 ? undefined : state;
  }

  /**
   * Write a state to the backend. Terraform refuses another lineage and an older serial, and gives a first state its own.
   *
   * @param isCleanUp - whether it is done though the command has been told to end
   */
  async push(state: State, { isCleanUp = false } = {}): Promise<void> {
    const file = join(this.folder, 'push.tfstate');
    await writeFile(file, stateText(state), { mode: 0o600 });
    try {
      await this.#run(['state', 'push', 'push.tfstate'], isCleanUp);
    } finally {
      await rm(file);
    }
  }

  async freeLock(id: string): Promise<void> {
    await this.run('force-unlock', '-force', id);
  }

  /** Versions of the providers that are installed here, by address. */
  async providers(): Promise<Readonly<Record<string, string>>> {
    await this.#initialize();
    const lock = await readFile(join(this.folder, lockFile), 'utf8');
    const selections = lock.matchAll(/^provider "(\S+)" \{\s+version\s+= "(\S+)"/gm);
    return Object.fromEntries(Array.from(selections, ([, address, version]) => [address, version]));
  }

  /**
   * Plan the stack into `planFile`. It takes no lock, because it writes no state: a plan must not stop a deployment, nor a
   * stale lock the plan, and `apply` refuses one whose state has changed since.
   */
  async plan(imports: readonly Import[] = [], targets: readonly string[] = []): Promise<PlannedChanges> {
    await this.tidy();
    const importsPath = join(this.folder, importsFile);
    if (imports.length > 0) await writeFile(importsPath, JSON.stringify({ import: imports }, null, 2));
    try {
      const changes = await this.run(
        'plan',
        '-input=false',
        '-no-color',
        '-lock=false',
        '-detailed-exitcode',
        `-out=${planFile}`,
        ...targets.map((address) => `-target=${address}`),
      ).then(
        () => false,
        (error: unknown) => {
          if (error instanceof ProgramError && error.exitCode === 2) return true;
          throw error;
        },
      );
      return { changes, json: await this.show() };
    } finally {
      await rm(importsPath, { force: true });
    }
  }

  /** `planFile` as JSON. */
  show(): Promise<string> {
    return this.run('show', '-json', planFile);
  }

  /** Apply what is in `planFile`, and tell the operator how far it is. */
  async apply(): Promise<void> {
    await this.run('apply', '-input=false', '-no-color', planFile);
  }

  /** Remove what `plan` has left, also that of a run which was killed. */
  async tidy(): Promise<void> {
    for (const file of [importsFile, planFile]) await rm(join(this.folder, file), { force: true });
  }

  /** Run a command of Terraform and return its output. */
  run(...args: readonly string[]): Promise<string> {
    return this.#run(args, false);
  }

  async #initialize(): Promise<void> {
    if (this.#isReady) return;
    await refuseForeignProviders(this.session, this.folder);
    // The folder may have served another environment before.
    const args = ['init', '-input=false', '-no-color', '-reconfigure', ...this.initFlags];
    await this.#runProgram(args, this.session.signal);
    this.#isReady = true;
  }

  async #run(args: readonly string[], isCleanUp: boolean): Promise<string> {
    await this.#initialize();
    return this.#runProgram(args, isCleanUp ? undefined : this.session.signal);
  }

  #runProgram(args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const { variables, report } = this.session;
    return runProgram(variables.TERRAFORM_BINARY_NAME as string, args, {
      cwd: this.folder,
      env: variables,
      onLine: (line: string) => this.isWorthTelling(line) && report(`  ${line}`),
      ...(signal && { signal }),
    });
  }
}
