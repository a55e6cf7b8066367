import { keySchema } from '../../declarations';
import type { Environment } from '../../environments';
import { functionNames, stackNames, stateKey, tableName } from '../../stacks/names';
import { functions, missions } from '../../system';
import { accountId } from './policy-documents';
import { environment, seedData } from './synthesize';

/** The function whose role is meant, by what it does with the table. */
export type FunctionKey = 'scan' | 'query';

/** One request to AWS, the answer that each environment's policies should give to it, and why. */
export interface AccessCase {
  readonly who: Principal;
  readonly action: string;
  readonly on: Resource;
  readonly asking: Request;
  readonly lab: Answer;
  readonly prod: Answer;
  readonly because: string;
}

export type Answer = 'allow' | 'deny';

/** Who asks: a function in its role, or someone whose rights do not come from us. */
export interface Principal {
  readonly name: string;
  readonly function?: FunctionKey;
  /** The ARN or the service that asks. */
  readonly id: (row: Environment) => string;
  /** What it may do, by policy name, if it is no function. */
  readonly policies?: Readonly<Record<string, object>>;
}

/** What is asked for; `owner` is the function that "its" refers to. */
export interface Resource {
  readonly name: string;
  readonly arn: (row: Environment, owner: FunctionKey) => string;
  /** The account that the resource belongs to. @default ours */
  readonly account?: string;
  /** Whether its owner lets everyone in, so that our policies alone decide. @default false */
  readonly open?: boolean;
  /** The function whose role this is, if it is one: its trust policy takes part in the answer. */
  readonly roleOf?: FunctionKey;
}

/** What the request says, in the condition keys that AWS fills. */
export interface Request {
  readonly name: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** What the functions and their parts are called. */
export const resourceNames = (row: Environment) => {
  const scan = functionNames(row, functions['super-dynamodb']);
  const query = functionNames(row, functions['mission-details']);
  return {
    table: tableName(row, missions),
    scanFunction: scan.function,
    scanRole: scan.role,
    scanPolicy: scan.policy,
    queryFunction: query.function,
    queryRole: query.role,
    queryPolicy: query.policy,
  };
};

const partitionKey = keySchema(missions.key).partitionKey.name;
const visibleAttributes: readonly string[] = missions.visibleAttributes;
const logGroupName = (name: string) => `/aws/lambda/${name}`;

export const anotherAccountId = '999999999999';

const functionName = (row: Environment, key: FunctionKey) => resourceNames(row)[`${key}Function`];
const roleName = (row: Environment, key: FunctionKey) => resourceNames(row)[`${key}Role`];
const other = (key: FunctionKey): FunctionKey => (key === 'scan' ? 'query' : 'scan');

// Principals

const inRole = (key: FunctionKey): Principal => ({
  name: `the ${key} function`,
  function: key,
  id: (row) => `arn:aws:sts::${accountId}:assumed-role/${roleName(row, key)}/${functionName(row, key)}`,
});
const scanFunction = inRole('scan');
const queryFunction = inRole('query');
const awsService = (name: string, id: string): Principal => ({ name, id: () => id, policies: {} });
const lambda = awsService('Lambda', 'lambda.amazonaws.com');
const ec2 = awsService('EC2', 'ec2.amazonaws.com');
const administrator = (name: string, account: string): Principal => ({
  name,
  id: () => `arn:aws:iam::${account}:user/administrator`,
  policies: {
    Administrator: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
    },
  },
});
const admin = administrator('an administrator', accountId);
const stranger = administrator("another account's administrator", anotherAccountId);

// Resources

const inRegion = (row: Environment, service: string, resource: string) =>
  `arn:aws:${service}:${row.region}:${accountId}:${resource}`;
