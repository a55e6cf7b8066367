import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithMessage, InputError } from '../input-error';
import { benchFunctions } from './functions';
import { benchGrowth } from './growth';
import { benchFolder, projectFolder, workFolder } from './paths';
import { benchPlan } from './plan';
import { isMet, type Result, report, toMarkdown, writeReport } from './result';
import { benchSynth } from './synth';
import { benchTableRead } from './table-read';
import { benchWeb } from './web';

const benches: Record<string, () => Promise<Result>> = {
  synth: benchSynth,
  functions: benchFunctions,
  web: benchWeb,
  'table-read': benchTableRead,
  plan: benchPlan,
  growth: benchGrowth,
};

const usage = `Usage: npm run bench [-- names… --json]

Measure this project against what people would pick instead, and write bench/results/.

  synth       synthesis of the system: the framework's template, AWS CDK, the loading of modules alone
  functions   the functions: AWS CDK's default bundling, Python with boto3
  web         requests of API Gateway: the same handlers called directly
  table-read  a table of 50 MB, page by page: boto3's paginator, the AWS CLI
  plan        time and requests of a plan against the number of items, with real Terraform
  growth      time and requests of plan, review and drift against the number of tables and functions

Without a name all of them run. --json prints the results as JSON instead of Markdown. Peers are installed in bench/ when they
are missing. What the machine lacks is named in the results. The exit code is 2 when a goal is not met.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  if (values.help) return console.log(usage);
  for (const name of positionals) {
    if (!Object.hasOwn(benches, name)) {
      const expected = `one of ${Object.keys(benches).join(', ')}`;
      throw new InputError({ where: 'bench', what: 'unknown', got: name, expected });
    }
  }
  if (!existsSync(join(benchFolder, 'node_modules'))) {
    console.error('Installing the peers in bench/');
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: benchFolder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  }
  // Its reminder of the age of Node.js, once for each process.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  process.chdir(projectFolder);
  mkdirSync(workFolder, { recursive: true });
  const reports = [];
  for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
    console.error(`bench ${name}`);
    const it = report(name, await (benches[name] as () => Promise<Result>)());
    writeReport(join(benchFolder, 'results'), it);
    reports.push(it);
  }
  console.log(values.json ? JSON.stringify(reports, null, 2) : reports.map(toMarkdown).join('\n'));
  if (!reports.flatMap(({ goals }) => goals).every(isMet)) process.exitCode = 2;
}

endWithMessage(main);
