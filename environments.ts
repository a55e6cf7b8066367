import { z } from 'zod';
import { checkSystem } from './check-system';
import type { Fn } from './declarations';
import { describeProblem, InputError } from './input-error';
import { type FunctionId, functions, project, type TableId, tables } from './system';

/** Retention periods that CloudWatch Logs accepts, in days. @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** A schema's `error` says what is allowed; it becomes the end of the error message. */
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(', ')}` });
const wholeNumber = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });
const seedFile = text(/^seed-data\/[\w.-]+\.json$/, 'a JSON file in seed-data/');
const flag = z.boolean({ error: 'true or false' });

/** Names that GitHub gives out, so without a wildcard, and either both ids or none. */
const githubRepository =
  /^(?=[^@]*$|[^@/]+@\d+\/[^@/]+@\d+$)[a-z\d][\w-]{0,38}(?:@[1-9]\d*)?\/(?!\.\.?(?:@|$))[\w.-]{1,100}(?<!\.git)(?:@[1-9]\d*)?$/i;

/** What may be different from one table to another. */
const tableSettingsShape = {
  /** How a table's capacity is paid for; units are DynamoDB's read and write capacity units. */
  capacity: z.discriminatedUnion(
    'mode',
    [
      z.object({
        mode: z.literal('provisioned'),
        readUnits: wholeNumber(1, 40_000),
        writeUnits: wholeNumber(1, 40_000),
      }),
      z.object({ mode: z.literal('on-demand') }),
    ],
    { error: 'mode "provisioned" with readUnits and writeUnits, or mode "on-demand"' },
  ),
  pointInTimeRecovery: flag,
  /** Whether DynamoDB refuses to delete a table until this is lifted. */
  deletionProtection: flag,
  /**
   * How a table gets the items that it starts from. `items`: those of the table's `seed` file, at most 200, each a resource that
   * a plan shows. Whose they are once they are written, `ownership` says. `managed`: Terraform's, a deployment restores what
   * was changed. `create-only`: whoever's changes them, a deployment leaves them as they are; both write one that is missing.
   * `import`: any number, which DynamoDB imports from S3 when it makes the table, and never again; `manifest` is what
   * `npm run seed:upload` has written of them.
   */
  seed: z.discriminatedUnion(
    'mode',
    [
      z.object({ mode: z.literal('items'), ownership: oneOf(['managed', 'create-only']) }),
      z.object({ mode: z.literal('import'), manifest: seedFile }),
    ],
    { error: 'mode "items" with ownership, or mode "import" with manifest' },
  ),
};

const environmentSchema = z.object({
  /** The environment's name, part of every state key and tag. */
  name: text(/^[a-z][a-z0-9-]{0,15}$/, 'a lower-case name of at most 16 letters, digits and hyphens'),
  /** The AWS region. @default `AWS_REGION`, which must not contradict it */
  region: text(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'a region such as us-east-1'),
  /** The only AWS accounts this environment may touch; exactly one where it has a `pipeline`. @default any account */
  allowedAccountIds: z.array(text(/^\d{12}$/, 'an account id of 12 digits')).optional(),
  /** Ends the name of every resource, so that environments can share an account. */
  nameSuffix: text(/^(-[a-z0-9]+)?$/, 'an empty text or a hyphen followed by lower-case letters and digits'),
  /** The stage in the functions' `Environment` variable. */
  stage: text(/^[a-z][a-z0-9-]*$/, 'a lower-case name'),
  /** The S3 bucket that keeps the state; `SUPERMISSION_STATE_BUCKET` overrides it. */
  stateBucket: text(
    /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    'a bucket name of 3 to 63 lower-case letters, digits and hyphens',
  ),
  /** Whether AWS is the emulator on this machine: it wants buckets addressed by path, and lends what the machine lacks. */
  emulated: flag,
  ...tableSettingsShape,
  /** Settings of single tables in place of the environment's own, by the tables' ids in `system.ts`. @default none */
  tables: z
    .partialRecord(
      oneOf(Object.keys(tables) as [TableId, ...TableId[]]),
      z.object(tableSettingsShape).partial(),
    )
    .optional(),
  /** The functions' runtime: the newest one the AWS provider of the environment knows. */
  runtime: oneOf(['nodejs22.x', 'nodejs24.x']),
  architecture: oneOf(['arm64', 'x86_64']),
  memoryMiB: wholeNumber(128, 10_240),
  timeoutSeconds: wholeNumber(1, 900),
  /** Executions kept free for each function, taken from the account's pool. @default the pool is shared */
  reservedConcurrency: wholeNumber(0, 1_000).optional(),
  /** `Active` sends traces to X-Ray, at a price a trace and with a right that AWS grants on `*` only. */
  tracing: oneOf(['PassThrough', 'Active']),
  /** The SNS topic that alarms go to. @default no alarms */
  alarmTopicArn: text(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, 'the ARN of an SNS topic').optional(),
  logRetentionDays: z.literal(retentionDays, { error: `one of ${retentionDays.join(', ')}` }),
  /** `lab`: the notebook's policies to the letter. `least-privilege`: no more than the functions need. */
  accessMode: oneOf(['lab', 'least-privilege']),
  /**
   * The workflows that plan and deploy this environment, and whether the account's identity provider for GitHub is defined
   * here or is there already, for example by another environment. `repository` is what GitHub's tokens call theirs, after
   * `repo:`, with ids or without: `gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix`.
   *
   * @default none
   * @see https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
   */
  pipeline: z
    .object({
      repository: text(
        githubRepository,
        'acme/supermission, or with the ids of both acme@1234/supermission@5678: what GitHub puts after "repo:" in the tokens of the repository, as "gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix" prints it',
      ),
      identityProvider: oneOf(['defined', 'existing']),
    })
    .optional(),
  /**
   * The functions that have a route, over HTTP: who may call them, how often, from pages of which other sites, and for how many
   * days calls are logged. `public` is everybody; `iam` whoever signs requests and has the right; `jwt` whoever has a token of
   * this issuer for one of these audiences. Where attributes are protected, `public` shows them to everybody as far as the
   * functions read them, so it has to be said: `protectedAttributes: 'shown'`.
   *
   * @default none
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
   */
  web: z
    .object({
      access: z.discriminatedUnion(
        'mode',
        [
          z.object({
            mode: z.literal('public'),
            protectedAttributes: z.literal('shown', { error: '"shown", or nothing' }).optional(),
          }),
          z.object({ mode: z.literal('iam') }),
          z.object({
            mode: z.literal('jwt'),
            issuer: text(/^https:\/\/[^\s?#]+$/, 'the https URL of an issuer of tokens, as in their "iss"'),
            audience: z.array(text(/./, 'an audience')).min(1, { error: 'at least one audience' }),
          }),
        ],
        { error: 'mode "public", mode "iam", or mode "jwt" with issuer and audience' },
      ),
      /** Requests to each route, over any second, and at once. */
      throttling: z.object({ requestsPerSecond: wholeNumber(1, 10_000), burst: wholeNumber(1, 5_000) }),
      corsOrigins: z.array(text(/^https?:\/\/[a-z0-9.-]+(:\d+)?$/, 'an origin such as https://example.com')),
      logRetentionDays: z.literal(retentionDays, { error: `one of ${retentionDays.join(', ')}` }),
    })
    .optional(),
  /** Tags of every resource, beside project, environment and stack. */
  tags: z.record(z.string().regex(/^(?!aws:).{1,128}$/), z.string().max(256), {
    error: 'tags with names of 1 to 128 characters that do not start with "aws:"',
  }),
  /** Risks of plans that `npm run review` does not stop at, by the names it gives them. @default none */
  acceptedRisks: z.array(text(/^[a-z-]+:./, 'the name of a risk, as "npm run review" prints it')).optional(),
  /** How many items of a stack a plan may change without that being a risk. @default 10 */
  maxChangedItems: wholeNumber(0, 1_000_000).optional(),
  /**
   * Names of attributes of items, variables of functions and outputs whose values no review shows, beside those that look
   * like secrets (`isSecretName` in ops/terraform/plan-json.ts). @default none
   */
  secretNames: z.array(text(/./, 'a name')).optional(),
  /** Versions of hashicorp/aws that may be used, in Terraform's syntax. */
  awsProviderVersion: text(/^[<>=~!.,\s\d]+$/, 'a version constraint such as ">= 6.25.0, < 7.0.0"'),
});

const consistentSchema = environmentSchema
  .refine(
    (environment) =>
      new Set(importedTables(environment).map(({ manifest }) => manifest)).size ===
      importedTables(environment).length,
    {
      path: ['seed'],
      error: 'a manifest for each table that is imported: set "tables.<id>.seed"',
    },
  )
  .refine(({ pipeline, allowedAccountIds }) => !pipeline || allowedAccountIds?.length === 1, {
    path: ['allowedAccountIds'],
    error: 'exactly one account id, where a pipeline deploys',
  })
  .refine(
    ({ web, accessMode }) =>
      web?.access.mode !== 'public' || accessMode === 'lab' || web.access.protectedAttributes === 'shown',
    {
      path: ['web', 'access'],
      error: `protectedAttributes: 'shown' beside mode "public", for attributes are protected here, and everybody would get those that functions with a route read; or another mode`,
    },
  );

/** What an environment says of one of its tables. */
export type TableSettings = Pick<Environment, keyof typeof tableSettingsShape>;

export function tableSettings(environment: Environment, id: TableId): TableSettings {
  const own = environment.tables?.[id];
  return {
    capacity: own?.capacity ?? environment.capacity,
    pointInTimeRecovery: own?.pointInTimeRecovery ?? environment.pointInTimeRecovery,
    deletionProtection: own?.deletionProtection ?? environment.deletionProtection,
    seed: own?.seed ?? environment.seed,
  };
}

/** The tables whose items an environment imports, and the manifests of these items. */
export function importedTables(
  environment: Environment,
): readonly { readonly id: TableId; readonly manifest: string }[] {
  return (Object.keys(tables) as TableId[]).flatMap((id) => {
    const { seed } = tableSettings(environment, id);
    return seed.mode === 'import' ? [{ id, manifest: seed.manifest }] : [];
  });
}

/** The functions that an environment has, with their ids. */
export function functionsOf({ web }: Pick<Environment, 'web'>): readonly (readonly [FunctionId, Fn])[] {
  const all = Object.entries<Fn>(functions) as [FunctionId, Fn][];
  return all.filter(([, fn]) => web || !fn.webOnly);
}

/** Versions of hashicorp/archive that may be used, the same everywhere, in Terraform's syntax. */
export const archiveProviderVersion = '>= 2.7.1, < 3.0.0';

/** What one environment is: where it runs, how it is named, sized, protected and paid for. */
export type Environment = Readonly<z.infer<typeof environmentSchema>>;

/** An environment as it is written here. */
type Configuration = Omit<Environment, 'region'> & { readonly region?: string };

/** The system as the notebook builds it, in a real account. */
const lab: Configuration = {
  name: 'lab',
  region: 'us-east-1',
  nameSuffix: '',
  stage: 'prod',
  stateBucket: `${project}-lab-state`,
  emulated: false,
  capacity: { mode: 'provisioned', readUnits: 5, writeUnits: 5 },
  pointInTimeRecovery: false,
  deletionProtection: false,
  seed: { mode: 'items', ownership: 'managed' },
  runtime: 'nodejs24.x',
  architecture: 'x86_64',
  memoryMiB: 128,
  timeoutSeconds: 90,
  tracing: 'PassThrough',
  logRetentionDays: 14,
  accessMode: 'lab',
  tags: {},
  awsProviderVersion: '>= 6.25.0, < 7.0.0',
};

/** `lab` on this machine. It accepts the emulator's account only, so it never touches a real one. */
const local: Configuration = {
  ...lab,
  name: 'local',
  allowedAccountIds: ['123456789012'],
  stateBucket: `${project}-local-state`,
  emulated: true,
  runtime: 'nodejs22.x',
  web: {
    access: { mode: 'public' },
    throttling: { requestsPerSecond: 100, burst: 200 },
    corsOrigins: [],
    logRetentionDays: 1,
  },
  awsProviderVersion: '>= 5.100.0, < 7.0.0',
};

/** The same system as it should be run; it can live beside `lab` in one account. */
const prod: Configuration = {
  ...lab,
  name: 'prod',
  nameSuffix: '-prod',
  stateBucket: `${project}-prod-state`,
  capacity: { mode: 'on-demand' },
  pointInTimeRecovery: true,
  deletionProtection: true,
  seed: { mode: 'items', ownership: 'create-only' },
  // Lambda's price for the same memory and time is a fifth lower: https://aws.amazon.com/lambda/pricing/
  architecture: 'arm64',
  // The share of a processor grows with the memory, and start-up is mostly work for the processor.
  memoryMiB: 256,
  logRetentionDays: 365,
  accessMode: 'least-privilege',
};

const all: Record<string, Configuration> = {
  local,
  lab,
  prod,
};

/** The environments that there are. */
export const environmentNames: readonly string[] = Object.keys(all);

/**
 * The environment that `SUPERMISSION_ENV` names (`local` without it), with `SUPERMISSION_STATE_BUCKET` in place of its own
 * state bucket, and `AWS_REGION` where it names no region. What is emulated takes nothing of AWS's from the shell.
 *
 * @throws InputError for an unknown name, for an `AWS_REGION` that contradicts it, or for each bad value: its place, the value got and the values allowed
 */
export function readEnvironment(
  variables: NodeJS.ProcessEnv = process.env,
  configurations: Readonly<Record<string, Configuration>> = all,
): Environment {
  const name = variables.SUPERMISSION_ENV ?? 'local';
  const configuration = Object.hasOwn(configurations, name) ? configurations[name] : undefined;
  if (!configuration) {
    const expected = `one of ${Object.keys(configurations).join(', ')}`;
    throw new InputError({ where: 'SUPERMISSION_ENV', what: 'unknown environment', got: name, expected });
  }
  const region = configuration.emulated ? undefined : variables.AWS_REGION;
  if (region !== undefined && configuration.region !== undefined && region !== configuration.region) {
    throw new InputError({
      where: 'AWS_REGION',
      what: `not the region that environments.ts gives ${name}`,
      got: region,
      expected: `${configuration.region}, or it not to be set`,
    });
  }
  return checkEnvironment(
    {
      ...configuration,
      region: configuration.region ?? region ?? '',
      stateBucket: variables.SUPERMISSION_STATE_BUCKET ?? configuration.stateBucket,
    },
    {
      ...(configuration.region === undefined && { region: 'AWS_REGION' }),
      ...(variables.SUPERMISSION_STATE_BUCKET !== undefined && { stateBucket: 'SUPERMISSION_STATE_BUCKET' }),
    },
  );
}

/**
 * An environment with every value checked.
 *
 * @param origins - where a setting came from, if not from its configuration
 * @throws InputError with one line for each bad value
 */
export function checkEnvironment(
  environment: Environment,
  origins: Record<string, string> = {},
): Environment {
  checkSystem({ tables, functions }, environment.nameSuffix);
  const result = consistentSchema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const setting = path.join('.');
    return describeProblem({
      where: origins[setting] ?? `environments.ts: ${environment.name}.${setting}`,
      what: 'bad value',
      got: path.reduce<unknown>((value, key) => Object(value)[key], environment),
      expected: message,
    });
  });
  throw new InputError(problems.join('\n'));
}
