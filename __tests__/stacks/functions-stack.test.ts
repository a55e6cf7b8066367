// The notebook's functions to the letter, with its names written out as it writes them.
import { ArchiveProvider } from '@cdktf/provider-archive/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { minVersion, satisfies } from 'semver';
import { functionsOf } from '../../environments';
import { assumeRolePolicies, attachedPolicies, managedPolicies } from './policy-documents';
import { environment, environmentNames, synthesizeFunctions } from './synthesize';

const lab = synthesizeFunctions(environment('lab'));
const prod = synthesizeFunctions(environment('prod'));
const count = functionsOf(environment('lab')).length;

describe('the lab functions', () => {
  it.each([
    ['SuperDynamoDBFunction', 'SuperDynamoDBRole'],
    ['MissionDetailsFunction', 'SuperDynamoDbQueryRole'],
  ])('define %s as the notebook does, in the role %s', (name, roleName) => {
    const lambda = Object.values(lab.all('aws_lambda_function')).find((it) => it.function_name === name);

    expect(lambda).toMatchObject({
      timeout: 90,
      publish: true,
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      environment: {
        variables: { Name: name, Environment: 'prod', TABLE_NAME: 'SuperMissionTable', ATTRIBUTES: 'all' },
      },
    });
    const [, roleAddress = ''] = /aws_iam_role\.([^.]+)\.arn/.exec(lambda?.role) ?? [];
    expect(lab.all('aws_iam_role')[roleAddress]?.name).toBe(roleName);
  });

  it('may do what the notebook lets them do, no statement more', () => {
    expect(managedPolicies(lab)).toMatchObject({
      'Super-DynamoDBScanPolicy': {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['dynamodb:Scan', 's3:GetObject', 's3:PutObject', 'dynamodb:BatchWriteItem'],
            Resource: ['*'],
          },
        ],
      },
      SuperDynamoDBQueryPolicy: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['dynamodb:Query'],
            Resource: ['*'],
            Condition: {
              'ForAllValues:StringEquals': {
                'dynamodb:Attributes': ['SuperHero', 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'],
              },
            },
          },
        ],
      },
    });
  });

  it('write their logs by a policy of its own', () => {
    expect(attachedPolicies(lab)).toMatchObject({
      SuperDynamoDBRole: ['Super-DynamoDBScanPolicy', 'SuperDynamoDBFunctionLogsPolicy'],
      SuperDynamoDbQueryRole: ['MissionDetailsFunctionLogsPolicy', 'SuperDynamoDBQueryPolicy'],
    });
  });

  it('are assumed by Lambda alone', () => {
    for (const role of ['SuperDynamoDBRole', 'SuperDynamoDbQueryRole']) {
      const { Statement } = assumeRolePolicies(lab)[role] ?? {};
      expect(Statement).toEqual([
        {
          Sid: 'AssumeByLambda',
          Effect: 'Allow',
          Action: ['sts:AssumeRole'],
          Principal: { Service: ['lambda.amazonaws.com'] },
        },
      ]);
    }
  });
});

describe('the prod functions', () => {
  it('have names of their own, so that they can live beside lab', () => {
    const names = (stack: typeof lab) =>
      ['aws_lambda_function', 'aws_iam_role', 'aws_iam_policy', 'aws_cloudwatch_log_group'].flatMap((type) =>
        Object.values(stack.all(type)).map((it) => it.function_name ?? it.name),
      );

    expect(names(prod).filter((name) => names(lab).includes(name))).toEqual([]);
  });

  it('name no action and no resource by a wildcard, but for their own log streams', () => {
    for (const { Statement } of Object.values(managedPolicies(prod))) {
      for (const { Action, Resource = [] } of Statement) {
        expect(Action.filter((action) => action.includes('*'))).toEqual([]);
        expect(Resource.filter((arn) => arn.replace(/(:log-group:[^*]+):\*$/, '$1').includes('*'))).toEqual(
          [],
        );
      }
    }
  });

  it('attach no policy that AWS manages', () => {
    expect(Object.values(attachedPolicies(prod)).flat().sort()).toEqual(
      Object.keys(managedPolicies(prod)).sort(),
    );
  });

  it('read only the visible attributes', () => {
    const variables = Object.values(prod.all('aws_lambda_function')).map(
      (it) => it.environment.variables.ATTRIBUTES,
    );
    expect(new Set(variables)).toEqual(new Set(['visible']));
  });
});

