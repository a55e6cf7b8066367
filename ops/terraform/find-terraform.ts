import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import semver from 'semver';
import { InputError } from '../../input-error';
import { findProgram } from '../../local/local-aws';

/** The program that runs the plans: Terraform itself or OpenTofu. */
export interface Terraform {
  readonly path: string;
  readonly version: string;
  readonly product: 'terraform' | 'opentofu';
}

/** The first version, of both products, whose S3 backend has `use_lockfile`. */
const OLDEST_VERSION = '1.10.0';

/**
 * Find Terraform: the program named by `TERRAFORM_BINARY_NAME`, `terraform` or `tofu` on the PATH, or the version
 * that `@jahed/terraform` pins, downloaded once (HashiCorp's signature is checked) into `node_modules/.cache`.
 *
 * @throws InputError when there is none, when it does not run, or when it is older than 1.10.0
 */
export async function findTerraform(environment: NodeJS.ProcessEnv = process.env): Promise<Terraform> {
  const name = environment.TERRAFORM_BINARY_NAME;
  if (!name) {
    const found = findProgram('terraform', environment) ?? findProgram('tofu', environment);
    return identify(found ?? (await downloadTerraform()), environment);
  }
  const named = findProgram(name, environment);
  if (named) return identify(named, environment);
  throw new InputError({
    where: 'TERRAFORM_BINARY_NAME',
    what: 'no such program',
    got: name,
    expected: 'the path of a program, or its name if it is on the PATH',
  });
}

async function downloadTerraform(): Promise<string> {
  console.error(
    'no terraform and no tofu on the PATH: downloading Terraform, once, into node_modules/.cache',
  );
  try {
    // Its own command would hide a signal that ends Terraform, so only its installer is used.
    const { getOutputs } = await import('@jahed/terraform/lib/getOutputs.js');
    const { install } = await import('@jahed/terraform/lib/install.js');
    return await install(getOutputs());
  } catch (error) {
    throw new InputError({
      where: 'PATH',
      what: `no terraform and no tofu, and Terraform cannot be downloaded (${reasonOf(error)})`,
      got: undefined,
      expected: `Terraform or OpenTofu ${OLDEST_VERSION} or newer, see https://developer.hashicorp.com/terraform/install`,
    });
  }
}

async function identify(program: string, environment: NodeJS.ProcessEnv): Promise<Terraform> {
  const { product, version } = await readVersion(program, environment);
  if (semver.gte(version, OLDEST_VERSION)) return { path: program, version, product };
  throw new InputError({
    where: program,
    what: 'too old, its S3 backend cannot lock the state with a lock file',
    got: version,
    expected: `${OLDEST_VERSION} or newer`,
  });
}

/** Reads the plain text of `version`, as its `-json` does not tell the products apart. */
async function readVersion(program: string, environment: NodeJS.ProcessEnv) {
  const env = { ...environment, CHECKPOINT_DISABLE: '1' };
  let got: string;
  try {
    got = (await promisify(execFile)(program, ['version'], { env, timeout: 120_000 })).stdout;
  } catch (error) {
    got = reasonOf(error);
  }
  const [, name, version] = /^(Terraform|OpenTofu) v(\S+)/m.exec(got) ?? [];
  if (name && version) return { product: name === 'OpenTofu' ? 'opentofu' : 'terraform', version } as const;
  throw new InputError({
    where: `${program} version`,
    what: 'does not answer as Terraform does',
    got,
    expected: 'the version of Terraform or OpenTofu',
  });
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
