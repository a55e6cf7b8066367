import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { AwsFaultProxy } from '../__tests__/end-to-end/aws-fault-proxy';
import { Checkout } from '../__tests__/end-to-end/checkout';
import { archiveProviderVersion, readEnvironment } from '../environments';
import { type LocalAws, localAwsEnvironment } from '../local/local-aws';
import { type Providers, prepareProviders } from '../ops/terraform/find-providers';
import { findTerraform, type Terraform } from '../ops/terraform/find-terraform';
import { supervised } from '../ops/terraform/session';
import { type CommandRun, interleave, runCommand } from './measure';
import { type Goal, type Measure, measureOf, type Result } from './result';

/** Numbers of tables, and of functions that scan one each. */
const counts = [1, 5, 20];
const stacks = ['table', 'functions'] as const;
const own = "Terraform's own plan";
const commands = [own, 'npm run plan', 'npm run review', 'npm run drift'] as const;

interface Run extends CommandRun {
  readonly requests: number;
}

/** Runs of one size, by stack and command. */
type Runs = Readonly<Record<string, Run>>;

/** Time and requests of commands that find nothing to change, by the number of tables and functions. */
export async function benchGrowth(): Promise<Result> {
  const terraform = await findTerraform();
  const systems: System[] = [];
  try {
    for (const count of counts) {
      console.error(`  deploy ${nameOf(count)}`);
      const system = await System.start(count, terraform);
      systems.push(system);
      await system.deploy();
    }
    const runs = await interleave<Runs>(
      Object.fromEntries(systems.map((it) => [nameOf(it.count), () => it.runAll()])),
      Number(process.env.BENCH_ROUNDS ?? 2),
    );
    const measures = stacks.flatMap((stack) =>
      commands.flatMap((command) => {
        const what = `${stack}: ${command}`;
        const time = measureOf(`${what}, ms`, runs, (all) => (all[what] as Run).wallMs);
        const requests = measureOf(`${what}, requests`, runs, (all) => (all[what] as Run).requests);
        return command === 'npm run review' ? [time] : [time, requests];
      }),
    );
    const medians = (what: string) => {
      const { peers } = measures.find((it) => it.what === what) as Measure;
      return counts.map((count) => peers[nameOf(count)]?.median ?? Number.NaN);
    };
    const lines = (stack: string, unit: string, scale: number) =>
      Object.fromEntries(
        commands
          .filter((command) => measures.some(({ what }) => what === `${stack}: ${command}, ${unit}`))
          .map((command) => {
            const values = medians(`${stack}: ${command}, ${unit}`);
            return [command, counts.map((count, index) => [count, (values[index] ?? 0) / scale] as const)];
          }),
      );
    return {
      base: nameOf(counts[0] as number),
      measures,
      goals: stacks.flatMap((stack) => goalsOf((command) => medians(`${stack}: ${command}, ms`), stack)),
      missing: [],
      notes: [
        `each stack alone, with nothing to change; a table has five items; ${terraform.product} ${terraform.version}, moto behind a proxy that counts`,
        `${own}: by the supervisor and with the AWS provider that all commands share; "npm run plan" synthesizes, initializes, plans, reads the plan as JSON, and reviews it`,
        'commands are started as npm does it, without npm in front; a review is of what "npm run plan" wrote',
      ],
      curves: stacks.flatMap((stack) => [
        {
          title: `Time, stack ${stack}`,
          x: 'tables, functions',
          y: 'seconds',
          lines: lines(stack, 'ms', 1000),
        },
        {
          title: `Requests, stack ${stack}`,
          x: 'tables, functions',
          y: 'requests to AWS',
          lines: lines(stack, 'requests', 1),
        },
      ]),
    };
  } finally {
    for (const system of systems) await system.stop();
  }
}

const nameOf = (count: number) => `${count} of each`;

/** From 5 to 20 of each the time may grow fourfold at most; no command may take more than 1.3 times Terraform's own plan. */
function goalsOf(timesOf: (command: string) => readonly number[], stack: string): Goal[] {
  const ratio = ([a = Number.NaN, b = Number.NaN]: readonly number[]) => b / a;
  return commands.flatMap((command) => {
    const times = timesOf(command);
    const growth = {
      what: `${stack}: ${command}: time of ${nameOf(20)} to ${nameOf(5)}`,
      ratio: ratio(times.slice(-2)),
      atMost: 4,
    };
    if (command === own) return [growth];
    const terraform = timesOf(own);
    const worst = Math.max(...times.map((time, index) => ratio([terraform[index] as number, time])));
    return [growth, { what: `${stack}: ${command} to ${own}, at worst`, ratio: worst, atMost: 1.3 }];
  });
}

