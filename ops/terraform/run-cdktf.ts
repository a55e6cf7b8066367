import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { devNull, homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Table } from '../../declarations';
import { type Environment, tableSettings } from '../../environments';
import { InputError, type Problem } from '../../input-error';
import { searchPath } from '../../local/local-aws';
import { appStacks, stackNames, systemStacks, tableName } from '../../stacks/names';
import { type TableId, tables } from '../../system';
import { supervisedFolder } from '../command/checkout-lock';
import type { Frame } from '../command/frame';
import { descendants } from '../command/processes';
import type { AwsSession } from './session';

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

/**
 * The stacks are synthesized and checked before cdktf has a say. Locking the providers for a platform asks the registry,
 * whatever mirrors there are.
 */
const always = ['--skip-synth', '--skip-provider-lock'];

/** Each stack can be deployed alone; with `destroy`, cdktf 0.21 never ends when it is told so. */
const onlyNamed = '--ignore-missing-stack-dependencies';

/** A flag of ours or of cdktf's, as `parseArgs` takes it. */
type Flags = Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;

interface CdktfCommand {
  readonly summary: string;
  /** The stacks of an environment it works on if none is named. @default it takes none */
  readonly stacksOf?: typeof systemStacks;
  /** What a user may pass. */
  readonly options: Flags;
  /** What cdktf is always told. */
  readonly flags: readonly string[];
}

const shared: Flags = { 'no-color': { type: 'boolean' }, 'terraform-parallelism': { type: 'string' } };
const planning: Flags = {
  ...shared,
  'lock-timeout': { type: 'string' },
  'refresh-only': { type: 'boolean' },
};
const applying: Flags = {
  ...shared,
  'lock-timeout': { type: 'string' },
  'auto-approve': { type: 'boolean' },
  parallelism: { type: 'string' },
};
const outputs: Flags = {
  'outputs-file': { type: 'string' },
  'outputs-file-include-sensitive-outputs': { type: 'boolean' },
};

export type CdktfCommandName = 'synth' | 'diff' | 'deploy' | 'destroy' | 'output';

export const cdktfCommands: Readonly<Record<CdktfCommandName, CdktfCommand>> = {
  synth: { summary: 'write the Terraform of every stack to cdktf.out', options: {}, flags: [] },
  diff: {
    summary: 'show what a deployment would change',
    stacksOf: systemStacks,
    options: planning,
    flags: always,
  },
  deploy: {
    summary: 'create or change',
    stacksOf: systemStacks,
    options: { ...applying, ...outputs },
    flags: [...always, onlyNamed],
  },
  destroy: {
    summary: 'remove (the state bucket stays)',
    stacksOf: appStacks,
    options: applying,
    flags: always,
  },
  output: { summary: 'show names, ARNs and versions', stacksOf: appStacks, options: outputs, flags: always },
};

/** Of the flags. */
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** What a command line asks of cdktf. */
export interface CdktfRequest {
  readonly name: CdktfCommandName;
  readonly stacks: readonly string[];
  readonly values: Values;
}

/** The calls of cdktf for a request; `diff` takes one stack a call. */
export function cdktfCalls({ name, stacks, values }: CdktfRequest): string[][] {
  const { 'lock-timeout': _, ...passedOn } = values;
  const given = Object.entries(passedOn).map(([flag, value]) =>
    value === true ? `--${flag}` : `--${flag}=${value}`,
  );
  const flags = [...given, ...cdktfCommands[name].flags];
  if (name !== 'diff') return [[name, ...stacks, ...flags]];
  return stacks.map((stack) => [name, stack, ...flags]);
}

/**
 * Variables that make Terraform wait for a lock: cdktf does not know how to.
 *
 * @throws InputError if it is not a duration
 */
export function lockTimeoutVariables(duration: unknown, variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (duration === undefined) return {};
  if (!/^(\d+(ms|s|m|h))+$/.test(String(duration))) {
    throw new InputError({
      where: '--lock-timeout',
      what: 'not a duration',
      got: duration,
      expected: 'for example 60s or 5m',
    });
  }
  const added = ['plan', 'apply', 'destroy', 'refresh'].map((command) => {
    const variable = `TF_CLI_ARGS_${command}`;
    return [variable, [variables[variable], `-lock-timeout=${duration}`].filter(Boolean).join(' ')];
  });
  return Object.fromEntries(added);
}

