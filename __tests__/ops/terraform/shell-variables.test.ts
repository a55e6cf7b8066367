import { shellVariables } from '../../../ops/terraform/shell-variables';

describe('shellVariables', () => {
  it('hands on what changes neither what Terraform reads nor where it is kept', () => {
    const shell = {
      HOME: '/home/ada',
      TF_LOG: 'debug',
      TF_IN_AUTOMATION: '1',
      TF_PLUGIN_CACHE_DIR: '/cache',
      TF_CLI_CONFIG_FILE: '/rc',
      TF_CLI_ARGS_plan: '-parallelism=4  -no-color',
      TF_WORKSPACE: 'default',
    };
    const { TF_WORKSPACE: _, ...handedOn } = shell;

    expect(shellVariables(shell)).toEqual(handedOn);
  });

  it('keeps back a variable of Terraform that it does not know', () => {
    expect(shellVariables({ TF_SOMETHING_NEW: '1', PATH: '/bin' })).toEqual({ PATH: '/bin' });
  });

  it.each([
    [
      'TF_WORKSPACE',
      'blue',
      'TF_WORKSPACE: keeps the state of another workspace, got "blue"; expected it not to be set',
    ],
    [
      'TF_DATA_DIR',
      '/tmp/data',
      'TF_DATA_DIR: makes all stacks share one folder, got "/tmp/data"; expected it not to be set',
    ],
    [
      'TF_REATTACH_PROVIDERS',
      '{}',
      'TF_REATTACH_PROVIDERS: replaces the provider, got "{}"; expected it not to be set',
    ],
    [
      'TF_CLI_ARGS_plan',
      '-no-color -refresh=false',
      'TF_CLI_ARGS_plan: a flag that may change what Terraform reads or writes, got "-refresh=false"; expected -parallelism, -no-color, -compact-warnings, -lock-timeout or -input=false',
    ],
    [
      'TF_CLI_ARGS',
      '-state=other',
      'TF_CLI_ARGS: a flag that may change what Terraform reads or writes, got "-state=other"; expected -parallelism, -no-color, -compact-warnings, -lock-timeout or -input=false',
    ],
  ])('fails when %s is %j', (name, value, message) => {
    expect(() => shellVariables({ [name]: value })).toThrow(message);
  });
});