/** A checkout with so many tables and functions, deployed to an AWS of its own. */
class System {
  private constructor(
    readonly count: number,
    private readonly checkout: Checkout,
    private readonly aws: LocalAws,
    private readonly proxy: AwsFaultProxy,
    private readonly providers: Providers,
    private readonly variables: NodeJS.ProcessEnv,
  ) {}

  static async start(count: number, terraform: Terraform): Promise<System> {
    const checkout = new Checkout();
    declare(checkout, count);
    const { awsProviderVersion, region } = readEnvironment({});
    const aws = await checkout.startLocalAws();
    const proxy = await AwsFaultProxy.start(aws.url);
    checkout.recordLocalAws(aws, proxy.url);
    const providers = await prepareProviders({
      terraform,
      awsVersions: awsProviderVersion,
      archiveVersions: archiveProviderVersion,
      stub: { workingDirectory: join(checkout.folder, 'cdktf.out/stacks/functions') },
    });
    const variables = {
      ...localAwsEnvironment(proxy.url, region),
      ...providers.variables,
      ...supervised(terraform, proxy.url),
    };
    return new System(count, checkout, aws, proxy, providers, variables);
  }

  async deploy(): Promise<void> {
    await this.command('bootstrap');
    await runCommand([process.execPath, 'ops/terraform/run-app.mjs'], { cwd: this.checkout.folder });
    for (const stack of stacks) {
      await this.terraform(stack, 'init');
      await this.terraform(stack, 'apply', '-auto-approve');
    }
  }

  async runAll(): Promise<Runs> {
    const runs: Record<string, Run> = {};
    const measured = async (what: string, work: () => Promise<CommandRun>) => {
      this.proxy.reset();
      const run = await work();
      runs[what] = { ...run, requests: this.proxy.seen.length };
    };
    for (const stack of stacks) {
      await measured(`${stack}: ${own}`, () => this.terraform(stack, 'plan', '-detailed-exitcode'));
      await measured(`${stack}: npm run plan`, () => this.command('plan', stack));
      const plan = join('plans', 'local', stack, 'plan.json');
      await measured(`${stack}: npm run review`, () => this.command('review', plan));
      await measured(`${stack}: npm run drift`, () => this.command('drift', stack));
    }
    return runs;
  }

  async stop(): Promise<void> {
    this.providers.stop();
    await this.proxy.close();
    await this.aws.stop();
    this.checkout.remove();
  }

  private command(name: string, ...args: readonly string[]): Promise<CommandRun> {
    const script = ['ops/command/run-typescript.cjs', `ops/${name}.ts`];
    const env = { ...process.env, SUPERMISSION_LOCAL_FOLDER: join(this.checkout.folder, '.local') };
    return runCommand([process.execPath, ...script, ...args], { cwd: this.checkout.folder, env });
  }

  private terraform(stack: string, ...args: readonly string[]): Promise<CommandRun> {
    const program = this.variables.TERRAFORM_BINARY_NAME as string;
    const cwd = join(this.checkout.folder, 'cdktf.out/stacks', stack);
    return runCommand([program, ...args, '-input=false', '-no-color'], { cwd, env: this.variables });
  }
}

/** Declare so many tables, and a function for each that scans it, in place of what is declared. */
function declare({ folder }: Checkout, count: number): void {
  const numbers = Array.from({ length: count - 1 }, (_, index) => index + 2);
  for (const number of numbers) {
    const copy = join(folder, 'lambdas', `scan-${number}-function`);
    cpSync(join(folder, 'lambdas/super-dynamodb-function'), copy, { recursive: true });
  }
  appendFileSync(
    join(folder, 'system.ts'),
    `
const declared = { tables, functions } as any;
delete declared.functions['mission-details'];
delete declared.functions['web-page'];
for (const number of ${JSON.stringify(numbers)}) {
  const { label, ...table } = missions;
  declared.tables[\`missions-\${number}\`] = { ...table, name: \`Table\${number}\` };
  declared.functions[\`scan-\${number}\`] = {
    name: \`Scan\${number}\`, reads: [{ scan: declared.tables[\`missions-\${number}\`] }], smoke: functions['super-dynamodb'].smoke,
  };
}
`,
  );
}
