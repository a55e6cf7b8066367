import {
  checkEnvironment,
  type Environment,
  environmentNames,
  readEnvironment,
  tableSettings,
} from '../environments';
import { InputError } from '../input-error';

const lab = readEnvironment({ SUPERMISSION_ENV: 'lab' });
const web = {
  access: { mode: 'public' },
  throttling: { requestsPerSecond: 10, burst: 20 },
  corsOrigins: [],
  logRetentionDays: 14,
} as const;

describe('readEnvironment', () => {
  it('is local without a name, and accepts the emulator account only', () => {
    const local = readEnvironment({});

    expect(local).toMatchObject({ name: 'local', emulated: true, allowedAccountIds: ['123456789012'] });
  });

  it.each(['local', 'lab', 'prod'])('knows %s', (name) => {
    expect(readEnvironment({ SUPERMISSION_ENV: name }).name).toBe(name);
  });

  it.each(['', 'Prod', 'staging', 'toString'])('fails when the name is %j', (name) => {
    expect(() => readEnvironment({ SUPERMISSION_ENV: name })).toThrow(
      new InputError(
        `SUPERMISSION_ENV: unknown environment, got ${JSON.stringify(name)}; expected one of ${environmentNames.join(', ')}`,
      ),
    );
  });

  it('takes the state bucket from the process environment', () => {
    const variables = { SUPERMISSION_ENV: 'prod', SUPERMISSION_STATE_BUCKET: 'acme-terraform-state' };

    expect(readEnvironment(variables)).toMatchObject({ stateBucket: 'acme-terraform-state' });
  });

  describe('region', () => {
    const prod = { SUPERMISSION_ENV: 'prod' };
    const { region: _, ...anywhere } = readEnvironment(prod);

    it('is the one that the environment names', () => {
      expect(readEnvironment(prod).region).toBe('us-east-1');
      expect(readEnvironment({ ...prod, AWS_REGION: 'us-east-1' }).region).toBe('us-east-1');
    });

    it('is that of the shell where the environment names none', () => {
      const environment = readEnvironment({ ...prod, AWS_REGION: 'eu-west-1' }, { prod: anywhere });

      expect(environment.region).toBe('eu-west-1');
    });

    it('fails when neither names one', () => {
      expect(() => readEnvironment(prod, { prod: anywhere })).toThrow(
        new InputError('AWS_REGION: bad value, got ""; expected a region such as us-east-1'),
      );
    });

    it('fails when the shell contradicts the environment', () => {
      expect(() => readEnvironment({ ...prod, AWS_REGION: 'eu-west-1' })).toThrow(
        new InputError(
          'AWS_REGION: not the region that environments.ts gives prod, got "eu-west-1"; expected us-east-1, or it not to be set',
        ),
      );
    });

    it('is none of the shell where AWS is emulated', () => {
      expect(readEnvironment({ AWS_REGION: 'eu-west-1' }).region).toBe('us-east-1');
    });
  });

  it('fails when values from the process environment are wrong, naming each variable', () => {
    expect(() => readEnvironment({ SUPERMISSION_STATE_BUCKET: 'My_Bucket' })).toThrow(
      new InputError(
        'SUPERMISSION_STATE_BUCKET: bad value, got "My_Bucket"; expected a bucket name of 3 to 63 lower-case letters, digits and hyphens',
      ),
    );
  });

  it('keeps what is laxer than prod out of prod', () => {
    expect(readEnvironment({ SUPERMISSION_ENV: 'prod' })).toMatchObject({
      accessMode: 'least-privilege',
      capacity: { mode: 'on-demand' },
      deletionProtection: true,
      pointInTimeRecovery: true,
      emulated: false,
      nameSuffix: '-prod',
    });
  });
});

