import { parseArgs } from 'node:util';
import { readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import { installAdvice, searchOrder } from '../local/emulator';
import {
  defaultPort,
  findLocalAws,
  idleLimitMinutes,
  type LocalAws,
  localAwsExports,
  logFile,
  startLocalAws,
} from '../local/local-aws';

const usage = `local AWS: one URL for all services, on the loopback interface, its state thrown away at the end.

npm run local:up [-- --port <number>]   start it and print the variables for the AWS CLI
npm run local:down                      end it
npm run local:status [-- --json]        say whether it runs; exit code 1 when it does not

--port <number>  default ${defaultPort}, or a free port when that is taken
--json           the status as JSON
--help           this text

It ends by itself after ${idleLimitMinutes} minutes without a request. It needs an emulator, looked for in this order:
${searchOrder.map((road, index) => `  ${index + 1}. ${road}`).join('\n')}
If there is none, ${installAdvice}.

SUPERMISSION_LOCAL_FOLDER  folder for log, record and private Python environment (default .local in the project)
AWS_REGION                 region in the printed variables (default us-east-1)`;

const commands: Record<string, (options: Options) => Promise<void>> = { up, down, status };

interface Options {
  readonly port?: string;
  readonly json?: boolean;
  readonly help?: boolean;
}

async function up({ port }: Options): Promise<void> {
  const { region } = readEnvironment({ AWS_REGION: process.env.AWS_REGION });
  const running = await findLocalAws();
  if (running) console.log('already running');
  const aws = running ?? (await startLocalAws({ keep: true, port: parsePort(port) }));
  console.log(describe(aws));
  console.log(`it ends after ${idleLimitMinutes} minutes without a request, or with npm run local:down\n`);
  console.log(localAwsExports(aws.url, region));
}

async function down(): Promise<void> {
  const running = await findLocalAws();
  await running?.stop();
  console.log(running ? `ended ${running.url}` : 'nothing is running');
}

async function status({ json }: Options): Promise<void> {
  const running = await findLocalAws();
  if (!running) process.exitCode = 1;
  if (json) console.log(JSON.stringify({ running: running !== undefined, ...running }, null, 2));
  else console.log(running ? describe(running) : 'not running');
}

function describe({ url, pid, emulator, startedAt }: LocalAws): string {
  return `local AWS: ${url}\nemulator ${emulator}, process ${pid}, since ${startedAt}\nlog ${logFile()}`;
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InputError({ where: '--port', what: 'no port', got: text, expected: '1 to 65535' });
}

void runCommand(async () => {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const [name, ...extra] = positionals;
  if (options.help) return console.log(usage);
  const command = name === undefined || extra.length > 0 ? undefined : commands[name];
  if (!command) {
    const got = [name, ...extra].filter((word) => word !== undefined).join(' ');
    throw new InputError({
      where: 'command line',
      what: 'unknown command',
      got,
      expected: 'up, down or status',
    });
  }
  await command(options);
});
