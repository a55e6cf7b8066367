import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { handlerBundles } from '../../stacks/handler-bundles';
import { functions } from '../../system';

const source = 'lambdas/shared/define-handler.ts';

describe('the trace of a fault in the log', () => {
  it.each(Object.keys(functions) as (keyof typeof functions)[])(
    'names the line of our source, and not that of the bundle of %s',
    async (id) => {
      const { direct: bundle } = (await handlerBundles)[id];

      const trace = traceOf(join(bundle, 'index.mjs'));

      const [, line] = new RegExp(`^at ${source}:(\\d+):\\d+$`).exec(trace[0] ?? '') ?? [];
      expect(readFileSync(source, 'utf8').split('\n')[Number(line) - 1]).toContain(
        'context.getRemainingTimeInMillis()',
      );
      expect(trace.join('\n')).not.toContain('index.mjs');
    },
  );
});

/** What a function logs that is given no context, in a process of its own. */
function traceOf(bundle: string): string[] {
  const program = `
    const { handler } = await import(${JSON.stringify(bundle)});
    await handler({}, {}).catch(() => {});
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: dirname(bundle),
    env: { AWS_REGION: 'us-east-1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout).trace;
}
