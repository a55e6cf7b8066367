import { apiGateway } from './api-gateway';
import { cloudwatch } from './cloudwatch';
import { dynamodb } from './dynamodb';
import { generic } from './generic';
import { iam } from './iam';
import { keysAndQueues } from './keys-and-queues';
import { lambda } from './lambda';
import { network } from './network';
import type { TypeRules } from './rule';
import { s3 } from './s3';
import { terraform } from './terraform';

/**
 * All that a review knows, by type of resource. A team that defines a type of its own adds its table here: of an
 * attribute that no rule is for, no change is ever called safe.
 */
export const typeRules: Readonly<Record<string, TypeRules>> = {
  ...apiGateway,
  ...cloudwatch,
  ...dynamodb,
  ...iam,
  ...keysAndQueues,
  ...lambda,
  ...network,
  ...s3,
  ...terraform,
};

/** @param provider - such as `registry.terraform.io/hashicorp/aws`: a type of the same name may be anything elsewhere */
export function rulesFor(type: string, provider?: string): TypeRules {
  const rules = isKnown(provider) && Object.hasOwn(typeRules, type) ? typeRules[type] : undefined;
  return rules ? { others: generic.others, ...rules } : generic;
}

/** Whether a data source only tells what is there: those of the AWS provider do, but for one that invokes a function. */
export function onlyReads(type: string, provider?: string): boolean {
  const isOfAws = /^aws_/.test(type) && type !== 'aws_lambda_invocation';
  return isKnown(provider) && (isOfAws || ['archive_file', 'terraform_remote_state'].includes(type));
}

/** A plan that does not name its providers is of the ones that everybody has. */
function isKnown(provider = 'terraform.io/builtin/terraform'): boolean {
  return /^(registry\.(terraform\.io|opentofu\.org)\/hashicorp|terraform\.io\/builtin)\/[\w-]+$/.test(
    provider,
  );
}
