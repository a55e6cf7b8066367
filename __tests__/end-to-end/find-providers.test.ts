import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../../input-error';
import { type Providers, type ProvidersOptions, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform, type Terraform } from '../../ops/terraform/find-terraform';
import { itWithTerraform } from './terraform-needed';

const ourPlatform = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`;
const otherPlatform = 'plan9_mips';

let folder: string;
let prepared: Providers | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'providers-test-'));
});

afterEach(async () => {
  prepared?.stop();
  prepared = undefined;
  rmSync(folder, { recursive: true });
});

jest.setTimeout(60_000);

/** A script in place of Terraform: its `init` works where a registry would answer, and keeps the configuration it got. */
function terraformStub(
  registry: 'answers' | 'is silent',
  product: Terraform['product'] = 'terraform',
): Terraform {
  const file = path.join(folder, 'terraform-stub');
  const used = path.join(folder, 'used.tfrc');
  writeFileSync(
    file,
    `#!/bin/sh\ncp "$TF_CLI_CONFIG_FILE" ${used}\nexit ${registry === 'answers' ? 0 : 1}\n`,
  );
  chmodSync(file, 0o755);
  return { path: file, version: '1.12.2', product };
}

/** Put a provider into a mirror; its versions are from the future, so that no real mirror of this machine has them. */
function addToMirror(
  mirror: string,
  name: string,
  version: string,
  layout: 'folder' | 'zip',
  on = ourPlatform,
): void {
  const provider = path.join(folder, mirror, 'registry.terraform.io/hashicorp', name);
  const program = `terraform-provider-${name}`;
  mkdirSync(provider, { recursive: true });
  if (layout === 'zip') {
    writeFileSync(path.join(provider, `${program}_${version}_${on}.zip`), '');
    return;
  }
  mkdirSync(path.join(provider, version, on), { recursive: true });
  const file = path.join(provider, version, on, `${program}_v${version}_x5`);
  writeFileSync(file, '#!/bin/sh\nexit 1\n');
  chmodSync(file, 0o755);
}

/** Prepare in a home folder of this test's own, by default with both providers of the future wanted. */
async function prepare(
  options: Partial<ProvidersOptions>,
  variables: NodeJS.ProcessEnv = {},
): Promise<Providers> {
  prepared = await prepareProviders({
    terraform: options.terraform ?? terraformStub('is silent'),
    awsVersions: '>= 99.0.0, < 100.0.0',
    archiveVersions: '~> 99.1',
    environment: { PATH: process.env.PATH, HOME: folder, ...variables },
    ...options,
  });
  return prepared;
}

const configurationOf = ({ variables }: Providers) =>
  readFileSync(variables.TF_CLI_CONFIG_FILE ?? '', 'utf8');
const mirrorNote = (name: string, version: string, mirror: string) =>
  `registry.terraform.io/hashicorp/${name} ${version} from the mirror ${path.join(folder, mirror)}`;

