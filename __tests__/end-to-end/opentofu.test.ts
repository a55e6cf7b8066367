import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../local/find-program';
import type { LocalAws } from '../../local/local-aws';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { Checkout } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(300_000);

const tofu = findProgram('tofu', process.env);
const subject = tofu ? 'OpenTofu' : 'a stub of OpenTofu that hands over to Terraform';

const checkout = new Checkout();
const programs = join(checkout.folder, 'programs');
const callsFile = join(checkout.folder, 'calls');
let aws: LocalAws;
let variables: NodeJS.ProcessEnv;

/** The mirror that Terraform has here, if it has one, and a folder that shows it as one of OpenTofu's registry. */
const mirror = [process.env.SUPERMISSION_PROVIDER_MIRROR ?? '', '/opt/tf-plugins'].find((it) =>
  existsSync(join(it, 'registry.terraform.io')),
);
const namedMirror = join(checkout.folder, 'mirror');

function mirrorForTofu(): NodeJS.ProcessEnv {
  if (tofu || !mirror) return {};
  mkdirSync(namedMirror);
  symlinkSync(join(mirror, 'registry.terraform.io'), join(namedMirror, 'registry.opentofu.org'));
  return { SUPERMISSION_PROVIDER_MIRROR: namedMirror };
}

/** A `tofu` that writes down its calls; the real one answers where there is one, else Terraform under its name. */
async function writePrograms(): Promise<void> {
  mkdirSync(programs);
  const write = (name: string, script: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  write('terraform', `echo "terraform $*" >> ${callsFile}; exit 1`);
  const record = `echo "tofu $1" >> ${callsFile}`;
  if (tofu) return write('tofu', `${record}; exec ${tofu} "$@"`);
  const { path } = await findTerraform();
  // OpenTofu has a registry of its own, so what is prepared for it goes by another name with Terraform.
  const toTerraform = `'s#registry.opentofu.org#registry.terraform.io#g; s#${namedMirror}#${mirror}#g'`;
  write(
    'tofu',
    `${record}
if [ "$*" = version ]; then ${path} version | sed 's/^Terraform v/OpenTofu v/'; exit; fi
if [ -n "$TF_REATTACH_PROVIDERS" ]; then
  export TF_REATTACH_PROVIDERS="$(echo "$TF_REATTACH_PROVIDERS" | sed ${toTerraform})"
fi
if [ -f .terraform.lock.hcl ]; then sed -i ${toTerraform} .terraform.lock.hcl; fi
if [ -d .terraform/providers/registry.opentofu.org ]; then
  mv .terraform/providers/registry.opentofu.org .terraform/providers/registry.terraform.io
fi
if [ -f "$TF_CLI_CONFIG_FILE" ]; then
  sed ${toTerraform} "$TF_CLI_CONFIG_FILE" > "$TF_CLI_CONFIG_FILE.terraform"
  export TF_CLI_CONFIG_FILE="$TF_CLI_CONFIG_FILE.terraform"
fi
exec ${path} "$@"`,
  );
}

/** Calls since the last time. */
function takeCalls(): string[] {
  const calls = existsSync(callsFile) ? readFileSync(callsFile, 'utf8').trim().split('\n') : [];
  rmSync(callsFile, { force: true });
  return calls;
}

describeWithLocalAws(`TERRAFORM_BINARY_NAME=tofu with ${subject}`, () => {
  beforeAll(async () => {
    await writePrograms();
    aws = await checkout.startLocalAws();
    const PATH = `${programs}:${process.env.PATH}`;
    variables = { PATH, TERRAFORM_BINARY_NAME: 'tofu', ...mirrorForTofu() };
  });

  afterAll(async () => {
    await aws?.stop();
    checkout.remove();
  });

  // In the order of a life; each with what it must ask of Terraform. `npm run` finds this project's own programs first.
  it.each<[string, string[], string[]]>([
    ['bootstrap', [], ['init', 'apply']],
    ['synth', [], []],
    ['deploy', ['--auto-approve'], ['init', 'apply']],
    ['diff', ['table'], ['init', 'plan']],
    ['output', [], ['init', 'output']],
    ['drift', [], ['init', 'plan', 'show']],
    ['adopt', ['--auto-approve'], ['init', 'state']],
    ['destroy', ['--auto-approve'], ['init', 'destroy']],
  ])('reaches npm run %s', async (script, args, expected) => {
    const result = await checkout.npm(script, args, variables);

    const calls = takeCalls();
    expect(result.exitCode === 0 ? 'ended well' : result).toBe('ended well');
    expect(calls.filter((call) => !call.startsWith('tofu '))).toEqual([]);
    expect(calls).toEqual(expect.arrayContaining(expected.map((it) => `tofu ${it}`)));
  });

  it('fails when a command runs terraform all the same, so that the above can fail', async () => {
    const { exitCode } = await checkout.npm('diff', ['table'], {
      ...variables,
      TERRAFORM_BINARY_NAME: 'terraform',
    });

    expect(exitCode).not.toBe(0);
    expect(takeCalls()).toEqual(['terraform version']);
  });
});
