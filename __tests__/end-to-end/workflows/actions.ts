import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { minimatch } from 'minimatch';
import { type Permissions, runScript } from './github';
import type { Hub } from './hub';

/** A job on its way, as its steps see and change it. */
export interface JobRun {
  readonly hub: Hub;
  readonly runId: number;
  /** The fresh folder that the job works in. */
  readonly workspace: string;
  readonly permissions: Permissions;
  /** GitHub's environment that the job is in. */
  readonly environment: string | undefined;
  readonly github: Readonly<Record<string, any>>;
  /** Variables of the steps to come. */
  readonly variables: NodeJS.ProcessEnv;
}

export interface ActionResult {
  readonly outputs?: Readonly<Record<string, string>>;
  readonly log?: string;
}

type Inputs = Readonly<Record<string, string>>;
type Action = (inputs: Inputs, job: JobRun) => ActionResult | Promise<ActionResult>;

const root = resolve(__dirname, '../../..');

/** Fails for an input that the stub does not know: it would pass in silence otherwise. */
function expectInputs(inputs: Inputs, ...known: readonly string[]): void {
  for (const name of Object.keys(inputs)) {
    if (!known.includes(name)) throw new Error(`${name}: an input that this stub does not know`);
  }
}

/** The commit of the run, in an empty folder. */
const checkout: Action = (inputs, { hub, workspace, github }) => {
  expectInputs(inputs, 'persist-credentials');
  const git = (...args: string[]) => execFileSync('git', ['-C', workspace, ...args], { encoding: 'utf8' });
  git('init', '-q');
  git('fetch', '-q', hub.origin, github.sha);
  git('checkout', '-q', 'FETCH_HEAD');
  return {};
};

/**
 * Node.js is the one of this machine. Its `npm` is the real one, but for two commands: `npm ci` takes the packages of this
 * project, and `npm run check` would run the suites within a suite.
 */
const setupNode: Action = (inputs, { variables, workspace }) => {
  expectInputs(inputs, 'node-version-file', 'node-version', 'cache');
  const file = inputs['node-version-file'];
  if (file && !existsSync(join(workspace, file))) throw new Error(`${file}: no such file`);
  const tools = mkdtempSync(join(tmpdir(), 'workflow-tools-'));
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  writeFileSync(
    join(tools, 'npm'),
    `#!/bin/sh
case "$*" in
  ci) exec ln -s '${root}/node_modules' node_modules ;;
  'run check') echo 'not run within a suite' ;;
  *) exec '${npm}' "$@" ;;
esac
`,
  );
  chmodSync(join(tools, 'npm'), 0o755);
  variables.PATH = `${tools}:${variables.PATH}`;
  return {};
};

/** GitHub's tokens, and a role's trust as it is deployed. The keys are worth nothing: the local AWS takes any. */
const configureCredentials: Action = async (inputs, { hub, permissions, environment, github, variables }) => {
  expectInputs(inputs, 'role-to-assume', 'aws-region');
  if (permissions['id-token'] !== 'write')
    throw new Error('It looks like you might be trying to authenticate with OIDC');
  const place = environment
    ? `environment:${environment}`
    : github.event_name === 'pull_request'
      ? 'pull_request'
      : `ref:${github.ref}`;
  const claims = { aud: 'sts.amazonaws.com', sub: `repo:${hub.subject}:${place}` };
  const { 'role-to-assume': arn = '', 'aws-region': region = '' } = inputs;
  const { Role } = await new IAMClient(hub.aws).send(
    new GetRoleCommand({ RoleName: arn.replace(/.*\//, '') }),
  );
  if (Role?.Arn !== arn || !trusts(decodeURIComponent(Role.AssumeRolePolicyDocument ?? ''), claims))
    throw new Error(
      `Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity (${claims.sub})`,
    );
  hub.assumed.push({ role: arn.replace(/.*\//, ''), subject: claims.sub });
  Object.assign(variables, {
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_SESSION_TOKEN: 'any',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  });
  return {};
};

/** Whether a trust policy that only asks for claims to be equal lets somebody with these claims in. */
function trusts(document: string, claims: Readonly<Record<string, string>>): boolean {
  const { Statement } = JSON.parse(document);
  return [Statement].flat().some(({ Effect, Action, Condition }) => {
    const { StringEquals, ...rest } = Condition;
    if (
      Effect !== 'Allow' ||
      [Action].flat().join() !== 'sts:AssumeRoleWithWebIdentity' ||
      Object.keys(rest).length > 0
    )
      return false;
    return Object.entries<string | string[]>(StringEquals).every(([key, values]) =>
      [values].flat().includes(claims[key.replace('token.actions.githubusercontent.com:', '')] ?? ''),
    );
  });
}

/** A pattern finds files and whole folders, below its part without wildcards; what those parts share is the artifact's root. */
const uploadArtifact: Action = (inputs, { hub, runId, workspace }) => {
  expectInputs(inputs, 'name', 'path', 'include-hidden-files', 'if-no-files-found', 'retention-days');
  const { name = 'artifact', path = '', 'if-no-files-found': ifNone = 'warn' } = inputs;
  const patterns = path
    .split('\n')
    .filter(Boolean)
    .map((it) => resolve(workspace, it));
  const searchPaths = [...new Set(patterns.map((it) => it.replace(/\/[^/]*[*?[].*/, '')))];
  const files = searchPaths
    .flatMap((it) => filesBelow(it, inputs['include-hidden-files'] === 'true'))
    .filter((file) =>
      patterns.some((it) => [it, `${it}/**`].some((one) => minimatch(file, one, { dot: true }))),
    );
  if (files.length === 0) {
    const log = `No files were found with the provided path: ${path}`;
    if (ifNone === 'error') throw new Error(log);
    return { log };
  }
  const isOneFile = files.length === 1 && searchPaths.length === 1 && files[0] === searchPaths[0];
  const from = isOneFile ? dirname(files[0] as string) : commonFolder(searchPaths);
  const artifact = hub.newArtifact(runId, name);
  for (const file of new Set(files)) copy(file, join(artifact, relative(from, file)));
  return {};
};

/** Hidden folders are left out with all that is in them. */
function filesBelow(path: string, withHidden: boolean): string[] {
  if (!existsSync(path) || (!withHidden && basename(path).startsWith('.'))) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((it) => filesBelow(join(path, it), withHidden));
}

function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((it) => it.split(sep));
  const length = first.findIndex((part, index) => others.some((it) => it[index] !== part));
  return first.slice(0, length === -1 ? undefined : length).join(sep);
}

/** Of this run, or of another one with a token that may read it. */
const downloadArtifact: Action = (inputs, { hub, runId, workspace, permissions }) => {
  expectInputs(inputs, 'name', 'path', 'pattern', 'merge-multiple', 'run-id', 'github-token');
  const { name, path = '.', pattern, 'run-id': other } = inputs;
  if (inputs['github-token'] && permissions.actions !== 'read')
    throw new Error('Resource not accessible by integration');
  const artifacts = hub.artifacts(inputs['github-token'] ? Number(other) : runId);
  if (name !== undefined) {
    const folder = artifacts.get(name);
    if (!folder) throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
    copy(folder, resolve(workspace, path));
    return {};
  }
  if (pattern?.endsWith('*') !== true) throw new Error('this stub knows patterns that end in an asterisk');
  const found = [...artifacts].filter(([it]) => it.startsWith(pattern.slice(0, -1)));
  for (const [it, folder] of found) {
    const isFlat = inputs['merge-multiple'] === 'true' || found.length === 1;
    copy(folder, resolve(workspace, path, isFlat ? '.' : it));
  }
  return { log: `Total of ${found.length} artifact(s) downloaded` };
};

/** Artifacts keep names and contents, and no permissions. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', to]);
}

const githubScript: Action = async (inputs, { hub, permissions, github, workspace }) => {
  expectInputs(inputs, 'script');
  const [owner = '', repo = ''] = github.repository.split('/');
  const context = {
    repo: { owner, repo },
    sha: github.sha,
    ref: github.ref,
    eventName: github.event_name,
    payload: github.event,
    issue: { owner, repo, number: github.event.pull_request?.number },
  };
  const before = process.cwd();
  // The action works in the folder of the job.
  process.chdir(workspace);
  try {
    const { outputs, failures } = await runScript(inputs.script ?? '', {
      github: hub.api.client(permissions),
      context,
      require: createRequire(join(workspace, 'script.js')),
    });
    if (failures.length > 0) throw new Error(failures.join('\n'));
    return { outputs };
  } finally {
    process.chdir(before);
  }
};

/** The actions that the workflows use, as their documentation says they behave. */
export const actions: Readonly<Record<string, Action>> = {
  'actions/checkout': checkout,
  'actions/setup-node': setupNode,
  'aws-actions/configure-aws-credentials': configureCredentials,
  'actions/upload-artifact': uploadArtifact,
  'actions/download-artifact': downloadArtifact,
  'actions/github-script': githubScript,
};
