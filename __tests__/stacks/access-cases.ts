import { type Access, accessOf, type Fn, type Table, tablesRead } from '../../declarations';
import { type Environment, functionsOf } from '../../environments';
import { loadSeeds, seedOf } from '../../seed-data/load-seed';
import { functionNames, stackNames, stateKey, tableName } from '../../stacks/names';
import { tables } from '../../system';
import { accountId } from './policy-documents';
import { environment } from './synthesize';

/** The id of the function whose role is meant. */
export type FunctionKey = string;

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

export const anotherAccountId = '999999999999';

/** Those of lab and prod, which have no web. */
const declared: Readonly<Record<FunctionKey, Fn>> = Object.fromEntries(functionsOf({}));
export const functionKeys: readonly FunctionKey[] = Object.keys(declared);
const fnOf = (key: FunctionKey) => declared[key] as Fn;
export const namesOf = (row: Environment, key: FunctionKey) => functionNames(row, fnOf(key));
/** Another function, or none where there is one only. */
const otherThan = (key: FunctionKey) => functionKeys.find((it) => it !== key);

// Principals

const inRole = (key: FunctionKey): Principal => ({
  name: fnOf(key).name,
  function: key,
  id: (row) =>
    `arn:aws:sts::${accountId}:assumed-role/${namesOf(row, key).role}/${namesOf(row, key).function}`,
});
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
const tablePath = (name: string, path: (row: Environment) => string): Resource => ({
  name,
  arn: (row) => inRegion(row, 'dynamodb', `table/${path(row)}`),
});
/** A table, what belongs to it, and what must not be taken for it; `its` names it. */
function resourcesOf(table: Table, its = 'its table') {
  const of = (name: string, end = '') => tablePath(name, (row) => `${tableName(row, table)}${end}`);
  return {
    own: of(its),
    index: of(`an index of ${its}`, '/index/by-villain'),
    indexNamed: (name: string) => of(`the index ${name} of ${its}`, `/index/${name}`),
    stream: of(`the stream of ${its}`, '/stream/2026-01-01T00:00:00.000'),
    backup: of(`a backup of ${its}`, '/backup/01700000000000-abcdef01'),
    import: of(`an import into ${its}`, '/import/01700000000000-abcdef01'),
    export: of(`an export of ${its}`, '/export/01700000000000-abcdef01'),
    alike: of('a table named alike', '-copy'),
    twin: tablePath("the other environment's table", (row) =>
      tableName(environment(row.name === 'prod' ? 'lab' : 'prod'), table),
    ),
    global: {
      name: `${its} as a global one`,
      arn: (row: Environment) => `arn:aws:dynamodb::${accountId}:global-table/${tableName(row, table)}`,
    },
  };
}
const foreignTable = tablePath('the table of another system', () => 'Payroll');
const anyTable: Resource = { name: 'any table', arn: () => '*' };

const logStream = (name: string, groupName: (row: Environment, owner: FunctionKey) => string): Resource => ({
  name,
  arn: (row, owner) =>
    inRegion(row, 'logs', `log-group:${groupName(row, owner)}:log-stream:2026/01/01/[1]0123`),
});
const ownStream = logStream('its log stream', (row, owner) => namesOf(row, owner).logGroup);
const streamOf = (key: FunctionKey) =>
  logStream(`the log stream of ${fnOf(key).name}`, (row) => namesOf(row, key).logGroup);
const alikeStream = logStream(
  'the log stream of a function named alike',
  (row, owner) => `${namesOf(row, owner).logGroup}-copy`,
);
const foreignStream = logStream('the log stream of another system', () => 'payroll');
/** CloudWatch Logs asks for a group by the name of a stream that is empty. */
const ownGroup: Resource = {
  name: 'its log group',
  arn: (row, owner) => inRegion(row, 'logs', `log-group:${namesOf(row, owner).logGroup}:log-stream:`),
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
  name: `the role of ${fnOf(key).name}`,
  arn: (row) => `arn:aws:iam::${accountId}:role/${namesOf(row, key).role}`,
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
  arn: (row, owner) => inRegion(row, 'lambda', `function:${namesOf(row, owner).function}`),
};

// Requests

