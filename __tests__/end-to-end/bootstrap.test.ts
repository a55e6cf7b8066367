import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Environment, readEnvironment } from '../../environments';
import { type LocalAws, localAwsEnvironment } from '../../local/local-aws';
import { bootstrap } from '../../ops/state/make-state-bucket';
import { removeStateBucket } from '../../ops/state/remove-state-bucket';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { commandBlocks } from '../documents';
import { descendants, untilGone } from '../local/aws-fixture';
import { awsSession } from '../session';
import { AwsFaultProxy, type SeenRequest } from './aws-fault-proxy';
import { Checkout, type CommandResult, clientConfig } from './checkout';

jest.setTimeout(300_000);

const Bucket = 'supermission-local-state';
const ownKey = 'supermission/local/state-backend.tfstate';
const tableKey = 'supermission/local/table.tfstate';
const environment = readEnvironment({});

const checkout = new Checkout();
const clone = new Checkout();
const folder = join(checkout.folder, '.local');
const lent = { SUPERMISSION_LOCAL_FOLDER: folder };
let aws: LocalAws;
let proxy: AwsFaultProxy;
let s3: S3Client;

beforeAll(async () => {
  aws = await checkout.startLocalAws();
  s3 = new S3Client(clientConfig(aws.url));
  proxy = await AwsFaultProxy.start(aws.url);
  // Every command below is seen.
  checkout.recordLocalAws(aws, proxy.url);
});

afterEach(() => proxy.reset());

afterAll(async () => {
  await proxy?.close();
  await aws?.stop();
  checkout.remove();
  clone.remove();
});

/** Each test goes on where the one before it has ended, as an operator does. */
describe('npm run bootstrap', () => {
  it('makes the bucket with all that protects it, and says so before', async () => {
    const stdout = outputOf(await checkout.npm('bootstrap'));

    expect(stdout).toContain('AWS account 123456789012, region us-east-1');
    expect(stdout.indexOf(`s3://${Bucket}: does not exist, making it`)).toBeLessThan(
      stdout.indexOf('Creating...'),
    );
    expect(stdout).toMatch(/is ready\.\s*$/);
    await expectProtectedBucket();
    expect(await keys()).toEqual([ownKey]);
    expect((await readState(ownKey)).resources.map(({ type }) => type)).toContain('aws_s3_bucket');
  });

  it('leaves nothing that could spoil a deployment', () => {
    expect(existsSync(join(checkout.folder, 'cdktf.out/stacks'))).toBe(false);
    expect(readdirSync(join(checkout.folder, 'cdktf.out/bootstrap/stacks/state-backend')).sort()).toEqual([
      '.terraform',
      '.terraform.lock.hcl',
    ]);
  });

  it('writes nothing when a second engineer runs it in a fresh clone', async () => {
    const stdout = outputOf(await clone.npm('bootstrap', [], lent));

    expect(stdout).toContain(`s3://${Bucket}: exists, comparing it with its definition`);
    expect(stdout).toContain('No changes.');
    expect(proxy.seen.filter(isWrite)).toEqual([]);
  });

  it('sets right what somebody has changed, and nothing else', async () => {
    const VersioningConfiguration = { Status: 'Suspended' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));

    const stdout = outputOf(await checkout.npm('bootstrap'));

    expect(stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
    await expectProtectedBucket();
  });

  it('fails when a lock is held, names the owner, and goes on when adopt has freed it', async () => {
    const VersioningConfiguration = { Status: 'Suspended' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    // As a run leaves it that was killed while it changed the bucket.
    const lock = {
      ID: 'f00d',
      Operation: 'OperationTypeApply',
      Who: 'ada@laptop',
      Created: '2026-11-24T01:02:03Z',
    };
    await putObject(`${ownKey}.tflock`, JSON.stringify(lock));

    const { exitCode, stdout, stderr } = await checkout.npm('bootstrap');

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/Error acquiring the state lock[\s\S]*Who:\s+ada@laptop/);
    expect(stderr).not.toMatch(/^\s+at /m);
    outputOf(await checkout.npm('adopt', ['--auto-approve', '--force-unlock']));
    outputOf(await checkout.npm('bootstrap'));
    await expectProtectedBucket();
    expect(await keys()).toEqual([ownKey]);
  });

  it('fails to delete a state, and deletes a lock', async () => {
    await putObject(`${tableKey}.tflock`, '{}');

    expect(await checkout.run('aws', ['s3', 'rm', `s3://${Bucket}/${ownKey}`], cliVariables())).toMatchObject(
      {
        exitCode: 1,
      },
    );
    expect(
      await checkout.run('aws', ['s3', 'rm', `s3://${Bucket}/${tableKey}.tflock`], cliVariables()),
    ).toMatchObject({ exitCode: 0 });
    expect(await keys()).toEqual([ownKey]);
  });
});

