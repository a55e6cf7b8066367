import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { DescribeTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { ImportManifest } from '../../seed-data/import-manifest';
import { Checkout } from './checkout';

const manifestFile = 'seed-data/import.json';

/** A checkout whose `local` row imports many records, with an AWS of its own. */
export class ImportRoad {
  readonly checkout = new Checkout();
  readonly recordsFile = join(this.checkout.folder, 'records.jsonl.gz');
  #url = '';

  /** @param records - how many there are in the file of records */
  constructor(readonly records: number) {
    this.checkout.edit(
      'environments.ts',
      'emulated: true,',
      `emulated: true,
      seed: { mode: 'import', manifest: '${manifestFile}' },
      deletionProtection: true,`,
    );
    this.writeRecords(recordOf);
  }

  /** Start the local AWS. */
  async open(): Promise<void> {
    const { exitCode, stdout, stderr } = await this.checkout.npm('local:up');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    [this.#url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout) ?? [];
  }

  async close(): Promise<void> {
    await this.checkout.npm('local:down');
    this.checkout.remove();
  }

  writeRecords(record: (index: number) => object): void {
    const lines = Array.from({ length: this.records }, (_, index) => `${JSON.stringify(record(index))}\n`);
    writeFileSync(this.recordsFile, gzipSync(lines.join(''), { level: 1 }));
  }

  get manifest(): ImportManifest | undefined {
    const file = join(this.checkout.folder, manifestFile);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }

  /** Let the manifest tell of other records than were uploaded. */
  changeDigest(digest: string): void {
    writeFileSync(
      join(this.checkout.folder, manifestFile),
      JSON.stringify({ ...this.manifest, digest }, null, 2),
    );
  }

  /** Upload in about ten parts, and return the lines of the report; killed as soon as one of them matches `killedAt`. */
  async upload(killedAt?: RegExp): Promise<string[]> {
    const partBytes = this.records * 16;
    const script = `require('./ops/seed-upload').uploadSeed(
      require('./environments').readEnvironment({}), 'records.jsonl.gz', { partBytes: ${partBytes}, report: console.log })`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      cwd: this.checkout.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (killedAt?.test(line)) child.kill('SIGKILL');
    }
    expect(await ended).toEqual(killedAt ? [null, 'SIGKILL'] : [0, null]);
    return lines;
  }

  /** Keys of the parts in the state bucket. */
  async parts(): Promise<(string | undefined)[]> {
    const pages = paginateListObjectsV2(
      { client: new S3Client(this.#config) },
      { Bucket: 'supermission-local-state', Prefix: 'supermission/local/import/' },
    );
    const keys = [];
    for await (const { Contents = [] } of pages) keys.push(...Contents.map(({ Key }) => Key));
    return keys;
  }

  /** The table as AWS describes it, if there is one. */
  async table() {
    const command = new DescribeTableCommand({ TableName: 'SuperMissionTable' });
    return new DynamoDBClient(this.#config).send(command).then(
      ({ Table }) => Table,
      (error: Error) => {
        if (error.name !== 'ResourceNotFoundException') throw error;
        return undefined;
      },
    );
  }

  /** The number of items, counted one by one. */
  async count(): Promise<number> {
    const pages = paginateScan(
      { client: new DynamoDBClient(this.#config) },
      { TableName: 'SuperMissionTable', Select: 'COUNT' },
    );
    let count = 0;
    for await (const { Count = 0 } of pages) count += Count;
    return count;
  }

  get #config() {
    return {
      endpoint: this.#url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      forcePathStyle: true,
    };
  }
}

export function recordOf(index: number): object {
  return {
    SuperHero: `Hero ${index}`,
    SuperMission: `Save street ${index % 977}`,
    Missions: index,
    Score: index / 7,
  };
}

/** Everything between a file of records and a table that was made from it; each test goes on where the one before ends. */
export function describeImportRoad(road: ImportRoad): void {
  it('fails when one record is wrong, before anything is uploaded or written', async () => {
    const last = road.records - 1;
    road.writeRecords((index) => ({ ...recordOf(index), ...(index === last && { SuperHero: 5 }) }));

    const { exitCode, stderr } = await road.checkout.npm('seed:upload', [road.recordsFile]);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `${road.recordsFile}:${road.records}.SuperHero: partition key is not a string, got 5; expected a string`,
    );
    expect(road.manifest).toBeUndefined();
  });

  it('names bootstrap when there is no state bucket, and writes the manifest that bootstrap needs', async () => {
    road.writeRecords(recordOf);

    const { exitCode, stderr } = await road.checkout.npm('seed:upload', [road.recordsFile]);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    expect(stderr).toContain('make it with "npm run bootstrap", then run this again');
    expect(await road.checkout.npm('bootstrap')).toMatchObject({ exitCode: 0 });
    expect(await road.parts()).toEqual([]);
  });

  it('sends what is missing after a run that was killed, then nothing', async () => {
    await road.upload(/^part 3 /);
    const sent = await road.parts();

    const second = await road.upload();
    const third = await road.upload();

    expect(sent.length).toBeGreaterThanOrEqual(2);
    const parts = road.manifest?.parts ?? 0;
    expect(second.filter((line) => line.endsWith(': sent'))).toHaveLength(parts - sent.length);
    expect(third.filter((line) => line.endsWith(': already there'))).toHaveLength(parts);
    expect(await road.parts()).toHaveLength(parts);
    expect(road.manifest).toMatchObject({ records: road.records });
  });

  it('fails to deploy what was not uploaded, before anything is made', async () => {
    const { digest = '' } = road.manifest ?? {};
    road.changeDigest('0'.repeat(64));

    const { exitCode, stderr } = await road.checkout.npm('deploy', ['table', '--auto-approve']);

    road.changeDigest(digest);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('upload them with "npm run seed:upload -- <file>"');
    expect(await road.table()).toBeUndefined();
  });

  it('makes the table with every record, and with what an import leaves out', async () => {
    const { exitCode, stdout, stderr } = await road.checkout.npm('deploy', ['table', '--auto-approve']);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(await road.count()).toBe(road.records);
    expect(await road.table()).toMatchObject({ DeletionProtectionEnabled: true });
  });

  it('is in sync afterwards', async () => {
    const { exitCode, stdout } = await road.checkout.npm('drift', ['table']);

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'local table: in sync\n' });
  });

  it('says in the plan that other records will not reach the table, and keeps the table', async () => {
    const { digest = '' } = road.manifest ?? {};
    road.changeDigest('0'.repeat(64));

    const { stdout } = await road.checkout.npm('deploy', ['table', '--auto-approve']);

    road.changeDigest(digest);
    expect(stdout.replace(/[\s│]+/g, ' ')).toMatch(
      /No changes\..*Warning: Check block assertion failed.*seed-data\/import\.json: not what the table was made from/,
    );
    expect(await road.count()).toBe(road.records);
  });
}
