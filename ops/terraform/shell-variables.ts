import { InputError, type Problem } from '../../input-error';

/** What Terraform may have of the shell: how it logs, installs and signs in. It changes neither what is read nor where it is kept. */
const harmless =
  /^TF_(LOG(_.*)?|IN_AUTOMATION|INPUT|CLI_CONFIG_FILE|PLUGIN_CACHE_.*|REGISTRY_.*|TOKEN_.*|VAR_.*|STATE_PERSIST_INTERVAL)$/;

/** What would send state elsewhere, or change what Terraform reads, and why. */
const refused: Readonly<Record<string, string>> = {
  TF_WORKSPACE: 'keeps the state of another workspace',
  TF_DATA_DIR: 'makes all stacks share one folder',
  TF_REATTACH_PROVIDERS: 'replaces the provider',
  TF_ENCRYPTION: 'changes how the state is kept',
};

/** Flags of Terraform that a shell may add to every call. */
const harmlessFlags = /^-(parallelism=\d+|no-color|compact-warnings|lock-timeout=\w+|input=false)$/;

/**
 * The shell's variables as Terraform and cdktf get them: of Terraform's own those that are harmless.
 *
 * @throws InputError for each that would change what is read, or where the state is kept
 */
export function shellVariables(shell: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const problems = Object.entries(shell).flatMap(([name, value = '']) => problemsOf(name, value));
  if (problems.length > 0) throw new InputError(...problems);
  const isPassedOn = (name: string) =>
    !name.startsWith('TF_') || harmless.test(name) || /^TF_CLI_ARGS(_\w+)?$/.test(name);
  return Object.fromEntries(Object.entries(shell).filter(([name]) => isPassedOn(name)));
}

function problemsOf(name: string, value: string): Problem[] {
  const reason = refused[name];
  const isDefault = value === '' || (name === 'TF_WORKSPACE' && value === 'default');
  if (reason && !isDefault) return [{ where: name, what: reason, got: value, expected: 'it not to be set' }];
  if (!/^TF_CLI_ARGS(_\w+)?$/.test(name)) return [];
  return value
    .split(/\s+/)
    .filter((flag) => flag !== '' && !harmlessFlags.test(flag))
    .map((flag) => ({
      where: name,
      what: 'a flag that may change what Terraform reads or writes',
      got: flag,
      expected: '-parallelism, -no-color, -compact-warnings, -lock-timeout or -input=false',
    }));
}
