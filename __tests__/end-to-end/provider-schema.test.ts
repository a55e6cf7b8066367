import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { App, TerraformStack } from 'cdktf';
import semver from 'semver';
import { archiveProviderVersion, type Environment } from '../../environments';
import { runProgram } from '../../ops/command/run-program';
import { typeRules } from '../../ops/review/rules';
import { prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { idleRules, missingRules, shapeOfBindings, shapeOfSchema } from '../ops/review/rules/shapes';
import {
  environment,
  environmentNames,
  type Synthesized,
  synthesizeFunctions,
  synthesizeStateBackend,
  synthesizeTable,
} from '../stacks/synthesize';
import { type ProviderSchemas, schemaProblems } from './provider-schema';
import { itWithTerraform } from './terraform-needed';

/** The range of all rows; which version is found depends on the machine. */
const awsVersions = '>= 5.100.0, < 7.0.0';

/** An environment with everything in it that is off elsewhere. */
const everything: Environment = {
  ...environment('prod'),
  alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms',
  reservedConcurrency: 1,
  tracing: 'Active',
};
const rows: (readonly [string, Environment])[] = [
  ...environmentNames.map((name) => [name, environment(name)] as const),
  ['prod with everything on', everything],
];

interface Found {
  readonly version: string;
  readonly schemas: Readonly<Record<string, ProviderSchemas>>;
}

let found: Promise<Found>;

/** Ask the providers that Terraform finds on this machine. */
async function readSchemas(): Promise<Found> {
  const terraform = await findTerraform();
  const folder = mkdtempSync(join(tmpdir(), 'provider-schema-'));
  const providers = await prepareProviders({
    terraform,
    awsVersions,
    archiveVersions: archiveProviderVersion,
    stub: { workingDirectory: folder },
  });
  try {
    const required_providers = {
      aws: { source: 'hashicorp/aws', version: awsVersions },
      archive: { source: 'hashicorp/archive', version: archiveProviderVersion },
    };
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers } }));
    const inFolder = { cwd: folder, env: { ...process.env, ...providers.variables } };
    await runProgram(terraform.path, ['init', '-input=false'], inFolder);
    const { provider_selections } = JSON.parse(
      await runProgram(terraform.path, ['version', '-json'], inFolder),
    );
    const schema = JSON.parse(await runProgram(terraform.path, ['providers', 'schema', '-json'], inFolder));
    const named = (all: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(all).map(([address, value]) => [address.split('/').pop(), value]));
    process.stdout.write(`schema of ${providers.notes.join('; ')}\n`);
    return {
      version: String(named(provider_selections).aws),
      schemas: named(schema.provider_schemas) as Found['schemas'],
    };
  } finally {
    providers.stop();
    rmSync(folder, { recursive: true });
  }
}

beforeAll(() => {
  found = readSchemas();
  // Without Terraform every test below is skipped.
  found.catch(() => {});
});

/** A stack that is as it should be but for one change of its Terraform. */
function tableWith(change: (terraform: Synthesized) => void): Synthesized {
  const terraform = structuredClone({ ...synthesizeTable(environment('lab')), all: null, only: null });
  change(terraform as unknown as Synthesized);
  return terraform as unknown as Synthesized;
}

const tableOf = (terraform: Synthesized) =>
  Object.values<Record<string, unknown>>(terraform.resource.aws_dynamodb_table)[0] as Record<string, unknown>;

describe('the AWS provider at hand', () => {
  itWithTerraform.each(rows)('knows every attribute of %s, and misses none', async (_name, row) => {
    const { version, schemas } = await found;
    const stacks = [synthesizeTable(row), synthesizeFunctions(row), synthesizeStateBackend(row)];

    const problems = stacks.flatMap((terraform) => schemaProblems(terraform, schemas));

    expect({ version, problems }).toEqual({ version, problems: [] });
  });

  itWithTerraform.each<[string, (terraform: Synthesized) => void, RegExp]>([
    [
      'unknown',
      (it) => Object.assign(tableOf(it), { colour: 'red' }),
      /^aws_dynamodb_table\.\w+\.colour: unknown$/,
    ],
    ['read-only', (it) => Object.assign(tableOf(it), { arn: 'any' }), /\.arn: read-only$/],
    ['required and absent', (it) => delete tableOf(it).name, /\.name: required$/],
    [
      'unknown in a nested block',
      (it) => Object.assign(tableOf(it), { point_in_time_recovery: { enabled: true, days: 1 } }),
      /\.point_in_time_recovery\.days: unknown$/,
    ],
    [
      'a block too many',
      (it) => Object.assign(tableOf(it), { point_in_time_recovery: [{ enabled: true }, { enabled: true }] }),
      /\.point_in_time_recovery: 2 blocks; expected 0 to 1$/,
    ],
    [
      'deprecated',
      (it) => Object.assign(it.resource, { aws_s3_bucket: { any: { acl: 'private' } } }),
      /^aws_s3_bucket\.any\.acl: deprecated$/,
    ],
    [
      'of an unknown type',
      (it) => Object.assign(it.resource, { aws_blackboard: { any: {} } }),
      /^aws_blackboard\.any: unknown type$/,
    ],
    [
      'unknown to the provider',
      (it) => Object.assign(it.provider.aws[0], { speed: 1 }),
      /^provider\.aws\.speed: unknown$/,
    ],
  ])('fails when something is %s', async (_name, change, problem) => {
    const { schemas } = await found;

    expect(schemaProblems(tableWith(change), schemas)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the rules of a review', () => {
  itWithTerraform(
    'judge every attribute that the provider at hand knows, and none that nobody knows',
    async () => {
      const { schemas } = await found;

      const problems = Object.entries(typeRules).flatMap(([type, { attributes }]) => {
        const schema = schemas.aws?.resource_schemas[type];
        if (!schema) return type.startsWith('aws_') ? [`${type}: unknown`] : [];
        const shape = shapeOfSchema(schema.block);
        return [
          ...missingRules(shape, attributes),
          ...idleRules([shape, shapeOfBindings(type)], attributes),
        ].map((it) => `${type}.${it}`);
      });

      expect(problems).toEqual([]);
    },
  );
});

describe('the bindings', () => {
  it.each(rows)('are made for a version that %s allows', (_name, row) => {
    const provider = new AwsProvider(new TerraformStack(new App(), 'any'), 'aws');
    const { providerVersion = '' } = provider.terraformGeneratorMetadata ?? {};

    expect(semver.satisfies(providerVersion, row.awsProviderVersion.replaceAll(',', ' '))).toBe(true);
  });
});
