import { spawnSync } from 'node:child_process';

/** Every test that needs Terraform: without it skipped by name, in CI a failure. */
export const itWithTerraform = hasTerraform() || process.env.CI ? it : it.skip;

function hasTerraform(): boolean {
  const find = "require('./local/terraform').findTerraform().catch(() => process.exit(1))";
  return spawnSync(process.execPath, ['--import', 'tsx', '-e', find]).status === 0;
}