const table = (name: string, tablePath: (row: Environment) => string): Resource => ({
  name,
  arn: (row) => inRegion(row, 'dynamodb', `table/${tablePath(row)}`),
});
const ownTable = table('its table', (row) => resourceNames(row).table);
const index = table('an index of its table', (row) => `${resourceNames(row).table}/index/by-villain`);
const stream = table(
  'the stream of its table',
  (row) => `${resourceNames(row).table}/stream/2026-01-01T00:00:00.000`,
);
const backup = table(
  'a backup of its table',
  (row) => `${resourceNames(row).table}/backup/01700000000000-abcdef01`,
);
const alikeTable = table('a table named alike', (row) => `${resourceNames(row).table}-copy`);
const twinTable = table("the other environment's table", (row) =>
  row.name === 'prod' ? resourceNames(environment('lab')).table : resourceNames(environment('prod')).table,
);
const foreignTable = table('the table of another system', () => 'Payroll');
const tableImport = table(
  'an import into its table',
  (row) => `${resourceNames(row).table}/import/01700000000000-abcdef01`,
);
const tableExport = table(
  'an export of its table',
  (row) => `${resourceNames(row).table}/export/01700000000000-abcdef01`,
);
const globalTable: Resource = {
  name: 'its table as a global one',
  arn: (row) => `arn:aws:dynamodb::${accountId}:global-table/${resourceNames(row).table}`,
};
const anyTable: Resource = { name: 'any table', arn: () => '*' };

const logStream = (name: string, groupName: (row: Environment, owner: FunctionKey) => string): Resource => ({
  name,
  arn: (row, owner) =>
    inRegion(row, 'logs', `log-group:${groupName(row, owner)}:log-stream:2026/01/01/[1]0123`),
});
const ownStream = logStream('its log stream', (row, owner) => logGroupName(functionName(row, owner)));
const otherStream = logStream("the other function's log stream", (row, owner) =>
  logGroupName(functionName(row, other(owner))),
);
const alikeStream = logStream(
  'the log stream of a function named alike',
  (row, owner) => `${logGroupName(functionName(row, owner))}-copy`,
);
const foreignStream = logStream('the log stream of another system', () => 'payroll');
/** CloudWatch Logs asks for a group by the name of a stream that is empty. */
const ownGroup: Resource = {
  name: 'its log group',
  arn: (row, owner) =>
    inRegion(row, 'logs', `log-group:${logGroupName(functionName(row, owner))}:log-stream:`),
};

const moved = (resource: Resource, where: string, change: (arn: string) => string, account?: string) => ({
  name: `${resource.name}'s name in another ${where}`,
  arn: (row: Environment, owner: FunctionKey) => change(resource.arn(row, owner)),
  ...(account && { account, open: true }),
});
const inAnotherRegion = (resource: Resource) =>
  moved(resource, 'region', (arn) => arn.replace(/^((?:[^:]*:){3})[^:]*/, '$1eu-west-1'));
const inAnotherAccount = (resource: Resource) =>
  moved(resource, 'account', (arn) => arn.replace(accountId, anotherAccountId), anotherAccountId);

const s3Object: Resource = {
  name: 'an object of another system',
  arn: () => 'arn:aws:s3:::payroll/2026.csv',
};
const s3Bucket: Resource = { name: 'the bucket of another system', arn: () => 'arn:aws:s3:::payroll' };
const state: Resource = {
  name: 'the Terraform state',
  arn: (row) => `arn:aws:s3:::${row.stateBucket}/${stateKey(row, stackNames.table)}`,
};

const iamRole = (key: FunctionKey): Resource => ({
  name: `the role of the ${key} function`,
  arn: (row) => `arn:aws:iam::${accountId}:role/${roleName(row, key)}`,
  roleOf: key,
});
const foreignRole: Resource = {
  name: 'a role of another account',
  arn: () => `arn:aws:iam::${anotherAccountId}:role/Payroll`,
  account: anotherAccountId,
  open: true,
};
const ownCode: Resource = {
  name: 'its code',
  arn: (row, owner) => inRegion(row, 'lambda', `function:${functionName(row, owner)}`),
};

// Requests

/** The attributes of the records that nobody but the scan function may see. */
export const hiddenAttributes = [
  ...new Set(seedData.flatMap(({ item }) => Object.keys(JSON.parse(item)))),
].filter((attribute) => !visibleAttributes.some((visible) => visible === attribute));

