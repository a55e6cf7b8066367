import { type Difference, differencesOf } from './json-differences';
import { type Attributes, type Change, type Plan, type Resource, showableSides, unknown } from './plan-json';

/** How what is deployed at one address differs from the configuration. */
export interface ResourceDifference {
  /** As Terraform prints it. */
  readonly address: string;
  /** `unexpected`: there, but not in the configuration. */
  readonly kind: 'changed' | 'missing' | 'unexpected';
  /** `outside`: changed since the last deployment by something else. `not-deployed`: the configuration has changed. */
  readonly origin: 'outside' | 'not-deployed';
  /** Whether a deployment would replace the resource. */
  readonly replaced: boolean;
  /** Expected by the configuration, found in AWS; none if the whole resource is missing or unexpected. */
  readonly attributes: readonly Difference[];
  /** The command that ends the difference. */
  readonly repair: string;
}

/** Whether a state knows any resource. */
export function isDeployed(plan: Plan): boolean {
  return managedResources(plan).length > 0;
}

/**
 * The differences between what is deployed and the configuration of a stack: those that Terraform would undo, and those
 * that it does not see.
 */
export function resourceDifferences(plan: Plan, stack: string): ResourceDifference[] {
  const repair = `npm run deploy -- ${stack}`;
  return [
    ...plannedDifferences(plan, repair),
    ...codeDifferences(plan, stack, repair),
    ...policiesAttachedByHand(plan),
  ].sort((a, b) => (a.address < b.address ? -1 : Number(a.address > b.address)));
}

function plannedDifferences(
  { resource_changes: changes = [], resource_drift: drift = [] }: Plan,
  repair: string,
): ResourceDifference[] {
  const driftOf = new Map(drift.map(({ address, change }) => [address, change]));
  return changes.flatMap(({ address, change }): ResourceDifference[] => {
    const { actions } = change;
    const outside = driftOf.get(address);
    const base = { address, repair, replaced: actions.length > 1 };
    if (actions.length === 1 && (actions[0] === 'no-op' || actions[0] === 'read')) return [];
    if (change.before === null || change.before === undefined) {
      const origin = outside?.actions.includes('delete') ? 'outside' : 'not-deployed';
      return [{ ...base, kind: 'missing', origin, attributes: [] }];
    }
    if (change.after === null || change.after === undefined) {
      return [{ ...base, kind: 'unexpected', origin: 'not-deployed', attributes: [] }];
    }
    const changedOutside = new Set(outside ? attributeDifferences(outside).map(({ path }) => path) : []);
    const attributes = attributeDifferences(change);
    const of = (origin: ResourceDifference['origin']) => ({
      ...base,
      kind: 'changed' as const,
      origin,
      attributes: attributes.filter(({ path }) => changedOutside.has(path) === (origin === 'outside')),
    });
    const found = [of('outside'), of('not-deployed')].filter((it) => it.attributes.length > 0);
    return found.length > 0 ? found : [of('not-deployed')];
  });
}

/**
 * `tags` is what one resource has beside the default tags, `tags_all` both: the latter tells all, under the former's name.
 * Of what is known after a deployment only, nothing can be said before it.
 */
function attributeDifferences(change: Change): Difference[] {
  const { before, after } = showableSides(change);
  const known = (side: unknown) => {
    const { tags, tags_all, ...others } = Object(side);
    return { ...others, tags: tags_all ?? tags };
  };
  return differencesOf(known(after), known(before)).filter(({ expected }) => expected !== unknown);
}

/** Terraform remembers the hash of the code that it has deployed, and never compares it with that of the function. */
function codeDifferences(plan: Plan, stack: string, deploy: string): ResourceDifference[] {
  return managedResources(plan)
    .filter(({ type }) => type === 'aws_lambda_function')
    .flatMap(({ address, values }): ResourceDifference[] => {
      const { source_code_hash: expected, code_sha256: found } = values;
      if (expected === found) return [];
      const deploysCode = plan.resource_changes?.some(
        (it) => it.address === address && Object(it.change.after).source_code_hash !== expected,
      );
      const upload = `aws lambda update-function-code --function-name ${values.function_name} --zip-file fileb://cdktf.out/stacks/${stack}/${values.filename} --publish`;
      return [
        {
          address,
          kind: 'changed',
          origin: 'outside',
          replaced: false,
          attributes: [{ path: 'code_sha256', expected, found }],
          repair: deploysCode ? deploy : upload,
        },
      ];
    });
}

/** Terraform knows the attachments that it has made, and leaves every other policy of a role as it is. */
function policiesAttachedByHand(plan: Plan): ResourceDifference[] {
  const resources = managedResources(plan);
  const attachments = resources.filter(({ type }) => type === 'aws_iam_role_policy_attachment');
  return resources
    .filter(({ type }) => type === 'aws_iam_role')
    .flatMap(({ address, values }): ResourceDifference[] => {
      const { name, managed_policy_arns: arns, inline_policy: inline } = values as unknown as Role;
      const own = new Set(
        attachments.filter((it) => it.values.role === name).map((it) => it.values.policy_arn),
      );
      const unexpected = (path: string, found: string, command: string): ResourceDifference => ({
        address,
        kind: 'changed',
        origin: 'outside',
        replaced: false,
        attributes: [{ path, expected: null, found }],
        repair: `aws iam ${command} --role-name ${name}`,
      });
      return [
        ...(arns ?? [])
          .filter((arn) => !own.has(arn))
          .map((arn) => unexpected('managed_policy_arns', arn, `detach-role-policy --policy-arn ${arn}`)),
        ...(inline ?? []).map((it) =>
          unexpected('inline_policy', it.name, `delete-role-policy --policy-name ${it.name}`),
        ),
      ];
    });
}

interface Role {
  readonly name: string;
  readonly managed_policy_arns?: readonly string[] | null;
  readonly inline_policy?: readonly { readonly name: string }[] | null;
}

/** The resources of a stack: it has no modules. */
function managedResources({
  prior_state: state,
}: Plan): readonly (Resource & { readonly values: Attributes })[] {
  return (state?.values?.root_module?.resources ?? [])
    .filter(({ mode }) => mode === 'managed')
    .map((it) => ({ ...it, values: it.values ?? {} }));
}
