import { allowedContextKeysForRequest, isWildcardOnlyAction } from '@cloud-copilot/iam-simulate';
import type { PolicyDocument, PolicyStatement, RoleDocuments } from './policy-documents';

/** A role's documents with one change. */
export interface Mutant {
  readonly change: string;
  readonly documents: RoleDocuments;
  /** The actions that the change concerns most. */
  readonly actions: readonly string[];
}

/** What does not belong to the role, and what mutants add to it. */
export interface Foreign {
  readonly actions: readonly string[];
  /** Values for conditions, by their key. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** The policies of another role. */
  readonly policies: RoleDocuments['policies'];
  /** Whether the role has an action on the resources of a statement anyway. @default never */
  readonly isGranted?: (action: string, statement: PolicyStatement) => boolean;
}

type Change = readonly [change: string, statement: PolicyStatement];
type StatementMutation = (statement: PolicyStatement, foreign: Foreign) => Change[] | Promise<Change[]>;

/** Ways to change a statement, each with every place that it applies to. */
const statementMutations: Record<string, StatementMutation> = {
  'grants less': (statement) => [
    ['grants nothing', { ...statement, Effect: 'Deny' }],
    ...without(statement.Action).map(
      ([action, Action]): Change => [`grants no ${action}`, { ...statement, Action }],
    ),
    ...conditionsOf(statement).flatMap(({ test, key, values }) =>
      without(values).map(
        ([value, rest]): Change => [
          `does not admit ${key} ${value}`,
          withCondition(statement, test, key, rest),
        ],
      ),
    ),
  ],

  'loses a condition': (statement) => {
    const { Condition, ...unconditional } = statement;
    if (!Condition) return [];
    return [
      ['loses every condition', unconditional],
      ...conditionsOf(statement).map(
        ({ test, key }): Change => [`loses ${test} ${key}`, withCondition(statement, test, key)],
      ),
    ];
  },

  'has a weaker condition': (statement, foreign) =>
    conditionsOf(statement)
      .filter(({ test }) => test !== 'Null')
      .flatMap(({ test, key, values }) => {
        const others = foreign.values[key];
        if (!others) throw new Error(`${key}: no foreign value is known for it`);
        const tested = (by: string, newValues: string[]) =>
          withCondition(withCondition(statement, test, key), by, key, newValues);
        return [
          ...others.map((value): Change => [`admits ${key} ${value}`, tested(test, [...values, value])]),
          [`admits any ${key}`, tested(test.replace('StringEquals', 'StringLike'), ['*'])],
          test.startsWith('ForAllValues:')
            ? [`admits one ${key} of many`, tested(test.replace('ForAllValues', 'ForAnyValue'), values)]
            : [`admits a request without ${key}`, tested(`${test}IfExists`, values)],
        ];
      }),

  'has a wider resource': ({ Resource = [], ...statement }) =>
    Resource.flatMap((arn, index) =>
      widened(arn).map(
        (wide): Change => [`applies to ${wide}`, { ...statement, Resource: Resource.with(index, wide) }],
      ),
    ),

  'has a wider action': (statement) =>
    statement.Action.flatMap((action, index) =>
      [action.replace(/:.*/, ':*'), '*'].map(
        (wide): Change => [
          `grants ${wide} for ${action}`,
          { ...statement, Action: statement.Action.with(index, wide) },
        ],
      ),
    ),

  'has a foreign action': async (statement, foreign) => {
    const changes: Change[] = [];
    for (const action of foreign.actions) {
      if (statement.Action.includes(action) || foreign.isGranted?.(action, statement)) continue;
      if (!(await fits(action, statement))) continue;
      changes.push([`grants ${action} too`, { ...statement, Action: [action, ...statement.Action] }]);
    }
    return changes;
  },

  'has a wider principal': ({ Principal, ...statement }) => {
    // A federated principal is told apart by the claims that the conditions ask for.
    if (!Principal?.Service) return [];
    const services = [...(Principal.Service ?? []), 'ec2.amazonaws.com'];
    return [
      ['trusts everyone', { ...statement, Principal: { AWS: ['*'] } }],
      ['trusts EC2 too', { ...statement, Principal: { ...Principal, Service: services } }],
    ];
  },
};

const policiesChange = 'has a policy more or less';

/** The kinds of change that a role's documents can suffer. */
export const mutationKinds = [...Object.keys(statementMutations), policiesChange];

/** Every mutant of a role's documents that has one change of the given kind. */
export function mutate(kind: string, documents: RoleDocuments, foreign: Foreign): Promise<Mutant[]> {
  const mutation = statementMutations[kind];
  return mutation
    ? mutateStatements(mutation, documents, foreign)
    : Promise.resolve(mutatePolicies(documents, foreign));
}