/** `dynamodb:Attributes` holds the attributes that a request names anywhere, its key and filters included. */
const reading = (name: string, select: string, attributes: readonly string[]): Request => ({
  name,
  context: { 'dynamodb:Select': select, 'dynamodb:Attributes': [...attributes] },
});
const plain: Request = { name: '', context: {} };
const forAccount = (name: string, account: string): Request => ({
  name,
  context: { 'aws:SourceAccount': account },
});
const forUs = forAccount('for this account', accountId);
const forAnother = forAccount('for another account', anotherAccountId);
const forNobody: Request = { name: 'for no named account', context: {} };

const seeds = loadSeeds(environment('lab'));
/** The attributes of a table's items that are not among some, and one that no item has yet. */
function hiddenIn(table: Table, attributes: readonly string[]): string[] {
  const seed = seedOf(seeds, table);
  const items: object[] =
    seed.mode === 'items' ? seed.items.map(({ item }) => JSON.parse(item)) : seed.manifest.sample;
  const all = new Set([...items.flatMap((item) => Object.keys(item)), 'AttributeToCome']);
  return [...all].filter((it) => !attributes.includes(it));
}

/** What a function hides of the tables that it reads in part. */
export function hiddenAttributes(key: FunctionKey): string[] {
  return fnOf(key)
    .reads.map(accessOf)
    .flatMap(({ table, attributes }) => (attributes ? hiddenIn(table, attributes) : []));
}

