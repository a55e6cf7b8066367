import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import {
  defaultPort,
  findLocalAws,
  idleLimitMinutes,
  installAdvice,
  type LocalAws,
  localAwsExports,
  logFile,
  searchOrder,
  startLocalAws,
} from '../local/local-aws';
import { runCommand } from './command/command';

const usage = `local AWS: one URL for all services, on the loopback interface, its state thrown away at the end.

npm run local:up [-- --port <number>]   start it and print the variables for the AWS CLI
npm run local:down                      end it
npm run local:status [-- --json]        say whether it runs; exit code 1 when it does not

--port <number>  default ${defaultPort}, or a free port when that is taken
--json           the status as JSON

It ends by itself after ${idleLimitMinutes} minutes without a request. It needs an emulator, looked for in this order:
${searchOrder.map((way, index) => `  ${index + 1}. ${way}`).join('\n')}
If there is none, ${installAdvice}.

SUPERMISSION_LOCAL_FOLDER  folder for log, record and private Python environment (default .local in the project)`;

const commands: Record<string, (options: Options) => Promise<number>> = { up, down, status };

void runCommand({
  usage,
  options: { port: { type: 'string' }, json: { type: 'boolean' } },
  words: { expected: 'up, down or status', min: 1, max: 1 },
  writes: false,
  run: async ({ values, positionals: [name = ''] }) => {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command) return command(values);
    throw new InputError({
      where: 'command line',
      what: 'unknown command',
      got: name,
      expected: 'up, down or status',
    });
  },
});

interface Options {
  readonly port?: string;
  readonly json?: boolean;
}

async function up({ port }: Options): Promise<number> {
  const { region } = readEnvironment({});
  const found = await findLocalAws();
  if (found?.emulatorHasEnded) {
    console.log(`${emulatorHasEnded}; starting anew`);
    await found.stop();
  }
  const running = found?.emulatorHasEnded ? undefined : found;
  if (running) console.log('already running');
  const aws = running ?? (await startLocalAws({ keep: true, port: parsePort(port) }));
  console.log(describe(aws));
  console.log(`it ends after ${idleLimitMinutes} minutes without a request, or with npm run local:down\n`);
  console.log(localAwsExports(aws.url, region));
  return 0;
}

async function down(): Promise<number> {
  const running = await findLocalAws();
  await running?.stop();
  console.log(running ? `ended ${running.url}` : 'nothing is running');
  return 0;
}

async function status({ json }: Options): Promise<number> {
  const found = await findLocalAws();
  const running = found !== undefined && !found.emulatorHasEnded;
  if (json) console.log(JSON.stringify({ running, ...found }, null, 2));
  else console.log(found ? describe(found) : 'not running');
  if (found?.emulatorHasEnded && !json) console.log(emulatorHasEnded);
  return running ? 0 : 1;
}

const emulatorHasEnded = 'its emulator has ended, and all that was deployed to it is gone';

function describe({ url, pid, emulator, startedAt }: LocalAws): string {
  return `local AWS: ${url}\nemulator ${emulator}, process ${pid}, since ${startedAt}\nlog ${logFile()}`;
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InputError({ where: '--port', what: 'no port', got: text, expected: '1 to 65535' });
}
