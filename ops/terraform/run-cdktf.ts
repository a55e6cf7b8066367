import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Environment } from '../../environments';
import { InputError } from '../../input-error';
import { searchPath } from '../../local/find-program';
import { readManifest } from '../../seed-data/import-manifest';
import { resourceNames, stackNames, systemStacks } from '../../stacks/names';
import { allStacks } from '../command/chosen-stacks';
import { descendants } from '../command/processes';
import { expectParts } from '../seed/uploaded-parts';
import { clientConfig } from './tools';

const cliPackage = require.resolve('cdktf-cli/package.json');

/** What Node.js is given to run cdktf: its own script, without npx in front. */
export const cdktfScript: readonly string[] = [
  // From Node.js 25 on the script warns of a storage that it never uses.
  '--disable-warning=ExperimentalWarning',
  join(dirname(cliPackage), ...Object.values<string>(require(cliPackage).bin)),
];

/** @throws InputError where cdktf cannot open the terminal that it runs Terraform in */
export function expectTerminalBinary(): void {
  try {
    require('@cdktf/node-pty-prebuilt-multiarch');
  } catch {
    throw new InputError({
      where: 'cdktf',
      what: 'no terminal binary for this machine, or its packages were installed on another one',
      got: `${process.platform} ${process.arch}`,
      expected:
        'Linux with glibc 2.28 or newer, macOS or Windows, on x64 or arm64; "npm run plan" and "npm run apply" need none',
    });
  }
}

/** A table first, what reads it next; the state bucket outlives them both. */
const appStacks: readonly string[] = [stackNames.table, stackNames.functions];

/** Locking the providers for a platform asks the registry, whatever mirrors there are. */
const noLock = '--skip-provider-lock';

/** Each stack can be deployed alone; with `destroy`, cdktf 0.21 never ends when it is told so. */
const onlyNamed = '--ignore-missing-stack-dependencies';

interface Command {
  readonly summary: string;
  /** The stacks it works on if none is named. */
  readonly stacks: readonly string[];
  readonly flags: readonly string[];
}

export const commands: Record<string, Command> = {
  synth: { summary: 'write the Terraform of every stack to cdktf.out', stacks: [], flags: [] },
  diff: { summary: 'show what a deployment would change', stacks: systemStacks, flags: [noLock] },
  deploy: { summary: 'create or change', stacks: systemStacks, flags: [noLock, onlyNamed] },
  destroy: { summary: 'remove (the state bucket stays)', stacks: appStacks, flags: [noLock] },
  output: { summary: 'show names, ARNs and versions', stacks: appStacks, flags: [noLock] },
};

const lockingCommands = ['diff', 'deploy', 'destroy'];

/** The calls of cdktf for one of our commands; `diff` takes one stack a call. */
export function cdktfCalls(name: string, args: readonly string[]): string[][] {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const expected = `one of ${Object.keys(commands).join(', ')}`;
    throw new InputError({ where: 'command', what: 'unknown', got: name, expected });
  }
  const named = namedStacks(args);
  const flags = [...args.filter((arg) => !named.includes(arg)), ...command.flags];
  const stacks = named.length > 0 ? named : command.stacks;
  if (name !== 'diff') return [[name, ...stacks, ...flags]];
  return stacks.map((stack, index) => [name, stack, ...flags, ...(index > 0 ? ['--skip-synth'] : [])]);
}

/**
 * Take `--lock-timeout` out of the arguments: cdktf does not know it, so Terraform gets it by variables.
 *
 * @throws InputError if it is not a duration, or if the command locks nothing
 */
export function takeLockTimeout(
  name: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): { readonly args: string[]; readonly variables: NodeJS.ProcessEnv } {
  const isOurs = (arg: string) => arg.split('=')[0] === '--lock-timeout';
  const flag = args.findLast(isOurs);
  if (!flag) return { args: [...args], variables: {} };
  const [, duration] = flag.split('=');
  const problem = (what: string, expected: string) =>
    new InputError({ where: '--lock-timeout', what, got: duration, expected });
  if (!lockingCommands.includes(name)) {
    throw problem(`not for ${name}`, `one of ${lockingCommands.join(', ')}`);
  }
  if (!/^(\d+(ms|s|m|h))+$/.test(duration ?? '')) throw problem('not a duration', 'for example 60s or 5m');
  const added = ['plan', 'apply', 'destroy', 'refresh'].map((command) => {
    const variable = `TF_CLI_ARGS_${command}`;
    return [variable, [variables[variable], `-lock-timeout=${duration}`].filter(Boolean).join(' ')];
  });
  return { args: args.filter((arg) => !isOurs(arg)), variables: Object.fromEntries(added) };
}

