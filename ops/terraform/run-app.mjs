// What cdktf runs: main.ts, bundled in memory. To have each of its files transformed when it is loaded takes twice as long.
import Module from 'node:module';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const file = resolve('main.ts');
const { outputFiles } = await build({
  entryPoints: [file],
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'inline',
  sourcesContent: false,
  // Only the app's own source map: Node would parse one for each of the framework's hundreds of modules.
  banner: { js: 'process.setSourceMapsEnabled(false);' },
  write: false,
});
const app = Object.assign(new Module(file), {
  filename: file,
  paths: Module._nodeModulePaths(process.cwd()),
});
process.on('uncaughtExceptionMonitor', () => process.setSourceMapsEnabled(true));
process.setSourceMapsEnabled(true);
app._compile(outputFiles[0].text, file);