describe('prepareProviders with mirrors', () => {
  const impliedOnThisSystem: [string, NodeJS.ProcessEnv][] =
    platform() === 'darwin'
      ? [['Library/Application Support/io.terraform/plugins', {}]]
      : [
          ['.local/share/terraform/plugins', {}],
          ['data/terraform/plugins', { XDG_DATA_HOME: 'data' }],
          ['shared/terraform/plugins', { XDG_DATA_DIRS: 'shared' }],
        ];

  it('takes both from the named one, as folder or zip file, without asking the registry', async () => {
    addToMirror('named', 'aws', '99.0.0', 'folder');
    addToMirror('named', 'archive', '99.2.0', 'zip');

    const providers = await prepare({}, { SUPERMISSION_PROVIDER_MIRROR: path.join(folder, 'named') });
    expect(providers.notes).toEqual([
      mirrorNote('aws', '99.0.0', 'named'),
      mirrorNote('archive', '99.2.0', 'named'),
    ]);
    expect(existsSync(path.join(folder, 'used.tfrc'))).toBe(false);
    expect(providers.variables).not.toHaveProperty('TF_REATTACH_PROVIDERS');
  });

  it.each<[string, NodeJS.ProcessEnv]>([['.terraform.d/plugins', {}], ...impliedOnThisSystem])(
    'takes them from %s, which Terraform implies',
    async (mirror, folders) => {
      addToMirror(mirror, 'aws', '99.0.0', 'folder');
      addToMirror(mirror, 'archive', '99.2.0', 'folder');

      const variables = Object.fromEntries(
        Object.entries(folders).map(([name, value = '']) => [name, path.join(folder, value)]),
      );
      const { notes } = await prepare({}, variables);
      expect(notes).toEqual([mirrorNote('aws', '99.0.0', mirror), mirrorNote('archive', '99.2.0', mirror)]);
    },
  );

  it('takes the newest version in range, each provider from the first mirror that has one', async () => {
    addToMirror('named', 'aws', '98.9.9', 'folder');
    addToMirror('named', 'archive', '99.0.9', 'zip');
    addToMirror('named', 'archive', '99.1.0', 'zip');
    addToMirror('named', 'archive', '99.10.0', 'zip');
    addToMirror('named', 'archive', '100.0.0', 'zip');
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');
    addToMirror('.terraform.d/plugins', 'archive', '99.11.0', 'folder');

    const { notes } = await prepare({}, { SUPERMISSION_PROVIDER_MIRROR: path.join(folder, 'named') });
    expect(notes).toEqual([
      mirrorNote('aws', '99.0.0', '.terraform.d/plugins'),
      mirrorNote('archive', '99.10.0', 'named'),
    ]);
  });

  it.each(['missing', 'empty'])('fails when SUPERMISSION_PROVIDER_MIRROR is %s', async (kind) => {
    if (kind === 'empty') mkdirSync(path.join(folder, kind));

    const preparing = prepare({}, { SUPERMISSION_PROVIDER_MIRROR: path.join(folder, kind) });
    await expect(preparing).rejects.toThrow(InputError);
    await expect(preparing).rejects.toThrow('SUPERMISSION_PROVIDER_MIRROR: not a mirror of providers');
  });

  it.each([
    ['has another version only', '98.0.0', ourPlatform],
    ['has another platform only', '99.0.0', otherPlatform],
  ])('fails when the mirror %s and the registry is silent', async (_, version, on) => {
    addToMirror('.terraform.d/plugins', 'aws', version, 'folder', on);
    addToMirror('.terraform.d/plugins', 'archive', '99.2.0', 'zip');

    const preparing = prepare({ stub: { workingDirectory: folder } });
    await expect(preparing).rejects.toThrow(InputError);
    await expect(preparing).rejects.toThrow('registry.terraform.io/hashicorp/aws: no mirror (looked into ');
    await expect(preparing).rejects.toThrow(`${folder}/.terraform.d/plugins`);
    await expect(preparing).rejects.toThrow(`got ["${version} ${on} in `);
    await expect(preparing).rejects.toThrow(
      `expected >= 99.0.0, < 100.0.0 for ${ourPlatform}: name a mirror`,
    );
  });

  it('fails when the newest version in range, the one Terraform would take, is for another platform', async () => {
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');
    addToMirror('.terraform.d/plugins', 'aws', '99.1.0', 'folder', otherPlatform);

    await expect(prepare({})).rejects.toThrow('hashicorp/aws: no mirror');
  });

  it('keeps the registries of Terraform and OpenTofu apart', async () => {
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');

    await expect(prepare({ terraform: terraformStub('is silent', 'opentofu') })).rejects.toThrow(
      'registry.opentofu.org/hashicorp/aws: no mirror',
    );
  });
});

describe('prepareProviders without mirrors', () => {
  it('takes both from a registry that answers', async () => {
    const providers = await prepare({
      terraform: terraformStub('answers'),
      stub: { workingDirectory: folder },
    });

    expect(providers.notes).toEqual([
      'registry.terraform.io/hashicorp/aws from registry.terraform.io',
      'registry.terraform.io/hashicorp/archive from registry.terraform.io',
    ]);
    expect(providers.variables).not.toHaveProperty('TF_REATTACH_PROVIDERS');
  });

  it('asks the registry itself, not a mirror, about what no mirror has', async () => {
    addToMirror('.terraform.d/plugins', 'archive', '99.2.0', 'folder');

    const providers = await prepare({ terraform: terraformStub('answers') });
    expect(readFileSync(path.join(folder, 'used.tfrc'), 'utf8')).not.toContain('filesystem_mirror');
    expect(configurationOf(providers)).toContain('filesystem_mirror');
  });

  it('serves the archive provider by the stub provider where that is allowed, and says so', async () => {
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');

    const { notes, variables, stop } = await prepare({ stub: { workingDirectory: folder } });
    expect(notes).toEqual([
      mirrorNote('aws', '99.0.0', '.terraform.d/plugins'),
      expect.stringMatching(
        /^registry.terraform.io\/hashicorp\/archive is served by this project's archive stub/,
      ),
    ]);
    const reattached = JSON.parse(variables.TF_REATTACH_PROVIDERS ?? '');
    expect(Object.keys(reattached)).toEqual(['registry.terraform.io/hashicorp/archive']);
    const [{ Addr }] = Object.values<any>(reattached);
    expect(existsSync(Addr.String)).toBe(true);

    stop();
    expect(existsSync(Addr.String)).toBe(false);
    expect(existsSync(variables.TF_CLI_CONFIG_FILE ?? '')).toBe(false);
  });

  it('fails when the archive provider is missing and the stub provider is not allowed', async () => {
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');

    const preparing = prepare({});
    await expect(preparing).rejects.toThrow(InputError);
    await expect(preparing).rejects.toThrow('registry.terraform.io/hashicorp/archive: no mirror');
  });
});