function namedStacks(args: readonly string[]): string[] {
  return args.filter((arg) => allStacks.includes(arg) || arg === '*');
}

function includesTable(args: readonly string[]): boolean {
  const stacks = namedStacks(args);
  return stacks.length === 0 || stacks.includes('*') || stacks.includes(stackNames.table);
}

/**
 * Refuse to destroy a table that is protected from it: without this, the functions would be gone before DynamoDB
 * refuses.
 *
 * @param isProtected - asks AWS whether the table's deletion protection is on
 * @throws InputError that says how to lift the protection
 */
export async function refuseProtected(
  environment: Environment,
  args: readonly string[],
  isProtected: () => Promise<boolean>,
): Promise<void> {
  if (!includesTable(args)) return;
  const deploy = `npm run deploy -- ${stackNames.table}`;
  if (environment.deletionProtection) {
    throw new InputError({
      where: `environments.ts: ${environment.name}.deletionProtection`,
      what: 'nothing was destroyed, because the table is protected',
      got: true,
      expected: `false: 1. set it so by a reviewed change and run "${deploy}"; 2. run "npm run destroy" again`,
    });
  }
  if (await isProtected()) {
    throw new InputError({
      where: `${resourceNames(environment).table}: deletion protection`,
      what: 'nothing was destroyed, because the table is still protected',
      got: true,
      expected: `false, as the environment says: run "${deploy}" first`,
    });
  }
}

export async function isTableProtected(environment: Environment): Promise<boolean> {
  return (await describeTable(environment))?.DeletionProtectionEnabled ?? false;
}

async function describeTable(environment: Environment): Promise<TableDescription | undefined> {
  const client = new DynamoDBClient(await clientConfig(environment));
  const TableName = resourceNames(environment).table;
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/**
 * The calls of a deployment, after one of the table alone if that makes the table by an import: DynamoDB gives such a table
 * neither tags nor deletion protection, so there is more to be deployed as soon as it is there.
 *
 * @throws InputError if what is to be imported is not there
 */
export async function withImport(
  environment: Environment,
  args: readonly string[],
  calls: readonly string[][],
): Promise<readonly string[][]> {
  const { seed } = environment;
  if (seed.mode !== 'import' || !includesTable(args) || (await describeTable(environment))) return calls;
  await expectParts(environment, readManifest(seed.manifest));
  const flags = args.filter((arg) => !namedStacks(args).includes(arg));
  return [...cdktfCalls('deploy', [stackNames.table, ...flags]), ...calls];
}

/** To synthesize no Terraform is needed, but cdktf asks for its version, and whether there is a newer cdktf. */
export function synthVariables(): NodeJS.ProcessEnv {
  const PATH = searchPath(process.env).join(delimiter);
  return { ...process.env, PATH, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: devNull };
}

/** Run the calls one after the other on this terminal, until one fails. */
export async function runAll(calls: readonly string[][], variables: NodeJS.ProcessEnv): Promise<number> {
  // Without a terminal cdktf draws its spinner line by line, unless it takes the machine for CI.
  const env = process.stdout.isTTY ? variables : { ...variables, CI: '1' };
  for (const call of calls) {
    // In a session of its own, so that Ctrl-C does not reach it.
    const child = spawn(process.execPath, [...cdktfScript, ...call], {
      env,
      stdio: 'inherit',
      detached: true,
    });
    const interrupt = () => interruptBelow(child.pid as number);
    for (const signal of endings) process.on(signal, interrupt);
    const exitCode = await new Promise<number>((resolve) =>
      child.once('close', (code) => resolve(code ?? 130)),
    );
    for (const signal of endings) process.off(signal, interrupt);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

/** Ctrl-C, the end of a job, the end of the terminal. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ask what cdktf has started to end; cdktf then ends by itself. Were cdktf asked, it would not wait for Terraform, which
 * dies with the terminal that cdktf has made for it: the state would be lost, and the lock kept.
 */
function interruptBelow(cdktf: number): void {
  const started = descendants(cdktf);
  for (const pid of started.length > 0 ? started : [cdktf]) {
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      // It has ended in the meantime.
    }
  }
}
