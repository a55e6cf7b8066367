import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemStacks } from '../../stacks/names';
import { environment, environmentNames } from '../stacks/synthesize';
import { Checkout } from './checkout';
import { installPackages, nodePackage, nodeProgram } from './install-node';
import { pathWithout } from './machine';
import { expectEndToEndRun, expectInterruptedRun } from './start-runs';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

const versions = [22, 24, 26];
const packages = installPackages(...[18, ...versions].map(nodePackage));
const checkout = new Checkout();
afterAll(() => checkout.remove());

/** A PATH with a version in front. */
const withNode = (version: number, path = process.env.PATH) => ({
  PATH: `${dirname(nodeProgram(packages, version))}:${path}`,
});

/** What `npm run synth` writes for each stack of an environment. */
async function synthesize(name: string, variables: NodeJS.ProcessEnv = {}) {
  const { exitCode, stderr } = await checkout.npm('synth', [], { ...variables, SUPERMISSION_ENV: name });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return systemStacks(environment(name)).map((stack) =>
    readFileSync(join(checkout.folder, 'cdktf.out/stacks', stack, 'cdk.tf.json'), 'utf8'),
  );
}

test('npm start fails on Node.js 18 with one sentence', async () => {
  const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent'], withNode(18));

  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Node\.js: too old, got 18\.\S+; expected 20\.19 or newer, see \S+\n$/),
  });
});

describe.each(versions)('Node.js %d', (version) => {
  test('is what commands run on', async () => {
    const { stdout } = await checkout.run('node', ['--version'], withNode(version));

    expect(stdout).toMatch(`v${version}.`);
  });

  test.each(environmentNames)('synthesizes the same bytes for %s, without a warning', async (name) => {
    expect(await synthesize(name, withNode(version))).toEqual(await synthesize(name));
  });

  test('passes the unit suites, in a checkout and on a machine without git', async () => {
    const units = ['jest', '--selectProjects', 'unit'];
    const { exitCode, stderr } = await checkout.run('npx', units, withNode(version, pathWithout(/^git/)));

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  });
});

describeWithLocalAws('npm start', () => {
  test.each(versions)('runs to its end on Node.js %d', (version) =>
    expectEndToEndRun(checkout, withNode(version)),
  );

  test.each(versions)('ends with nothing left on Ctrl-C in a deployment on Node.js %d', (version) =>
    expectInterruptedRun(checkout, 'Ctrl-C', withNode(version)),
  );
});
