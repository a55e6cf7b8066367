import { readEnvironment } from '../../../environments';
import { InputError } from '../../../input-error';
import { cdktfCalls, lockTimeoutVariables, refuseProtected } from '../../../ops/terraform/run-cdktf';
import { tableName } from '../../../stacks/names';
import { tables } from '../../../system';

const always = ['--skip-synth', '--skip-provider-lock'];

describe('cdktfCalls', () => {
  it('names the stacks, and passes flags on', () => {
    const values = { 'auto-approve': true, 'outputs-file': 'out.json', 'lock-timeout': '60s' };

    expect(cdktfCalls({ name: 'deploy', stacks: ['table', 'functions'], values })).toEqual([
      [
        'deploy',
        'table',
        'functions',
        '--auto-approve',
        '--outputs-file=out.json',
        ...always,
        '--ignore-missing-stack-dependencies',
      ],
    ]);
  });

  it('shows the difference of one stack after the other', () => {
    expect(cdktfCalls({ name: 'diff', stacks: ['table', 'functions'], values: {} })).toEqual([
      ['diff', 'table', ...always],
      ['diff', 'functions', ...always],
    ]);
  });

  it('synthesizes all stacks at once', () => {
    expect(cdktfCalls({ name: 'synth', stacks: [], values: {} })).toEqual([['synth']]);
  });
});

describe('lockTimeoutVariables', () => {
  it('hands the timeout to Terraform, beside what the shell adds', () => {
    expect(lockTimeoutVariables('60s', { TF_CLI_ARGS_apply: '-parallelism=2' })).toEqual({
      TF_CLI_ARGS_plan: '-lock-timeout=60s',
      TF_CLI_ARGS_apply: '-parallelism=2 -lock-timeout=60s',
      TF_CLI_ARGS_destroy: '-lock-timeout=60s',
      TF_CLI_ARGS_refresh: '-lock-timeout=60s',
    });
  });

  it('adds nothing without the flag', () => {
    expect(lockTimeoutVariables(undefined, {})).toEqual({});
  });

  it.each(['', '60', '1s -x', 's'])('fails when the flag is %j', (duration) => {
    expect(() => lockTimeoutVariables(duration, {})).toThrow(
      /^--lock-timeout: not a duration, got .*; expected for example 60s or 5m$/,
    );
  });
});

describe('refuseProtected', () => {
  const prod = readEnvironment({ SUPERMISSION_ENV: 'prod' });
  const lifted = { ...prod, deletionProtection: false };
  const isProtected = async () => true;
  const isOpen = async () => false;

  const names = Object.values(tables).map((table) => tableName(prod, table));

  it.each([[['table']], [['table', 'functions']]])(
    'fails when the environment protects tables, naming each and the two steps: %j',
    async (stacks) => {
      await expect(refuseProtected(prod, stacks, isOpen)).rejects.toThrow(
        new InputError(
          ...names.map(
            (name) =>
              `environments.ts: prod.deletionProtection: nothing was destroyed, because table ${name} is protected, got true; expected false: 1. set it so by a reviewed change and run "npm run deploy -- table"; 2. run "npm run destroy" again`,
          ),
        ),
      );
    },
  );

  it('fails when one table alone is protected by the environment', async () => {
    const one = { ...lifted, tables: { missions: { deletionProtection: true } } };

    await expect(refuseProtected(one, ['table'], isOpen)).rejects.toThrow(
      'environments.ts: prod.tables.missions.deletionProtection: nothing was destroyed, because table ',
    );
  });

  it.each(names)('fails when the environment has lifted the protection and %s has it still', async (name) => {
    await expect(refuseProtected(lifted, ['table'], async (it) => it === name)).rejects.toThrow(
      new InputError(
        `${name}: deletion protection: nothing was destroyed, because table ${name} is still protected, got true; expected false, as the environment says: run "npm run deploy -- table" first`,
      ),
    );
  });

  it('lets a table go whose protection is lifted', async () => {
    await expect(refuseProtected(lifted, ['table'], isOpen)).resolves.toBeUndefined();
  });

  it('lets the functions go, whatever protects the table', async () => {
    await expect(refuseProtected(prod, ['functions'], isProtected)).resolves.toBeUndefined();
  });
});
