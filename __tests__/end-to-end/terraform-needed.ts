import { spawnSync } from 'node:child_process';
import { describeWith } from '../local/aws-fixture';

/** What this machine lacks for a promise to be kept; in CI nothing is asked, so that what is missing fails the tests. */
function obstacleTo(promise: string): string | undefined {
  if (process.env.CI) return undefined;
  const script = `${promise}.catch(({ message }) => { console.log(message); process.exit(1); })`;
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : stdout.trim();
}

const findTerraform = "require('./ops/terraform/find-terraform').findTerraform()";

/** An `it` for what needs Terraform: without it skipped, in CI a failure. */
export const itWithTerraform = obstacleTo(findTerraform) === undefined ? it : it.skip;

/** A `describe` for what deploys the system to a local AWS. */
export const describeWithLocalAws = (name: string, body: () => void) => {
  const providers = `{ awsVersions: '>= 5.100.0, < 7.0.0', archiveVersions: '>= 2.7.1, < 3.0.0', stub: { workingDirectory: '.' } }`;
  const obstacle = obstacleTo(
    `${findTerraform}.then((terraform) => require('./ops/terraform/find-providers').prepareProviders({ terraform, ...${providers} })).then((it) => it.stop())`,
  );
  if (obstacle !== undefined) return describe.skip(`${name} (${obstacle})`, body);
  return describeWith('moto_server', 'python3', 'docker')(name, body);
};
