import type { Fn, Table } from '../declarations';
import type { Environment } from '../environments';
import { project } from '../system';

/** Ids of the stacks, in the order of their deployment. */
export const stackNames = {
  stateBackend: 'state-backend',
  table: 'table',
  functions: 'functions',
  web: 'web',
  pipeline: 'pipeline',
} as const;

/** What is deployed when there is a state bucket: the tables first, what reads them next. */
export function appStacks({ web }: { readonly web?: unknown }): readonly string[] {
  return [stackNames.table, stackNames.functions, ...(web ? [stackNames.web] : [])];
}

/** The stacks of a deployment. The pipeline's own is not among them: whoever could change it could do anything. */
export function systemStacks(environment: { readonly web?: unknown }): readonly string[] {
  return [stackNames.stateBackend, ...appStacks(environment)];
}

/** What the API of an environment's web, and the log group of its calls, are called. */
export function webNames({ name }: Environment) {
  const api = `${project}-${name}-web`;
  // Log groups of other names share one policy of the account, which has room for few of them:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html
  return { api, logGroup: `/aws/vendedlogs/${api}` };
}

/** The files of a function's package that export a `handler`, without `.mjs`. */
export const entries = { direct: 'index', overHttp: 'http' } as const;

/** What a table is called in AWS. */
export function tableName({ nameSuffix }: Environment, { name }: Table): string {
  return `${name}${nameSuffix}`;
}

/** What a function, and what it is made of, are called in AWS. */
export interface FunctionNames {
  readonly function: string;
  readonly role: string;
  /** The policy by which it may read. */
  readonly policy: string;
  /** The policy by which it may write its logs. */
  readonly logsPolicy: string;
  /** The log group that Lambda writes its logs to. */
  readonly logGroup: string;
}

export function functionNames(
  { nameSuffix }: Environment,
  { name, role = `${name}Role`, policy }: Fn,
): FunctionNames {
  return {
    function: `${name}${nameSuffix}`,
    role: `${role}${nameSuffix}`,
    policy: `${policy?.name ?? `${name}ReadPolicy`}${nameSuffix}`,
    logsPolicy: `${name}${nameSuffix}LogsPolicy`,
    logGroup: `/aws/lambda/${name}${nameSuffix}`,
  };
}

/** Where an environment keeps the parts of an import in its state bucket. */
export function importPrefix({ name }: Environment, digest = ''): string {
  return [project, name, 'import', digest].filter(Boolean).join('/').concat('/');
}

/** Where an environment keeps the state of a stack in its state bucket. */
export function stateKey(environment: Environment, stack: string): string {
  return `${project}/${environment.name}/${stack}.tfstate`;
}

/** Arguments of the S3 backend, as Terraform calls them, that keeps an environment's state of a stack: encrypted and locked. */
export function stateBackend(environment: Environment, stack: string) {
  const { allowedAccountIds, emulated, region, stateBucket } = environment;
  return {
    bucket: stateBucket,
    key: stateKey(environment, stack),
    region,
    encrypt: true,
    use_lockfile: true,
    use_path_style: emulated,
    ...(allowedAccountIds && { allowed_account_ids: allowedAccountIds }),
  };
}
