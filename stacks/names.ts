import type { Environment } from '../environments';

/** The project's name, in state keys and tags. */
export const project = 'supermission';

/** Ids of the stacks, in the order of their deployment. */
export const stackNames = {
  stateBackend: 'state-backend',
  table: 'table',
  functions: 'functions',
  pipeline: 'pipeline',
} as const;

/** The stacks of a deployment. The pipeline's own is not among them: whoever could change it could do anything. */
export const systemStacks: readonly string[] = [
  stackNames.stateBackend,
  stackNames.table,
  stackNames.functions,
];

const baseNames = {
  table: 'SuperMissionTable',
  scanPolicy: 'Super-DynamoDBScanPolicy',
  queryPolicy: 'SuperDynamoDBQueryPolicy',
  scanRole: 'SuperDynamoDBRole',
  queryRole: 'SuperDynamoDbQueryRole',
  scanFunction: 'SuperDynamoDBFunction',
  queryFunction: 'MissionDetailsFunction',
} as const;

/** What the system's resources are called in AWS. */
export type ResourceNames = Readonly<Record<keyof typeof baseNames, string>>;

/** The names of an environment's resources. */
export function resourceNames({ nameSuffix }: Environment): ResourceNames {
  const named = Object.entries(baseNames).map(([resource, name]) => [resource, `${name}${nameSuffix}`]);
  return Object.fromEntries(named) as ResourceNames;
}

/** Where an environment keeps the parts of an import in its state bucket. */
export function importPrefix({ name }: Environment, digest = ''): string {
  return [project, name, 'import', digest].filter(Boolean).join('/').concat('/');
}

/** The policy by which a function may write its logs. */
export function logsPolicyName(functionName: string): string {
  return `${functionName}LogsPolicy`;
}

/** Where an environment keeps the state of a stack in its state bucket. */
export function stateKey(environment: Environment, stack: string): string {
  return `${project}/${environment.name}/${stack}.tfstate`;
}