/**
 * Refuse to destroy anything while one of the tables is protected from it: without this, the functions and other tables would
 * be gone before DynamoDB refuses.
 *
 * @param isProtected - asks AWS whether the deletion protection of the table of this name is on
 * @throws InputError that says of each protected table how to lift its protection
 */
export async function refuseProtected(
  environment: Environment,
  stacks: readonly string[],
  isProtected: (tableName: string) => Promise<boolean>,
): Promise<void> {
  if (!stacks.includes(stackNames.table)) return;
  const deploy = `npm run deploy -- ${stackNames.table}`;
  const asked = Object.entries<Table>(tables).map(async ([id, table]): Promise<Problem[]> => {
    const name = tableName(environment, table);
    const what = `nothing was destroyed, because table ${name} is`;
    const setting = `${id in (environment.tables ?? {}) ? `tables.${id}.` : ''}deletionProtection`;
    if (tableSettings(environment, id as TableId).deletionProtection) {
      return [
        {
          where: `environments.ts: ${environment.name}.${setting}`,
          what: `${what} protected`,
          got: true,
          expected: `false: 1. set it so by a reviewed change and run "${deploy}"; 2. run "npm run destroy" again`,
        },
      ];
    }
    if (!(await isProtected(name))) return [];
    return [
      {
        where: `${name}: deletion protection`,
        what: `${what} still protected`,
        got: true,
        expected: `false, as the environment says: run "${deploy}" first`,
      },
    ];
  });
  const problems = (await Promise.all(asked)).flat();
  if (problems.length > 0) throw new InputError(...problems);
}

/** What asks AWS about the deletion protection of tables; one that is not there has none. */
export function protectionIn(session: AwsSession): (tableName: string) => Promise<boolean> {
  return async (name) => (await describeTable(session, name))?.DeletionProtectionEnabled ?? false;
}

/** A table as DynamoDB has it, if it is there. */
export async function describeTable(
  { aws }: AwsSession,
  TableName: string,
): Promise<TableDescription | undefined> {
  const client = new DynamoDBClient(aws);
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** To synthesize no Terraform is needed, but cdktf asks for its version, and whether there is a newer cdktf. */
export function synthVariables(): NodeJS.ProcessEnv {
  const PATH = searchPath(process.env).join(delimiter);
  return { ...process.env, PATH, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: devNull };
}

/**
 * The variables with which cdktf runs for every user: it keeps its own files in the checkout, and where the user has no home
 * to write to it makes no folder for providers in it.
 */
export function cdktfVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const CDKTF_HOME = resolve('cdktf.out', 'cdktf-home');
  try {
    mkdirSync(join(homedir(), '.terraform.d', 'plugin-cache'), { recursive: true });
    return { ...variables, CDKTF_HOME };
  } catch {
    return { HOME: CDKTF_HOME, ...variables, CDKTF_HOME, CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1' };
  }
}

const streams = ['stdout', 'stderr'] as const;

/**
 * Run calls of cdktf one after the other on this terminal, until one fails.
 *
 * @returns the exit code
 */
export async function runAll(
  calls: readonly string[][],
  variables: NodeJS.ProcessEnv,
  { signal }: Frame,
): Promise<number> {
  // Without a terminal cdktf draws its spinner line by line, unless it takes the machine for CI.
  const env = cdktfVariables(process.stdout.isTTY ? variables : { ...variables, CI: '1' });
  for (const call of calls) {
    signal.throwIfAborted();
    // In a session of its own, so that what ends this command does not reach it.
    const child = spawn(process.execPath, [...cdktfScript, ...call], {
      env,
      stdio: [
        'inherit',
        ...streams.map((name) => (process[name].isTTY ? ('inherit' as const) : ('pipe' as const))),
      ],
      detached: true,
    });
    // A reader that goes away ends this command in order; cdktf it would end at once.
    for (const name of streams) child[name]?.on('data', (data) => process[name].write(data));
    const interrupt = () => interruptBelow(child.pid as number);
    signal.addEventListener('abort', interrupt);
    const exitCode = await new Promise<number>((resolve) =>
      child.once('close', (code) => resolve(code ?? 1)),
    );
    signal.removeEventListener('abort', interrupt);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

/**
 * Bring what cdktf has started to an end; cdktf then ends by itself. Were cdktf told, it would not wait for Terraform.
 */
export function interruptBelow(cdktf: number): void {
  const started = descendants(cdktf).filter(isSupervisor);
  for (const pid of started.length > 0 ? started : [cdktf]) {
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** Such a process has left its mark. */
const isSupervisor = (pid: number) => existsSync(join(supervisedFolder, String(pid)));