/** `dynamodb:Attributes` holds the attributes that a request names anywhere, its key and filters included. */
const reading = (name: string, select: string, attributes: readonly string[]): Request => ({
  name,
  context: { 'dynamodb:Select': select, 'dynamodb:Attributes': [...attributes] },
});
const plain: Request = { name: '', context: {} };
const visible = reading('the visible attributes', 'SPECIFIC_ATTRIBUTES', visibleAttributes);
const keyOnly = reading('the key only', 'SPECIFIC_ATTRIBUTES', [partitionKey]);
const everything = reading('no projection', 'ALL_ATTRIBUTES', [partitionKey]);
const projected = reading('all projected attributes', 'ALL_PROJECTED_ATTRIBUTES', [partitionKey]);
const count = reading('the count', 'COUNT', [partitionKey]);
const filter = reading('a filter on every attribute', 'ALL_ATTRIBUTES', [partitionKey, ...hiddenAttributes]);
const countBy = (attribute: string) =>
  reading(`the count of items by ${attribute}`, 'COUNT', [partitionKey, attribute]);
const andHidden = (attribute: string) =>
  reading(`${attribute} too`, 'SPECIFIC_ATTRIBUTES', [...visibleAttributes, attribute]);
const hiddenOnly = reading('hidden attributes only', 'SPECIFIC_ATTRIBUTES', hiddenAttributes);
const unnamed: Request = {
  name: 'a projection without names',
  context: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
};
const unselected: Request = {
  name: 'no word on the selection',
  context: { 'dynamodb:Attributes': [...visibleAttributes] },
};
const everyItem: Request = { name: '', context: { 'dynamodb:Select': 'ALL_ATTRIBUTES' } };

const forAccount = (name: string, account: string): Request => ({
  name,
  context: { 'aws:SourceAccount': account },
});
const forUs = forAccount('for this account', accountId);
const forAnother = forAccount('for another account', anotherAccountId);
const forNobody: Request = { name: 'for no named account', context: {} };

// Cases

type Row = readonly [
  action: string,
  on: Resource,
  asking: Request,
  lab: Answer,
  prod: Answer,
  because: string,
];

const scanFunctionCases: Row[] = [
  ['dynamodb:Scan', ownTable, everyItem, 'allow', 'allow', 'its only task'],
  ['dynamodb:Scan', ownTable, visible, 'allow', 'allow', 'it may see every attribute, so fewer too'],
  ['dynamodb:Scan', index, everyItem, 'allow', 'deny', 'there is no index to read'],
  ['dynamodb:Scan', alikeTable, everyItem, 'allow', 'deny', 'the whole name counts'],
  ['dynamodb:Scan', twinTable, everyItem, 'allow', 'deny', 'environments share an account, not data'],
  ['dynamodb:Scan', foreignTable, everyItem, 'allow', 'deny', "another system's data"],
  ['dynamodb:Scan', inAnotherRegion(ownTable), everyItem, 'allow', 'deny', 'another table'],
  ['dynamodb:Scan', inAnotherAccount(ownTable), everyItem, 'allow', 'deny', 'even where its owner agrees'],
  ['dynamodb:Query', ownTable, visible, 'deny', 'deny', "the other function's task"],
  ['dynamodb:Query', ownTable, everything, 'deny', 'deny', "the other function's task"],
  ['dynamodb:BatchWriteItem', ownTable, plain, 'allow', 'deny', 'it never writes'],
  ['dynamodb:BatchWriteItem', foreignTable, plain, 'allow', 'deny', 'it never writes'],
  ['s3:GetObject', s3Object, plain, 'allow', 'deny', 'it never uses S3'],
  ['s3:PutObject', s3Object, plain, 'allow', 'deny', 'it never uses S3'],
  ['s3:GetObject', state, plain, 'allow', 'deny', 'state may hold secrets'],
  ['s3:PutObject', state, plain, 'allow', 'deny', 'who writes the state decides the next deployment'],
];