describe('the page about restoring an older version of a state', () => {
  it('brings back what the newest version has lost', async () => {
    outputOf(await checkout.npm('deploy', ['table', '--auto-approve']));
    const before = await readState(tableKey);
    const [lost] = before.resources.filter(({ type }) => type === 'aws_dynamodb_table_item');
    await putObject(
      tableKey,
      JSON.stringify({
        ...before,
        serial: before.serial + 1,
        resources: before.resources.filter((it) => it !== lost),
      }),
    );

    const script = commandBlocks('docs/runbook.md', 'Restoring an older version of a state').join('');
    // npm puts a downloader of that name in front of the operator's own Terraform.
    const PATH = `${dirname((await findTerraform()).path)}:${process.env.PATH}`;
    const bash = ['-euo', 'pipefail', '-c', script];
    const stdout = outputOf(await checkout.run('bash', bash, { ...cliVariables(), PATH }));

    expect(stdout).toContain('Plan: 1 to add, 0 to change, 0 to destroy.');
    expect(stdout.trimEnd()).toMatch(/No changes\.[\s\S]*$/);
    const { serial, lineage, resources } = await readState(tableKey);
    expect({ lineage, resources }).toEqual({ lineage: before.lineage, resources: before.resources });
    expect(serial).toBeGreaterThan(before.serial + 1);
  });
});

describe('npm run state-bucket:remove', () => {
  beforeAll(() => putObject(tableKey, stateOf(2)));

  it('fails without a terminal and without approval', async () => {
    const { exitCode, stderr } = await checkout.npm('state-bucket:remove');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('no terminal to ask for approval; pass --auto-approve to do without');
    expect(await keys()).toEqual([ownKey, tableKey]);
  });

  it('fails while a state has resources, and shows every state', async () => {
    const { lines, error } = await remove();

    expect(lines).toEqual([
      `s3://${Bucket} (account 123456789012, region us-east-1) holds`,
      expect.stringMatching(
        /^ {2}supermission\/local\/state-backend\.tfstate {2}\S+ {2}serial \d+, 6 resources$/,
      ),
      expect.stringMatching(/^ {2}supermission\/local\/table\.tfstate {10}\S+ {2}serial 3, 2 resources$/),
    ]);
    expect(error?.message).toBe(
      `s3://${Bucket}/${tableKey}: still has 2 resources; remove them with "npm run destroy" first`,
    );
    await putObject(tableKey, stateOf(0));
  });

  it('fails while a lock is held, and says by whom', async () => {
    const lock = {
      ID: 'f00d',
      Who: 'ada@laptop',
      Operation: 'OperationTypeApply',
      Created: '2026-11-24T01:02:03Z',
    };
    await putObject(`${tableKey}.tflock`, JSON.stringify(lock));

    expect((await remove()).error?.message).toBe(
      `s3://${Bucket}/${tableKey}.tflock: locked by ada@laptop since 2026-11-24T01:02:03Z (OperationTypeApply, lock f00d); wait, or free the lock if it is stale`,
    );
    await checkout.run('aws', ['s3', 'rm', `s3://${Bucket}/${tableKey}.tflock`], cliVariables());
  });

  it('fails when it is not approved, or when somebody deploys while it asks', async () => {
    expect((await remove(async () => false)).error?.message).toBe('not approved, nothing was removed');
    const { error } = await remove(async () => {
      await putObject(tableKey, stateOf(1));
      return true;
    });
    expect(error?.message).toContain('still has 1 resource;');
    await putObject(tableKey, stateOf(0));
    expect(await keys()).toEqual([ownKey, tableKey]);
    await expectProtectedBucket();
  });

  it('fails when a right is missing on the way, and goes on from there: no older state comes to light', async () => {
    await putObject(tableKey, stateOf(2));
    await putObject(tableKey, stateOf(0));
    let deletions = 0;
    proxy.before = ({ method, path }) => isDeletion(method, path) && ++deletions > 1;
    const stopped = await checkout.npm('state-bucket:remove', ['--auto-approve']);
    proxy.reset();

    expect(stopped).toMatchObject({ exitCode: 1 });
    expect(stopped.stderr).toMatch(/^state-bucket:remove: stopped, .*it can be run again$/m);
    expect(await keys()).toEqual([ownKey, tableKey]);
    expect((await readState(tableKey)).resources).toEqual([]);

    const stdout = outputOf(await checkout.npm('state-bucket:remove', ['--auto-approve']));
    expect(stdout).toContain(`s3://${Bucket}: removed`);
    expect(await buckets()).toEqual([]);
  });

  it('changes nothing when there is no bucket', async () => {
    expect(await remove()).toEqual({ lines: [`s3://${Bucket}: does not exist, nothing to remove`] });
  });
});