describe('a row setting', () => {
  const row = environment('prod');

  it.each([
    ['local', 'nodejs22.x', 'x86_64', 128],
    ['lab', 'nodejs24.x', 'x86_64', 128],
    ['prod', 'nodejs24.x', 'arm64', 256],
  ] as const)(
    'gives the functions of %s the runtime %s on %s with %i MiB',
    (name, runtime, architecture, memoryMiB) => {
      for (const lambda of Object.values(synthesizeFunctions(environment(name)).all('aws_lambda_function'))) {
        expect(lambda).toMatchObject({ runtime, architectures: [architecture], memory_size: memoryMiB });
      }
    },
  );
  const topicArn = 'arn:aws:sns:us-east-1:123456789012:operators';

  it('traces to X-Ray, with the right to do so', () => {
    const traced = synthesizeFunctions({ ...row, tracing: 'Active' });

    const policies = Object.values(managedPolicies(traced)).flatMap(({ Statement }) => Statement);
    const traces = policies.filter(({ Sid }) => Sid === 'WriteTraces');
    expect(traces).toHaveLength(count);
    for (const { Action } of traces)
      expect(Action).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
    for (const lambda of Object.values(traced.all('aws_lambda_function'))) {
      expect(lambda.tracing_config).toEqual({ mode: 'Active' });
    }
  });

  it('reserves executions, none of them included', () => {
    const reserved = (reservedConcurrency: number) =>
      Object.values(synthesizeFunctions({ ...row, reservedConcurrency }).all('aws_lambda_function')).map(
        (it) => it.reserved_concurrent_executions,
      );

    expect(reserved(7)).toEqual(Array(count).fill(7));
    expect(reserved(0)).toEqual(Array(count).fill(0));
  });

  it('gives functions their memory, architecture and time', () => {
    const sized = { memoryMiB: 512, architecture: 'x86_64', timeoutSeconds: 7 } as const;

    for (const lambda of Object.values(
      synthesizeFunctions({ ...row, ...sized }).all('aws_lambda_function'),
    )) {
      expect(lambda).toMatchObject({ memory_size: 512, architectures: ['x86_64'], timeout: 7 });
    }
  });

  it('raises alarms on errors, throttles and slow invocations, and on throttled requests', () => {
    const alarms = Object.values(
      synthesizeFunctions({ ...row, alarmTopicArn: topicArn }).all('aws_cloudwatch_metric_alarm'),
    );

    const table = 'SuperMissionTable-prod';
    const anyInFiveMinutes = { statistic: 'Sum', threshold: 0 };
    const ofFunction = (FunctionName: string) =>
      ['Errors', 'Throttles', 'Duration'].map((metric_name) => ({
        namespace: 'AWS/Lambda',
        metric_name,
        dimensions: { FunctionName },
        // One in a hundred invocations takes half of the 90 seconds.
        ...(metric_name === 'Duration' ? { extended_statistic: 'p99', threshold: 45_000 } : anyInFiveMinutes),
      }));
    const ofTable = (Operation: string) => ({
      namespace: 'AWS/DynamoDB',
      metric_name: 'ThrottledRequests',
      dimensions: { TableName: table, Operation },
      ...anyInFiveMinutes,
    });
    const expected = [
      ...ofFunction('SuperDynamoDBFunction-prod'),
      ...ofFunction('MissionDetailsFunction-prod'),
      ofTable('Scan'),
      ofTable('Query'),
    ].map((alarm) => ({
      ...alarm,
      alarm_name: expect.any(String),
      comparison_operator: 'GreaterThanThreshold',
      period: 300,
      evaluation_periods: 1,
      treat_missing_data: 'notBreaching',
      alarm_actions: [topicArn],
      ok_actions: [topicArn],
    }));
    expect(alarms).toEqual(expect.arrayContaining(expected));
    expect(new Set(alarms.map((it) => it.alarm_name)).size).toBe(alarms.length);
  });

  it('is off in every row: no traces, no reserve, no alarms', () => {
    for (const stack of [lab, prod]) {
      expect(stack.all('aws_cloudwatch_metric_alarm')).toEqual({});
      expect(JSON.stringify(stack)).not.toMatch(/xray|reserved_concurrent/);
    }
  });
});

