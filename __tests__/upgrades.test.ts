import { readFileSync } from 'node:fs';
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

/** Renovate's own patterns, as far as they are used: a name, `scope/**`, and `!` before what is left out. */
function matches(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string) =>
    pattern.endsWith('/**') ? name.startsWith(pattern.slice(0, -2)) : name === pattern;
  const [out, inside] = [true, false].map((isOut) => patterns.filter((it) => it.startsWith('!') === isOut));
  return (inside ?? []).some(fits) && !(out ?? []).some((it) => fits(it.slice(1)));
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
