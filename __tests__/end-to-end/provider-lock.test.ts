import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { lockFile } from '../../ops/terraform/stack-folder';
import { zip } from '../local/aws-fixture';
import { Checkout } from './checkout';
import { itWithTerraform } from './terraform-needed';

jest.setTimeout(180_000);

const platforms = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'windows_amd64'];
const host = 'registry.terraform.io';

const checkout = new Checkout();
const mirror = join(checkout.folder, 'mirror');
const committed = join(checkout.folder, lockFile);
const table = join(checkout.folder, 'cdktf.out/stacks/table');

/** Packages of a provider as a mirror has them; Terraform locks and installs them, and only a plan would run them. */
function addToMirror(name: string, version: string, content = version): void {
  const folder = join(mirror, host, 'hashicorp', name);
  mkdirSync(folder, { recursive: true });
  for (const platform of platforms) {
    const program = zip({ [`terraform-provider-${name}_v${version}_x5`]: `${content} ${platform}` });
    writeFileSync(join(folder, `terraform-provider-${name}_${version}_${platform}.zip`), program);
  }
}

/** `init` without the backend, which is not there, and nothing else of Terraform. */
async function writeInitOnly(): Promise<string> {
  const { path } = await findTerraform();
  const script = join(checkout.folder, 'init-only');
  const init = `init) shift; exec ${path} init -backend=false "$@";;`;
  writeFileSync(script, `#!/bin/sh\ncase "$1" in\n${init}\nplan) exit 1;;\n*) exec ${path} "$@";;\nesac\n`, {
    mode: 0o755,
  });
  return script;
}

/** Terraform breaks its messages into lines, in a frame. */
const asOneLine = (text: string) => text.replace(/[\s│]+/g, ' ');

/** What a command installs for the table, on a machine that has run none before. */
async function installed(): Promise<{ readonly versions: string[]; readonly output: string }> {
  // Without a cache of its own cdktf uses that of the user.
  const cache = join(checkout.folder, 'cache');
  for (const folder of [join(checkout.folder, 'cdktf.out'), cache]) {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(cache);
  const config = join(checkout.folder, 'mirror.tfrc');
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  const { stdout, stderr } = await checkout.npm('diff', ['table'], {
    SUPERMISSION_ENV: 'lab',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    TERRAFORM_BINARY_NAME: await writeInitOnly(),
    TF_CLI_CONFIG_FILE: config,
    TF_PLUGIN_CACHE_DIR: cache,
  });
  const folder = join(table, '.terraform/providers', host, 'hashicorp/aws');
  return { versions: existsSync(folder) ? readdirSync(folder) : [], output: asOneLine(stdout + stderr) };
}

/** A stub of AWS: an account with a state bucket that has been made, and no state of a stack. */
const aws = createServer(({ method }, response) => {
  if (method === 'GET') response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  else {
    const account = '<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>';
    response.end(
      method === 'HEAD' ? '' : `<GetCallerIdentityResponse>${account}</GetCallerIdentityResponse>`,
    );
  }
});

beforeAll(async () => {
  await once(aws.listen(0, '127.0.0.1'), 'listening');
  addToMirror('aws', '6.30.0');
  addToMirror('archive', '2.7.1');
});

afterAll(() => {
  aws.close();
  checkout.remove();
});

describe('npm run providers:lock', () => {
  itWithTerraform('writes the newest versions in range, with checksums for every platform', async () => {
    const result = await checkout.npm('providers:lock', [], {
      SUPERMISSION_ENV: 'lab',
      SUPERMISSION_PROVIDER_MIRROR: 'mirror',
    });

    expect(result).toMatchObject({ exitCode: 0, stdout: `${lockFile}: written; commit it.\n` });
    const locked = readFileSync(committed, 'utf8').match(/provider[\s\S]*?^}/gm) ?? [];
    expect(locked.map((it) => it.match(/"h1:/g)?.length)).toEqual([platforms.length, platforms.length]);
    expect(locked.join('\n')).toMatch(/archive" \{\s+version += "2.7.1"[\s\S]+aws" \{\s+version += "6.30.0"/);
  });

  it.each([
    ['local', 'mirror', /^SUPERMISSION_ENV: takes whatever providers .*, got "local"; expected .*lab\n$/],
    ['lab', 'nowhere', /providers lock.*: ended with exit code 1\n$/],
  ])('fails when the environment is %s and the mirror %s', async (name, named, message) => {
    const result = await checkout.npm('providers:lock', [], {
      SUPERMISSION_ENV: name,
      SUPERMISSION_PROVIDER_MIRROR: named,
    });

    expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(message) });
    expect(readFileSync(committed, 'utf8')).toContain('6.30.0');
  });
});

describe('a command on a real environment', () => {
  itWithTerraform('installs what is locked, although there is a newer one', async () => {
    addToMirror('aws', '6.31.0');

    const { versions, output } = await installed();

    expect(versions).toEqual(['6.30.0']);
    expect(output).not.toContain('no .terraform.lock.hcl');
  });

  itWithTerraform('fails when a package is not the one that was locked', async () => {
    addToMirror('aws', '6.30.0', 'something else');

    const { output } = await installed();

    expect(output).toContain("doesn't match any of the checksums");
  });

  itWithTerraform('fails when the environment asks for other versions than are locked', async () => {
    checkout.edit('environments.ts', ">= 6.25.0, < 7.0.0'", ">= 6.31.0, < 7.0.0'");

    const { versions, output } = await installed();

    expect(versions).toEqual([]);
    expect(output).toMatch(/locked provider \S+\s+6\.30\.0\s+does not match/);
  });

  itWithTerraform('installs the newest one and says so where nothing is locked', async () => {
    rmSync(committed);

    const { versions, output } = await installed();

    expect(versions).toEqual(['6.31.0']);
    expect(output).toContain('no .terraform.lock.hcl: the newest providers in range are used');
  });
});
