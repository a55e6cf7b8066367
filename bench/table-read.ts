import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { handlerBundles } from '../stacks/handler-bundles';
import { fillTable, partitionKey, startDynalite, tableName } from './dynamodb';
import { answers, type CommandRun, interleave, runCommand } from './measure';
import { benchFolder, peersFolder, projectFolder, workFolder } from './paths';
import { goal, measureOf, ours, type Result } from './result';

const boto3 = 'boto3 paginator';
const awsCli = 'AWS CLI';
const bare = 'floor: bare requests';

const itemCount = 10_000;
const megabytes = 50;

/** Reading a table of 50 MB page by page, each peer a process of its own from its start to its end. */
export async function benchTableRead(): Promise<Result> {
  const [hasBoto3, hasCli] = [
    await answers('python3', '-c', 'import boto3'),
    await answers('aws', '--version'),
  ];
  const program = join(workFolder, 'read-table.mjs');
  // With the SDK as it is deployed.
  const sdk = join((await handlerBundles)['super-dynamodb'].direct, 'sdk.mjs');
  buildSync({
    entryPoints: [join(benchFolder, 'read-table.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { '#aws-sdk': sdk },
    external: [sdk],
  });
  const database = await startDynalite();
  try {
    await fillTable(database, createItems());
    const options = { cwd: projectFolder, env: database.variables };
    const expectAll = async (command: readonly string[]) => {
      const run = await runCommand(command, options);
      if (Number(run.output.trim().split('\n').at(-1)) !== itemCount)
        throw new Error(`${command[0]}: ${run.output}`);
      return run;
    };
    const runs = await interleave<CommandRun>(
      {
        [ours]: () => expectAll([process.execPath, program]),
        ...(hasBoto3 && { [boto3]: () => expectAll(['python3', join(peersFolder, 'read-table.py')]) }),
        ...(hasCli && {
          [awsCli]: () =>
            expectAll([
              'aws',
              'dynamodb',
              'scan',
              '--table-name',
              tableName,
              '--query',
              'length(Items)',
              '--output',
              'json',
            ]),
        }),
        [bare]: () => expectAll([process.execPath, join(peersFolder, 'read-table-bare.mjs')]),
      },
      Number(process.env.BENCH_ROUNDS ?? 6),
    );
    const time = measureOf('time, ms', runs, ({ wallMs }) => wallMs);
    return {
      measures: [
        measureOf('throughput, MB/s', runs, ({ wallMs }) => megabytes / (wallMs / 1000)),
        time,
        measureOf('processor time, ms', runs, ({ cpuMs }) => cpuMs),
        measureOf('peak memory, MiB', runs, ({ peakMiB }) => peakMiB),
      ],
      goals: [...goal(time, boto3, 1), ...goal(time, awsCli, 1), ...goal(time, bare, 1 / 0.8)],
      missing: [
        ...(hasBoto3 ? [] : [`${boto3}: needs python3 with boto3`]),
        ...(hasCli ? [] : [`${awsCli}: needs aws on the PATH`]),
      ],
      notes: [
        `${itemCount.toLocaleString('en')} items, ${megabytes} MB in all, in dynalite; whole processes, from start to end`,
        `${bare}: what of it is the database's: every page read and parsed, no SDK`,
      ],
    };
  } finally {
    await database.stop();
  }
}

function createItems() {
  const storyBytes = (megabytes * 1_000_000) / itemCount / 8;
  return Array.from({ length: itemCount }, (_, index) => {
    const stories = Array.from({ length: 7 }, (_, part) => [
      `Story${part}`,
      { S: `${index}`.padEnd(storyBytes, 'x') },
    ]);
    return {
      [partitionKey]: { S: `Hero ${index}`.padEnd(storyBytes / 2) },
      Age: { N: `${index}` },
      ...Object.fromEntries(stories),
    };
  });
}