describe.each(environmentNames)('in %s the functions stack', (name) => {
  const stack = synthesizeFunctions(environment(name));
  const fns = functionsOf(environment(name));
  /** One to write its logs, and one to read if it does. */
  const policyCount = (lambda: { function_name: string }) => {
    const [, fn] = fns.find(([, it]) => lambda.function_name.startsWith(it.name)) ?? [];
    return fn?.reads.length ? 2 : 1;
  };

  it('zips every function with fixed modes and deploys it by its hash', () => {
    const lambdas = Object.values(stack.all('aws_lambda_function'));
    expect(lambdas).toHaveLength(fns.length);
    for (const lambda of lambdas) {
      const [, archive = ''] = /^\$\{data\.archive_file\.([^.]+)\.output_path\}$/.exec(lambda.filename) ?? [];
      expect(lambda.source_code_hash).toBe(`\${data.archive_file.${archive}.output_base64sha256}`);
      expect(stack.all('archive_file')[archive]).toMatchObject({ type: 'zip', output_file_mode: '0644' });
    }
  });

  it('takes the versions of the archive provider from that of the bindings on', () => {
    const range = stack.terraform.required_providers.archive.version.replaceAll(',', '');
    const { terraformGeneratorMetadata } = new ArchiveProvider(
      new TerraformStack(Testing.app(), 'any'),
      'it',
    );

    expect(minVersion(range)?.version).toBe(terraformGeneratorMetadata?.providerVersion);
    expect(satisfies('3.0.0', range)).toBe(false);
  });

  it('keeps the logs of every function for a limited time, in a group made before the function, as are its rights', () => {
    for (const lambda of Object.values(stack.all('aws_lambda_function'))) {
      const groups = Object.entries(stack.all('aws_cloudwatch_log_group'));
      const [address, group] =
        groups.find(([, it]) => it.name === `/aws/lambda/${lambda.function_name}`) ?? [];
      expect(group?.retention_in_days).toBeGreaterThan(0);
      expect(lambda.depends_on).toContain(`aws_cloudwatch_log_group.${address}`);
      const attachments = Object.entries(stack.all('aws_iam_role_policy_attachment'))
        .filter(([, it]) => it.role === lambda.role.replace('.arn}', '.name}'))
        .map(([id]) => `aws_iam_role_policy_attachment.${id}`);
      expect(attachments).toHaveLength(policyCount(lambda as never));
      expect(lambda.depends_on).toEqual(expect.arrayContaining(attachments));
    }
  });

  it('makes every function after its role has its rights', () => {
    for (const lambda of Object.values(stack.all('aws_lambda_function'))) {
      const role = lambda.role.replace(/\.arn\}$/, '.name}');
      const attachments = Object.entries(stack.all('aws_iam_role_policy_attachment'))
        .filter(([, it]) => it.role === role)
        .map(([address]) => `aws_iam_role_policy_attachment.${address}`);
      expect(attachments).toHaveLength(policyCount(lambda as never));
      expect(lambda.depends_on).toEqual(expect.arrayContaining(attachments));
    }
  });

  it('is planned without the table: it reads no state and refers to no resource of another stack', () => {
    expect(JSON.stringify(stack)).not.toContain('terraform_remote_state');
    expect(JSON.stringify(stack)).not.toContain('aws_dynamodb_table.');
  });

  it('outputs what an operator wants', () => {
    const perFunction = ['function_name', 'function_arn', 'function_version', 'log_group'];
    expect(Object.keys(stack.output).sort()).toEqual(
      fns
        .map(([id]) => id.replaceAll('-', '_'))
        .flatMap((it) => perFunction.map((output) => `${it}_${output}`))
        .concat('state_location')
        .sort(),
    );
  });
});
