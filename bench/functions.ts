import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { marshall } from '@aws-sdk/util-dynamodb';
import { buildSync } from 'esbuild';
import { zipSync } from 'fflate';
import superMissions from '../seed-data/super-missions.json';
import { handlerBundles, handlerEntry } from '../stacks/handler-bundles';
import { entries } from '../stacks/names';
import { functions as declared, type FunctionId } from '../system';
import { bareRequestMs, type Database, fillTable, startDynalite, startMoto } from './dynamodb';
import { answers, interleave, quantile, runCommand } from './measure';
import { peersFolder, projectFolder, workFolder } from './paths';
import { type Goal, goal, type Measure, measureOf, ours, type Result } from './result';

const cdkDefault = 'AWS CDK default, SDK beside';
const cdkBundled = 'AWS CDK, SDK bundled';
const python = 'Python, boto3';

/** The functions that the notebook has written in Python. */
const functions = (Object.keys(declared) as FunctionId[])
  .map((id) => ({ id, title: declared[id].name }))
  .filter(({ title }) => existsSync(pythonFile(title)));

function pythonFile(title: string): string {
  return join(peersFolder, 'python', `${title}.py`);
}

/** Warm is after this many invocations; a function that is used answers thousands before Lambda ends its environment. */
const warmUp = 1_000;
const measured = 300;
const underLoad = { environments: 4, invocations: 250 };

/** One execution environment: how it started, and how long its invocations took, in ms. */
export interface Life {
  readonly loadMs: number;
  readonly coldMs: number;
  readonly early: readonly number[];
  readonly warm: readonly number[];
  readonly peakMiB: number;
}

/** Size, start and speed of both functions, beside AWS CDK's bundles of the same handlers and the notebook's in Python. */
export async function benchFunctions(): Promise<Result> {
  const hasPython = await answers('python3', '-c', 'import boto3');
  const subjects = await prepareSubjects(hasPython);
  const database = await startDynalite();
  try {
    await fillTable(
      database,
      superMissions.map((mission) => marshall(mission)),
    );
    const notes = [await compareDatabases(database)];
    const measures: Measure[] = [];
    const goals: Goal[] = [];
    for (const { id, title } of functions) {
      const result = await measureFunction(title, subjects[id] ?? {}, database);
      measures.push(...result.measures);
      goals.push(...result.goals);
    }
    notes.push(
      `load: the import of the handler; cold: from the start of the process to its first answer; early: invocations 2 to 100; warm: the ${measured} after ${warmUp}; under load: ${underLoad.environments} environments at once`,
      `${cdkDefault}: NodejsFunction's defaults (CommonJS, not minified, @aws-sdk left to the runtime), and the SDK as npm installs it; ${cdkBundled}: the same with the SDK in the bundle`,
      `${python}: the notebook's handlers; the archive holds boto3 and what it needs`,
    );
    return { measures, goals, missing: hasPython ? [] : [`${python}: needs python3 with boto3`], notes };
  } finally {
    await database.stop();
  }
}

/** How a peer runs a function, and the size of its archive. */
export interface Subject {
  readonly command: readonly string[];
  readonly zipBytes: number;
  /** @default one that the handlers of both functions answer */
  readonly event?: object;
  /** Beside those of the database's clients. @default none */
  readonly variables?: NodeJS.ProcessEnv;
}

/** What runs a handler of ours in its folder. */
export function subjectOf(folder: string, entry: string): Subject {
  return { command: node(join(folder, `${entry}.mjs`)), zipBytes: zipBytes([folder]) };
}

const node = (file: string) => [process.execPath, join(peersFolder, 'runner.mjs'), file];

async function prepareSubjects(hasPython: boolean): Promise<Record<string, Record<string, Subject>>> {
  const bundles = await handlerBundles;
  const folder = join(workFolder, 'functions');
  rmSync(folder, { recursive: true, force: true });
  const subjectsOf = async (id: FunctionId, title: string): Promise<Record<string, Subject>> => {
    // What aws-lambda-nodejs passes to esbuild when nothing is set.
    const bundle = (name: string, external: string[]) => {
      const outfile = join(folder, name, id, 'index.js');
      buildSync({
        entryPoints: [join(projectFolder, handlerEntry(id))],
        outfile,
        bundle: true,
        target: 'node22',
        platform: 'node',
        external,
      });
      return outfile;
    };
    const [besideFile, bundledFile] = [bundle('beside', ['@aws-sdk/*', '@smithy/*']), bundle('bundled', [])];
    copyPackages(
      ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
      join(dirname(besideFile), 'node_modules'),
    );
    const subjects: Record<string, Subject> = {
      [ours]: subjectOf(bundles[id].direct, entries.direct),
      [cdkDefault]: { command: node(besideFile), zipBytes: zipBytes([dirname(besideFile)]) },
      [cdkBundled]: { command: node(bundledFile), zipBytes: zipBytes([dirname(bundledFile)]) },
    };
    if (hasPython) {
      const file = pythonFile(title);
      subjects[python] = {
        command: ['python3', join(peersFolder, 'runner.py'), file],
        zipBytes: zipBytes(await botoPackages()) + readFileSync(file).length,
      };
    }
    return subjects;
  };
  const all: Record<string, Record<string, Subject>> = {};
  for (const { id, title } of functions) all[id] = await subjectsOf(id, title);
  return all;
}

