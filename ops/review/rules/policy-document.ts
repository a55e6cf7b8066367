import { type Attributes, isHidden } from '../../terraform/plan-json';
import { isSet } from './rule';

/**
 * The policy that a data source `aws_iam_policy_document` renders, as far as its arguments are known; undefined if
 * anything of it that could allow something is not. A `Deny` of which something is unknown is left out: without it the
 * policy can only look wider than it is.
 */
export function policyText(document: Attributes | undefined): string | undefined {
  const { statement, version } = document ?? {};
  const others = ['source_json', 'override_json', 'source_policy_documents', 'override_policy_documents'];
  if (!Array.isArray(statement) || isHidden(version) || others.some((it) => isSet(document?.[it]))) {
    return undefined;
  }
  const blocks = statement.filter((it) => !(Object(it).effect === 'Deny' && holdsHidden(it)));
  if (blocks.some(holdsHidden)) return undefined;
  return JSON.stringify({
    Version: isSet(version) ? version : '2012-10-17',
    Statement: blocks.map(readStatement),
  });
}

function holdsHidden(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsHidden)
    : isHidden(value);
}

interface Block {
  readonly type: string;
  readonly identifiers: readonly string[];
  readonly test: string;
  readonly variable: string;
  readonly values: readonly string[];
}

/** Blocks of one type, or of one test and variable, are one to the provider: their values add up. */
function readStatement(block: Attributes): object {
  const blocks = (name: string) => (isSet(block[name]) ? (block[name] as readonly Block[]) : []);
  const principals = (name: string) => {
    const list = blocks(name);
    const [first] = list;
    if (list.length === 1 && first?.type === '*' && first.identifiers.join() === '*') return '*';
    const types = new Map<string, string[]>();
    for (const { type, identifiers } of list) {
      types.set(type, [...(types.get(type) ?? []), ...identifiers.map(withVariables)]);
    }
    return Object.fromEntries(types);
  };
  const conditions: Record<string, Record<string, string[]>> = {};
  for (const { test, variable, values } of blocks('condition')) {
    const tests = conditions[test] ?? {};
    tests[variable] = [...(tests[variable] ?? []), ...values.map(withVariables)];
    conditions[test] = tests;
  }
  const given = Object.entries({
    Sid: block.sid,
    Effect: block.effect ?? 'Allow',
    Action: block.actions,
    NotAction: block.not_actions,
    Resource: texts(block.resources),
    NotResource: texts(block.not_resources),
    Principal: principals('principals'),
    NotPrincipal: principals('not_principals'),
    Condition: conditions,
  });
  return Object.fromEntries(given.filter(([, value]) => isSet(value)));
}

const texts = (value: unknown) => (isSet(value) ? (value as string[]).map(withVariables) : value);

/** Terraform has a meaning of its own for `${`, so a policy variable is written with `&{`. */
const withVariables = (text: string) => text.replaceAll('&{', '${');
