import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SmokeInvocation } from '../declarations';
import { type Environment, functionsOf, importedTables, readEnvironment } from '../environments';
import { InputError } from '../input-error';
import {
  expectEmulator,
  findLocalAws,
  type LocalAws,
  localAwsExports,
  localFolder,
  makeLocalFolder,
  startLocalAws,
} from '../local/local-aws';
import { appStacks } from '../stacks/names';
import { runCommand } from './command/command';
import type { Frame } from './command/frame';
import { runProgram } from './command/run-program';
import { TimedSteps } from './command/timed-steps';
import { askWeb, findWeb, requestOf } from './invoke/ask-web';
import { examples, invoke, invokeCommand } from './invoke/invoke-function';
import { prepareFolders } from './state/errored-state';
import { bootstrap } from './state/make-state-bucket';
import { removeStateBucket } from './state/remove-state-bucket';
import {
  type CdktfRequest,
  cdktfCalls,
  cdktfScript,
  cdktfVariables,
  expectTerminalBinary,
  interruptBelow,
} from './terraform/run-cdktf';
import { type Session, withSession } from './terraform/session';
import { isProgress, synthesize } from './terraform/stack-terraform';

const usage = `Usage: npm start [-- --keep]

Start a local AWS, deploy the system to it with cdktf, invoke the functions, remove everything.

  --keep  leave it running, and say how to go on with it`;

void runCommand({
  usage,
  options: { keep: { type: 'boolean', default: false } },
  writes: true,
  afterInterruption: 'the local AWS, and all that was made in it, is gone',
  run: async ({ values: { keep } }, frame) => {
    const environment = readEnvironment();
    expectLocal(environment);
    await expectEmulator({ environment: process.env, folder: localFolder() });
    makeLocalFolder();
    const running = keep ? await findLocalAws() : undefined;
    if (running && !running.emulatorHasEnded) {
      throw new InputError('local AWS: already running; end it first with "npm run local:down"');
    }
    await running?.stop();
    expectTerminalBinary();
    await prepareFolders();
    await start(environment, keep, frame);
  },
});

function expectLocal(environment: Environment): void {
  const { emulated, name } = environment;
  if (!emulated) {
    throw new InputError({
      where: 'SUPERMISSION_ENV',
      what: 'not an environment on this machine',
      got: name,
      expected: 'local; other environments are deployed with "npm run deploy"',
    });
  }
  if (importedTables(environment).length > 0) {
    throw new InputError({
      where: `environments.ts: ${name}.seed.mode`,
      what: 'more than this shows',
      got: 'import',
      expected:
        'items; or "npm run local:up", "npm run bootstrap", "npm run seed:upload" and "npm run deploy"',
    });
  }
}

async function start(environment: Environment, keep: boolean, frame: Frame): Promise<void> {
  const steps = new TimedSteps(relative('', join(localFolder(), 'start.log')), frame.signal, isProgress);
  let aws: LocalAws | undefined;
  // Begun once Terraform has been found.
  const findUrl = async () => {
    aws = await steps.run('Start a local AWS', () => startLocalAws({ keep }));
    console.log(`    ${aws.emulator} at ${aws.url}`);
    return aws.url;
  };
  const report = (line: string) => console.log(`    ${line}`);
  let leftRunning = false;
  let page: string | undefined;
  try {
    await withSession({ ...frame, environment, findUrl, report }, async (session) => {
      await steps.run('Create the state bucket', (report) => bootstrap({ ...session, report }));
      await deploy(session, steps);
      await invokeAll(session, steps);
      page = await askPage(session, steps);
      if (!keep) await removeAll(session, steps);
    });
    leftRunning = keep;
  } finally {
    if (!leftRunning) await aws?.stop();
  }
  console.log(aws && leftRunning ? goOn(aws.url, environment.region, page) : ended);
}

async function deploy(session: Session, steps: TimedSteps): Promise<void> {
  const outputsFile = join(localFolder(), 'outputs.json');
  const stacks = appStacks(session.environment);
  const values = { 'outputs-file': outputsFile };
  await steps.run('cdktf deploy', async (report) => {
    await synthesize(session, { onLine: report });
    await cdktf(session, { name: 'deploy', stacks, values })(report);
  });
  console.log(`\nDeployed\n${await readOutputs(outputsFile)}\n`);
}

async function invokeAll(session: Session, steps: TimedSteps): Promise<void> {
  const answers = await steps.run('Invoke the functions', () =>
    Promise.all(
      examples.map(async ({ name, event }) => {
        const { answer, failed } = await invoke(session, name, event);
        if (failed) throw new Error(`${name}: failed, answered ${JSON.stringify(answer)}`);
        return `\n${name} ${JSON.stringify(event)}\n${JSON.stringify(answer, null, 2)}`;
      }),
    ),
  );
  console.log(`${answers.join('\n')}\n`);
}

/** Where the page of the web is, which has answered; nothing where there is none. */
async function askPage(session: Session, steps: TimedSteps): Promise<string | undefined> {
  const { environment, aws } = session;
  const [, page] = functionsOf(environment).find(([, { smoke }]) => smoke.some(isPage)) ?? [];
  if (!environment.web || !page?.route) return undefined;
  const path = requestOf(page.route, {});
  const [url, { status, contentType, body }] = await steps.run('Ask for the page', async () => {
    const url = `${await findWeb(session)}${path}`;
    return [url, await askWeb(url, aws)] as const;
  });
  const words = `answered with status ${status}, ${contentType}, ${body.length} characters`;
  if (status !== 200) throw new Error(`${url}: ${words}: ${body.slice(0, 200)}`);
  console.log(`    ${url} ${words}\n`);
  return url;
}

const isPage = (invocation: SmokeInvocation) => 'answers' in invocation && invocation.answers === 'HTML';

/** The state bucket too: an emulator that was running before goes on, and must have nothing of ours left. */
async function removeAll(session: Session, steps: TimedSteps): Promise<void> {
  const stacks = appStacks(session.environment);
  await steps.run('cdktf destroy', cdktf(session, { name: 'destroy', stacks, values: {} }));
  await steps.run('Remove the state bucket', (report) =>
    removeStateBucket({ ...session, report }, async () => true),
  );
}

/** A run of cdktf that takes its lines to the log. */
function cdktf({ variables, signal }: Session, request: CdktfRequest) {
  const [call = []] = cdktfCalls({ ...request, values: { ...request.values, 'auto-approve': true } });
  return (report: (line: string) => void) =>
    runProgram(process.execPath, [...cdktfScript, ...call], {
      env: cdktfVariables({ ...variables, CI: '1' }),
      onLine: report,
      signal,
      interrupt: interruptBelow,
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
Try next: npm start -- --keep, then change a handler or an item and run npm run diff`;

function goOn(url: string, region: string, page?: string): string {
  return `Left running.${page ? ` The page: ${page}` : ''}

For the AWS CLI:

${localAwsExports(url, region)}

Try next: ${examples.slice(-1).map(invokeCommand).join()}
          change a handler or an item, then npm run diff and npm run deploy
          npm run local:down ends it`;
}
