import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, homedir, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import semver from 'semver';
import { InputError } from '../../input-error';
import { type ArchiveStub, startArchiveStub } from './archive-stub/start';
import type { Terraform } from './find-terraform';

export interface ProvidersOptions {
  readonly terraform: Terraform;
  /** Versions of hashicorp/aws that may be used, in Terraform's syntax. */
  readonly awsVersions: string;
  /** Versions of hashicorp/archive that may be used, in Terraform's syntax. */
  readonly archiveVersions: string;
  /**
   * Allows the archive stub; relative paths start from this folder, that of the one stack that has archives.
   *
   * @default never used
   */
  readonly stub?: { readonly workingDirectory: string };
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Where Terraform gets its providers from. */
export interface Providers {
  /** To be set for every command of Terraform and cdktf. */
  readonly variables: Readonly<Record<string, string>>;
  /** What was chosen, a line for each provider. */
  readonly notes: readonly string[];
  /** Ends the stub provider and removes the CLI configuration, after the last command. */
  stop(): void;
}

/**
 * Find hashicorp/aws and hashicorp/archive: in a mirror on this machine, else in the registry, else (the archive
 * provider, where that is allowed) in a stub provider of this project.
 *
 * A `provider_installation` block in the user's own CLI configuration decides instead of the mirrors and the
 * registry; whatever else that configuration holds is carried over. `SUPERMISSION_PROVIDER_MIRROR` overrules it all.
 *
 * @throws InputError when a provider is nowhere to be had, or `SUPERMISSION_PROVIDER_MIRROR` names no mirror
 */
export async function prepareProviders(options: ProvidersOptions): Promise<Providers> {
  const { terraform, stub, environment = process.env } = options;
  const host = registryHosts[terraform.product];
  const user = readUserConfig(terraform, environment);
  const mirrors = user.installsProviders ? [] : findMirrors(host, environment);
  const aws = findInMirrors(`${host}/hashicorp/aws`, options.awsVersions, mirrors);
  const archive = findInMirrors(`${host}/hashicorp/archive`, options.archiveVersions, mirrors);
  const elsewhere = user.installsProviders ? `as ${user.file} says` : `from ${host}`;

  const folder = mkdtempSync(path.join(tmpdir(), 'terraform-providers-'));
  let server: ArchiveStub | undefined;
  const stop = () => {
    server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const mirrored = [aws, archive].filter(({ mirror }) => mirror);
    const canGetOthers =
      mirrored.length === 2 ||
      (await canInstall(archive, terraform, folder, { ...environment, ...configure(user, folder, []) }));
    if (!aws.mirror && !canGetOthers && !user.installsProviders) throw missing(aws, mirrors, elsewhere);
    if (!archive.mirror && !canGetOthers) {
      if (!stub) throw missing(archive, mirrors, elsewhere);
      server = await startArchiveStub({ ...stub, address: archive.address, folder });
    }
    const note = ({ address, mirror, version }: Provider) =>
      mirror ? `${address} ${version} from the mirror ${mirror}` : `${address} ${elsewhere}`;
    const stubNote = `${archive.address} is served by this project's archive stub: no mirror has it, nor can it be had ${elsewhere}`;
    return {
      variables: {
        ...configure(user, folder, mirrored),
        ...server?.variables,
        ...(aws.program && { SUPERVISED_PROVIDER: JSON.stringify(aws) }),
      },
      notes: [note(aws), server ? stubNote : note(archive)],
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

const registryHosts = { terraform: 'registry.terraform.io', opentofu: 'registry.opentofu.org' };

interface UserConfig {
  readonly file: string;
  readonly text: string;
  readonly installsProviders: boolean;
}

/** The CLI configuration that Terraform would read; one in JSON cannot be added to, so it decides alone. */
function readUserConfig({ product }: Terraform, environment: NodeJS.ProcessEnv): UserConfig {
  const names = product === 'opentofu' ? ['.tofurc', '.terraformrc'] : ['.terraformrc'];
  const files = environment.TF_CLI_CONFIG_FILE
    ? [environment.TF_CLI_CONFIG_FILE]
    : names.map((name) => path.join(homeOf(environment), name));
  const file = files.find(existsSync);
  if (!file || environment.SUPERMISSION_PROVIDER_MIRROR)
    return { file: '', text: '', installsProviders: false };
  const text = readFileSync(file, 'utf8');
  return {
    file,
    text,
    installsProviders: /^\s*provider_installation\b/m.test(text) || text.trimStart().startsWith('{'),
  };
}

/** Folders with a mirror of a registry: the one named by the user, those Terraform implies, add-on software. */
function findMirrors(host: string, environment: NodeJS.ProcessEnv): string[] {
  const named = environment.SUPERMISSION_PROVIDER_MIRROR;
  const isMirror = (folder: string) => existsSync(path.join(folder, host));
  if (named && !isMirror(named)) {
    throw new InputError({
      where: 'SUPERMISSION_PROVIDER_MIRROR',
      what: 'not a mirror of providers',
      got: named,
      expected: `a folder that holds ${host}, as "terraform providers mirror" makes it`,
    });
  }
  const addOns = readFolder('/opt').map((name) => path.join('/opt', name));
  return [...(named ? [path.resolve(named)] : []), ...impliedMirrors(environment), ...addOns].filter(
    isMirror,
  );
}

/** @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories */
function impliedMirrors(environment: NodeJS.ProcessEnv): string[] {
  const home = homeOf(environment);
  const xdgHome = environment.XDG_DATA_HOME || path.join(home, '.local/share');
  const xdgFolders = (environment.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':');
  const dataFolders =
    platform() === 'darwin'
      ? [home, '/'].map((root) => path.join(root, 'Library/Application Support/io.terraform'))
      : [xdgHome, ...xdgFolders].map((root) => path.join(root, 'terraform'));
  return [path.join(home, '.terraform.d'), ...dataFolders].map((root) => path.join(root, 'plugins'));
}

interface Provider {
  readonly address: string;
  readonly versions: string;
  readonly mirror?: string;
  readonly version?: string;
  /** The provider itself, where the mirror has it unpacked. */
  readonly program?: string;
}

/** Terraform takes the newest version in range that a mirror has for any platform, so that one must be made for ours. */
function findInMirrors(address: string, versions: string, mirrors: readonly string[]): Provider {
  const range = toSemverRange(versions);
  for (const mirror of mirrors) {
    const packages = listPackages(mirror, address);
    const version = semver.maxSatisfying([...packages.keys()], range);
    if (!version || !packages.get(version)?.has(ourPlatform)) continue;
    const folder = path.join(mirror, address, version, ourPlatform);
    const program = readFolder(folder).find((name) => name.startsWith(programOf(address)));
    return { address, versions, mirror, version, ...(program && { program: path.join(folder, program) }) };
  }
  return { address, versions };
}

/** Terraform's words for operating system and processor. */
const ourPlatform = `${platform()}_${{ x64: 'amd64', ia32: '386' }[arch()] ?? arch()}`;

const programOf = (address: string) => `terraform-provider-${path.basename(address)}`;

/** Versions of a provider in a mirror and the platforms of each, from both layouts: folders and zip files. */
function listPackages(mirror: string, address: string): Map<string, Set<string>> {
  const folder = path.join(mirror, address);
  const packages = new Map<string, Set<string>>();
  for (const entry of readFolder(folder)) {
    const [, packedVersion, packedPlatform] = /_([^_]+)_([^_]+_[^_]+)\.zip$/.exec(entry) ?? [];
    const version = packedVersion ?? entry;
    if (!semver.valid(version)) continue;
    const platforms = packedPlatform
      ? [packedPlatform]
      : readFolder(path.join(folder, entry)).filter((name) =>
          readFolder(path.join(folder, entry, name)).some((file) => file.startsWith(programOf(address))),
        );
    packages.set(version, new Set([...(packages.get(version) ?? []), ...platforms]));
  }
  return packages;
}

/** Terraform parts conditions by commas, and its `~> 1.2` goes up to 2. */
function toSemverRange(versions: string): string {
  return versions
    .replaceAll(',', ' ')
    .replace(/~>\s*(\d+)\.(\d+)(?![.\d])/g, (_, major, minor) => `>=${major}.${minor} <${Number(major) + 1}`);
}

/** Write a CLI configuration that takes some providers from mirrors and all others from the registry. */
function configure(
  user: UserConfig,
  folder: string,
  mirrored: readonly Provider[],
): Readonly<Record<string, string>> {
  if (user.installsProviders) return { CHECKPOINT_DISABLE: '1' };
  const sources = mirrored.map(
    ({ address, mirror }) =>
      `  filesystem_mirror {\n    path    = ${JSON.stringify(mirror)}\n    include = ["${address}"]\n  }\n`,
  );
  const exclude = JSON.stringify(mirrored.map(({ address }) => address));
  const installation = `provider_installation {\n${sources.join('')}  direct {\n    exclude = ${exclude}\n  }\n}\n`;
  const file = path.join(folder, 'terraform.tfrc');
  writeFileSync(file, `${user.text}\n${installation}`);
  return { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: file };
}

/** Asks Terraform itself, which knows the user's proxy, certificates and credentials, and gives up on a dead network. */
async function canInstall(
  { address, versions }: Provider,
  terraform: Terraform,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const required = { archive: { source: address, version: versions } };
  writeFileSync(
    path.join(folder, 'main.tf.json'),
    JSON.stringify({ terraform: { required_providers: required } }),
  );
  try {
    const init = ['init', '-backend=false', '-input=false'];
    await promisify(execFile)(terraform.path, init, { cwd: folder, env, timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function missing({ address, versions }: Provider, mirrors: readonly string[], elsewhere: string): InputError {
  const seen = mirrors.flatMap((mirror) =>
    [...listPackages(mirror, address)].map(
      ([version, platforms]) => `${version} ${[...platforms]} in ${mirror}`,
    ),
  );
  return new InputError({
    where: address,
    what: `no mirror (looked into ${mirrors.join(', ') || 'the usual places'}) has it, nor can it be had ${elsewhere}`,
    got: seen,
    expected: `${versions} for ${ourPlatform}: name a mirror made by "terraform providers mirror" with SUPERMISSION_PROVIDER_MIRROR, or open the way to the registry`,
  });
}

function homeOf({ HOME }: NodeJS.ProcessEnv): string {
  if (HOME !== undefined) return HOME;
  try {
    return homedir();
  } catch {
    // The operating system does not know this user.
    return '/';
  }
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
