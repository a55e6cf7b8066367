import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { archiveProviderVersion, type Environment } from '../../environments';
import { InputError } from '../../input-error';
import { findLocalAws, localAwsEnvironment, localAwsVariables, providerPath } from '../../local/local-aws';
import { stackNames } from '../../stacks/names';
import { supervisedFolder } from '../command/checkout-lock';
import type { Frame } from '../command/frame';
import { prepareProviders } from './find-providers';
import { findTerraform, type Terraform } from './find-terraform';
import { shellVariables } from './shell-variables';
import { forgetOtherEnvironment, lockFile, placeLock, stackFolder } from './stack-folder';

/** What a command works with in an environment. */
export interface AwsSession extends Frame {
  readonly environment: Environment;
  /** Configuration of every AWS client. */
  readonly aws: AwsConfiguration;
}

export type AwsConfiguration = Awaited<ReturnType<typeof awsConfiguration>>;

/** What a command that runs Terraform or cdktf works with. */
export interface Session extends AwsSession {
  readonly terraform: Terraform;
  /** The whole environment of a process of Terraform, of cdktf, and of the app that they run. */
  readonly variables: NodeJS.ProcessEnv;
}

export interface SessionOptions extends Frame {
  readonly environment: Environment;
  /** Finds the URL of the local AWS. @default that of the one which `npm run local:up` has started */
  readonly findUrl?: () => Promise<string>;
}

const noLock = `no ${lockFile}: the newest providers in range are used; "npm run providers:lock" makes one`;

/**
 * Find out how AWS is reached. In the emulated environment nothing of the user's own account is read.
 *
 * @throws InputError if the local AWS is needed and not running
 */
export async function openAws({ environment, findUrl, ...frame }: SessionOptions): Promise<AwsSession> {
  return { ...frame, environment, aws: await awsConfiguration(environment, findUrl) };
}

/**
 * Find Terraform and the providers for an environment, use them, and put away what was started for them.
 *
 * @throws InputError if Terraform, a provider or the local AWS is missing, or a variable of the shell would change what
 * Terraform does
 */
export async function withSession<T>(
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { environment, report } = options;
  const shell = shellVariables(process.env);
  const terraform = await findTerraform(shell);
  // One that is yet to be started is started last.
  const opened = options.findUrl ? undefined : await openAws(options);
  await forgetOtherEnvironment(environment);
  const variables: NodeJS.ProcessEnv = {
    ...shell,
    ...supervised(terraform),
    CHECKPOINT_DISABLE: '1',
    // A checkout goes from one environment to another, and no state goes along.
    TF_CLI_ARGS_init: [shell.TF_CLI_ARGS_init, '-reconfigure'].filter(Boolean).join(' '),
  };
  const note = (...notes: readonly string[]) => {
    report(`environment ${environment.name}`);
    report(`${terraform.product} ${terraform.version} (${terraform.path})`);
    for (const line of notes) report(line);
  };
  if (!environment.emulated) {
    const session = opened ?? (await openAws(options));
    for (const stack of Object.values(stackNames)) await placeLock(environment, stackFolder(stack));
    note(...(existsSync(lockFile) ? [] : [noLock]));
    return use({ ...session, terraform, variables });
  }

  const providers = await prepareProviders({
    terraform,
    awsVersions: environment.awsProviderVersion,
    archiveVersions: archiveProviderVersion,
    stub: { workingDirectory: stackFolder(stackNames.functions) },
  });
  try {
    const session = opened ?? (await openAws(options));
    note(...providers.notes);
    const url = session.aws.endpoint as string;
    const local = localAwsEnvironment(url, environment.region, variables);
    return await use({
      ...session,
      terraform,
      variables: { ...local, ...providers.variables, ...supervised(terraform, url) },
    });
  } finally {
    providers.stop();
  }
}

/**
 * Terraform by its supervisor, for whoever runs the program that `TERRAFORM_BINARY_NAME` names.
 *
 * @param localAws - the URL of the local AWS whose providers it shares; real environments never share one
 */
export function supervised({ path }: Pick<Terraform, 'path'>, localAws?: string) {
  return {
    TERRAFORM_BINARY_NAME: join(__dirname, 'supervised-terraform.mjs'),
    SUPERVISED_TERRAFORM: path,
    SUPERVISED_BY: String(process.pid),
    SUPERVISED_FOLDER: supervisedFolder,
    SUPERVISED_PROVIDERS: localAws && localAws + providerPath,
  };
}

/** An address from which nothing comes is given up after this many milliseconds. */
const connectionTimeout = 10_000;

async function awsConfiguration({ region, emulated }: Environment, findUrl = localAwsUrl) {
  if (!emulated) return { region, requestHandler: { connectionTimeout, ...(await proxyAgents()) } };
  const variables = localAwsVariables(await findUrl(), region);
  return {
    region,
    endpoint: variables.AWS_ENDPOINT_URL,
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID,
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY,
    },
    forcePathStyle: true,
    requestHandler: { connectionTimeout },
    // Settings for AWS's own endpoints, which would clash with this one.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
  };
}

/** The SDK knows nothing of the variables (`HTTPS_PROXY`, `NO_PROXY` and their like) that Terraform and the AWS CLI obey. */
async function proxyAgents() {
  if (!Object.keys(process.env).some((name) => /^(https?|all)_proxy$/i.test(name))) return {};
  const { ProxyAgent } = await import('proxy-agent');
  const agent = new ProxyAgent({ keepAlive: true });
  return { httpAgent: agent, httpsAgent: agent };
}

async function localAwsUrl(): Promise<string> {
  const aws = await findLocalAws();
  if (aws && !aws.emulatorHasEnded) return aws.url;
  if (aws) {
    throw new InputError(
      'local AWS: its emulator has ended, and all that was deployed to it is gone; start anew with "npm run local:up"',
    );
  }
  throw new InputError(
    'local AWS: not running; start it with "npm run local:up", or choose another environment with SUPERMISSION_ENV',
  );
}
