import { review } from '../../../ops/review/review';
import type { Change, Plan } from '../../../ops/terraform/plan-json';

/** A plan of one change, as Terraform would make it; what it is configured with is what it becomes. */
export function planOf(type: string, change: Partial<Change>, more: Partial<Plan> = {}): Plan {
  const address = `${type}.x`;
  const before = change.before === undefined ? null : change.before;
  const after = change.after === undefined ? null : change.after;
  const actions = before === null ? ['create'] : after === null ? ['delete'] : ['update'];
  const written = { ...Object(after), ...Object(change.after_unknown) };
  return {
    resource_changes: [{ address, mode: 'managed', type, change: { actions, ...change, before, after } }],
    configuration: { root_module: { resources: [{ address, mode: 'managed', type, expressions: written }] } },
    ...more,
  };
}

/** What is said of a plan: its class, and each finding with its harm. */
export function said(plan: Plan, configuration?: unknown) {
  const { status, verdict, findings } = review([{ stack: 's', plan, configuration }]);
  return {
    status,
    verdict,
    risks: findings.flatMap(({ risk, concern, address, sentence }) =>
      risk ? `${concern}: ${address} ${sentence}` : [],
    ),
  };
}

export const policyText = (...Statement: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement });
