import { Checkout } from '../end-to-end/checkout';

jest.setTimeout(120_000);

let checkout: Checkout;

beforeAll(() => {
  checkout = new Checkout();
});

afterAll(() => checkout.remove());

const nothing = {
  HTTPS_PROXY: '',
  AWS_ACCESS_KEY_ID: '',
  AWS_PROFILE: '',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** The last line that a command prints, and its exit code. */
async function lastLine(script: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const { exitCode, stderr } = await checkout.npm(script, args, {
    ...nothing,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    ...variables,
  });
  expect(stderr).not.toMatch(/^\s+at /m);
  return { exitCode, line: stderr.trim().split('\n').at(-1) };
}

describe('a command line', () => {
  it.each([
    ['synth', ['wrong'], {}, /^command line: too many words, got "wrong"/],
    ['synth', ['--wrong'], {}, /^--wrong: unknown option/],
    ['deploy', ['--auto-approve', 'wrong'], {}, /^stack: unknown, got "wrong"/],
    ['destroy', ['--auto-approve', 'fonc*'], {}, /^stack: unknown, got "fonc\*"/],
    ['diff', ['--lock-timeout=60'], {}, /^--lock-timeout: not a duration, got "60"/],
    ['plan', ['tabel'], {}, /^stack: unknown, got "tabel"/],
    ['drift', ['--stack=table'], {}, /^--stack: unknown option/],
    ['apply', ['nowhere'], {}, /^nowhere: not a folder that can be read \(ENOENT\)/],
    ['apply', [], {}, /^command line: too few words/],
    ['plan', [], { TF_WORKSPACE: 'blue' }, /^TF_WORKSPACE: keeps the state of another workspace/],
    ['synth', [], { SUPERMISSION_ENV: 'lab', AWS_REGION: 'eu-west-1' }, /^AWS_REGION: not the region/],
  ] as const)('fails in one line: %s %j %j', async (script, args, variables, message) => {
    expect(await lastLine(script, args, variables)).toEqual({
      exitCode: 1,
      line: expect.stringMatching(message),
    });
  });

  it('fails in one line when cdktf has no such command', async () => {
    const args = ['ops/command/run-typescript.cjs', 'ops/cdktf.ts', 'wrong'];

    expect(await checkout.run(process.execPath, args)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'command: unknown, got "wrong"; expected one of synth, diff, deploy, destroy, output\n',
    });
  });

  it.each(['deploy', 'diff', 'output', 'destroy', 'plan', 'drift'])(
    'fails without credentials before anything is run: %s',
    async (script) => {
      const args = ['deploy', 'destroy'].includes(script) ? ['--auto-approve'] : [];

      expect(await lastLine(script, args, { SUPERMISSION_ENV: 'lab' })).toEqual({
        exitCode: 1,
        line: expect.stringMatching(/CredentialsProviderError|not accepted/),
      });
    },
  );

  it('fails without Terraform before a local AWS is started', async () => {
    const { exitCode, stdout, stderr } = await checkout.npm('start', [], {
      TERRAFORM_BINARY_NAME: 'nowhere',
    });

    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'TERRAFORM_BINARY_NAME: no such program, got "nowhere"; expected the path of a program, or its name if it is on the PATH\n',
    });
  });
});
