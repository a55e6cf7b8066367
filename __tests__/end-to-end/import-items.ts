import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { DescribeTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { ImportManifest } from '../../seed-data/import-manifest';
import { names, partitionKey } from '../names';
import { Checkout, clientConfig } from './checkout';

const manifestFile = 'seed-data/import.json';

/** A checkout whose environment `local` imports many items, with an AWS of its own. */
export class ImportingCheckout {
  readonly checkout = new Checkout();
  readonly itemsFile = join(this.checkout.folder, 'items.jsonl.gz');
  #url = '';

  /** @param items - how many there are in the file of items */
  constructor(readonly items: number) {
    this.checkout.edit(
      'environments.ts',
      'emulated: true,',
      `emulated: true,
      seed: { mode: 'import', manifest: '${manifestFile}' },
      deletionProtection: true,`,
    );
    this.writeItems(itemOf);
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

  writeItems(item: (index: number) => object): void {
    const lines = Array.from({ length: this.items }, (_, index) => `${JSON.stringify(item(index))}\n`);
    writeFileSync(this.itemsFile, gzipSync(lines.join(''), { level: 1 }));
  }

  get manifest(): ImportManifest | undefined {
    const file = join(this.checkout.folder, manifestFile);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }

  /** Let the manifest tell of other items than were uploaded. */
  changeDigest(digest: string): void {
    writeFileSync(
      join(this.checkout.folder, manifestFile),
      JSON.stringify({ ...this.manifest, digest }, null, 2),
    );
  }

  /**
   * Upload in about ten parts, and return the lines of the report and how it ended.
   *
   * @param atLine - what happens, in the uploading process, as soon as a line matches: code with `controller` and `fs`
   */
  async upload(atLine: { readonly match: RegExp; readonly run: string } = { match: /$^/, run: '' }) {
    const partBytes = this.items * 16;
    const script = `
      const [fs, zlib, controller] = [require('node:fs'), require('node:zlib'), new AbortController()];
      const report = (line) => {
        console.log(line);
        if (${atLine.match}.test(line)) { ${atLine.run} }
      };
      require('./ops/terraform/session')
        .openAws({ signal: controller.signal, report, environment: require('./environments').readEnvironment({}) })
        .then((session) => require('./ops/seed/upload-seed').uploadSeed(session, 'items.jsonl.gz', { partBytes: ${partBytes} }))
        .catch((error) => { console.log(error.message); process.exitCode = 1; });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      cwd: this.checkout.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);
    const [exitCode, signal] = await ended;
    return { lines, exitCode, signal };
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
    const command = new DescribeTableCommand({ TableName: names.table });
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
      { TableName: names.table, Select: 'COUNT' },
    );
    let count = 0;
    for await (const { Count = 0 } of pages) count += Count;
    return count;
  }

  get #config() {
    return clientConfig(this.#url);
  }
}

export function itemOf(index: number): object {
  return {
    [partitionKey]: `Hero ${index}`,
    SuperMission: `Save street ${index % 977}`,
    Missions: index,
    Score: index / 7,
  };
}

/** Everything between a file of items and a table that was made from it; each test goes on where the one before ends. */
export function describeImport(importing: ImportingCheckout): void {
  it('fails when one item is wrong, before anything is uploaded or written', async () => {
    const last = importing.items - 1;
    importing.writeItems((index) => ({ ...itemOf(index), ...(index === last && { [partitionKey]: 5 }) }));

    const { exitCode, stderr } = await importing.checkout.npm('seed:upload', [importing.itemsFile]);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `${importing.itemsFile}:${importing.items}.${partitionKey}: partition key is not a string, got 5; expected a string`,
    );
    expect(importing.manifest).toBeUndefined();
  });

  it('names bootstrap when there is no state bucket, and writes the manifest that bootstrap needs', async () => {
    importing.writeItems(itemOf);

    const { exitCode, stderr } = await importing.checkout.npm('seed:upload', [importing.itemsFile]);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    expect(stderr).toContain('make it with "npm run bootstrap", then run this again');
    expect(await importing.checkout.npm('bootstrap')).toMatchObject({ exitCode: 0 });
    expect(await importing.parts()).toEqual([]);
  });

  it('sends nothing more when it is told to end, and what is missing after a run that was killed, then nothing', async () => {
    const ended = await importing.upload({
      match: /^part 2 /,
      run: 'controller.abort(new Error("told to end"))',
    });
    const sentUntilEnd = await importing.parts();
    const killed = await importing.upload({ match: /^part 4 /, run: 'process.kill(process.pid, "SIGKILL")' });
    const sent = await importing.parts();

    const second = await importing.upload();
    const third = await importing.upload();

    expect(ended).toMatchObject({ exitCode: 1 });
    expect(sentUntilEnd.length).toBeLessThan(5);
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
    expect(sent.length).toBeGreaterThanOrEqual(3);
    const parts = importing.manifest?.parts ?? 0;
    expect(second.lines.filter((line) => line.endsWith(': sent'))).toHaveLength(parts - sent.length);
    expect(third.lines.filter((line) => line.endsWith(': already there'))).toHaveLength(parts);
    expect(await importing.parts()).toHaveLength(parts);
    expect(importing.manifest).toMatchObject({ items: importing.items });
  });

  it('fails when a part changes between its check and its upload, and does not send it', async () => {
    importing.writeItems((index) => ({ ...itemOf(index), Changed: true }));
    const before = await importing.parts();
    const manifest = importing.manifest;

    const { lines, exitCode } = await importing.upload({
      match: /^part 1 /,
      run: `fs.writeFileSync('cdktf.out/import/part-00006.json.gz', zlib.gzipSync('{"Item":{}}\\n'))`,
    });

    importing.writeItems(itemOf);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toContain('part-00006.json.gz: changed since it was checked, got ');
    const sent = (await importing.parts()).filter((key) => !before.includes(key));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((key) => key?.includes('part-00006'))).toEqual([]);
    expect(importing.manifest).toEqual(manifest);
  });

  it('fails to deploy what was not uploaded, before anything is made', async () => {
    const { digest = '' } = importing.manifest ?? {};
    importing.changeDigest('0'.repeat(64));

    const { exitCode, stderr } = await importing.checkout.npm('deploy', ['table', '--auto-approve']);

    importing.changeDigest(digest);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('upload them with "npm run seed:upload -- <file>"');
    expect(await importing.table()).toBeUndefined();
  });

  it('makes the table with every item, and with what an import leaves out', async () => {
    const { exitCode, stdout, stderr } = await importing.checkout.npm('deploy', ['table', '--auto-approve']);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(await importing.count()).toBe(importing.items);
    expect(await importing.table()).toMatchObject({ DeletionProtectionEnabled: true });
  });

  it('is in sync afterwards', async () => {
    const { exitCode, stdout } = await importing.checkout.npm('drift', ['table']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      // What the emulator cannot be asked for is named.
      stdout: expect.stringMatching(/^local table: in sync\n {2}not compared: [\w, ]+\n$/),
    });
  });

  it('says in the plan that other items will not reach the table, and keeps the table', async () => {
    const { digest = '' } = importing.manifest ?? {};
    importing.changeDigest('0'.repeat(64));

    const { stdout } = await importing.checkout.npm('deploy', ['table', '--auto-approve']);

    importing.changeDigest(digest);
    expect(stdout.replace(/[\s│]+/g, ' ')).toMatch(
      /No changes\..*Warning: Check block assertion failed.*seed-data\/import\.json: not what the table was made from/,
    );
    expect(await importing.count()).toBe(importing.items);
  });
}