async function measureFunction(
  title: string,
  subjects: Readonly<Record<string, Subject>>,
  database: Database,
) {
  const each = <T>(measure: (subject: Subject) => Promise<T>) =>
    Object.fromEntries(Object.entries(subjects).map(([name, it]) => [name, () => measure(it)]));
  const lives = await interleave<Life>(
    each((subject) => live(subject, database)),
    Number(process.env.BENCH_ROUNDS ?? 8),
  );
  const loads = await interleave<number[]>(
    each(async (subject) => {
      const environments = Array.from({ length: underLoad.environments }, () =>
        live(subject, database, underLoad.invocations),
      );
      return (await Promise.all(environments)).flatMap(({ warm }) => warm);
    }),
    Number(process.env.BENCH_ROUNDS ?? 4),
  );
  const name = (what: string) => `${title}: ${what}`;
  const zip = measureOf(
    name('zip, kB'),
    Object.fromEntries(Object.entries(subjects).map(([peer, it]) => [peer, [it]])),
    ({ zipBytes }) => zipBytes / 1000,
  );
  const load = measureOf(name('load, ms'), lives, ({ loadMs }) => loadMs);
  const cold = measureOf(name('cold, ms'), lives, ({ coldMs }) => coldMs);
  const early = measureOf(name('early p50, ms'), lives, ({ early }) => quantile(early, 0.5));
  const p50 = measureOf(name('warm p50, ms'), lives, ({ warm }) => quantile(warm, 0.5));
  const p99 = measureOf(name('warm p99, ms'), lives, ({ warm }) => quantile(warm, 0.99));
  const loadP50 = measureOf(name('p50 under load, ms'), loads, (times) => quantile(times, 0.5));
  const loadP99 = measureOf(name('p99 under load, ms'), loads, (times) => quantile(times, 0.99));
  const memory = measureOf(name('peak memory, MiB'), lives, ({ peakMiB }) => peakMiB);
  return {
    measures: [zip, load, cold, early, p50, p99, loadP50, loadP99, memory],
    goals: [
      ...goal(zip, cdkDefault, 1),
      ...goal(zip, cdkBundled, 1),
      ...goal(zip, python, 1),
      ...goal(load, python, 0.15),
      ...goal(cold, python, 0.35),
      ...goal(early, cdkBundled, 1),
      ...goal(p50, python, 0.8),
      ...goal(p50, cdkBundled, 1),
      ...goal(loadP99, python, 1),
    ],
  };
}

/** Start an environment, invoke it, end it. */
export async function live(subject: Subject, { variables }: Database, invocations = measured): Promise<Life> {
  const start = performance.now();
  const [program = '', ...args] = subject.command;
  const { NODE_OPTIONS: _, ...env } = { ...variables, ...subject.variables };
  const event = JSON.stringify(subject.event ?? { superhero: 'Superman' });
  const child: ChildProcess = spawn(program, args, {
    env,
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
  });
  const lines = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${subject.command.join(' ')}: ended`);
    return JSON.parse(value) as { readonly ms: number; readonly bytes: number; readonly peakKiB: number };
  };
  const invoke = () => {
    child.stdin?.write(`${event}\n`);
    return next();
  };
  const first = invoke();
  const { ms: loadMs } = await first;
  const answer = await next();
  if (answer.bytes < 200) throw new Error(`${subject.command.join(' ')}: answers ${answer.bytes} bytes`);
  const coldMs = performance.now() - start;
  const times: number[] = [];
  for (let count = 0; count < warmUp + invocations; count += 1) {
    times.push((await invoke()).ms);
  }
  child.stdin?.end();
  const { peakKiB } = await next();
  await once(child, 'exit');
  return { loadMs, coldMs, early: times.slice(0, 99), warm: times.slice(warmUp), peakMiB: peakKiB / 1024 };
}

/** Which DynamoDB API costs less of each call: the one that is measured against. */
async function compareDatabases(dynalite: Database): Promise<string> {
  const moto = await startMoto();
  const ofDynalite = `a bare request takes ${(await bareRequestMs(dynalite)).toFixed(2)} ms with dynalite`;
  if (!moto) return `against dynalite: ${ofDynalite}; moto is not on this machine`;
  try {
    await fillTable(
      moto,
      superMissions.map((mission) => marshall(mission)),
    );
    return `against dynalite: ${ofDynalite}, ${(await bareRequestMs(moto)).toFixed(2)} ms with moto`;
  } finally {
    await moto.stop();
  }
}

/** Copy packages and all that they depend on, as npm would install them alone. */
function copyPackages(names: readonly string[], target: string): void {
  const pending = names.map((name) => ({ name, from: projectFolder }));
  const done = new Set<string>();
  for (let next = pending.pop(); next; next = pending.pop()) {
    const folder = findPackage(next.name, next.from);
    if (!folder || done.has(folder)) continue;
    done.add(folder);
    const place = join(target, folder.slice(folder.indexOf('node_modules') + 'node_modules/'.length));
    mkdirSync(place, { recursive: true });
    cpSync(folder, place, {
      recursive: true,
      filter: (file) => !file.slice(folder.length).includes('/node_modules'),
    });
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...peerDependencies }))
      pending.push({ name, from: folder });
  }
}

function findPackage(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(folder)) return folder;
  return from === projectFolder ? undefined : findPackage(name, dirname(from));
}

/** Folders of boto3 and all that it needs, as they are installed here. */
async function botoPackages(): Promise<string[]> {
  const script =
    'import boto3, botocore, s3transfer, jmespath, urllib3, dateutil\n' +
    'import os\nfor it in (boto3, botocore, s3transfer, jmespath, urllib3, dateutil): print(os.path.dirname(it.__file__))';
  return (await runCommand(['python3', '-c', script])).output.trim().split('\n');
}

/** The size of an archive of some folders; every peer's is made the same way. */
function zipBytes(folders: readonly string[]): number {
  const files: Record<string, Uint8Array> = {};
  folders.forEach((folder, index) => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile() && !file.includes('__pycache__'))
        files[`${index}${file.slice(folder.length)}`] = readFileSync(file);
    }
  });
  return zipSync(files, { level: 6 }).length;
}
