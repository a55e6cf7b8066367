import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type Environment, readEnvironment } from '../../environments';
import { type LocalAws, localAwsEnvironment } from '../../local/local-aws';
import { adopt } from '../../ops/adopt/adopt-stacks';
import { type Providers, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { type Session, supervised } from '../../ops/terraform/session';
import type { Configuration } from '../../ops/terraform/stack-terraform';
import type { State } from '../../ops/terraform/state-text';
import { expectWithinBudget } from '../budgets';
import { names, partitionKey } from '../names';
import { awsSession } from '../session';
import { AwsFaultProxy } from './aws-fault-proxy';
import { Checkout, type CommandResult, clientConfig } from './checkout';
import { type Running, start } from './running';

/** A synthesized checkout of `local` with an AWS of its own behind a fault proxy; commands run inside this process. */
export class Workbench {
  readonly environment: Environment = readEnvironment({});
  readonly #startFolder = process.cwd();

  private constructor(
    readonly checkout: Checkout,
    readonly aws: LocalAws,
    readonly proxy: AwsFaultProxy,
    private readonly ownSession: Session,
    private readonly providers: Providers,
  ) {
    process.chdir(checkout.folder);
  }

  static async open(): Promise<Workbench> {
    const checkout = new Checkout();
    const aws = await checkout.startLocalAws();
    const proxy = await AwsFaultProxy.start(aws.url);
    checkout.recordLocalAws(aws, proxy.url);
    const terraform = await findTerraform();
    const providers = await prepareProviders({
      terraform,
      awsVersions: '>= 5.100.0, < 7.0.0',
      archiveVersions: '>= 2.7.1, < 3.0.0',
      stub: { workingDirectory: join(checkout.folder, 'cdktf.out/stacks/functions') },
    });
    const variables = { ...localAwsEnvironment(proxy.url, 'us-east-1'), ...providers.variables };
    const tools = { terraform, variables: { ...variables, ...supervised(terraform, proxy.url) } };
    const connected = await awsSession(readEnvironment({}), proxy.url);
    const bench = new Workbench(checkout, aws, proxy, { ...connected, ...tools }, providers);
    const synth = await checkout.run(process.execPath, ['ops/terraform/run-app.mjs']);
    expect(synth).toMatchObject({ exitCode: 0 });
    for (const stack of ['table', 'functions', 'web']) {
      await bench.emptyAccount();
      expect(await bench.terraform(stack, 'init', '-input=false')).toMatchObject({ exitCode: 0 });
    }
    return bench;
  }

  async close(): Promise<void> {
    process.chdir(this.#startFolder);
    this.providers.stop();
    await this.proxy.close();
    await this.aws.stop();
    this.checkout.remove();
  }

  /** What commands in this process work with; what they tell the operator goes to `lines`. */
  session(lines: string[] = []): Session {
    return { ...this.ownSession, report: (line) => lines.push(line) };
  }

  /** Configuration of AWS clients that go around the proxy. */
  get config() {
    return clientConfig(this.aws.url);
  }

  /** An account that has nothing but an empty state bucket. */
  async emptyAccount(): Promise<void> {
    await fetch(new URL('/moto-api/reset', this.aws.url), { method: 'POST' });
    await new S3Client(this.config).send(new CreateBucketCommand({ Bucket: this.environment.stateBucket }));
    this.proxy.reset();
  }

  /** Let commands find the state bucket finished: with the state of its making, which is empty here. */
  async finishBucket(): Promise<void> {
    const state = {
      version: 4,
      terraform_version: '1.11.4',
      serial: 1,
      lineage: 'x',
      outputs: {},
      resources: [],
    };
    const place = { Bucket: this.environment.stateBucket, Key: 'supermission/local/state-backend.tfstate' };
    await new S3Client(this.config).send(new PutObjectCommand({ ...place, Body: JSON.stringify(state) }));
  }

  /** A file of a synthesized stack. */
  file(stack: string, name: string): string {
    return join(this.checkout.folder, 'cdktf.out/stacks', stack, name);
  }

  configuration(stack: string): Configuration {
    return JSON.parse(readFileSync(this.file(stack, 'cdk.tf.json'), 'utf8'));
  }

  /** Addresses of the resources that a stack defines, sorted. */
  addresses(stack: string): string[] {
    const types = Object.entries(this.configuration(stack).resource);
    return types.flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`)).sort();
  }

  /** Terraform as commands run it, with the provider that they share. */
  terraform(stack: string, ...args: readonly string[]): Promise<CommandResult> {
    const { variables } = this.ownSession;
    const program = variables.TERRAFORM_BINARY_NAME as string;
    return start(program, [...args, '-no-color'], { cwd: this.file(stack, ''), env: variables }).ended;
  }

  /** Terraform alone, which dies with its own provider when it is killed. */
  startTerraform(cwd: string, args: readonly string[]): Running {
    return start(this.ownSession.terraform.path, [...args, '-no-color'], {
      cwd,
      env: this.ownSession.variables,
    });
  }

  /** Start a command as npm does, without npm in front. */
  startCommand(file: string, ...args: readonly string[]): Running {
    const program = ['ops/command/run-typescript.cjs', file, ...args];
    return start(process.execPath, program, { cwd: this.checkout.folder, env: process.env });
  }

  /** Start a script of package.json as a user would. */
  startNpm(script: string, ...args: readonly string[]): Running {
    return start('npm', ['run', '--silent', script, '--', ...args], {
      cwd: this.checkout.folder,
      env: process.env,
    });
  }

  /** Adopt with every question answered the same, and return what the operator reads. */
  async adopt({ approve = true, unlock = false } = {}): Promise<string> {
    const lines: string[] = [];
    try {
      await adopt(this.session(lines), {
        approve: async () => approve,
        approveUnlock: async () => unlock,
      });
    } catch (error) {
      throw new Error([...lines, (error as Error).message].join('\n'));
    }
    return lines.join('\n');
  }

  /** Fails unless Terraform finds nothing to change, with no more requests than its budget allows. */
  async expectNoChanges(...stacks: readonly ('table' | 'functions')[]): Promise<void> {
    for (const stack of stacks) {
      const before = this.proxy.seen.length;
      const { exitCode, stdout, stderr } = await this.terraform(
        stack,
        'plan',
        '-input=false',
        '-detailed-exitcode',
      );
      expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
      expectWithinBudget(`requests of a plan of ${stack}`, this.proxy.seen.length - before);
    }
  }

  async state(stack: string): Promise<State | undefined> {
    const text = await this.#readObject(`supermission/local/${stack}.tfstate`);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Keys of all objects in the state bucket, none as long as there is no bucket. */
  async stateFiles(): Promise<(string | undefined)[]> {
    const listing = new ListObjectsV2Command({ Bucket: this.environment.stateBucket });
    try {
      const { Contents = [] } = await new S3Client(this.config).send(listing);
      return Contents.map(({ Key }) => Key).sort();
    } catch (error) {
      if (error instanceof NoSuchBucket) return [];
      throw error;
    }
  }

  /** The items of the table by their key, as DynamoDB JSON. */
  async items(): Promise<Record<string, unknown>> {
    const { Items = [] } = await new DynamoDBClient(this.config).send(
      new ScanCommand({ TableName: names.table, ConsistentRead: true }),
    );
    return Object.fromEntries(Items.map((item) => [item[partitionKey]?.S, item]));
  }

  async #readObject(Key: string): Promise<string | undefined> {
    try {
      const { Body } = await new S3Client(this.config).send(
        new GetObjectCommand({ Bucket: this.environment.stateBucket, Key }),
      );
      return await Body?.transformToString();
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }
}

/** The items of the seed data by their key, as DynamoDB JSON. */
export function seedItems(): Record<string, unknown> {
  const items: Record<string, string>[] = JSON.parse(readFileSync('seed-data/super-missions.json', 'utf8'));
  return Object.fromEntries(items.map((item) => [item[partitionKey], marshall(item)]));
}