describe("prepareProviders with the user's own CLI configuration", () => {
  const credentials = 'credentials "app.terraform.io" {\n  token = "secret"\n}\n';

  it.each(['.terraformrc', 'my.tfrc'])('carries it over from %s', async (name) => {
    writeFileSync(path.join(folder, name), credentials);
    const TF_CLI_CONFIG_FILE = name === 'my.tfrc' ? path.join(folder, name) : undefined;

    const providers = await prepare({ terraform: terraformStub('answers') }, { TF_CLI_CONFIG_FILE });
    expect(configurationOf(providers)).toContain(credentials);
    expect(configurationOf(providers)).toContain('provider_installation {');
  });

  it('does without it when TF_CLI_CONFIG_FILE points to no file', async () => {
    writeFileSync(path.join(folder, '.terraformrc'), credentials);

    const TF_CLI_CONFIG_FILE = path.join(folder, 'missing.tfrc');
    const providers = await prepare({ terraform: terraformStub('answers') }, { TF_CLI_CONFIG_FILE });
    expect(configurationOf(providers)).not.toContain(credentials);
  });

  it('leaves provider_installation to it, mirrors or not, but for the archive stub', async () => {
    const file = path.join(folder, '.terraformrc');
    writeFileSync(file, `${credentials}  provider_installation {\n    direct {}\n  }\n`);
    addToMirror('.terraform.d/plugins', 'aws', '99.0.0', 'folder');
    addToMirror('.terraform.d/plugins', 'archive', '99.2.0', 'folder');

    const { notes, variables } = await prepare({ stub: { workingDirectory: folder } });
    expect(notes[0]).toBe(`registry.terraform.io/hashicorp/aws as ${file} says`);
    expect(notes[1]).toContain('archive stub');
    expect(Object.keys(variables)).toEqual(['CHECKPOINT_DISABLE', 'TF_REATTACH_PROVIDERS']);
  });

  it('is not moved by the word in a comment', async () => {
    writeFileSync(path.join(folder, '.terraformrc'), '# provider_installation {}\n');

    expect(configurationOf(await prepare({ terraform: terraformStub('answers') }))).toContain('direct {');
  });

  it('is overruled by SUPERMISSION_PROVIDER_MIRROR', async () => {
    writeFileSync(path.join(folder, '.terraformrc'), 'provider_installation {\n  direct {}\n}\n');
    addToMirror('named', 'aws', '99.0.0', 'folder');
    addToMirror('named', 'archive', '99.2.0', 'folder');

    const { notes } = await prepare({}, { SUPERMISSION_PROVIDER_MIRROR: path.join(folder, 'named') });
    expect(notes[0]).toBe(mirrorNote('aws', '99.0.0', 'named'));
  });
});

describe('the generated configuration, read by Terraform', () => {
  function init(terraform: Terraform, { variables }: Providers, versions: Record<string, string>): string {
    const required = Object.entries(versions).map(([name, version]) => [
      name,
      { source: `registry.terraform.io/hashicorp/${name}`, version },
    ]);
    writeFileSync(
      path.join(folder, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: Object.fromEntries(required) } }),
    );
    const env = { ...process.env, ...variables };
    return execFileSync(terraform.path, ['init', '-no-color'], { cwd: folder, env, encoding: 'utf8' });
  }

  const hasTerraformMirror = readFolder('/opt').some((name) =>
    existsSync(path.join('/opt', name, 'registry.terraform.io/hashicorp/aws')),
  );

  itWithTerraform('installs from the mirrors it names', async () => {
    const terraform = { ...(await findTerraform()), product: 'terraform' as const };
    addToMirror('a', 'aws', '99.0.0', 'folder');
    addToMirror('.terraform.d/plugins', 'archive', '99.2.0', 'folder');
    const variables = { SUPERMISSION_PROVIDER_MIRROR: path.join(folder, 'a') };
    const providers = await prepare({ terraform }, variables);

    const output = init(terraform, providers, { aws: '99.0.0', archive: '99.2.0' });
    expect(output).toContain('hashicorp/aws v99.0.0');
    expect(output).toContain('hashicorp/archive v99.2.0');
  });

  itWithTerraform('does not find what only the registry could have, when there is no way to it', async () => {
    const HTTPS_PROXY = 'http://127.0.0.1:1';
    await expect(prepare({ terraform: await findTerraform() }, { HTTPS_PROXY })).rejects.toThrow(
      'hashicorp/aws: no mirror',
    );
  });

  (hasTerraformMirror ? itWithTerraform : it.skip)(
    'installs hashicorp/aws from the add-on software of this machine (if /opt has a mirror)',
    async () => {
      const terraform = { ...(await findTerraform()), product: 'terraform' as const };
      const awsVersions = '>= 5.0.0, < 7.0.0';
      const providers = await prepare({ terraform, awsVersions, stub: { workingDirectory: folder } });

      expect(providers.notes[0]).toMatch(/hashicorp\/aws \S+ from the mirror \/opt\//);
      expect(init(terraform, providers, { aws: awsVersions })).toContain('Installed hashicorp/aws');
    },
  );

  function readFolder(name: string): string[] {
    return existsSync(name) ? readdirSync(name) : [];
  }
});
