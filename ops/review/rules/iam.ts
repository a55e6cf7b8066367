import { isHidden } from '../../terraform/plan-json';
import { describeChange } from '../finding';
import { attachment, inlinePolicies, managedPolicies, policy, policyEnds } from './policies';
import {
  computed,
  endsFor,
  fine,
  gives,
  harmless,
  identity,
  isSet,
  label,
  type Rule,
  risk,
  type TypeRules,
  tags,
} from './rule';

/** A limit to what the policies of a role allow. */
const boundary: Rule = ({ path, before, after }) =>
  isSet(before)
    ? risk(
        'access',
        `other limits to its rights (${describeChange({ path, expected: after, found: before })})`,
      )
    : fine('it limits more than before');

const session: Rule = ({ before, after, path, origin }) =>
  origin === 'new' || (!isHidden(after) && Number(after) <= Number(before))
    ? fine('sessions are no longer than before')
    : risk('access', `sessions last longer (${describeChange({ path, expected: after, found: before })})`);

const inlinePolicy = (holder: 'role' | 'user' | 'group'): TypeRules => ({
  attachedTo: [holder],
  attributes: {
    [holder]: identity,
    id: computed,
    name: identity,
    name_prefix: identity,
    policy: policy(),
  },
});

const policyAttachment = (holder: 'role' | 'user' | 'group'): TypeRules => {
  const joint = attachment(holder);
  return {
    attachedTo: [holder, 'policy_arn'],
    attributes: { [holder]: joint, policy_arn: joint, id: computed },
  };
};

export const iam: Readonly<Record<string, TypeRules>> = {
  aws_iam_policy: {
    ended: policyEnds,
    attributes: {
      ...tags,
      arn: computed,
      attachment_count: computed,
      description: label,
      id: computed,
      name: identity,
      name_prefix: identity,
      path: identity,
      policy: policy(),
      policy_id: computed,
    },
  },
  aws_iam_role: {
    ended: endsFor(
      'what runs with its rights is refused',
      'the new one gets what its own configuration gives',
    ),
    attributes: {
      ...tags,
      arn: computed,
      assume_role_policy: policy('trust policy '),
      create_date: computed,
      description: label,
      force_detach_policies: harmless('how it is destroyed'),
      id: computed,
      inline_policy: { block: inlinePolicies },
      managed_policy_arns: managedPolicies,
      max_session_duration: session,
      name: identity,
      name_prefix: identity,
      path: identity,
      permissions_boundary: boundary,
      unique_id: computed,
    },
  },
  aws_iam_role_policy: inlinePolicy('role'),
  aws_iam_user_policy: inlinePolicy('user'),
  aws_iam_group_policy: inlinePolicy('group'),
  aws_iam_role_policy_attachment: policyAttachment('role'),
  aws_iam_user_policy_attachment: policyAttachment('user'),
  aws_iam_group_policy_attachment: policyAttachment('group'),
  aws_iam_openid_connect_provider: {
    ended: endsFor('who signs in by it is refused'),
    attributes: {
      ...tags,
      arn: computed,
      client_id_list: gives('access', 'takes tokens for'),
      id: computed,
      thumbprint_list: gives('access', 'trusts certificates of'),
      url: gives('access', 'takes tokens of'),
    },
  },
};
