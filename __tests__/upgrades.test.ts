import { readFileSync } from 'node:fs';
import { minimatch } from 'minimatch';
import semver from 'semver';
import packageJson from '../package.json';
import renovate from '../renovate.json';

const packages = Object.keys({ ...packageJson.dependencies, ...packageJson.devDependencies });
/** What Renovate finds in `.terraform-version` and `.nvmrc`. */
const others = ['hashicorp/terraform', 'node'];

interface Rule {
  readonly groupName?: string;
  readonly matchPackageNames?: readonly string[];
}
const rules = (renovate.packageRules as readonly Rule[]).filter(({ matchPackageNames }) => matchPackageNames);

/** Renovate takes its patterns as minimatch does: one must fit, and all that begin with `!`. */
function matches(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string) => minimatch(name, pattern);
  const isNegated = (pattern: string) => pattern.startsWith('!');
  return patterns.some((it) => !isNegated(it) && fits(it)) && patterns.filter(isNegated).every(fits);
}

describe('renovate.json', () => {
  it('names no package that is not used', () => {
    const names = rules.flatMap(({ matchPackageNames = [] }) => matchPackageNames);

    const unused = names.filter(
      (name) => ![...packages, ...others].some((it) => matches([name.replace(/^!/, '')], it)),
    );

    expect(unused).toEqual([]);
  });

  it.each(packages)('puts %s into one group at most', (name) => {
    const groups = rules
      .filter(({ groupName, matchPackageNames = [] }) => groupName && matches(matchPackageNames, name))
      .map(({ groupName }) => groupName);

    expect(groups.length).toBeLessThanOrEqual(1);
  });
});

const read = (file: string) => readFileSync(file, 'utf8').trim();

describe('versions that files of the project name', () => {
  it('are allowed by package.json: Node.js in .nvmrc', () => {
    expect(semver.satisfies(`${read('.nvmrc')}.0.0`, packageJson.engines.node)).toBe(true);
  });

  it('has the types of the oldest Node.js that is allowed', () => {
    const oldest = semver.minVersion(packageJson.engines.node)?.major;
    expect(semver.minVersion(packageJson.devDependencies['@types/node'])?.major).toBe(oldest);
  });

  it('is a Terraform whose S3 backend has a lock file, in .terraform-version', () => {
    expect(semver.gte(read('.terraform-version'), '1.10.0')).toBe(true);
  });
});