describe('bootstrap, before anything is made', () => {
  const noTerraform = { path: '/no/terraform', version: '1.11.4', product: 'terraform' } as const;
  const attempt = async (of: Environment = environment, url = proxy.url) =>
    bootstrap({ ...(await awsSession(of, url)), terraform: noTerraform, variables: {} });

  afterEach(async () => {
    expect(proxy.seen.filter(isWrite)).toEqual([]);
    await fetch(new URL('/moto-api/reset', aws.url), { method: 'POST' });
  });

  it('fails when the credentials do not work', async () => {
    proxy.before = isIdentityCall;

    await expect(attempt()).rejects.toThrow(
      /^AWS credentials: not accepted, got "\w+: refused by the fault proxy"/,
    );
  });

  it('fails when the account is not one of the environment', async () => {
    await expect(attempt({ ...environment, allowedAccountIds: ['210987654321'] })).rejects.toThrow(
      'AWS credentials: of an account that environment local may not touch, got "123456789012"; expected one of 210987654321',
    );
  });

  it('fails when the bucket belongs to somebody else, or may not be read', async () => {
    proxy.before = ({ method }) => method === 'HEAD';

    await expect(attempt()).rejects.toThrow(
      /^s3:\/\/supermission-local-state: access denied, got .*; expected a bucket of account 123456789012, and the right to read it .* SUPERMISSION_STATE_BUCKET/,
    );
  });

  it('fails when the bucket is in another region', async () => {
    await s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    );

    await expect(attempt()).rejects.toThrow(
      `s3://${Bucket}: in another region, got "eu-west-1"; expected us-east-1, or region: 'eu-west-1' in environments.ts`,
    );
  });

  it('fails when S3 sends it to another region', async () => {
    const stub = await startStub((request, response) => {
      if (isIdentityCall({ method: request.method ?? '', path: request.url ?? '' })) {
        const answer =
          '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';
        response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
      } else response.writeHead(301, { 'x-amz-bucket-region': 'eu-central-1' }).end();
    });
    try {
      await expect(attempt(environment, stub.url)).rejects.toThrow(
        `s3://${Bucket}: in another region, got "eu-central-1"; expected us-east-1, or region: 'eu-central-1' in environments.ts`,
      );
    } finally {
      await stub.close();
    }
  });

  it.each([
    ['another project', { project: 'photos' }],
    ['another environment', { project: 'supermission', environment: 'prod' }],
  ])('fails when the bucket is tagged by %s', async (_, tags) => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));

    await expect(attempt()).rejects.toThrow(`made for something else, got ${JSON.stringify(tags)}; expected`);
  });

  it('fails when the bucket has no tags and is not empty', async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await putObject('holiday.jpg', '');

    await expect(attempt()).rejects.toThrow('made for something else, got {}; expected');
    expect((await remove()).error?.message).toContain('made for something else');
    expect(await keys()).toEqual(['holiday.jpg']);
  });
});

describe('bootstrap, refused or raced', () => {
  it('fails when a right is missing while the bucket is made, and says which', async () => {
    proxy.before = ({ method, path }) => method === 'PUT' && path.includes('publicAccessBlock');

    const { exitCode, stdout, stderr } = await checkout.npm('bootstrap');

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/PutPublicAccessBlock[\s\S]*AccessDenied/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await keys()).toEqual([]);
  });

  it('fails for one of two engineers who go on at the same time, and the other one ends well', async () => {
    let other: Promise<CommandResult> | undefined;
    proxy.before = async ({ method, path }) => {
      if (method !== 'PUT' || !path.includes(ownKey) || other) return false;
      other = clone.npm('bootstrap', [], lent);
      await other;
      return false;
    };

    const { exitCode, stderr } = await checkout.npm('bootstrap');

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `s3://${Bucket}/${ownKey}: somebody else has made the state bucket at the same time; run this again`,
    );
    expect(await other).toMatchObject({ exitCode: 0 });
    await expectProtectedBucket();
    expect(await remove()).not.toHaveProperty('error');
  });
});

