import { readEnvironment } from '../../../environments';
import { InputError } from '../../../input-error';
import { cdktfCalls, refuseProtected, takeLockTimeout } from '../../../ops/terraform/run-cdktf';

const alone = ['--skip-provider-lock', '--ignore-missing-stack-dependencies'];

describe('cdktfCalls', () => {
  it('deploys every stack if none is named', () => {
    expect(cdktfCalls('deploy', [])).toEqual([['deploy', 'state-backend', 'table', 'functions', ...alone]]);
  });

  it('deploys only the named stacks, and passes flags on', () => {
    expect(cdktfCalls('deploy', ['table', '--auto-approve'])).toEqual([
      ['deploy', 'table', '--auto-approve', ...alone],
    ]);
  });

  it('destroys no state bucket unless it is named', () => {
    expect(cdktfCalls('destroy', [])).toEqual([['destroy', 'table', 'functions', '--skip-provider-lock']]);
  });

  it('shows the difference of one stack after the other, synthesized once', () => {
    expect(cdktfCalls('diff', [])).toEqual([
      ['diff', 'state-backend', '--skip-provider-lock'],
      ['diff', 'table', '--skip-provider-lock', '--skip-synth'],
      ['diff', 'functions', '--skip-provider-lock', '--skip-synth'],
    ]);
  });

  it('synthesizes all stacks at once', () => {
    expect(cdktfCalls('synth', [])).toEqual([['synth']]);
  });

  it.each(['apply', '', 'toString'])('fails when the command is %j', (name) => {
    expect(() => cdktfCalls(name, [])).toThrow(
      new InputError(
        `command: unknown, got ${JSON.stringify(name)}; expected one of synth, diff, deploy, destroy, output`,
      ),
    );
  });
});

describe('takeLockTimeout', () => {
  it.each(['diff', 'deploy', 'destroy'])('hands the timeout of %s to Terraform, not to cdktf', (name) => {
    const { args, variables } = takeLockTimeout(name, ['table', '--lock-timeout=60s', '--auto-approve'], {
      TF_CLI_ARGS_apply: '-parallelism=2',
    });

    expect(args).toEqual(['table', '--auto-approve']);
    expect(variables).toEqual({
      TF_CLI_ARGS_plan: '-lock-timeout=60s',
      TF_CLI_ARGS_apply: '-parallelism=2 -lock-timeout=60s',
      TF_CLI_ARGS_destroy: '-lock-timeout=60s',
      TF_CLI_ARGS_refresh: '-lock-timeout=60s',
    });
  });

  it('changes nothing without the flag', () => {
    expect(takeLockTimeout('deploy', ['table'], {})).toEqual({ args: ['table'], variables: {} });
  });

  it.each([
    '--lock-timeout',
    '--lock-timeout=',
    '--lock-timeout=60',
    '--lock-timeout=1s -x',
    '--lock-timeout=s',
  ])('fails when the flag is %j', (flag) => {
    expect(() => takeLockTimeout('deploy', [flag], {})).toThrow(
      /^--lock-timeout: not a duration, got .*; expected for example 60s or 5m$/,
    );
  });

  it('fails when the command locks nothing', () => {
    expect(() => takeLockTimeout('synth', ['--lock-timeout=60s'], {})).toThrow(
      new InputError('--lock-timeout: not for synth, got "60s"; expected one of diff, deploy, destroy'),
    );
  });
});

describe('refuseProtected', () => {
  const prod = readEnvironment({ SUPERMISSION_ENV: 'prod' });
  const lifted = { ...prod, deletionProtection: false };
  const isProtected = async () => true;
  const isOpen = async () => false;

  it.each([[[]], [['--auto-approve']], [['table', '--auto-approve']], [['functions', 'table']], [['*']]])(
    'fails when the environment protects the table, naming the two steps: %j',
    async (args) => {
      await expect(refuseProtected(prod, args, isOpen)).rejects.toThrow(
        new InputError(
          'environments.ts: prod.deletionProtection: nothing was destroyed, because the table is protected, got true; expected false: 1. set it so by a reviewed change and run "npm run deploy -- table"; 2. run "npm run destroy" again',
        ),
      );
    },
  );

  it('fails when the environment has lifted the protection and the table has it still', async () => {
    await expect(refuseProtected(lifted, [], isProtected)).rejects.toThrow(
      new InputError(
        'SuperMissionTable-prod: deletion protection: nothing was destroyed, because the table is still protected, got true; expected false, as the environment says: run "npm run deploy -- table" first',
      ),
    );
  });

  it('lets a table go whose protection is lifted', async () => {
    await expect(refuseProtected(lifted, ['--auto-approve'], isOpen)).resolves.toBeUndefined();
  });

  it('lets the functions go, whatever protects the table', async () => {
    await expect(refuseProtected(prod, ['functions'], isProtected)).resolves.toBeUndefined();
  });
});