/** The ways to ask for what a table or an index holds, in the name of whoever may see some attributes. */
function requestsFor({ table, index, attributes }: Omit<Access, 'operation'>) {
  const key = Object.keys(index === undefined ? table.key : (table.indexes?.[index]?.key ?? {}));
  const visible = attributes ?? table.visibleAttributes ?? key;
  const hidden = hiddenIn(table, visible);
  const named = reading('the visible attributes', 'SPECIFIC_ATTRIBUTES', visible);
  const everything = reading('no projection', 'ALL_ATTRIBUTES', key);
  const all: (readonly [request: Request, why: string])[] = [
    [named, 'what its declaration names'],
    [reading('the key only', 'SPECIFIC_ATTRIBUTES', key), 'fewer attributes than it names'],
    [everything, 'every attribute comes back'],
    [
      reading('all projected attributes', 'ALL_PROJECTED_ATTRIBUTES', key),
      'an index may hold hidden attributes',
    ],
    [reading('the count', 'COUNT', key), 'it names what it reads'],
    [
      { name: 'a projection without names', context: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' } },
      'ForAllValues holds where nothing is named',
    ],
    [
      { name: 'no word on the selection', context: { 'dynamodb:Attributes': [...visible] } },
      'what is not said is not granted',
    ],
    [{ name: 'every item', context: { 'dynamodb:Select': 'ALL_ATTRIBUTES' } }, 'every attribute comes back'],
    [plain, 'what is not said is not granted'],
    [
      reading('a filter on every attribute', 'ALL_ATTRIBUTES', [...key, ...hidden]),
      'filters betray what they test',
    ],
    [
      reading('the count, filtered by hidden attributes', 'COUNT', [...key, ...hidden]),
      'filters betray what they test',
    ],
    [reading('hidden attributes only', 'SPECIFIC_ATTRIBUTES', hidden), 'the attributes are hidden'],
    ...hidden.map(
      (it) =>
        [
          reading(`the count of items by ${it}`, 'COUNT', [...key, it]),
          'a count betrays what it counts by',
        ] as const,
    ),
    ...hidden.map(
      // Named in the projection or in a filter: AWS does not tell them apart.
      (it) =>
        [reading(`${it} too`, 'SPECIFIC_ATTRIBUTES', [...visible, it]), 'one attribute too many'] as const,
    ),
  ];
  return { named, everything, all };
}

// Cases

type Row = readonly [action: string, on: Resource, asking: Request, prod: Answer, because: string];

const denied = (because: string, on: Resource, actions: readonly string[]): Row[] =>
  actions.map((action) => [action, on, plain, 'deny', because]);

/** Whether the attributes that a request names are all among some; it is so for a request that names none. */
const namesOnly = ({ context }: Request, attributes: readonly string[]) =>
  [context['dynamodb:Attributes'] ?? []].flat().every((it) => attributes.includes(it));

function isGranted({ attributes }: Access, request: Request): boolean {
  const { 'dynamodb:Attributes': named, 'dynamodb:Select': select } = request.context;
  if (!attributes) return true;
  return select === 'SPECIFIC_ATTRIBUTES' && named !== undefined && namesOnly(request, attributes);
}

const operations = ['Scan', 'Query', 'GetItem'] as const;

/** Every way to read every table: granted if it is declared, and as far as it is. */
function casesOfReading(key: FunctionKey): Row[] {
  const fn = fnOf(key);
  const accesses = fn.reads.map(accessOf);
  return Object.values<Table>(tables).flatMap((table) => {
    const isRead = tablesRead(fn).includes(table);
    const its = isRead && tablesRead(fn).length === 1 ? 'its table' : `the table ${table.name}`;
    const on = resourcesOf(table, its);
    const indexes = [undefined, ...Object.keys(table.indexes ?? {})];
    const ways = operations.flatMap((operation) =>
      indexes
        .filter((index) => operation !== 'GetItem' || index === undefined)
        .map((index) => ({ operation, table, ...(index !== undefined && { index }) })),
    );
    const rows = ways.flatMap(({ operation, index }): Row[] => {
      const action = `dynamodb:${operation}`;
      const declaredHere = accesses.filter(
        (it) => it.table === table && it.operation === operation && it.index === index,
      );
      const target = index === undefined ? on.own : on.indexNamed(index);
      const [first] = declaredHere;
      const requests = requestsFor(first ?? { table, ...(index !== undefined && { index }) });
      if (!first) {
        const because = isRead ? 'not its way to read' : 'not its table';
        return [requests.named, requests.everything].map((asking) => [
          action,
          target,
          asking,
          'deny',
          because,
        ]);
      }
      const own = requests.all.map(([asking, why]): Row => {
        const granted = declaredHere.some((it) => isGranted(it, asking));
        return [action, target, asking, granted ? 'allow' : 'deny', granted ? 'its task' : why];
      });
      const elsewhere: [Resource, string][] = [
        [inAnotherRegion(target), 'another table'],
        [inAnotherAccount(target), 'even where its owner agrees'],
        ...(index === undefined
          ? ([
              [on.alike, 'the whole name counts'],
              [on.twin, 'environments share an account, not data'],
              [foreignTable, "another system's data"],
            ] as [Resource, string][])
          : ([[on.indexNamed(`${index}-copy`), 'the whole name counts']] as [Resource, string][])),
      ];
      const byIndex = requests.all.map(
        ([asking]): Row => [action, on.index, asking, 'deny', 'no such index is declared'],
      );
      return [
        ...own,
        ...(operation === 'GetItem' ? [] : byIndex),
        ...elsewhere.map(([it, because]): Row => [action, it, requests.named, 'deny', because]),
      ];
    });
    const { named, everything } = requestsFor({ table });
    const onTable = casesOnTable(on, named, everything);
    // What is done to tables is not done by their indexes either.
    const onIndexes = Object.keys(table.indexes ?? {}).flatMap((index) =>
      [['dynamodb:GetItem', on.own, plain, 'deny', 'not its way to read'] as Row, ...onTable]
        .filter(([, target]) => target === on.own)
        .map(
          ([action, , asking, answer, because]): Row => [
            action,
            on.indexNamed(index),
            asking,
            answer,
            because,
          ],
        ),
    );
    return [...rows, ...onTable, ...onIndexes];
  });
}

/** What no function does to a table, whatever it reads. */
const casesOnTable = (on: ReturnType<typeof resourcesOf>, visible: Request, everything: Request): Row[] => [
  // Reading in other ways
  ['dynamodb:BatchGetItem', on.own, visible, 'deny', 'not its way to read'],
  ['dynamodb:PartiQLSelect', on.own, visible, 'deny', 'SQL is no way around'],
  ['dynamodb:PartiQLSelect', on.own, everything, 'deny', 'SQL is no way around'],
  ['dynamodb:GetRecords', on.stream, plain, 'deny', 'a stream repeats every item'],
  ...denied('not its way to read', on.own, [
    'dynamodb:ConditionCheckItem',
    'dynamodb:SearchVectors',
    'dynamodb:ReadDataForReplication',
  ]),
  ...denied('a stream repeats every item', on.stream, [
    'dynamodb:DescribeStream',
    'dynamodb:GetShardIterator',
  ]),

  // Looking around
  ...denied('not needed', on.own, [
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
  ...denied('not needed', on.global, [
    'dynamodb:DescribeGlobalTable',
    'dynamodb:DescribeGlobalTableSettings',
  ]),
  ...denied('not needed', on.backup, ['dynamodb:DescribeBackup']),
  ...denied('not needed', on.import, ['dynamodb:DescribeImport']),
  ...denied('not needed', on.export, ['dynamodb:DescribeExport']),
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
  ['dynamodb:BatchWriteItem', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:BatchWriteItem', foreignTable, plain, 'deny', 'it never writes'],
  ['dynamodb:PutItem', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:UpdateItem', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:DeleteItem', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:PartiQLInsert', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:PartiQLUpdate', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:PartiQLDelete', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:ImportTable', on.own, plain, 'deny', 'it never writes'],
  ['dynamodb:WriteDataForReplication', on.own, plain, 'deny', 'it never writes'],

  // Administering the table
  ['dynamodb:CreateTable', on.own, plain, 'deny', 'Terraform does that'],
  ['dynamodb:UpdateTable', on.own, plain, 'deny', 'it could lift the deletion protection'],
  ['dynamodb:DeleteTable', on.own, plain, 'deny', 'the data would be lost'],
  ['dynamodb:UpdateContinuousBackups', on.own, plain, 'deny', 'it could end the recovery'],
  ['dynamodb:UpdateTimeToLive', on.own, plain, 'deny', 'items could be made to expire'],
  ['dynamodb:PutResourcePolicy', on.own, plain, 'deny', 'it could let others in'],
  ['dynamodb:CreateBackup', on.own, plain, 'deny', 'a copy holds every attribute'],
  ['dynamodb:DeleteBackup', on.backup, plain, 'deny', 'the way back would be lost'],
  ['dynamodb:RestoreTableFromBackup', on.backup, plain, 'deny', 'a copy holds every attribute'],
  ['dynamodb:RestoreTableFromBackup', on.own, plain, 'deny', 'a copy holds every attribute'],
  ['dynamodb:RestoreTableToPointInTime', on.own, plain, 'deny', 'a copy holds every attribute'],
  ['dynamodb:ExportTableToPointInTime', on.own, plain, 'deny', 'a copy holds every attribute'],
  ...denied('a copy holds every attribute', on.own, [
    'dynamodb:AssociateTableReplica',
    'dynamodb:CreateGlobalTable',
    'dynamodb:CreateGlobalTableWitness',
    'dynamodb:CreateTableReplica',
    'dynamodb:EnableKinesisStreamingDestination',
    'dynamodb:RestoreTableFromAwsBackup',
    'dynamodb:StartAwsBackupJob',
    'dynamodb:UpdateKinesisStreamingDestination',
  ]),
  ...denied('Terraform does that', on.own, [
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
];

/** What every function does beside reading, and does not. */
const casesBesideReading = (key: FunctionKey): Row[] => [
  // Logs
  ['logs:CreateLogStream', ownStream, plain, 'allow', 'each instance logs to a stream of its own'],
  ['logs:PutLogEvents', ownStream, plain, 'allow', 'one line per invocation'],
  ...functionKeys
    .filter((it) => it !== key)
    .flatMap((it) =>
      denied('nobody writes in the name of another', streamOf(it), [
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]),
    ),
  ['logs:PutLogEvents', alikeStream, plain, 'deny', 'the whole name counts'],
  ['logs:PutLogEvents', foreignStream, plain, 'deny', 'the log of another system'],
  ['logs:PutLogEvents', inAnotherRegion(ownStream), plain, 'deny', 'another log'],
  ['logs:PutLogEvents', inAnotherAccount(ownStream), plain, 'deny', 'even where its owner agrees'],
  ['logs:CreateLogGroup', ownGroup, plain, 'deny', 'Terraform does that, with a retention'],
  ['logs:DeleteLogGroup', ownGroup, plain, 'deny', 'traces must stay'],
  ['logs:DeleteLogStream', ownStream, plain, 'deny', 'traces must stay'],
  ['logs:PutRetentionPolicy', ownGroup, plain, 'deny', 'traces must stay'],
  ['logs:GetLogEvents', ownStream, plain, 'deny', 'it writes and does not read'],

  // Beyond
  ['s3:GetObject', s3Object, plain, 'deny', 'it never uses S3'],
  ['s3:PutObject', s3Object, plain, 'deny', 'it never uses S3'],
  ['s3:GetObject', state, plain, 'deny', 'state may hold secrets'],
  ['s3:PutObject', state, plain, 'deny', 'who writes the state decides the next deployment'],
  ['s3:ListBucket', s3Bucket, plain, 'deny', 'it never uses S3'],
  ['s3:DeleteObject', state, plain, 'deny', 'it never uses S3'],
  ['iam:AttachRolePolicy', iamRole(key), plain, 'deny', 'no role raises itself'],
  ['iam:PassRole', iamRole(otherThan(key) ?? key), plain, 'deny', 'no role raises itself'],
  ['sts:AssumeRole', foreignRole, plain, 'deny', 'one role is enough'],
  ['sts:TagSession', foreignRole, plain, 'deny', 'one role is enough'],
  ['sts:SetSourceIdentity', foreignRole, plain, 'deny', 'one role is enough'],
  ['lambda:UpdateFunctionCode', ownCode, plain, 'deny', 'code comes by deployment only'],
  ['lambda:InvokeFunction', ownCode, plain, 'deny', 'no loops'],
];

const casesOfRole = (key: FunctionKey): AccessCase[] => {
  const role = iamRole(key);
  const other = otherThan(key);
  const cases: [Principal, ...Row][] = [
    [lambda, 'sts:AssumeRole', role, forUs, 'allow', 'how the function gets its role'],
    [lambda, 'sts:AssumeRole', role, forAnother, 'deny', 'a deputy must not be confused'],
    [lambda, 'sts:AssumeRole', role, forNobody, 'deny', 'a deputy must say for whom it acts'],
    [lambda, 'sts:TagSession', role, forUs, 'deny', 'sessions carry no tags'],
    [lambda, 'sts:SetSourceIdentity', role, forUs, 'deny', 'sessions carry no other name'],
    [ec2, 'sts:AssumeRole', role, forUs, 'deny', 'no machine runs as a function'],
    [ec2, 'sts:AssumeRole', role, forNobody, 'deny', 'no machine runs as a function'],
    [admin, 'sts:AssumeRole', role, plain, 'deny', 'whatever a person may do elsewhere'],
    [stranger, 'sts:AssumeRole', role, plain, 'deny', 'whatever a person may do elsewhere'],
  ];
  if (other)
    cases.push([inRole(other), 'sts:AssumeRole', role, plain, 'deny', 'no function becomes another']);
  return cases.flatMap(([who, ...row]) => casesOf(key, who, [row]));
};

/** What is asked of AWS, by whom, and what it should answer. */
export const accessCases: readonly AccessCase[] = functionKeys.flatMap((key) => [
  ...casesOf(key, inRole(key), [...casesOfReading(key), ...casesBesideReading(key)]),
  ...casesOfRole(key),
]);

function casesOf(key: FunctionKey, who: Principal, rows: readonly Row[]): AccessCase[] {
  return rows.map(([action, on, asking, prod, because]) => {
    const lab = notebookAnswer(fnOf(key), who, action, asking) ?? prod;
    return { who, action, on, asking, lab, prod, because };
  });
}

/** What the notebook's policies answer, which name no resource and no account; none for what they do not speak of. */
function notebookAnswer(
  { notebookPolicy, reads }: Fn,
  who: Principal,
  action: string,
  asking: Request,
): Answer | undefined {
  const [read] = reads;
  if (!notebookPolicy || !read || /^(logs|iam|lambda):/.test(action)) return undefined;
  const isAssumed = action === 'sts:AssumeRole' && [forAnother, forNobody].includes(asking);
  if (action.startsWith('sts:')) return isAssumed && who === lambda ? 'allow' : undefined;
  const { visibleAttributes = [] } = accessOf(read).table;
  const isAllowed =
    notebookPolicy.actions.includes(action) &&
    (!notebookPolicy.attributes || namesOnly(asking, visibleAttributes));
  return isAllowed ? 'allow' : 'deny';
}
