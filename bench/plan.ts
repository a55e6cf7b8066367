import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AwsFaultProxy } from '../__tests__/end-to-end/aws-fault-proxy';
import { Checkout } from '../__tests__/end-to-end/checkout';
import { archiveProviderVersion, type Environment, readEnvironment } from '../environments';
import { type LocalAws, localAwsEnvironment, startLocalAws } from '../local/local-aws';
import { prepareProviders } from '../ops/terraform/find-providers';
import { findTerraform } from '../ops/terraform/find-terraform';
import { openAws } from '../ops/terraform/session';
import { convertItems, partName } from '../seed-data/convert-for-import';
import { importPrefix } from '../stacks/names';
import { missions } from '../system';
import { type CommandRun, interleave, runCommand, type Summary, summarize } from './measure';
import { workFolder } from './paths';
import type { Goal, Result } from './result';

/** How many items a table starts from, and by which way. */
interface Start {
  readonly mode: 'items' | 'import';
  readonly count: number;
}

const starts: readonly Start[] = [
  ...[5, 50, 200].map((count) => ({ mode: 'items', count }) as const),
  ...[5, 100_000].map((count) => ({ mode: 'import', count }) as const),
];
const manifestFile = 'seed-data/import.json';
const recordsFile = 'seed-data/super-missions.json';

interface PlanRun extends CommandRun {
  readonly requests: number;
}

/** A plan of the table's stack that finds nothing to change, with real Terraform and the local AWS, by the number of items. */
export async function benchPlan(): Promise<Result> {
  const environment = readEnvironment({});
  process.env.SUPERMISSION_LOCAL_FOLDER = join(workFolder, 'local');
  const terraform = await findTerraform();
  const providers = await prepareProviders({
    terraform,
    awsVersions: environment.awsProviderVersion,
    archiveVersions: archiveProviderVersion,
    stub: { workingDirectory: workFolder },
  });
  const frame = { signal: new AbortController().signal, report: () => {} };
  const opened: { aws: LocalAws; proxy: AwsFaultProxy; checkout: Checkout }[] = [];
  /** Deploy a table of so many items to an AWS of its own, and return what plans it again. */
  const deploy = async (start: Start): Promise<() => Promise<PlanRun>> => {
    const aws = await startLocalAws({ keep: false, port: 0 });
    const proxy = await AwsFaultProxy.start(aws.url);
    const checkout = writeApp(start);
    opened.push({ aws, proxy, checkout });
    const env = { ...localAwsEnvironment(proxy.url, environment.region), ...providers.variables };
    const s3 = new S3Client((await openAws({ environment, findUrl: async () => aws.url, ...frame })).aws);
    await s3.send(new CreateBucketCommand({ Bucket: environment.stateBucket }));
    const app = checkout.folder;
    if (start.mode === 'import') await upload(app, environment, s3);
    await runCommand([process.execPath, 'ops/terraform/run-app.mjs'], { cwd: app });
    const run = (...args: string[]) =>
      runCommand([terraform.path, ...args, '-input=false', '-no-color'], {
        cwd: join(app, 'cdktf.out', 'stacks', 'table'),
        env,
      });
    await run('init');
    await run('apply', '-auto-approve');
    // A table that is imported gets its tags by a second deployment.
    if (start.mode === 'import') await run('apply', '-auto-approve');
    return async () => {
      proxy.reset();
      const plan = await run('plan', '-detailed-exitcode');
      return { ...plan, requests: proxy.seen.length };
    };
  };

  try {
    const peers: Record<string, () => Promise<PlanRun>> = {};
    for (const start of starts) peers[nameOf(start)] = await deploy(start);
    const runs = await interleave(peers, Number(process.env.BENCH_ROUNDS ?? 5));
    const summaries = (number: (run: PlanRun) => number): Record<string, Summary> =>
      Object.fromEntries(Object.entries(runs).map(([name, them]) => [name, summarize(them.map(number))]));
    const [time, requests] = [summaries(({ wallMs }) => wallMs), summaries(({ requests }) => requests)];
    const line = (of: Record<string, Summary>, scale = 1) =>
      starts
        .filter(({ mode }) => mode === 'items')
        .map((start) => [start.count, (of[nameOf(start)]?.median ?? Number.NaN) / scale] as const);
    return {
      base,
      measures: [
        { what: 'time, ms', peers: time },
        { what: 'requests to AWS', peers: requests },
        { what: 'peak memory, MiB', peers: summaries(({ peakMiB }) => peakMiB) },
      ],
      goals: growth(time),
      missing: [],
      notes: [
        `plan of the stack table that finds nothing to change; ${terraform.product} ${terraform.version}, moto behind a proxy that counts`,
        'peak memory: of the largest of the processes of Terraform and its provider',
      ],
      curves: [
        { title: 'Time of a plan', x: 'items', y: 'seconds', lines: { items: line(time, 1000) } },
        { title: 'Requests of a plan', x: 'items', y: 'requests to AWS', lines: { items: line(requests) } },
      ],
    };
  } finally {
    for (const { aws, proxy, checkout } of opened) {
      await proxy.close();
      await aws.stop();
      checkout.remove();
    }
    providers.stop();
  }
}

const nameOf = ({ mode, count }: Start) =>
  mode === 'items' ? `${count} items` : `${count.toLocaleString('en')} by import`;
const base = nameOf(starts[0] as Start);

/** A plan of many imported items may take hardly longer than one of five items. */
function growth(time: Record<string, Summary>): Goal[] {
  const many = nameOf(starts.at(-1) as Start);
  return [
    {
      what: `time, ms: ${many} to ${base}`,
      ratio: (time[many]?.median ?? Number.NaN) / (time[base]?.median ?? Number.NaN),
      atMost: 1.1,
    },
  ];
}

/** As `npm run seed:upload` does it, to an AWS that has nothing but a bucket. */
async function upload(app: string, environment: Environment, s3: S3Client): Promise<void> {
  const items: object[] = JSON.parse(readFileSync(join(app, recordsFile), 'utf8'));
  const file = join(app, 'items.jsonl');
  writeFileSync(file, items.map((item) => JSON.stringify(item)).join('\n'));
  const { manifest, parts } = await convertItems(file, { rules: missions, folder: app });
  for (const [index, { file }] of parts.entries()) {
    const Key = `${importPrefix(environment, manifest.digest)}${partName(index)}`;
    await s3.send(new PutObjectCommand({ Bucket: environment.stateBucket, Key, Body: readFileSync(file) }));
  }
  writeFileSync(join(app, manifestFile), JSON.stringify(manifest));
}

/** The project with so many items, in a folder of its own. */
function writeApp({ mode, count }: Start): Checkout {
  const checkout = new Checkout();
  const [partitionKey, status, villain] = missions.visibleAttributes;
  const items = Array.from({ length: count }, (_, index) => ({
    [partitionKey]: `Hero ${index}`,
    SuperMission: 'Save the world',
    [status]: 'In progress',
    [villain]: `Villain ${index}`,
  }));
  writeFileSync(join(checkout.folder, recordsFile), JSON.stringify(items));
  if (mode === 'import') {
    const name = "name: 'local',";
    const seed = `seed: { mode: 'import', manifest: '${manifestFile}' },`;
    checkout.edit('environments.ts', name, `${name} ${seed}`);
  }
  return checkout;
}
