import { isDeepStrictEqual } from 'node:util';
import { type Attributes, isHidden, sensitive, unknown } from '../../plan/plan-json';
import { type ChangeView, describeChange, isNew, show, type Told } from '../finding';
import { type Reference, withoutInstances } from '../references';
import { denies, isPolicy, type Widening, wideningsOf } from './policy-comparison';

/** What is known beside a change, to understand what it gives access to. */
export interface AccessContext {
  readonly references: ReadonlyMap<string, Reference>;
  /** Every change of the plan by its address, data sources included. */
  readonly views: ReadonlyMap<string, ChangeView>;
  /** Values of all resources of the state. */
  readonly prior: readonly Attributes[];
}

/**
 * What a change opens: by policies, attachments, permissions, public settings and networks. What cannot be shown to be
 * no wider is wider.
 */
export function widerAccessOf(view: ChangeView, context: AccessContext): Told[] {
  const { action, address } = view;
  if (action === 'no-op' || action === 'read' || action === 'forget') return [];
  const openings = [
    ...policyOpenings(view, context),
    ...attachmentOpenings(view, context),
    ...settingOpenings(view),
    ...networkOpenings(view),
    ...grantOpenings(view),
  ];
  const [first] = openings;
  if (!first) return [];
  const sentences = [...new Set(openings.map(({ sentence }) => sentence))];
  const more = sentences.length > 3 ? `; and ${sentences.length - 3} more` : '';
  const details = [...new Set(openings.flatMap((it) => it.details))];
  return [
    {
      concern: 'access',
      kind: 'wider-access',
      sentence: `${first.isNew ? isNew : ''}${sentences.slice(0, 3).join('; ')}${more}`,
      details: details.filter((it) => sentences.length > 3 || !sentences.includes(it)),
      risk: `wider-access:${address}`,
      paths: openings.flatMap(({ path }) => (path ? [path] : [])),
    },
  ];
}

interface Opening {
  readonly sentence: string;
  readonly details: readonly string[];
  readonly path?: string;
  readonly isNew?: boolean;
}