describe('checkEnvironment', () => {
  it.each<[Partial<Record<keyof Environment, unknown>>, string]>([
    [{ memoryMiB: 64 }, 'memoryMiB: bad value, got 64; expected a whole number from 128 to 10240'],
    [{ timeoutSeconds: 901 }, 'timeoutSeconds: bad value, got 901; expected a whole number from 1 to 900'],
    [{ timeoutSeconds: 1.5 }, 'timeoutSeconds: bad value, got 1.5; expected a whole number from 1 to 900'],
    [
      { runtime: 'nodejs18.x' },
      'runtime: bad value, got "nodejs18.x"; expected one of nodejs22.x, nodejs24.x',
    ],
    [{ architecture: 'mips' }, 'architecture: bad value, got "mips"; expected one of arm64, x86_64'],
    [{ accessMode: 'open' }, 'accessMode: bad value, got "open"; expected one of lab, least-privilege'],
    [{ logRetentionDays: 2 }, 'logRetentionDays: bad value, got 2; expected one of 1, 3, 5, 7, 14, 30, 60'],
    [
      { tables: { missions: { deletionProtection: 'no' } } },
      'tables.missions.deletionProtection: bad value, got "no"; expected true or false',
    ],
    [{ nameSuffix: 'prod' }, 'nameSuffix: bad value, got "prod"; expected an empty text or a hyphen'],
    [{ tracing: 'On' }, 'tracing: bad value, got "On"; expected one of PassThrough, Active'],
    [
      { acceptedRisks: ['everything'] },
      'acceptedRisks.0: bad value, got "everything"; expected the name of a risk, as "npm run review" prints it',
    ],
    [
      { maxChangedItems: -1 },
      'maxChangedItems: bad value, got -1; expected a whole number from 0 to 1000000',
    ],
    [
      { reservedConcurrency: -1 },
      'reservedConcurrency: bad value, got -1; expected a whole number from 0 to 1000',
    ],
    [
      { alarmTopicArn: 'operators' },
      'alarmTopicArn: bad value, got "operators"; expected the ARN of an SNS topic',
    ],
    [
      { seed: { mode: 'items', ownership: 'mine' } },
      'seed.ownership: bad value, got "mine"; expected one of managed, create-only',
    ],
    [
      { seed: { mode: 'import', manifest: '../a.json' } },
      'seed.manifest: bad value, got "../a.json"; expected a JSON file in seed-data/',
    ],
    [{ seed: { mode: 'copy' } }, 'mode "items" with ownership, or mode "import" with manifest'],
    [
      { pipeline: { repository: 'acme', identityProvider: 'defined' } },
      'pipeline.repository: bad value, got "acme"; expected acme/supermission, or with the ids of both acme@1234/supermission@5678',
    ],
    [
      { pipeline: { repository: 'acme/supermission', identityProvider: 'defined' } },
      'allowedAccountIds: bad value, got nothing; expected exactly one account id, where a pipeline deploys',
    ],
    [
      {
        pipeline: { repository: 'acme/supermission', identityProvider: 'defined' },
        allowedAccountIds: ['111122223333', '444455556666'],
      },
      'allowedAccountIds: bad value, got ["111122223333","444455556666"]; expected exactly one account id',
    ],
    [{ deletionProtection: 'yes' }, 'deletionProtection: bad value, got "yes"; expected true or false'],
    [
      { capacity: { mode: 'provisioned', readUnits: 0, writeUnits: 5 } },
      'capacity.readUnits: bad value, got 0; expected a whole number from 1 to 40000',
    ],
    [
      { capacity: { mode: 'burst' } },
      'mode "provisioned" with readUnits and writeUnits, or mode "on-demand"',
    ],
    [
      { awsProviderVersion: 'latest' },
      'awsProviderVersion: bad value, got "latest"; expected a version constraint',
    ],
    [{ web: { ...web, access: { mode: 'open' } } }, 'mode "public", mode "iam", or mode "jwt" with issuer'],
    [
      { web: { ...web, access: { mode: 'jwt', issuer: 'http://issuer.example', audience: ['a'] } } },
      'web.access.issuer: bad value, got "http://issuer.example"; expected the https URL of an issuer',
    ],
    [
      { web: { ...web, access: { mode: 'jwt', issuer: 'https://issuer.example', audience: [] } } },
      'web.access.audience: bad value, got []; expected at least one audience',
    ],
    [
      { web: { ...web, throttling: { requestsPerSecond: 0, burst: 1 } } },
      'web.throttling.requestsPerSecond: bad value, got 0; expected a whole number from 1 to 10000',
    ],
    [
      { web: { ...web, corsOrigins: ['*'] } },
      'web.corsOrigins.0: bad value, got "*"; expected an origin such as https://example.com',
    ],
    [
      { web: { ...web, logRetentionDays: 2 } },
      'web.logRetentionDays: bad value, got 2; expected one of 1, 3, 5',
    ],
    [
      { web, accessMode: 'least-privilege' },
      `web.access: bad value, got {"mode":"public"}; expected protectedAttributes: 'shown' beside mode "public"`,
    ],
    [{ allowedAccountIds: ['123'] }, 'allowedAccountIds.0: bad value, got "123"; expected an account id'],
    [
      { tags: { 'aws:owner': 'me' } },
      'tags.aws:owner: bad value, got "me"; expected tags with names of 1 to 128 characters',
    ],
  ])('fails when an environment says %j', (change, message) => {
    const row = { ...lab, ...change } as Environment;

    expect(() => checkEnvironment(row)).toThrow(InputError);
    expect(() => checkEnvironment(row)).toThrow(message);
  });
});

