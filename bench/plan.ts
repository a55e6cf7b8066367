import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { AwsFaultProxy } from '../__tests__/local/aws-fault-proxy';
import { archiveProviderVersion, readEnvironment } from '../environments';
import { type LocalAws, localAwsEnvironment, startLocalAws } from '../local/instance';
import { prepareProviders } from '../local/providers';
import { findTerraform } from '../local/terraform';
import { clientConfig } from '../ops/tools';
import { type CommandRun, interleave, runCommand, type Summary, summarize } from './measure';
import { projectFolder, workFolder } from './paths';
import type { Result } from './result';

const counts = [5, 50, 200];

interface PlanRun extends CommandRun {
  readonly requests: number;
}

/** A plan of the table's stack that finds nothing to change, with real Terraform and the local AWS, by the number of records. */
export async function benchPlan(): Promise<Result> {
  const environment = readEnvironment({});
  process.env.SUPERMISSION_LOCAL_FOLDER = join(workFolder, 'local');
  const terraform = await findTerraform();
  const providers = await prepareProviders({
    terraform,
    awsVersions: environment.awsProviderVersion,
    archiveVersions: archiveProviderVersion,
    standIn: { workingDirectory: workFolder },
  });
  const opened: { aws: LocalAws; proxy: AwsFaultProxy }[] = [];
  /** Deploy a table of so many records to an AWS of its own, and return what plans it again. */
  const deploy = async (records: number): Promise<() => Promise<PlanRun>> => {
    const aws = await startLocalAws({ keep: false, port: 0 });
    const proxy = await AwsFaultProxy.start(aws.url);
    opened.push({ aws, proxy });
    const env = { ...localAwsEnvironment(proxy.url, environment.region), ...providers.variables };
    await new S3Client(await clientConfig(environment, aws.url)).send(
      new CreateBucketCommand({ Bucket: environment.stateBucket }),
    );
    const app = writeApp(records);
    await runCommand([process.execPath, 'ops/app.mjs'], { cwd: app });
    const run = (...args: string[]) =>
      runCommand([terraform.path, ...args, '-input=false', '-no-color'], {
        cwd: join(app, 'cdktf.out', 'stacks', 'table'),
        env,
      });
    await run('init');
    await run('apply', '-auto-approve');
    return async () => {
      proxy.reset();
      const plan = await run('plan', '-detailed-exitcode');
      return { ...plan, requests: proxy.seen.length };
    };
  };

  try {
    const peers: Record<string, () => Promise<PlanRun>> = {};
    for (const records of counts) peers[nameOf(records)] = await deploy(records);
    const runs = await interleave(peers, Number(process.env.BENCH_ROUNDS ?? 5));
    const summaries = (number: (run: PlanRun) => number): Record<string, Summary> =>
      Object.fromEntries(Object.entries(runs).map(([name, them]) => [name, summarize(them.map(number))]));
    const [time, requests] = [summaries(({ wallMs }) => wallMs), summaries(({ requests }) => requests)];
    const line = (of: Record<string, Summary>, scale = 1) =>
      counts.map((records) => [records, (of[nameOf(records)]?.median ?? Number.NaN) / scale] as const);
    return {
      base: nameOf(counts[0] as number),
      measures: [
        { what: 'time, ms', peers: time },
        { what: 'requests to AWS', peers: requests },
        { what: 'peak memory, MiB', peers: summaries(({ peakMiB }) => peakMiB) },
      ],
      goals: [],
      missing: [],
      notes: [
        `plan of the stack table that finds nothing to change; ${terraform.product} ${terraform.version}, moto behind a proxy that counts`,
        'peak memory: of the largest of the processes of Terraform and its provider',
      ],
      curves: [
        { title: 'Time of a plan', x: 'records', y: 'seconds', lines: { items: line(time, 1000) } },
        { title: 'Requests of a plan', x: 'records', y: 'requests to AWS', lines: { items: line(requests) } },
      ],
    };
  } finally {
    for (const { aws, proxy } of opened) {
      await proxy.close();
      await aws.stop();
    }
    await providers.stop();
  }
}

const nameOf = (records: number) => `${records} items`;

/** The project with so many records, in a folder of its own. */
function writeApp(records: number): string {
  const folder = join(workFolder, `plan-${records}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'seed-data'), { recursive: true });
  for (const part of [
    'main.ts',
    'environments.ts',
    'input-error.ts',
    'package.json',
    'ops',
    'stacks',
    'lambdas',
    'seed-data',
  ]) {
    cpSync(join(projectFolder, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
  const missions = Array.from({ length: records }, (_, index) => ({
    SuperHero: `Hero ${index}`,
    SuperMission: 'Save the world',
    MissionStatus: 'In progress',
    Villain1: `Villain ${index}`,
  }));
  writeFileSync(join(folder, 'seed-data', 'super-missions.json'), JSON.stringify(missions));
  return folder;
}