describe('bootstrap, killed', () => {
  /** What a first run writes, in this order but for the settings, which go in parallel. */
  const writes = 8;
  const everyWrite = Array.from({ length: writes }, (_, index) => index + 1);

  it.each(everyWrite)('after write %d is finished by the next run', async (count) => {
    const killed = await bootstrapKilledAfter(count);
    expect(killed).toHaveLength(count);
    expect(killed[0]).toBe(`PUT /${Bucket}`);
    expect(killed.includes(`PUT /${Bucket}/${ownKey}?x-id=PutObject`)).toBe(count === writes);
    proxy.reset();

    // The one who was killed, or somebody who has nothing of what that run left.
    const stdout = outputOf(await (count % 2 ? clone : checkout).npm('bootstrap', [], lent));

    expect(stdout).toContain(count === writes ? 'exists, comparing' : 'taking it over');
    expect(stdout).toContain(count === writes ? 'No changes.' : '1 to import');
    const rerun = proxy.seen.filter(isWrite).map(describeRequest);
    expect(rerun).not.toContain(`PUT /${Bucket}`);
    expect(rerun.filter((it) => it.startsWith('DELETE'))).toEqual([]);
    await expectProtectedBucket();
    const state = await readState(ownKey);
    expect(state.resources.filter(({ mode }) => mode === 'managed')).toHaveLength(6);
    if (count === 1) {
      expect(outputOf(await checkout.npm('bootstrap', [], lent))).toContain('No changes.');
    }
    expect(await remove()).not.toHaveProperty('error');
    expect(await buckets()).toEqual([]);
  });

  async function bootstrapKilledAfter(count: number): Promise<string[]> {
    const { SUPERMISSION_ENV: _, ...env } = process.env;
    const child = spawn(process.execPath, ['ops/command/run-typescript.cjs', 'ops/bootstrap.ts'], {
      cwd: checkout.folder,
      env,
      detached: true,
      stdio: 'ignore',
    });
    const seen: string[] = [];
    let pids: number[] = [];
    proxy.after = (request) => {
      if (!isWrite(request) || seen.length === count) return;
      seen.push(describeRequest(request));
      if (seen.length < count) return;
      pids = descendants(child.pid as number);
      process.kill(-(child.pid as number), 'SIGKILL');
    };
    const [exitCode] = await once(child, 'exit');
    expect(exitCode).toBeNull();
    await untilGone(pids);
    return seen;
  }
});

/** What a command that must succeed has printed. */
function outputOf({ exitCode, stdout, stderr }: CommandResult): string {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}\n${stdout}\n${stderr}`);
  return stdout;
}

const cliVariables = () => localAwsEnvironment(aws.url, 'us-east-1');

/** S3 is changed by anything but GET and HEAD; what is posted to the root belongs to other services. */
const isWrite = ({ method, path }: Pick<SeenRequest, 'method' | 'path'>) =>
  !['GET', 'HEAD'].includes(method) && path !== '/';

const isIdentityCall = ({ method, path }: Pick<SeenRequest, 'method' | 'path'>) =>
  method === 'POST' && path === '/';

const isDeletion = (method: string, path: string) => method === 'POST' && path.includes('delete');

const describeRequest = ({ method, path }: SeenRequest) => `${method} ${path}`;

/** Remove in this process: what was said, and why it stopped if it did. */
async function remove(approve: (question: string) => Promise<boolean> = async () => true) {
  const lines: string[] = [];
  try {
    await removeStateBucket(await awsSession(environment, proxy.url, lines), approve);
    return { lines };
  } catch (error) {
    return { lines, error: error as Error };
  }
}

interface State {
  readonly serial: number;
  readonly lineage: string;
  readonly resources: { readonly mode: string; readonly type: string; readonly instances: unknown[] }[];
}

/** A state as Terraform writes it, with so many resources. */
function stateOf(count: number): string {
  const instances = Array.from({ length: count }, (_, index_key) => ({ index_key }));
  const resource = { mode: 'managed', type: 'aws_dynamodb_table_item', name: 'item', instances };
  return JSON.stringify({ version: 4, serial: 3, lineage: 'any', resources: count > 0 ? [resource] : [] });
}

async function putObject(Key: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body) }));
}

async function readState(Key: string): Promise<State> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

async function keys(): Promise<(string | undefined)[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key).sort();
}

async function buckets(): Promise<(string | undefined)[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand());
  return Buckets.map(({ Name }) => Name);
}

async function expectProtectedBucket(): Promise<void> {
  expect(await buckets()).toEqual([Bucket]);
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(ServerSideEncryptionConfiguration?.Rules).toMatchObject([
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
  ]);
  const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
  expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
  expect(JSON.parse(Policy).Statement).toMatchObject([{ Sid: 'DenyDeletionOfStates', Effect: 'Deny' }]);
}

/** A stub provider for the answers that the emulator cannot give. */
async function startStub(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