const queryFunctionCases: Row[] = [
  ['dynamodb:Query', ownTable, visible, 'allow', 'allow', 'its only task'],
  ['dynamodb:Query', ownTable, keyOnly, 'allow', 'allow', 'fewer attributes than the visible ones'],
  ['dynamodb:Query', ownTable, everything, 'allow', 'deny', 'every attribute comes back'],
  ['dynamodb:Query', ownTable, projected, 'allow', 'deny', 'an index may hold hidden attributes'],
  ['dynamodb:Query', ownTable, count, 'allow', 'deny', 'it names what it reads'],
  ['dynamodb:Query', ownTable, unnamed, 'allow', 'deny', 'ForAllValues holds where nothing is named'],
  ['dynamodb:Query', ownTable, unselected, 'allow', 'deny', 'what is not said is not granted'],
  ['dynamodb:Query', ownTable, plain, 'allow', 'deny', 'what is not said is not granted'],
  ['dynamodb:Query', ownTable, filter, 'deny', 'deny', 'filters betray what they test'],
  ['dynamodb:Query', ownTable, hiddenOnly, 'deny', 'deny', 'the attributes are hidden'],
  ...hiddenAttributes.map(
    (attribute): Row => [
      'dynamodb:Query',
      ownTable,
      andHidden(attribute),
      'deny',
      'deny',
      'one attribute too many, be it in the answer or in a filter',
    ],
  ),
  ...hiddenAttributes.map(
    (attribute): Row => [
      'dynamodb:Query',
      ownTable,
      countBy(attribute),
      'deny',
      'deny',
      'a count betrays what it counts by',
    ],
  ),
  ['dynamodb:Query', index, visible, 'allow', 'deny', 'there is no index to read'],
  ['dynamodb:Query', index, projected, 'allow', 'deny', 'an index may hold hidden attributes'],
  ['dynamodb:Query', index, count, 'allow', 'deny', 'there is no index to read'],
  ['dynamodb:Query', index, hiddenOnly, 'deny', 'deny', 'the attributes are hidden'],
  ['dynamodb:Query', alikeTable, visible, 'allow', 'deny', 'the whole name counts'],
  ['dynamodb:Query', twinTable, visible, 'allow', 'deny', 'environments share an account, not data'],
  ['dynamodb:Query', foreignTable, visible, 'allow', 'deny', "another system's data"],
  [
    'dynamodb:Query',
    foreignTable,
    everything,
    'allow',
    'deny',
    "another system's data, with every attribute",
  ],
  ['dynamodb:Query', inAnotherRegion(ownTable), visible, 'allow', 'deny', 'another table'],
  ['dynamodb:Query', inAnotherAccount(ownTable), visible, 'allow', 'deny', 'even where its owner agrees'],
  ['dynamodb:Scan', ownTable, visible, 'deny', 'deny', "the other function's task"],
  ['dynamodb:Scan', ownTable, everyItem, 'deny', 'deny', "the other function's task"],
  ['dynamodb:BatchWriteItem', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['s3:GetObject', s3Object, plain, 'deny', 'deny', 'it never uses S3'],
  ['s3:PutObject', s3Object, plain, 'deny', 'deny', 'it never uses S3'],
  ['s3:GetObject', state, plain, 'deny', 'deny', 'state may hold secrets'],
];

const denied = (because: string, on: Resource, actions: readonly string[]): Row[] =>
  actions.map((action) => [action, on, plain, 'deny', 'deny', because]);

const casesOfBothFunctions: Row[] = [
  // Reading in other ways
  ['dynamodb:GetItem', ownTable, visible, 'deny', 'deny', 'not its way to read'],
  ['dynamodb:BatchGetItem', ownTable, visible, 'deny', 'deny', 'not its way to read'],
  ['dynamodb:PartiQLSelect', ownTable, visible, 'deny', 'deny', 'SQL is no way around'],
  ['dynamodb:PartiQLSelect', ownTable, everything, 'deny', 'deny', 'SQL is no way around'],
  ['dynamodb:GetRecords', stream, plain, 'deny', 'deny', 'a stream repeats every item'],
  ...denied('not its way to read', ownTable, [
    'dynamodb:ConditionCheckItem',
    'dynamodb:SearchVectors',
    'dynamodb:ReadDataForReplication',
  ]),
  ...denied('a stream repeats every item', stream, ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator']),

  // Looking around
  ...denied('not needed', ownTable, [
    'dynamodb:DescribeTable',
    'dynamodb:DescribeContinuousBackups',
    'dynamodb:DescribeContributorInsights',
    'dynamodb:DescribeKinesisStreamingDestination',
    'dynamodb:DescribeTableReplicaAutoScaling',
    'dynamodb:DescribeTimeToLive',
    'dynamodb:GetResourcePolicy',
    'dynamodb:ListExports',
    'dynamodb:ListImports',
    'dynamodb:ListTagsOfResource',
  ]),
  ...denied('not needed', globalTable, [
    'dynamodb:DescribeGlobalTable',
    'dynamodb:DescribeGlobalTableSettings',
  ]),
  ...denied('not needed', backup, ['dynamodb:DescribeBackup']),
  ...denied('not needed', tableImport, ['dynamodb:DescribeImport']),
  ...denied('not needed', tableExport, ['dynamodb:DescribeExport']),
  ...denied('not needed', anyTable, [
    'dynamodb:DescribeEndpoints',
    'dynamodb:DescribeLimits',
    'dynamodb:DescribeReservedCapacity',
    'dynamodb:DescribeReservedCapacityOfferings',
    'dynamodb:GetAbacStatus',
    'dynamodb:ListBackups',
    'dynamodb:ListContributorInsights',
    'dynamodb:ListGlobalTables',
    'dynamodb:ListStreams',
    'dynamodb:ListTables',
  ]),

  // Writing
  ['dynamodb:PutItem', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:UpdateItem', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:DeleteItem', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:PartiQLInsert', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:PartiQLUpdate', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:PartiQLDelete', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:ImportTable', ownTable, plain, 'deny', 'deny', 'it never writes'],
  ['dynamodb:WriteDataForReplication', ownTable, plain, 'deny', 'deny', 'it never writes'],

  // Administering the table
  ['dynamodb:CreateTable', ownTable, plain, 'deny', 'deny', 'Terraform does that'],
  ['dynamodb:UpdateTable', ownTable, plain, 'deny', 'deny', 'it could lift the deletion protection'],
  ['dynamodb:DeleteTable', ownTable, plain, 'deny', 'deny', 'the data would be lost'],
  ['dynamodb:UpdateContinuousBackups', ownTable, plain, 'deny', 'deny', 'it could end the recovery'],
  ['dynamodb:UpdateTimeToLive', ownTable, plain, 'deny', 'deny', 'items could be made to expire'],
  ['dynamodb:PutResourcePolicy', ownTable, plain, 'deny', 'deny', 'it could let others in'],
  ['dynamodb:CreateBackup', ownTable, plain, 'deny', 'deny', 'a copy holds every attribute'],
  ['dynamodb:DeleteBackup', backup, plain, 'deny', 'deny', 'the way back would be lost'],
  ['dynamodb:RestoreTableFromBackup', backup, plain, 'deny', 'deny', 'a copy holds every attribute'],
  ['dynamodb:RestoreTableFromBackup', ownTable, plain, 'deny', 'deny', 'a copy holds every attribute'],
  ['dynamodb:RestoreTableToPointInTime', ownTable, plain, 'deny', 'deny', 'a copy holds every attribute'],
  ['dynamodb:ExportTableToPointInTime', ownTable, plain, 'deny', 'deny', 'a copy holds every attribute'],
  ...denied('a copy holds every attribute', ownTable, [
    'dynamodb:AssociateTableReplica',
    'dynamodb:CreateGlobalTable',
    'dynamodb:CreateGlobalTableWitness',
    'dynamodb:CreateTableReplica',
    'dynamodb:EnableKinesisStreamingDestination',
    'dynamodb:RestoreTableFromAwsBackup',
    'dynamodb:StartAwsBackupJob',
    'dynamodb:UpdateKinesisStreamingDestination',
  ]),
  ...denied('Terraform does that', ownTable, [
    'dynamodb:DeleteGlobalTableWitness',
    'dynamodb:DeleteResourcePolicy',
    'dynamodb:DeleteTableReplica',
    'dynamodb:DisableKinesisStreamingDestination',
    'dynamodb:ReplicateSettings',
    'dynamodb:TagResource',
    'dynamodb:UntagResource',
    'dynamodb:UpdateContributorInsights',
    'dynamodb:UpdateGlobalTable',
    'dynamodb:UpdateGlobalTableSettings',
    'dynamodb:UpdateGlobalTableVersion',
    'dynamodb:UpdateTableReplicaAutoScaling',
  ]),
  ...denied("the account is its owner's", anyTable, [
    'dynamodb:InjectError',
    'dynamodb:PurchaseReservedCapacityOfferings',
    'dynamodb:UpdateAbacStatus',
  ]),

  // Logs
  ['logs:CreateLogStream', ownStream, plain, 'allow', 'allow', 'each instance logs to a stream of its own'],
  ['logs:PutLogEvents', ownStream, plain, 'allow', 'allow', 'one line per invocation'],
  ['logs:CreateLogStream', otherStream, plain, 'deny', 'deny', 'nobody writes in the name of another'],
  ['logs:PutLogEvents', otherStream, plain, 'deny', 'deny', 'nobody writes in the name of another'],
  ['logs:PutLogEvents', alikeStream, plain, 'deny', 'deny', 'the whole name counts'],
  ['logs:PutLogEvents', foreignStream, plain, 'deny', 'deny', 'the log of another system'],
  ['logs:PutLogEvents', inAnotherRegion(ownStream), plain, 'deny', 'deny', 'another log'],
  ['logs:PutLogEvents', inAnotherAccount(ownStream), plain, 'deny', 'deny', 'even where its owner agrees'],
  ['logs:CreateLogGroup', ownGroup, plain, 'deny', 'deny', 'Terraform does that, with a retention'],
  ['logs:DeleteLogGroup', ownGroup, plain, 'deny', 'deny', 'traces must stay'],
  ['logs:DeleteLogStream', ownStream, plain, 'deny', 'deny', 'traces must stay'],
  ['logs:PutRetentionPolicy', ownGroup, plain, 'deny', 'deny', 'traces must stay'],
  ['logs:GetLogEvents', ownStream, plain, 'deny', 'deny', 'it writes and does not read'],

  // Beyond
  ['s3:ListBucket', s3Bucket, plain, 'deny', 'deny', 'it never uses S3'],
  ['s3:DeleteObject', state, plain, 'deny', 'deny', 'it never uses S3'],
  ['iam:AttachRolePolicy', iamRole('scan'), plain, 'deny', 'deny', 'no role raises itself'],
  ['iam:PassRole', iamRole('query'), plain, 'deny', 'deny', 'no role raises itself'],
  ['sts:AssumeRole', foreignRole, plain, 'deny', 'deny', 'one role is enough'],
  ['sts:TagSession', foreignRole, plain, 'deny', 'deny', 'one role is enough'],
  ['sts:SetSourceIdentity', foreignRole, plain, 'deny', 'deny', 'one role is enough'],
  ['lambda:UpdateFunctionCode', ownCode, plain, 'deny', 'deny', 'code comes by deployment only'],
  ['lambda:InvokeFunction', ownCode, plain, 'deny', 'deny', 'no loops'],
];

const casesOfRole = (key: FunctionKey): AccessCase[] => {
  const role = iamRole(key);
  const cases: [Principal, ...Row][] = [
    [lambda, 'sts:AssumeRole', role, forUs, 'allow', 'allow', 'how the function gets its role'],
    [lambda, 'sts:AssumeRole', role, forAnother, 'allow', 'deny', 'a deputy must not be confused'],
    [lambda, 'sts:AssumeRole', role, forNobody, 'allow', 'deny', 'a deputy must say for whom it acts'],
    [lambda, 'sts:TagSession', role, forUs, 'deny', 'deny', 'sessions carry no tags'],
    [lambda, 'sts:SetSourceIdentity', role, forUs, 'deny', 'deny', 'sessions carry no other name'],
    [ec2, 'sts:AssumeRole', role, forUs, 'deny', 'deny', 'no machine runs as a function'],
    [ec2, 'sts:AssumeRole', role, forNobody, 'deny', 'deny', 'no machine runs as a function'],
    [admin, 'sts:AssumeRole', role, plain, 'deny', 'deny', 'whatever a person may do elsewhere'],
    [stranger, 'sts:AssumeRole', role, plain, 'deny', 'deny', 'whatever a person may do elsewhere'],
    [inRole(other(key)), 'sts:AssumeRole', role, plain, 'deny', 'deny', 'no function becomes the other'],
  ];
  return cases.flatMap(([who, ...row]) => casesOf(who, [row]));
};

/** What is asked of AWS, by whom, and what it should answer. */
export const accessCases: readonly AccessCase[] = [
  ...casesOf(scanFunction, [...scanFunctionCases, ...casesOfBothFunctions]),
  ...casesOf(queryFunction, [...queryFunctionCases, ...casesOfBothFunctions]),
  ...casesOfRole('scan'),
  ...casesOfRole('query'),
];

function casesOf(who: Principal, rows: readonly Row[]): AccessCase[] {
  return rows.map(([action, on, asking, lab, prod, because]) => ({
    who,
    action,
    on,
    asking,
    lab,
    prod,
    because,
  }));
}