async function mutateStatements(
  mutation: StatementMutation,
  { trust, policies }: RoleDocuments,
  foreign: Foreign,
): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  for (const [name, document] of [['trust', trust] as const, ...Object.entries(policies)]) {
    for (const [index, statement] of document.Statement.entries()) {
      for (const [change, changed] of await mutation(statement, foreign)) {
        const mutated = { ...document, Statement: document.Statement.with(index, changed) };
        const documents =
          document === trust
            ? { policies, trust: mutated }
            : { trust, policies: { ...policies, [name]: mutated } };
        mutants.push({
          change: `${name}.${statement.Sid} ${change}`,
          documents,
          // What is new stands first: it is what a case most likely notices.
          actions: [...new Set([...changed.Action, ...statement.Action])],
        });
      }
    }
  }
  return mutants;
}

function mutatePolicies({ trust, policies }: RoleDocuments, foreign: Foreign): Mutant[] {
  const granting = (action: string): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Foreign', Effect: 'Allow', Action: [action], Resource: ['*'] }],
  });
  const actionsOf = ({ Statement }: PolicyDocument) => Statement.flatMap(({ Action }) => Action);
  const granted = Object.values(policies).flatMap(actionsOf);
  const additions: [string, PolicyDocument][] = [
    ...Object.entries(foreign.policies),
    ...foreign.actions
      .filter((action) => !granted.includes(action))
      .map((action): [string, PolicyDocument] => [`a policy for ${action}`, granting(action)]),
  ];
  return [
    ...Object.entries(policies).map(([name, document]) => {
      const { [name]: _, ...rest } = policies;
      return {
        change: `${name} is detached`,
        documents: { trust, policies: rest },
        actions: actionsOf(document),
      };
    }),
    ...additions.map(([name, document]) => ({
      change: `${name} is attached`,
      documents: { trust, policies: { ...policies, [name]: document } },
      actions: actionsOf(document),
    })),
  ];
}

/** Whether an action can be asked for on a statement's resource with all the keys that its conditions need. */
async function fits(action: string, statement: PolicyStatement): Promise<boolean> {
  const [service = '', name = ''] = action.split(':');
  const isOfService = statement.Action.some((it) => it.startsWith(`${service}:`));
  if (!isOfService || (await isWildcardOnlyAction(service, name))) return false;
  const needed = conditionsOf(statement).filter(
    ({ test, values }) => test === 'StringEquals' || (test === 'Null' && values.includes('false')),
  );
  const [resource = 'arn:aws:iam::123456789012:role/any'] = statement.Resource ?? [];
  if (resource === '*') return needed.length === 0;
  const noSuchRequest: string[] = [];
  const keys = await allowedContextKeysForRequest(service, name, resource, false, undefined).catch(
    () => noSuchRequest,
  );
  return keys.length > 0 && needed.every(({ key }) => keys.includes(key.toLowerCase()));
}

/** The ARN made wider in each place: its region, its account, every beginning of its name, all of it. */
function widened(arn: string): string[] {
  if (arn === '*') return [];
  const [prefix, partition, service, region, account, ...rest] = arn.split(':');
  const put = (...parts: (string | undefined)[]) => [prefix, partition, service, ...parts].join(':');
  const name = rest.join(':').replace(/\*$/, '');
  const ends = [...name.matchAll(/[:/-]/g)].flatMap(({ index }) => [index, index + 1]);
  const all = [
    '*',
    // S3 and IAM leave one or both empty.
    ...(region ? [put('*', account, ...rest)] : []),
    ...(account ? [put(region, '*', ...rest)] : []),
    ...[...ends, name.length].map((end) => put(region, account, `${name.slice(0, end)}*`)),
  ];
  return [...new Set(all)].filter((wide) => wide !== arn);
}

function conditionsOf({ Condition = {} }: PolicyStatement) {
  return Object.entries(Condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ test, key, values })),
  );
}

/** The statement with a condition's values replaced or, without values, with the condition removed. */
function withCondition(
  { Condition = {}, ...statement }: PolicyStatement,
  test: string,
  key: string,
  values?: string[],
): PolicyStatement {
  const changed = { ...Condition, [test]: { ...Condition[test], ...(values && { [key]: values }) } };
  if (!values) delete changed[test]?.[key];
  if (Object.keys(changed[test] ?? {}).length === 0) delete changed[test];
  return Object.keys(changed).length === 0 ? statement : { ...statement, Condition: changed };
}

/** Each element of a list of several, with the list that lacks it. */
function without(list: readonly string[]): [string, string[]][] {
  return list.length < 2 ? [] : list.map((it) => [it, list.filter((other) => other !== it)]);
}
