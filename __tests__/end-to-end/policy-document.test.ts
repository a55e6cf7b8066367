import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { archiveProviderVersion } from '../../environments';
import { runProgram } from '../../ops/command/run-program';
import { policyText } from '../../ops/review/rules/policy-document';
import { prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform } from '../../ops/terraform/find-terraform';
import type { Attributes } from '../../ops/terraform/plan-json';
import { itWithTerraform } from './terraform-needed';

const some = (...values: string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const maybe = <T>(name: string, values: fc.Arbitrary<T>) =>
  fc.option(values).map((it): object => (it === null ? {} : { [name]: it }));
const either = <T>(name: string, values: fc.Arbitrary<T>) =>
  fc.tuple(fc.boolean(), values).map(([not, it]): object => ({ [not ? `not_${name}` : name]: it }));

const principals = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('AWS', 'Service'), identifiers: some('a', 'b', 'c', '*') }),
    fc.constant({ type: '*', identifiers: ['*'] }),
  ),
  { minLength: 1, maxLength: 3 },
);
const conditions = fc.array(
  fc.record({
    test: fc.constantFrom('StringEquals', 'StringLike', 'ForAllValues:StringEquals'),
    variable: fc.constantFrom('aws:a', 'aws:b'),
    values: some('x', 'y', '&{aws:username}/*'),
  }),
  { minLength: 1, maxLength: 4 },
);
const statement = fc
  .tuple(
    maybe('effect', fc.constantFrom('Allow', 'Deny')),
    either('actions', some('s3:GetObject', 's3:*', '*')),
    either('resources', some('arn:aws:s3:::b/*', '*', 'arn:aws:s3:::&{aws:username}')),
    fc.oneof(fc.constant({}), either('principals', principals)),
    maybe('condition', conditions),
  )
  .map((parts): object => Object.assign({}, ...parts));
const documents = fc.sample(
  fc.uniqueArray(statement, { minLength: 1, maxLength: 3, selector: (it) => JSON.stringify(it) }),
  { numRuns: 60, seed: 7 },
);

/** What IAM makes no difference between: one value and a list of it, and the order of a list. */
function canonical(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return [json];
  if (Array.isArray(json)) {
    const inList = (it: unknown) => (typeof it === 'object' ? canonical(it) : it);
    return json.map(inList).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  const members = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, it]) => [name, canonical(it)]));
}

describe('the text of a policy document', () => {
  itWithTerraform('is read as the provider renders it, for any blocks', async () => {
    const terraform = await findTerraform();
    const folder = mkdtempSync(join(tmpdir(), 'policy-document-'));
    const awsVersions = '>= 5.100.0, < 7.0.0';
    const providers = await prepareProviders({
      terraform,
      awsVersions,
      archiveVersions: archiveProviderVersion,
      stub: { workingDirectory: folder },
    });
    try {
      const data = Object.fromEntries(documents.map((statement, index) => [`d${index}`, { statement }]));
      const skips = [
        'credentials_validation',
        'metadata_api_check',
        'region_validation',
        'requesting_account_id',
      ];
      const provider = {
        region: 'us-east-1',
        access_key: 'none',
        secret_key: 'none',
        ...Object.fromEntries(skips.map((it) => [`skip_${it}`, true])),
      };
      const configuration = {
        terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: awsVersions } } },
        provider: { aws: provider },
        data: { aws_iam_policy_document: data },
      };
      writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration));
      const inFolder = { cwd: folder, env: { ...process.env, ...providers.variables } };
      const run = (...args: string[]) => runProgram(terraform.path, args, inFolder);
      await run('init', '-input=false');
      await run('plan', '-input=false', '-out=plan.tfplan');
      const { prior_state } = JSON.parse(await run('show', '-json', 'plan.tfplan'));
      const read: readonly { readonly values: Attributes }[] = prior_state.values.root_module.resources;

      expect(read).toHaveLength(documents.length);
      const both = read.map(({ values }) =>
        [policyText(values), values.json].map((it) => canonical(JSON.parse(String(it)))),
      );
      expect(both.map(([ours]) => ours)).toEqual(both.map(([, theirs]) => theirs));
    } finally {
      providers.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
