import { readFileSync } from 'node:fs';
import type { Environment } from '../../environments';
import { tableVariable } from '../../lambdas/shared/variable-names';
import { project, tables } from '../../system';
import { assumeRolePolicies, attachedPolicies, managedPolicies } from './policy-documents';
import {
  environment,
  type Synthesized,
  synthesizeFunctions,
  synthesizeStateBackend,
  synthesizeTable,
  synthesizeWeb,
  web,
} from './synthesize';

interface System {
  readonly row: Environment;
  readonly table: Synthesized;
  readonly functions: Synthesized;
  readonly stateBackend: Synthesized;
  /** As it is where the environment asks for one. */
  readonly web: Synthesized;
}

/** What each kept rule of docs/security-rules.md asks for, by the rule's ids. */
const keptRules: Record<string, (system: System) => void> = {
  'CKV2_AWS_16, DynamoDB.1': ({ table }) => {
    for (const it of Object.values(table.all('aws_dynamodb_table')))
      expect(it.billing_mode).toBe('PAY_PER_REQUEST');
  },
  'CKV_AWS_28, AVD-AWS-0024, DynamoDB.2': ({ table }) => {
    for (const it of Object.values(table.all('aws_dynamodb_table')))
      expect(it.point_in_time_recovery).toEqual({ enabled: true });
  },
  'DynamoDB.6': ({ table }) => {
    for (const it of Object.values(table.all('aws_dynamodb_table')))
      expect(it.deletion_protection_enabled).toBe(true);
  },
  'DynamoDB.5, IAM.24, Lambda.6': ({ row, table, functions }) => {
    for (const stack of [table, functions]) {
      const tags = expect.objectContaining({ project, environment: row.name });
      expect(stack.provider.aws.map(defaultTags)).toEqual([tags]);
    }
  },

  'CKV_AWS_1, CKV_AWS_62, CKV2_AWS_40, IAM.1': (system) => {
    for (const action of grantedActions(system)) expect(action).not.toMatch(/^(\*|iam:.*)$/);
  },
  'CKV_AWS_49, CKV_AWS_63, AVD-AWS-0057, IAM.21': (system) => {
    for (const action of grantedActions(system)) expect(action).not.toContain('*');
  },
  'CKV_AWS_355, CKV_AWS_356': (system) => {
    const resources = grants(system).flatMap(({ Resource = [] }) => Resource);
    expect(resources).not.toContain('*');
    for (const arn of resources) expect(arn).toMatch(/^arn:aws:[a-z]+:[a-z0-9-]+:\d{12}:[^*]+(:\*)?$/);
  },
  'CKV_AWS_107, CKV_AWS_108, CKV_AWS_109, CKV_AWS_110, CKV_AWS_111, CKV_AWS_286, CKV_AWS_287, CKV_AWS_288, CKV_AWS_289, CKV_AWS_290, AVD-AWS-0342, AVD-AWS-0347, AVD-AWS-0348, AVD-AWS-0349, AVD-AWS-0350, AVD-AWS-0351, AVD-AWS-0352, AVD-AWS-0353, KMS.1':
    (system) => {
      const reading = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'];
      const logging = ['logs:CreateLogStream', 'logs:PutLogEvents'];
      expect([...reading, ...logging]).toEqual(expect.arrayContaining(grantedActions(system)));
    },
  'AVD-AWS-0345, AVD-AWS-0346': (system) => {
    for (const action of grantedActions(system)) expect(action).not.toMatch(/^s3:/);
  },
  'CKV_AWS_274, CKV_AWS_275, CKV2_AWS_56, IAM.27': ({ functions }) => {
    const attached = Object.values(attachedPolicies(functions)).flat();
    expect(attached.sort()).toEqual(Object.keys(managedPolicies(functions)).sort());
  },
  'CKV_AWS_40, CKV_AWS_273, AVD-AWS-0143, IAM.2, KMS.2': (system) => {
    expect(
      resourceTypes(system).filter((type) =>
        /^aws_iam_(user|group|policy_attachment|role_policy$)/.test(type),
      ),
    ).toEqual([]);
  },
  'CKV_AWS_60, CKV_AWS_61, CKV_AWS_283': ({ functions }) => {
    for (const { Statement } of Object.values(assumeRolePolicies(functions))) {
      expect(Statement).toEqual([
        expect.objectContaining({
          Action: ['sts:AssumeRole'],
          Principal: { Service: ['lambda.amazonaws.com'] },
        }),
      ]);
    }
  },

  'CKV_AWS_258, CKV_AWS_301, CKV_AWS_364, CKV2_AWS_75, AVD-AWS-0067, Lambda.1': (system) => {
    expect(resourceTypes(system)).not.toContain('aws_lambda_permission');
    expect(resourceTypes(system)).not.toContain('aws_lambda_function_url');
  },
  'CKV_AWS_95, AVD-AWS-0001': ({ web }) => {
    expect(web.only('aws_apigatewayv2_stage').access_log_settings.destination_arn).toMatch(
      /^\$\{aws_cloudwatch_log_group\./,
    );
  },
  CKV_AWS_309: ({ web }) => {
    const routes = Object.values(web.all('aws_apigatewayv2_route'));
    expect(routes).not.toEqual([]);
    for (const it of routes) expect(it.authorization_type).toBe('AWS_IAM');
  },
  'CKV_AWS_363, Lambda.2': (system) => {
    for (const { runtime } of lambdas(system)) expect(runtime).toBe('nodejs24.x');
  },
  CKV_AWS_45: (system) => {
    const variables = new Set(lambdas(system).flatMap((it) => Object.keys(it.environment.variables)));
    const known = ['ATTRIBUTES', 'Environment', 'Name', ...Object.values(tables).map(tableVariable)];
    expect(known).toEqual(expect.arrayContaining([...variables]));
  },
  'CKV_AWS_66, CKV_AWS_338, CloudWatch.16': ({ functions }) => {
    const groups = Object.values(functions.all('aws_cloudwatch_log_group'));
    expect(groups).toHaveLength(Object.keys(functions.all('aws_lambda_function')).length);
    for (const { retention_in_days } of groups) expect(retention_in_days).toBeGreaterThanOrEqual(365);
  },

  'CKV_AWS_53, CKV_AWS_54, CKV_AWS_55, CKV_AWS_56, CKV2_AWS_6, AVD-AWS-0086, AVD-AWS-0087, AVD-AWS-0091, AVD-AWS-0093, AVD-AWS-0094, S3.2, S3.3, S3.8':
    ({ stateBackend }) => {
      expect(stateBackend.only('aws_s3_bucket_public_access_block')).toMatchObject({
        bucket: stateBucket(stateBackend),
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      });
    },
  'CKV_AWS_20, CKV_AWS_57, CKV_AWS_375, CKV2_AWS_43, CKV2_AWS_65, AVD-AWS-0092, S3.12': ({
    stateBackend,
  }) => {
    expect(stateBackend.only('aws_s3_bucket_ownership_controls')).toMatchObject({
      bucket: stateBucket(stateBackend),
      rule: { object_ownership: 'BucketOwnerEnforced' },
    });
    expect(stateBackend.all('aws_s3_bucket_acl')).toEqual({});
  },
  'CKV_AWS_70, CKV_AWS_93, S3.6': ({ stateBackend }) => {
    const statements = Object.values(stateBackend.all('aws_iam_policy_document')).flatMap(
      (it) => it.statement,
    );
    expect(statements.filter(({ effect }) => effect !== 'Deny')).toEqual([]);
    for (const { policy } of Object.values(stateBackend.all('aws_s3_bucket_policy'))) {
      expect(policy).toMatch(/^\$\{data\.aws_iam_policy_document\./);
    }
  },
  'CKV_AWS_21, AVD-AWS-0090, S3.14': ({ stateBackend }) => {
    expect(stateBackend.only('aws_s3_bucket_versioning')).toMatchObject({
      bucket: stateBucket(stateBackend),
      versioning_configuration: { status: 'Enabled' },
    });
  },
  'CKV_AWS_19, AVD-AWS-0088': ({ stateBackend }) => {
    expect(stateBackend.only('aws_s3_bucket_server_side_encryption_configuration')).toMatchObject({
      bucket: stateBucket(stateBackend),
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }],
    });
  },
  'CKV_AWS_379, S3.5': ({ stateBackend }) => {
    const { statement } = stateBackend.only('aws_iam_policy_document');
    expect(stateBackend.only('aws_s3_bucket_policy').bucket).toBe(stateBucket(stateBackend));
    expect(statement).toContainEqual(
      expect.objectContaining({
        effect: 'Deny',
        principals: [{ type: 'AWS', identifiers: ['*'] }],
        actions: ['s3:*'],
        condition: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
      }),
    );
  },
  'CKV_AWS_300, CKV2_AWS_61, S3.10, S3.13': ({ stateBackend }) => {
    const { bucket, rule } = stateBackend.only('aws_s3_bucket_lifecycle_configuration');
    expect(bucket).toBe(stateBucket(stateBackend));
    expect(rule).toEqual([
      expect.objectContaining({
        status: 'Enabled',
        filter: [{ prefix: '' }],
        noncurrent_version_expiration: [{ newer_noncurrent_versions: 30, noncurrent_days: 90 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      }),
    ]);
  },
  CKV_AWS_41: ({ table, functions, stateBackend }) => {
    for (const { provider } of [table, functions, stateBackend]) {
      expect(JSON.stringify(provider)).not.toMatch(/access_key|secret_key|token|profile/);
    }
  },
  'AVD-AWS-0320': ({ stateBackend }) => {
    expect(stateBackend.only('aws_s3_bucket').bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
  },
};

const rules = readRules();

describe('the rules that are kept', () => {
  const prod = synthesizeSystem('prod');

  it.each(rules.filter(({ answer }) => answer === 'kept').map(({ ids, rule }) => [ids, rule]))(
    '%s: %s',
    (ids) => {
      expect(keptRules).toHaveProperty([ids]);
      keptRules[ids]?.(prod);
    },
  );

  it('are kept by prod alone where the notebook does not keep them', () => {
    const lab = synthesizeSystem('lab');
    const broken = Object.entries(keptRules).flatMap(([ids, check]) => {
      try {
        check(lab);
        return [];
      } catch {
        return [ids.replace(/,.*/, '')];
      }
    });

    expect(broken).toEqual([
      'CKV2_AWS_16',
      'CKV_AWS_28',
      'DynamoDB.6',
      'CKV_AWS_355',
      'CKV_AWS_107',
      'AVD-AWS-0345',
      'CKV_AWS_66',
    ]);
  });
});

describe('docs/security-rules.md', () => {
  it('calls a rule kept if it is asserted here, and only then', () => {
    const kept = rules.filter(({ answer }) => answer === 'kept').map(({ ids }) => ids);

    expect(kept.sort()).toEqual(Object.keys(keptRules).sort());
  });

  it('names every id once, in the form of its source', () => {
    const ids = rules.flatMap((it) => it.ids.split(', '));

    expect(
      ids.filter(
        (id) => !/^(CKV2?_AWS_\d+|AVD-AWS-\d{4}|(DynamoDB|IAM|KMS|Lambda|CloudWatch|S3)\.\d+)$/.test(id),
      ),
    ).toEqual([]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('answers every rule: kept, opt-in by a setting, or declined with the reason', () => {
    const settings = [...readFileSync('environments.ts', 'utf8').matchAll(/^ {2}(\w+): /gm)].map(
      ([, name]) => name,
    );

    for (const { answer, reason } of rules) {
      expect(['kept', 'opt-in', 'declined']).toContain(answer);
      expect(reason).not.toBe('');
      if (answer === 'opt-in') {
        const [, setting = ''] = /^`([a-zA-Z]+)`: /.exec(reason) ?? [];
        expect(settings).toContain(setting);
      }
    }
  });
});

/** The rows of the table in docs/security-rules.md. */
function readRules() {
  const rows = readFileSync('docs/security-rules.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [, , ...body] = rows;
  return body.map(([subject = '', rule = '', ids = '', answer = '', reason = '', ...more]) => {
    if (more.length > 0) throw new Error(`docs/security-rules.md: too many attributes for ${ids}`);
    return { subject, rule, ids, answer, reason };
  });
}

function synthesizeSystem(name: 'lab' | 'prod'): System {
  const row = environment(name);
  return {
    row,
    table: synthesizeTable(row),
    functions: synthesizeFunctions(row),
    stateBackend: synthesizeStateBackend(row),
    web: synthesizeWeb({ ...row, web }),
  };
}

const defaultTags = (provider: { default_tags: { tags: object }[] }) => provider.default_tags[0]?.tags;

const grants = ({ functions }: System) =>
  Object.values(managedPolicies(functions)).flatMap(({ Statement }) => Statement);

const grantedActions = (system: System) => grants(system).flatMap(({ Action }) => Action);

const lambdas = ({ functions }: System) => Object.values(functions.all('aws_lambda_function'));

const resourceTypes = ({ table, functions, stateBackend }: System): string[] =>
  [table, functions, stateBackend].flatMap(({ resource }) => Object.keys(resource));

/** A reference to the bucket itself. */
const stateBucket = ({ resource }: Synthesized) =>
  `\${aws_s3_bucket.${Object.keys(resource.aws_s3_bucket).join()}.bucket}`;