describe('the repository of a pipeline', () => {
  const checked = (repository: string) =>
    checkEnvironment({
      ...lab,
      allowedAccountIds: ['123456789012'],
      pipeline: { repository, identityProvider: 'defined' },
    }).pipeline?.repository;

  it.each([
    'acme/supermission',
    'acme@1234/supermission@5678',
    'Acme-Inc/super.mission_2',
    'jo_acme/.github',
    `${'a'.repeat(39)}/${'b'.repeat(100)}`,
  ])('is %s', (repository) => {
    expect(checked(repository)).toBe(repository);
  });

  // None of these can come: nothing would ever be trusted, or, by a wildcard, too much.
  it.each([
    'acme@1234/supermission',
    'acme/supermission@5678',
    'acme@0123/supermission@5678',
    'acme@acme/supermission@5678',
    'acme@1234/supermission@5678@9012',
    'repo:acme/supermission',
    'acme/supermission:environment:prod',
    'https://github.com/acme/supermission',
    'acme/supermission.git',
    'acme/supermission/main',
    'acme/*',
    'acme/super?ission',
    '*/supermission',
    'acme/..',
    'acme/',
    '/supermission',
    '-acme/supermission',
    'acme inc/supermission',
    `${'a'.repeat(40)}/supermission`,
    `acme/${'b'.repeat(101)}`,
    'acme/supermission\n',
  ])('fails when it is %j', (repository) => {
    expect(() => checked(repository)).toThrow(InputError);
  });
});

describe('the settings of one table', () => {
  it("are the environment's own but for those that are set", () => {
    const environment = checkEnvironment({ ...lab, tables: { missions: { deletionProtection: true } } });

    expect(tableSettings(environment, 'missions')).toEqual({
      capacity: lab.capacity,
      pointInTimeRecovery: false,
      deletionProtection: true,
      seed: lab.seed,
    });
  });
});

it.each<[string, NonNullable<Environment['web']>['access']]>([
  ['everybody, told so', { mode: 'public', protectedAttributes: 'shown' }],
  ['whoever signs requests', { mode: 'iam' }],
  ['whoever has a token', { mode: 'jwt', issuer: 'https://issuer.example/', audience: ['missions'] }],
])('opens a web to %s where attributes are protected', (_, access) => {
  const protectedWeb = {
    ...lab,
    accessMode: 'least-privilege',
    web: { ...web, access },
  } as unknown as Environment;
  expect(checkEnvironment(protectedWeb).web?.access).toEqual(access);
});

it.each([2192, 3653])('keeps logs for %i days', (logRetentionDays) => {
  expect(checkEnvironment({ ...lab, logRetentionDays } as Environment)).toMatchObject({ logRetentionDays });
});

it.each(['us-gov-west-1', 'cn-northwest-1', 'us-isob-east-1', 'eu-isoe-west-1', 'eusc-de-east-1'])(
  'runs in %s',
  (region) => {
    expect(checkEnvironment({ ...lab, region })).toMatchObject({ region });
  },
);
