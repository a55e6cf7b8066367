import { BlockList, isIP } from 'node:net';
import { type Attributes, isHidden } from '../../terraform/plan-json';
import { harms, show } from '../finding';
import {
  computed,
  endsFor,
  fine,
  harmless,
  identity,
  isSet,
  type JointRule,
  type Judgement,
  label,
  type Rule,
  risk,
  type TypeRules,
  tags,
  timeouts,
} from './rule';

/** Ports and addresses that traffic may come from or go to, one of each. */
interface Opening {
  readonly direction: string;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly peer: string;
}

const cidrs = ['cidr_blocks', 'ipv6_cidr_blocks', 'cidr_ipv4', 'cidr_ipv6'] as const;
const groups = [
  'prefix_list_ids',
  'prefix_list_id',
  'security_groups',
  'source_security_group_id',
  'referenced_security_group_id',
] as const;

function openingsOf(rule: Attributes, direction: string): Opening[] {
  const peers = [...cidrs, ...groups].flatMap((name) => (isSet(rule[name]) ? [rule[name]].flat() : []));
  if (rule.self === true) peers.push('itself');
  const protocol = String(rule.protocol ?? rule.ip_protocol);
  const isAll = protocol === '-1' || protocol === 'all';
  const port = (value: unknown, all: number) =>
    isAll || !isSet(value) || Number(value) === -1 ? all : Number(value);
  return (peers.length > 0 ? peers : ['what it names']).map((peer) => ({
    direction,
    protocol: isAll ? '-1' : protocol,
    from: port(rule.from_port, 0),
    to: port(rule.to_port, 65_535),
    peer: String(peer),
  }));
}

const covers = (wide: Opening, it: Opening) =>
  wide.direction === it.direction &&
  (wide.protocol === '-1' || wide.protocol === it.protocol) &&
  wide.from <= it.from &&
  wide.to >= it.to &&
  coversPeer(wide.peer, it.peer);

/** Whether every address of a block is in another one; anything else only covers itself. */
function coversPeer(wide: string, it: string): boolean {
  const [outer = '', outerBits = ''] = wide.split('/');
  const [inner = '', innerBits = ''] = it.split('/');
  const family = isIP(outer) === 4 ? 'ipv4' : 'ipv6';
  if (wide === it || isIP(outer) === 0 || isIP(outer) !== isIP(inner)) return wide === it;
  const block = new BlockList();
  block.addSubnet(outer, Number(outerBits), family);
  return Number(innerBits) >= Number(outerBits) && block.check(inner, family);
}

function judgeOpenings(before: readonly Opening[], after: readonly Opening[]): Judgement[] {
  const added = after.filter((it) => !before.some((one) => covers(one, it)));
  return added.map((it) => {
    const ports = it.from === it.to ? it.from : `${it.from}-${it.to}`;
    const traffic = it.protocol === '-1' ? 'any traffic' : `${it.protocol} ${ports}`;
    const isWorst = it.direction === 'ingress' && /^(0\.0\.0\.0|::)\/0$/.test(it.peer);
    const words = `opens ${it.direction} ${traffic}, ${it.peer}`;
    return risk('access', words, isWorst ? harms.worst : harms.access);
  });
}

/** The rules of a group that are written into it. */
const inlineRules =
  (direction: string): Rule =>
  ({ before, after }) => {
    if (isHidden(before) || isHidden(after)) return risk('access', `opens ${direction} ${show(after)}`);
    const [old, now] = [before, after].map((it) =>
      (isSet(it) ? [it].flat() : []).flatMap((rule) => openingsOf(Object(rule), direction)),
    );
    const judged = judgeOpenings(old ?? [], now ?? []);
    return judged.length > 0 ? judged : fine('it opens nothing more');
  };

/** A rule that is a resource. */
const rule = (direction?: string): JointRule => ({
  judge: ({ before, after }) => {
    const openings = (values: Attributes | undefined) =>
      values ? openingsOf(values, direction ?? String(values.type)) : [];
    return judgeOpenings(openings(before), openings(after));
  },
});

/** @param names - attributes that say what is opened */
const ruleType = (joint: JointRule, ...names: readonly string[]) => ({
  attachedTo: ['security_group_id'],
  attributes: {
    ...Object.fromEntries(['from_port', 'to_port', 'security_group_id', ...names].map((it) => [it, joint])),
    description: label,
    id: computed,
    region: identity,
    security_group_rule_id: computed,
  },
});

const ownRule = (direction: string): TypeRules => {
  const { attributes, ...type } = ruleType(
    rule(direction),
    'ip_protocol',
    'cidr_ipv4',
    'cidr_ipv6',
    'prefix_list_id',
    'referenced_security_group_id',
  );
  return { ...type, attributes: { ...attributes, ...tags, arn: computed } };
};

export const network: Readonly<Record<string, TypeRules>> = {
  aws_security_group: {
    ended: endsFor('what is in it is reached by nobody', 'the new one opens what is judged here'),
    attributes: {
      ...tags,
      arn: computed,
      description: identity,
      egress: { block: inlineRules('egress') },
      id: computed,
      ingress: { block: inlineRules('ingress') },
      name: identity,
      name_prefix: identity,
      owner_id: computed,
      region: identity,
      revoke_rules_on_delete: harmless('how it is destroyed'),
      timeouts: { block: timeouts },
      vpc_id: identity,
    },
  },
  aws_security_group_rule: ruleType(
    rule(),
    'cidr_blocks',
    'ipv6_cidr_blocks',
    'prefix_list_ids',
    'protocol',
    'self',
    'source_security_group_id',
    'timeouts',
    'type',
  ),
  aws_vpc_security_group_ingress_rule: ownRule('ingress'),
  aws_vpc_security_group_egress_rule: ownRule('egress'),
};
