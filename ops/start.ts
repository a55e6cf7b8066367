import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Environment, readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { findLocalAws, type LocalAws, localAwsExports, startLocalAws } from '../local/local-aws';
import { stackNames } from '../stacks/names';
import { run } from './command/run-program';
import { StepError, Steps } from './command/timed-steps';
import { invoke } from './invoke/invoke-function';
import { notebookInvocations } from './invoke/smoke-test';
import { bootstrap } from './state/make-state-bucket';
import { removeStateBucket } from './state/remove-state-bucket';
import { cdktfCalls, cdktfScript, expectTerminalBinary } from './terraform/run-cdktf';
import { prepareFolders } from './terraform/stack-terraform';
import { type Tools, withTools } from './terraform/tools';

const usage = `Usage: npm start [-- --keep]

Start a local AWS, deploy the system to it with cdktf, invoke both functions, remove everything.

  --keep  leave it running, and say how to go on with it`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' }, keep: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const environment = readEnvironment();
  if (!environment.emulated) {
    throw new InputError({
      where: 'SUPERMISSION_ENV',
      what: 'not an environment on this machine',
      got: environment.name,
      expected: 'local; other environments are deployed with "npm run deploy"',
    });
  }
  if (environment.seed.mode === 'import') {
    throw new InputError({
      where: `environments.ts: ${environment.name}.seed.mode`,
      what: 'more than this shows',
      got: environment.seed.mode,
      expected:
        'items; or "npm run local:up", "npm run bootstrap", "npm run seed:upload" and "npm run deploy"',
    });
  }
  if (values.keep && (await findLocalAws())) {
    throw new InputError('local AWS: already running; end it first with "npm run local:down"');
  }
  expectTerminalBinary();
  await prepareFolders();

  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await start(environment, values.keep ?? false, interruption.signal);
  } catch (error) {
    const interrupted = interruption.signal.aborted;
    if (!(error instanceof StepError) && !interrupted) throw error;
    if (interrupted) console.error('Interrupted; nothing is left running.');
    process.exitCode = interrupted ? 130 : 1;
  }
}

async function start(environment: Environment, keep: boolean, signal: AbortSignal): Promise<void> {
  const steps = new Steps('.local/start.log', signal);
  const aws = await steps.run('Start a local AWS', () => startLocalAws({ keep }));
  let leftRunning = false;
  try {
    await withTools(
      environment,
      async (tools) => {
        for (const note of [`${aws.emulator} at ${aws.url}`, ...tools.notes]) console.log(`    ${note}`);
        await steps.run('Create the state bucket', (report) =>
          bootstrap(environment, tools, report, aws.url),
        );
        await deploy(tools, steps);
        await invokeAll(environment, aws, steps);
        if (!keep) await removeAll(environment, tools, aws, steps);
      },
      aws.url,
    );
    leftRunning = keep;
  } finally {
    if (!leftRunning) await aws.stop();
  }
  console.log(leftRunning ? goOn(aws.url, environment.region) : ended);
}

async function deploy(tools: Tools, steps: Steps): Promise<void> {
  const outputsFile = join('.local', 'outputs.json');
  const stacks = [stackNames.table, stackNames.functions];
  await steps.run(
    'cdktf deploy',
    cdktf(tools, steps.signal, 'deploy', ...stacks, `--outputs-file=${outputsFile}`),
  );
  console.log(`\nDeployed\n${await readOutputs(outputsFile)}\n`);
}

async function invokeAll(environment: Environment, { url }: LocalAws, steps: Steps): Promise<void> {
  const answers = await steps.run('Invoke the functions', () =>
    Promise.all(
      notebookInvocations.map(async ({ functionName: name, event }) => {
        const { answer, failed } = await invoke(environment, name, event, url);
        if (failed) throw new Error(`${name}: failed, answered ${JSON.stringify(answer)}`);
        return `\n${name} ${JSON.stringify(event)}\n${JSON.stringify(answer, null, 2)}`;
      }),
    ),
  );
  console.log(`${answers.join('\n')}\n`);
}

/** The state bucket too: an emulator that was running before goes on, and must have nothing of ours left. */
async function removeAll(environment: Environment, tools: Tools, { url }: LocalAws, steps: Steps) {
  await steps.run('cdktf destroy', cdktf(tools, steps.signal, 'destroy'));
  await steps.run('Remove the state bucket', (report) =>
    removeStateBucket(environment, { approve: async () => true, report, url }),
  );
}

/** A run of cdktf that takes its lines to the log and ends with the signal. */
function cdktf(tools: Tools, signal: AbortSignal, command: string, ...args: string[]) {
  const [call = []] = cdktfCalls(command, [...args, '--auto-approve']);
  return (report: (line: string) => void) =>
    run(process.execPath, [...cdktfScript, ...call], {
      env: { ...tools.variables, CI: '1' },
      onLine: report,
      signal,
    });
}

async function readOutputs(file: string): Promise<string> {
  const stacks: Record<string, Record<string, string>> = JSON.parse(await readFile(file, 'utf8'));
  const outputs = Object.values(stacks).flatMap(Object.entries<string>);
  const width = Math.max(...outputs.map(([name]) => name.length));
  return outputs.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

const ended = `
Removed everything, and ended the local AWS.
Try next: npm start -- --keep, then change a handler or a record and run npm run diff`;

function goOn(url: string, region: string): string {
  return `Left running. For the AWS CLI:

${localAwsExports(url, region)}

Try next: npm run invoke -- MissionDetailsFunction '{"superhero":"Batman"}'
          change a handler or a record, then npm run diff and npm run deploy
          npm run local:down ends it`;
}

if (require.main === module) runCommand(main);
