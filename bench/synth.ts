import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformSync } from 'esbuild';
import { type CommandRun, hasGnuTime, interleave, runCommand } from './measure';
import { benchFolder, peersFolder, projectFolder, workFolder } from './paths';
import { goal, measureOf, ours, type Result } from './result';

const template = 'CDKTF template';
const awsCdk = 'AWS CDK';
const floor = 'floor: modules loaded';

/** Synthesis of the system by this project's app, the framework's template and AWS CDK, beside the loading of modules alone. */
export async function benchSynth(): Promise<Result> {
  const modules = await loadedModules();
  const [templateFolder, floorFile] = [writeTemplate(modules), writeFloor(modules)];
  const { app } = JSON.parse(readFileSync(join(projectFolder, 'cdktf.json'), 'utf8')) as { app: string };
  const env = {
    ...process.env,
    SUPERMISSION_ENV: 'lab',
    TS_NODE_COMPILER: installed('typescript/lib/typescript.js'),
  };
  const node = (cwd: string, ...args: string[]) => runCommand([process.execPath, ...args], { cwd, env });
  const runs = await interleave<CommandRun>(
    {
      [ours]: () => runCommand(app.split(' '), { cwd: projectFolder, env }),
      [template]: () => node(templateFolder, installed('ts-node/dist/bin.js'), 'main.ts'),
      [awsCdk]: () => node(projectFolder, '--import', 'tsx', join(peersFolder, 'aws-cdk', 'app.ts')),
      [floor]: () => node(projectFolder, floorFile),
    },
    Number(process.env.BENCH_ROUNDS ?? 10),
  );

  const time = measureOf('time, ms', runs, ({ wallMs }) => wallMs);
  const memory = measureOf('peak memory, MiB', runs, ({ peakMiB }) => peakMiB);
  return {
    measures: [time, measureOf('processor time, ms', runs, ({ cpuMs }) => cpuMs), memory],
    goals: [
      ...goal(time, template, 1 / 20),
      ...goal(memory, template, 1 / 10),
      ...goal(time, awsCdk, 1 / 4),
      ...goal(time, floor, 2),
    ],
    missing: hasGnuTime ? [] : ['memory and processor time, which need GNU time at /usr/bin/time'],
    notes: [
      `${ours}: the app command of cdktf.json, both functions bundled`,
      `${template}: this app with the template's ts-node (without npx in front) and its barrel imports; types are checked`,
      `${awsCdk}: the same system with NodejsFunction, run by tsx as AWS CDK's template does (without npx and the tsc in front)`,
      `${floor}: Node.js loads the ${modules.length} modules that the app loads, its own transpiled before, and does nothing`,
      "processor time leaves out esbuild's where it runs on beside the app: nobody waits for it to end",
    ],
  };
}

/** A file of a package of bench/, not of the project's. */
const installed = (file: string) => join(benchFolder, 'node_modules', file);

/** Files of all modules that the app loads, in order, its own among them. */
async function loadedModules(): Promise<string[]> {
  const { output } = await runCommand(
    [process.execPath, '--import', 'tsx', '--require', join(peersFolder, 'list-modules.cjs'), 'main.ts'],
    { cwd: projectFolder },
  );
  const files = output.trim().split('\n');
  return files.filter(
    (file) =>
      !file.includes('/node_modules/tsx/') && file.startsWith(projectFolder) && !file.startsWith(peersFolder),
  );
}

const isOwn = (file: string) => !file.includes('/node_modules/');

/** The app as the framework's template would have it: barrel imports, ts-node, the packages of the project. */
function writeTemplate(modules: readonly string[]): string {
  const folder = emptyFolder('template');
  for (const file of modules.filter(isOwn)) {
    const copy = join(folder, relative(projectFolder, file));
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, toBarrelImports(readFileSync(file, 'utf8')));
  }
  for (const data of ['lambdas', 'seed-data/super-missions.json']) {
    cpSync(join(projectFolder, data), join(folder, data), { recursive: true });
  }
  cpSync(join(peersFolder, 'cdktf-template', 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** `import { X } from '@cdktf/provider-aws/lib/some-thing'` by way of the package's index. */
function toBarrelImports(source: string): string {
  return source.replace(
    /import \{([^}]*)\} from '(@cdktf\/provider-\w+)\/lib\/([\w-]+)';/g,
    (_all, names: string, provider: string, path: string) => {
      const namespace = path.replace(/-(\w)/g, (_hyphen, letter: string) => letter.toUpperCase());
      const imported = names.split(',').map((name) => name.replace('type ', '').trim());
      const aliases = imported.filter(Boolean).map((name) => `import ${name} = ${namespace}.${name};`);
      return [`import { ${namespace} } from '${provider}';`, ...aliases].join('\n');
    },
  );
}

/** A script that loads what the app loads, without the app's own first file. */
function writeFloor(modules: readonly string[]): string {
  const folder = emptyFolder('floor');
  for (const file of modules.filter(isOwn)) {
    const copy = join(folder, relative(projectFolder, file).replace(/\.ts$/, '.js'));
    mkdirSync(dirname(copy), { recursive: true });
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
    });
    // The one module that works when it is loaded; esbuild itself is loaded all the same.
    writeFileSync(copy, copy.endsWith('handler-bundles.js') ? "require('esbuild');" : code);
  }
  const main = join(folder, 'main.js');
  const required = modules.map((file) =>
    isOwn(file) ? `./${relative(projectFolder, file).replace(/\.ts$/, '.js')}` : file,
  );
  writeFileSync(
    main,
    required
      .filter((file) => file !== './main.js')
      .map((file) => `require(${JSON.stringify(file)});`)
      .join('\n'),
  );
  return main;
}

function emptyFolder(name: string): string {
  const folder = join(workFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
