import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemStacks } from '../../stacks/names';
import { environment, environmentNames } from '../stacks/synthesize';
import { Checkout } from './checkout';
import { installPackages, nodePackage, nodeProgram } from './install-node';

jest.setTimeout(600_000);

const versions = [22, 24, 26];
const packages = installPackages(...versions.map(nodePackage));
const checkout = new Checkout();
afterAll(() => checkout.remove());

/** What `npm run synth` writes for each stack of an environment. */
async function synthesize(name: string, variables: NodeJS.ProcessEnv = {}) {
  const { exitCode, stderr } = await checkout.npm('synth', [], { ...variables, SUPERMISSION_ENV: name });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return systemStacks(environment(name)).map((stack) =>
    readFileSync(join(checkout.folder, 'cdktf.out/stacks', stack, 'cdk.tf.json'), 'utf8'),
  );
}

describe.each(environmentNames)('npm run synth for %s', (name) => {
  test.each(versions)('writes the same bytes on Node.js %d, without a warning', async (version) => {
    const PATH = `${dirname(nodeProgram(packages, version))}:${process.env.PATH}`;
    expect((await checkout.run('node', ['--version'], { PATH })).stdout).toMatch(`v${version}.`);

    expect(await synthesize(name, { PATH })).toEqual(await synthesize(name));
  });
});
