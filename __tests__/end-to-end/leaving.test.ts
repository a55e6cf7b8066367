import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import semver from 'semver';
import { type LocalAws, localAwsEnvironment } from '../../local/local-aws';
import { type Providers, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform, type Terraform } from '../../ops/terraform/find-terraform';
import { commandBlocks } from '../documents';
import { type Attributes, environment, environmentNames } from '../stacks/synthesize';
import { Checkout, clientConfig } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

const stacks = ['state-backend', 'table', 'functions'];
const awsVersions = '>= 5.100.0, < 7.0.0';

const checkout = new Checkout();
let aws: LocalAws;
let terraform: Terraform;

beforeAll(async () => {
  terraform = await findTerraform();
  aws = await checkout.startLocalAws();
});

afterAll(async () => {
  await aws?.stop();
  checkout.remove();
});

/** Run commands as a document has them, with Terraform's providers at hand for a folder with the stack of functions. */
async function follow(
  commands: string,
  {
    functions = 'cdktf.out/stacks/functions',
    folder = checkout.folder,
    ...variables
  }: NodeJS.ProcessEnv = {},
): Promise<string> {
  const providers: Providers = await prepareProviders({
    terraform,
    awsVersions,
    archiveVersions: '>= 2.7.1, < 3.0.0',
    stub: { workingDirectory: join(folder, functions) },
  });
  try {
    const PATH = `${dirname(terraform.path)}:${process.env.PATH}`;
    const env = { ...localAwsEnvironment(aws.url, 'us-east-1'), ...providers.variables, PATH, ...variables };
    const script = `cd '${folder}'\n${commands}`;
    const { exitCode, stdout, stderr } = await checkout.run('bash', ['-euo', 'pipefail', '-c', script], env);
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}\n${stdout}\n${stderr}`);
    return stdout;
  } finally {
    providers.stop();
  }
}

const blocks = (title: string) => commandBlocks('docs/leaving.md', title);
const countNoChanges = (output: string) => output.match(/No changes\./g)?.length ?? 0;

/** What an environment for a real account needs on this machine, where neither its provider nor its state bucket is. */
function override(stack: string, { terraform: { backend }, resource }: Attributes): object {
  const runtimes = Object.keys(resource.aws_lambda_function ?? {}).map((it) => [
    it,
    { runtime: 'nodejs22.x' },
  ]);
  return {
    terraform: {
      backend: { s3: { ...backend.s3, use_path_style: true } },
      required_providers: { aws: { source: 'aws', version: awsVersions } },
    },
    ...(stack === 'state-backend' && { provider: { aws: { s3_use_path_style: true } } }),
    ...(runtimes.length > 0 && { resource: { aws_lambda_function: Object.fromEntries(runtimes) } }),
  };
}

const configuration = (stack: string, folder = checkout.folder): Attributes =>
  JSON.parse(readFileSync(join(folder, 'cdktf.out/stacks', stack, 'cdk.tf.json'), 'utf8'));

/** Without what says which tool wrote it: hashicorp is the namespace of a provider that names none. */
function normalize({ '//': _, ...rest }: Attributes): Attributes {
  const { aws: provider } = rest.terraform.required_providers;
  provider.source = provider.source.replace(/^aws$/, 'hashicorp/aws');
  return rest;
}

describeWithLocalAws('docs/leaving.md, on what CDKTF has deployed', () => {
  beforeAll(async () => {
    expect(await checkout.npm('bootstrap')).toMatchObject({ exitCode: 0 });
    expect(await checkout.npm('deploy', ['--auto-approve'])).toMatchObject({ exitCode: 0 });
  });

  it('Terraform in HCL: finds nothing to change', async () => {
    const [write = '', plan = ''] = blocks('Terraform in HCL');

    await follow(write);
    await follow('terraform fmt -check -recursive hcl');
    const output = await follow(plan, { functions: 'hcl/stacks/functions' });

    expect(countNoChanges(output)).toBe(stacks.length);
  });

  it('Terraform in JSON: finds nothing to change, without CDKTF', async () => {
    const [write = '', plan = ''] = blocks('Terraform in JSON');
    await follow(write);
    const elsewhere = join(checkout.folder, 'elsewhere');

    await follow(`mkdir ${elsewhere}\nmv terraform ${elsewhere}`);
    const output = await follow(plan, { functions: 'terraform/functions', folder: elsewhere });

    expect(countNoChanges(output)).toBe(stacks.length);
  });

  it('fails when the plan is not empty, so that the two above can fail', async () => {
    const [, plan = ''] = blocks('Terraform in JSON');
    const elsewhere = join(checkout.folder, 'elsewhere');
    const file = join(elsewhere, 'terraform/table/cdk.tf.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Utility belt', 'Batarang'));

    const following = follow(plan, { functions: 'terraform/functions', folder: elsewhere });

    await expect(following).rejects.toThrow(/1 to change/);
  });

  describeWithRegistry('CDK Terrain', () => {
    const fork = new Checkout();
    afterAll(() => fork.remove());

    const [rename = '', look = ''] = blocks('CDK Terrain');

    it('is a rename, and the types of its bindings agree', async () => {
      rmSync(join(fork.folder, 'node_modules'));

      // Its command line wants a newer Node.js than this project, and is not run here.
      await follow(rename, {
        folder: fork.folder,
        npm_config_prefer_offline: 'true',
        npm_config_engine_strict: 'false',
      });

      expect(readFileSync(join(fork.folder, 'main.ts'), 'utf8')).toContain("from 'cdktn'");
    });

    it.each(environmentNames)('synthesizes the same Terraform of %s', async (name) => {
      for (const { folder } of [checkout, fork]) {
        await follow('node --import tsx main.ts', { folder, SUPERMISSION_ENV: name });
      }

      for (const stack of stacks) {
        expect(configuration(stack, fork.folder)['//'].metadata.version).toBe('0.24.0');
        const [ours, theirs] = [checkout, fork].map(({ folder }) => normalize(configuration(stack, folder)));
        expect(theirs).toEqual(ours);
      }
    });

    it('finds nothing to change', async () => {
      const plan = ['init', 'plan -detailed-exitcode'].map(
        (it) => `terraform -chdir=cdktf.out/stacks/$stack ${it}`,
      );
      const each = `for stack in ${stacks.join(' ')}; do\n${plan.join('\n')}\ndone`;

      const output = await follow(`node --import tsx main.ts\n${each}`, { folder: fork.folder });

      expect(countNoChanges(output)).toBe(stacks.length);
    });

    const itWithItsCommandLine = semver.gte(process.version, '22.19.0') ? it : it.skip;

    itWithItsCommandLine(
      'finds nothing to change by its own command line (needs Node.js 22.19)',
      async () => {
        expect(countNoChanges(await follow(look, { folder: fork.folder }))).toBe(stacks.length);
      },
    );
  });
});

describeWithLocalAws('Terraform in HCL of rows for real accounts', () => {
  describe.each(environmentNames.filter((name) => !environment(name).emulated))('%s', (name) => {
    const [write = '', plan = ''] = blocks('Terraform in HCL');
    const deployed = stacks.filter((stack) => stack !== 'state-backend');

    beforeAll(async () => {
      await fetch(new URL('/moto-api/reset', aws.url), { method: 'POST' });
      const s3 = new S3Client(clientConfig(aws.url));
      await s3.send(new CreateBucketCommand({ Bucket: environment(name).stateBucket }));
      s3.destroy();
      await follow(`rm -rf cdktf.out hcl\nnode --import tsx main.ts\n${write}`, { SUPERMISSION_ENV: name });
      for (const stack of stacks) {
        const text = JSON.stringify(override(stack, configuration(stack)));
        for (const out of ['cdktf.out', 'hcl']) {
          writeFileSync(join(checkout.folder, out, 'stacks', stack, 'override.tf.json'), text);
        }
      }
    });

    it('finds nothing to change in the table and the functions', async () => {
      const apply = ['init', 'apply -auto-approve'].map(
        (it) => `terraform -chdir=cdktf.out/stacks/$stack ${it}`,
      );
      await follow(`for stack in ${deployed.join(' ')}; do\n${apply.join('\n')}\ndone`);

      const ofDeployed = plan.replace(stacks.join(' '), deployed.join(' '));
      const output = await follow(ofDeployed, { functions: 'hcl/stacks/functions' });

      expect(countNoChanges(output)).toBe(deployed.length);
    });

    // The emulator cannot keep this bucket: its policy allows no plain HTTP.
    it('plans the same state bucket as the JSON', async () => {
      const plans = ['cdktf.out', 'hcl'].map((out) => {
        const run = `terraform -chdir=${out}/stacks/state-backend`;
        return follow(`${run} init >&2\n${run} plan -lock=false -out=plan >&2\n${run} show -json plan`);
      });

      const [json, hcl] = (await Promise.all(plans)).map((it) => JSON.parse(it).resource_changes);

      expect(json.length).toBeGreaterThan(5);
      expect(hcl).toEqual(json);
    });
  });
});

/** A `describe` for what installs packages: without the npm registry skipped under a name that says so, in CI a failure. */
function describeWithRegistry(name: string, body: () => void): void {
  const isThere = () => {
    try {
      execFileSync('npm', ['ping'], { stdio: 'ignore', timeout: 30_000 });
      return true;
    } catch {
      return false;
    }
  };
  if (process.env.CI || isThere()) describe(name, body);
  else describe.skip(`${name} (needs the npm registry)`, body);
}