function policyOpenings(view: ChangeView, context: AccessContext): Opening[] {
  const [before, after] = [policiesIn(view.before, view.type), policiesIn(view.after, view.type)];
  const paths = new Set([...before.keys(), ...after.keys()]);
  const isNewResource = view.action === 'create';
  return [...paths].flatMap((path): Opening[] => {
    const old = before.get(path);
    const given = after.get(path);
    if (old === given) return [];
    const new_ = given === unknown ? (documentOf(view, path, context) ?? given) : given;
    const attribute = path.split(/[.[]/)[0] as string;
    const kind = /assume_role/.test(path) ? 'trust policy ' : '';
    const opening = (words: Widening): Opening => ({
      sentence: `${kind}${widerWords(words, 'short', old !== undefined)}`,
      details: [`${kind}${widerWords(words, 'long', old !== undefined)}`],
      path: attribute,
      isNew: isNewResource,
    });
    // What the configuration leaves open is computed by the provider, from other resources if at all.
    const own = context.references.get(withoutInstances(view.address));
    if (given === unknown && own && !own.given.has(attribute)) return [];
    if (isHidden(new_) || isHidden(old)) {
      const reason = [new_, old].includes(unknown) ? 'known after apply only' : 'sensitive';
      const words = `${path} is ${reason}: what it allows cannot be reviewed`;
      return view.action === 'destroy' ? [] : [opening({ kind: 'unreadable', short: words, long: words })];
    }
    return wideningsOf(old, new_).map(opening);
  });
}

function widerWords(widening: Widening, length: 'short' | 'long', isChange: boolean): string {
  const verb = {
    allowed: isChange ? 'may now also ' : 'may ',
    'not-denied': 'no longer denies ',
    condition: '',
    unreadable: '',
  };
  return `${verb[widening.kind]}${widening[length]}`;
}

/** What is left to say of policies that have changed without giving more: by how much they give less. */
export function narrowerAccessOf({ action, type, before, after }: ChangeView, isAlsoWider: boolean): Told[] {
  if (action !== 'update' && action !== 'replace') return [];
  const [old, now] = [policiesIn(before, type), policiesIn(after, type)];
  return [...old].flatMap(([path, text]): Told[] => {
    const text2 = now.get(path);
    if (text === text2 || isHidden(text) || isHidden(text2)) return [];
    const narrowings = wideningsOf(text2, text);
    if (isAlsoWider && narrowings.length === 0) return [];
    const verb = {
      allowed: 'no longer ',
      'not-denied': 'now denies ',
      condition: 'stricter: ',
      unreadable: '',
    };
    return [
      {
        concern: 'rest',
        kind: 'narrower-access',
        sentence:
          narrowings.length === 0
            ? `${path} is written in another way and allows the same`
            : isAlsoWider
              ? `${path} allows less elsewhere`
              : `${path} allows less`,
        details: narrowings.map((it) => `${verb[it.kind]}${it.long.replace(/ removed \(/, ' added (')}`),
        paths: [path.split(/[.[]/)[0] as string],
      },
    ];
  });
}

const policyNames = /(^|_)(policy|policies|policy_json|policy_document)$/;
/** Policies that give no access. */
const otherPolicies = /lifecycle|scaling|budget|retention|dlm|redrive|delivery_policy/;

/** Policy texts by their place; a list of named blocks counts by name, as its order means nothing. */
function policiesIn(attributes: Attributes | undefined, type: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string, name: string) => {
    if (Array.isArray(value)) {
      for (const [index, it] of value.entries()) walk(it, `${path}[${Object(it).name ?? index}]`, name);
    } else if (typeof value === 'object' && value !== null) {
      for (const [member, it] of Object.entries(value)) walk(it, path ? `${path}.${member}` : member, member);
    } else if (isPolicy(value)) {
      found.set(path, value);
    } else if (
      typeof value === 'string' &&
      policyNames.test(name) &&
      !otherPolicies.test(name) &&
      (isHidden(value) || /^\s*\S*\{/.test(value))
    ) {
      found.set(path, value);
    } else if (value && name === 'policy' && typeof value === 'string') {
      found.set(path, value);
    }
  };
  if (!otherPolicies.test(type)) walk(attributes, '', '');
  return found;
}

/** The text of a policy that is put together by a data source which is read during the deployment. */
function documentOf({ address }: ChangeView, path: string, { references, views }: AccessContext) {
  const own = references.get(withoutInstances(address));
  const documents = (own?.byArgument.get(path.split(/[.[]/)[0] as string) ?? []).filter((it) =>
    /(^|\.)data\.aws_iam_policy_document\./.test(it),
  );
  const [document, ...others] = documents.map((it) => views.get(it)?.after);
  if (!document || others.length > 0) return undefined;
  const { statement, source_policy_documents: sources, override_policy_documents: overrides } = document;
  if (!Array.isArray(statement) || sources || overrides) return undefined;
  return JSON.stringify({ Version: '2012-10-17', Statement: statement.map(readStatement) });
}

function readStatement(block: Attributes): object {
  const given = <T>(name: string, value: T, from: unknown) =>
    Array.isArray(from) && from.length === 0
      ? {}
      : from === null || from === undefined
        ? {}
        : { [name]: value };
  const principals = (list: unknown) => {
    const entries = (Array.isArray(list) ? list : []).map(({ type, identifiers }) => [type, identifiers]);
    return entries.some(([type]) => type === '*') ? '*' : Object.fromEntries(entries);
  };
  const conditions: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of Array.isArray(block.condition) ? block.condition : []) {
    conditions[test] = { ...conditions[test], [variable]: values };
  }
  return {
    Effect: block.effect ?? 'Allow',
    ...given('Action', block.actions, block.actions),
    ...given('NotAction', block.not_actions, block.not_actions),
    ...given('Resource', block.resources, block.resources),
    ...given('NotResource', block.not_resources, block.not_resources),
    ...given('Principal', principals(block.principals), block.principals),
    ...given('NotPrincipal', principals(block.not_principals), block.not_principals),
    ...given('Condition', conditions, block.condition),
  };
}

const attachment = /(^|_)policy_attachments?(_exclusive)?$/;

function attachmentOpenings(view: ChangeView, context: AccessContext): Opening[] {
  const { type, before, after, action, differences } = view;
  if (type === 'aws_iam_role' || type === 'aws_iam_user' || type === 'aws_iam_group') {
    return differences
      .filter(({ path }) => path === 'managed_policy_arns')
      .flatMap(({ path, expected, found }) => {
        const added = [expected ?? []].flat().filter((arn) => ![found ?? []].flat().includes(arn));
        return added.map((arn) => ({ sentence: `gets the policy ${show(arn)}`, details: [], path }));
      });
  }
  if (!attachment.test(type)) return [];
  const removed =
    before && isDeepStrictEqual(before.policy_arn, after?.policy_arn) ? [] : detached(before, context);
  if (action === 'destroy' || !after) return removed;
  if (action === 'create' && isOfNewPolicy(view, context)) return [];
  const holder =
    after.role ?? after.user ?? after.group ?? after.roles ?? after.users ?? after.groups ?? after.target_id;
  const policy = after.policy_arn ?? after.policy_arns ?? after.policy_id ?? after.managed_policy_arn;
  const sentence = `gives ${show(holder)} the policy ${show(named(policy, 'policy_arn', view, context))}`;
  return [...removed, { sentence, details: [], path: 'policy_arn' }];
}

/** What a new policy allows is told once, with the policy itself. */
function isOfNewPolicy(view: ChangeView, context: AccessContext): boolean {
  if (view.after?.policy_arn !== unknown) return false;
  const policies = referenced(view, 'policy_arn', context);
  return (
    policies.length > 0 && policies.every((it) => it.action === 'create' && it.type === 'aws_iam_policy')
  );
}

function referenced({ address }: ChangeView, argument: string, { references, views }: AccessContext) {
  const addresses = references.get(withoutInstances(address))?.byArgument.get(argument) ?? [];
  return addresses.flatMap((it) => views.get(it) ?? []);
}

/** The address that an unknown value comes from says more than that it is unknown. */
function named(value: unknown, argument: string, view: ChangeView, context: AccessContext): unknown {
  if (value !== unknown) return value;
  return referenced(view, argument, context)[0]?.address ?? value;
}

/** The end of an attachment opens something only where the policy denies, or where nobody knows. */
function detached(before: Attributes | undefined, { prior }: AccessContext): Opening[] {
  const arn = before?.policy_arn ?? before?.policy_id;
  if (typeof arn !== 'string') return [];
  const known = prior.find((it) => it.arn === arn && typeof it.policy === 'string');
  const mayDeny = known
    ? denies(known.policy as string)
    : !/^arn:aws[a-z-]*:iam::aws:policy\//.test(arn) || /deny|quarantine/i.test(arn);
  return mayDeny
    ? [{ sentence: `takes away the policy ${show(arn)}, which may deny something`, details: [] }]
    : [];
}

const publicFlags =
  /(^|\.)(publicly_accessible|public_network_access_enabled|map_public_ip_on_launch|associate_public_ip_address|endpoint_public_access|http_endpoint_enabled|allow_unauthenticated_identities)$/;
const publicAccessBlock = [
  'block_public_acls',
  'block_public_policy',
  'ignore_public_acls',
  'restrict_public_buckets',
];
const executedAs =
  /(^|\.)(role|role_arn|execution_role_arn|task_role_arn|service_role_arn|iam_instance_profile|iam_role_arn|credentials_arn)$/;

function settingOpenings({ type, action, before, after, differences, later }: ChangeView): Opening[] {
  const openings: Opening[] = [];
  const open = (sentence: string, path: string) => openings.push({ sentence, details: [], path });
  if (type.endsWith('public_access_block')) {
    for (const name of publicAccessBlock) {
      if (before?.[name] === true && after?.[name] !== true) open(`${name} is turned off`, name);
    }
  }
  if (action === 'destroy') return openings;
  if (before?.permissions_boundary && before.permissions_boundary !== after?.permissions_boundary) {
    const now = after?.permissions_boundary;
    open(
      `permissions boundary ${show(before.permissions_boundary)} ${now ? `becomes ${show(now)}` : 'removed'}`,
      'permissions_boundary',
    );
  }
  for (const difference of differences) {
    const { path, expected } = difference;
    if (publicFlags.test(path) && expected === true) open(`${path} is turned on`, path);
    if (/(^|\.)acl$/.test(path) && typeof expected === 'string' && expected !== 'private') {
      open(`access control list: ${describeChange(difference)}`, path);
    }
  }
  for (const { path } of later.filter((it) => publicFlags.test(it.path) || /(^|\.)acl$/.test(it.path))) {
    if (before) open(`${path} is ${unknown}`, path);
  }
  if (before && !type.startsWith('aws_iam_')) {
    for (const difference of differences.filter(({ path, expected }) => executedAs.test(path) && expected)) {
      open(`runs with other rights (${describeChange(difference)})`, difference.path);
    }
    for (const { path } of later.filter((it) => executedAs.test(it.path))) {
      open(`runs with other rights (${path} is ${unknown})`, path);
    }
  }
  return openings;
}

const networkRule = /security_group_(ingress_|egress_)?rule$|network_acl_rule$/;

function networkOpenings({ type, before, after, action, differences, later }: ChangeView): Opening[] {
  if (networkRule.test(type)) {
    if (!after || action === 'destroy' || (before && differences.length + later.length === 0)) return [];
    if (type.endsWith('acl_rule') ? after.rule_action === 'deny' && !before : false) return [];
    return [{ sentence: `opens ${describeRule(after)}`, details: [], path: '' }];
  }
  if (!/security_group$/.test(type) || !after) return [];
  return (['ingress', 'egress'] as const).flatMap((direction) => {
    const rules = (side: Attributes | undefined) => {
      const value = side?.[direction];
      return Array.isArray(value) ? value : value === unknown || value === sensitive ? [value] : [];
    };
    const open = (it: unknown) => {
      const { description: _, ...rule } = Object(it);
      return typeof it === 'string' ? it : JSON.stringify(rule, Object.keys(rule).sort());
    };
    const known = new Set(rules(before).map(open));
    return rules(after)
      .filter((rule) => !known.has(open(rule)))
      .map((rule) => ({
        sentence: `opens ${direction} ${describeRule(rule)}`,
        details: [],
        path: direction,
      }));
  });
}

function describeRule(rule: unknown): string {
  const it: Attributes = Object(rule);
  const protocol = it.protocol ?? it.ip_protocol ?? 'traffic';
  const ports = it.from_port === it.to_port ? it.from_port : `${it.from_port}-${it.to_port}`;
  const sources = [
    'cidr_blocks',
    'ipv6_cidr_blocks',
    'cidr_block',
    'cidr_ipv4',
    'cidr_ipv6',
    'prefix_list_ids',
    'security_groups',
    'source_security_group_id',
    'referenced_security_group_id',
  ]
    .flatMap((name) => [it[name] ?? []].flat())
    .filter(Boolean);
  const port = String(protocol) === '-1' ? 'any traffic' : `${protocol} ${ports ?? 'any port'}`;
  return `${port}, ${sources.map(String).join(', ') || 'whatever it names'}`;
}

/** Resources that are nothing but a grant. */
const grants =
  /_(permission|permissions|grant|access_key|membership|group_membership|principal_association|access_policy|access_policy_association|access_entry|login_profile|openid_connect_provider|saml_provider|account_assignment|role_association|event_invoke|function_url|principal|resource_share|vpc_peering_connection_accepter|service_specific_credential|signing_certificate|ssh_key|instance_profile)$/;

/** What says who gets what. */
const grantNames = [
  'principal',
  'action',
  'function_url_auth_type',
  'authorization_type',
  'source_arn',
  'source_account',
  'user',
  'role',
  'group',
  'groups',
  'users',
  'permissions',
  'operations',
  'grantee_principal',
  'url',
  'client_id_list',
  'function_name',
  'principal_arn',
  'cors',
];

function grantOpenings({ type, action, before, after, differences, later }: ChangeView): Opening[] {
  if (!grants.test(type) || !after || action === 'destroy') return [];
  const touched = [...differences, ...later.filter(({ path }) => grantNames.includes(path))];
  if (before && touched.length === 0) return [];
  const facts = grantNames
    .filter((name) => show(after[name]) !== 'none' && show(after[name]) !== '[]')
    .map((name) => `${name} ${show(after[name])}`);
  const isPublic = after.principal === '*' || after.authorization_type === 'NONE';
  const changed = before
    ? `changes access: ${touched.map(describeChange).join(', ')}`
    : `gives access: ${facts.join(', ')}`;
  return [
    {
      sentence: `${isPublic ? 'opens to everybody; ' : ''}${changed}`,
      details: [],
      path: '',
    },
  ];
}
