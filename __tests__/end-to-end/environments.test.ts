import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalAws, localAwsEnvironment } from '../../local/local-aws';
import { type Providers, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { supervised } from '../../ops/terraform/session';
import { Checkout } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(180_000);

/**
 * Environments for real accounts ask for newer versions than a machine without a registry may have, and for a state bucket that
 * is not there. Terraform's own override files put what is at hand in their place; all else is as it is deployed.
 */
function override(stack: string, runtimeAddresses: readonly string[]): object {
  const atHand = { source: 'aws', version: '>= 5.100.0, < 7.0.0' };
  return {
    terraform: { backend: { local: {} }, required_providers: { aws: atHand } },
    ...(stack === 'functions' && {
      resource: {
        aws_lambda_function: Object.fromEntries(
          runtimeAddresses.map((it) => [it, { runtime: 'nodejs22.x' }]),
        ),
      },
    }),
    ...(stack === 'state-backend' && { provider: { aws: { s3_use_path_style: true } } }),
  };
}

/** No environment has them until somebody asks for it. */
const additions = `
  allowedAccountIds: ['123456789012'],
  pipeline: { repository: 'acme/supermission', identityProvider: 'defined' },
  web: {
    access: { mode: 'jwt', issuer: 'https://issuer.example', audience: ['missions'] },
    throttling: { requestsPerSecond: 10, burst: 20 },
    corsOrigins: ['https://example.com'],
    logRetentionDays: 365,
  },`;

describeWithLocalAws('on an empty account', () => {
  describe.each(['lab', 'prod'])('%s', (name) => {
    const checkout = new Checkout();
    let aws: LocalAws;
    let providers: Providers;
    let variables: NodeJS.ProcessEnv;

    beforeAll(async () => {
      aws = await checkout.startLocalAws();
      const terraform = await findTerraform();
      providers = await prepareProviders({
        terraform,
        awsVersions: '>= 5.100.0, < 7.0.0',
        archiveVersions: '>= 2.7.1, < 3.0.0',
        stub: { workingDirectory: join(checkout.folder, 'cdktf.out/stacks/functions') },
      });
      variables = {
        ...localAwsEnvironment(aws.url, 'us-east-1'),
        ...providers.variables,
        ...supervised(terraform, aws.url),
      };
      if (name === 'prod')
        checkout.edit('environments.ts', "accessMode: 'least-privilege',", `$&${additions}`);
      const synth = await checkout.npm('synth', [], { SUPERMISSION_ENV: name });
      expect(synth).toMatchObject({ exitCode: 0 });
    });

    afterAll(async () => {
      providers?.stop();
      await aws?.stop();
      checkout.remove();
    });

    const stacks = ['functions', 'table', 'state-backend', ...(name === 'prod' ? ['web', 'pipeline'] : [])];

    /** Terraform in the folder of a stack, once it has found that stack valid. */
    async function validated(output: string, stack: string) {
      const folder = join(output, 'stacks', stack);
      const run = (...args: string[]) =>
        checkout.run(variables.TERRAFORM_BINARY_NAME as string, args, variables, folder);
      const { resource } = require(join(checkout.folder, 'cdktf.out/stacks', stack, 'cdk.tf.json'));
      const overrides = override(stack, Object.keys(resource.aws_lambda_function ?? {}));
      writeFileSync(join(checkout.folder, folder, 'override.tf.json'), JSON.stringify(overrides));

      expect(await run('init', '-input=false')).toMatchObject({ exitCode: 0 });
      expect(await run('validate')).toMatchObject({ exitCode: 0 });
      return run;
    }

    // Nothing has been deployed before the stack that is planned.
    it.each(stacks)('has a valid and clean plan for %s', async (stack) => {
      const run = await validated('cdktf.out', stack);

      const { exitCode, stdout, stderr } = await run('plan', '-input=false', '-detailed-exitcode');
      expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 2 });
      expect(stdout).toMatch(/Plan: [1-9]\d* to add, 0 to change, 0 to destroy\./);
      expect(stdout).not.toContain('Warning:');
    });

    it('is valid HCL too', async () => {
      const synth = await checkout.run('npx', ['cdktf', 'synth', '--hcl', '--output', 'hcl.out'], {
        SUPERMISSION_ENV: name,
        CI: '1',
      });
      expect(synth).toMatchObject({ exitCode: 0 });

      for (const stack of stacks) {
        const files = readdirSync(join(checkout.folder, 'hcl.out/stacks', stack));
        expect(files.filter((file) => /\.tf(\.json)?$/.test(file))).toEqual(['cdk.tf']);
        await validated('hcl.out', stack);
      }
    });
  });
});
