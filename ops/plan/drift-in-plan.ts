import { type Difference, differencesOf } from '../terraform/json-differences';
import {
  type Change,
  maskSensitive,
  type Plan,
  type ResourceChange,
  resourcesOf,
  showableSides,
  unknown,
} from '../terraform/plan-json';
import type { FoundBeside } from './found-beside';
import { leftOpen, repairOf } from './left-open';

/** How what is deployed at one address differs from the configuration. */
export interface ResourceDifference {
  /** As Terraform prints it; of what is in no state, its type and what tells it from others. */
  readonly address: string;
  /** `unexpected`: there, but not in the configuration. */
  readonly kind: 'changed' | 'missing' | 'unexpected';
  /** `outside`: changed since the last deployment by something else. `not-deployed`: the configuration has changed. */
  readonly origin: 'outside' | 'not-deployed';
  /** Whether a deployment would replace the resource. */
  readonly replaced: boolean;
  /** Expected by the configuration, found in AWS; none if the whole resource is missing or unexpected. */
  readonly attributes: readonly Difference[];
  /** The command that ends the difference, or what to do where no command does. */
  readonly repair: string;
}

/** Whether a state knows any resource. */
export function isDeployed(plan: Plan): boolean {
  return managedResources(plan).length > 0;
}

/**
 * The differences between what is deployed and the configuration of a stack: those that Terraform would undo, those that
 * it keeps because the configuration leaves them open, and what it does not look for.
 *
 * @param secretNames - names of secrets beside those that `isSecretName` knows
 */
export function resourceDifferences(
  plan: Plan,
  stack: string,
  beside: readonly FoundBeside[] = [],
  secretNames: readonly string[] = [],
): ResourceDifference[] {
  const repair = `npm run deploy -- ${stack}`;
  return [
    ...plannedDifferences(plan, repair, secretNames),
    ...openDifferences(plan, secretNames),
    ...codeDifferences(plan, stack, repair),
    ...beside.map((it) => unexpectedBeside(it, secretNames)),
  ].sort((a, b) => (a.address < b.address ? -1 : Number(a.address > b.address)));
}

/**
 * What was found as a plan that makes it of what was expected, for a review to say what it means. What is missing is left
 * out: the review of the deployment tells of it.
 */
export function driftAsPlan(plan: Plan, beside: readonly FoundBeside[]): Plan {
  const open = new Map(openDifferences(plan, []).map((it) => [it.address, it.attributes]));
  const planned = new Map((plan.resource_changes ?? []).map((it) => [it.address, it]));
  const changed = managedResources(plan).flatMap(({ address, type, values }): ResourceChange[] => {
    const { change } = planned.get(address) ?? {};
    const isUpdate = change?.actions.length === 1 && change.actions[0] === 'update';
    const kept = Object.entries(Object(change?.after)).filter(
      ([name]) => !Object(change?.after_unknown)[name],
    );
    const left = (open.get(address) ?? []).map(({ path }) => [path.replace(/[.[].*/, ''), null]);
    if (!isUpdate && left.length === 0) return [];
    const before = { ...values, ...Object.fromEntries([...(isUpdate ? kept : []), ...left]) };
    const { after_sensitive, before_sensitive } = change ?? {};
    const marks = { before_sensitive: after_sensitive, after_sensitive: before_sensitive };
    return [
      { address, mode: 'managed', type, change: { actions: ['update'], before, after: values, ...marks } },
    ];
  });
  const created = beside.map(({ type, name, attributes }) => ({
    address: `${type} ${name}`,
    mode: 'managed',
    type,
    change: { actions: ['create'], before: null, after: attributes, after_unknown: {} },
  }));
  return { format_version: '1.2', resource_changes: [...changed, ...created] };
}

function plannedDifferences(
  { resource_changes: changes = [], resource_drift: drift = [] }: Plan,
  repair: string,
  secretNames: readonly string[],
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
    const changedOutside = new Set(
      outside ? attributeDifferences(outside, secretNames).map(({ path }) => path) : [],
    );
    const attributes = attributeDifferences(change, secretNames);
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
function attributeDifferences(change: Change, secretNames: readonly string[]): Difference[] {
  const { before, after } = showableSides(change, secretNames);
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

/** Terraform keeps what a configuration leaves open. What it would change anyway is told as that. */
function openDifferences(plan: Plan, secretNames: readonly string[]): ResourceDifference[] {
  const configured = new Map(
    (plan.configuration?.root_module?.resources ?? []).map((it) => [it.address, it.expressions]),
  );
  const planned = new Map(
    plannedDifferences(plan, '', []).map(({ address, attributes }) => [
      address,
      attributes.map(({ path }) => path.replace(/[.[].*/, '')),
    ]),
  );
  return managedResources(plan, secretNames).flatMap(
    ({ address, type, values, unmasked }): ResourceDifference[] => {
      const ofResource = address.replace(/\[[^\]]*\]$/, '');
      // What the configuration has no longer is told as a whole.
      if (!configured.has(ofResource)) return [];
      const attributes = leftOpen(type, unmasked, configured.get(ofResource), values).filter(
        ({ path }) => !planned.get(address)?.includes(path.replace(/[.[].*/, '')),
      );
      const repairs = new Set(attributes.map(({ path }) => repairOf(type, values, path)));
      return [...repairs].map((repair) => ({
        address,
        kind: 'changed',
        origin: 'outside',
        replaced: false,
        attributes: attributes.filter(({ path }) => repairOf(type, values, path) === repair),
        repair,
      }));
    },
  );
}

function unexpectedBeside(
  { type, name, attributes, repair }: FoundBeside,
  secretNames: readonly string[],
): ResourceDifference {
  return {
    address: `${type} ${name}`,
    kind: 'unexpected',
    origin: 'outside',
    replaced: false,
    attributes: differencesOf({}, maskSensitive(attributes, undefined, secretNames)),
    repair,
  };
}

/** The resources of a stack as the providers have read them; what is sensitive is masked. */
export function managedResources({ prior_state: state }: Plan, secretNames: readonly string[] = []) {
  return resourcesOf(state?.values?.root_module, ({ mode }) => mode === 'managed', secretNames);
}
