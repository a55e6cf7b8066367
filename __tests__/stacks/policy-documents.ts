import type { Attributes, Synthesized } from './synthesize';

export const accountId = '123456789012';
export const bucketArn = 'arn:aws:s3:::a-state-bucket';

export interface PolicyStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource?: string[];
  Principal?: Record<string, string[]>;
  Condition?: Record<string, Record<string, string[]>>;
}

export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: PolicyStatement[];
}

/** The policies of a synthesized stack as IAM sees them, by policy name. */
export function managedPolicies(stack: Synthesized): Record<string, PolicyDocument> {
  return named(stack, 'aws_iam_policy', 'policy');
}

/** The assume-role policies of a synthesized stack as IAM sees them, by role name. */
export function assumeRolePolicies(stack: Synthesized): Record<string, PolicyDocument> {
  return named(stack, 'aws_iam_role', 'assume_role_policy');
}

/** The only bucket policy of a synthesized stack as IAM sees it. */
export function bucketPolicy(stack: Synthesized): PolicyDocument {
  return render(referenced(stack, stack.only('aws_s3_bucket_policy').policy));
}

/** A role as IAM sees it: who may assume it, and what it may do, by policy name. */
export interface RoleDocuments {
  readonly trust: PolicyDocument;
  readonly policies: Readonly<Record<string, PolicyDocument>>;
}

/** The role of a synthesized stack with the managed policies attached to it. */
export function roleDocuments(stack: Synthesized, roleName: string): RoleDocuments {
  const trust = assumeRolePolicies(stack)[roleName];
  const attached = attachedPolicies(stack)[roleName];
  if (!trust || !attached) throw new Error(`${roleName}: no such role, or nothing attached to it`);
  const documents = managedPolicies(stack);
  const policies = attached.map((name) => [name, documents[name] as PolicyDocument]);
  return { trust, policies: Object.fromEntries(policies) };
}

/** Names of the managed policies attached to each role. */
export function attachedPolicies(stack: Synthesized): Record<string, string[]> {
  const roles: Record<string, string[]> = {};
  for (const { role, policy_arn } of Object.values(stack.all('aws_iam_role_policy_attachment'))) {
    const roleName = referenced(stack, role).name;
    roles[roleName] = [...(roles[roleName] ?? []), referenced(stack, policy_arn).name].sort();
  }
  return roles;
}

function named(stack: Synthesized, type: string, argument: string): Record<string, PolicyDocument> {
  const resources = Object.values<Attributes>(stack.resource?.[type] ?? {});
  return Object.fromEntries(
    resources.map((resource) => [resource.name, render(referenced(stack, resource[argument]))]),
  );
}

/** What a reference such as `${data.aws_iam_policy_document.x.json}` points to. */
function referenced(stack: Synthesized, reference: string): Attributes {
  const [, type = '', address = ''] = /^\$\{(?:data\.)?([^.]+)\.([^.]+)\.[^.]+\}$/.exec(reference) ?? [];
  const target = stack.all(type)[address];
  if (!target) throw new Error(`${reference}: refers to nothing in the stack`);
  return target;
}

/** What the data source `aws_iam_policy_document` makes of its statements. */
function render({ statement }: Attributes): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statement.map(({ sid, effect, actions, resources, principals, condition }: Attributes) => ({
      Sid: sid,
      Effect: effect ?? 'Allow',
      Action: actions,
      ...(resources && { Resource: resources.map(resolve) }),
      ...(principals && {
        Principal: Object.fromEntries(
          principals.map((p: Attributes) => [p.type, p.identifiers.map(resolve)]),
        ),
      }),
      ...(condition && { Condition: conditions(condition) }),
    })),
  };
}

function conditions(list: Attributes[]): PolicyStatement['Condition'] {
  const byTest: Record<string, Record<string, string[]>> = {};
  for (const { test, variable, values } of list) {
    byTest[test] = { ...byTest[test], [variable]: values.map(resolve) };
  }
  return byTest;
}

/** The role that applies trusts its environment once the functions' roles have their boundary. */
const onceBounded = /^\$\{alltrue\(\[for .*\]\) \? "(.*)" : "nobody"\}$/;

function resolve(text: string): string {
  const resolved = text
    .replace(onceBounded, '$1')
    .replaceAll('${data.aws_partition.partition.partition}', 'aws')
    .replaceAll('${data.aws_caller_identity.account.account_id}', accountId)
    .replaceAll(/\$\{aws_s3_bucket\.[^.]+\.arn\}/g, bucketArn);
  if (resolved.includes('${')) throw new Error(`${text}: has a reference that the test does not know`);
  return resolved;
}
