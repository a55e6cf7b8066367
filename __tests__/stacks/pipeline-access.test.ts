import { allowedContextKeysForRequest, isWildcardOnlyAction } from '@cloud-copilot/iam-simulate';
import { functionsOf } from '../../environments';
import type { Seeds } from '../../seed-data/load-seed';
import { functionNames, tableName } from '../../stacks/names';
import { githubIssuer, type PipelineRoleKey, pipelineRoles } from '../../stacks/pipeline-access';
import { functions, missions, project, tables } from '../../system';
import { partitionKey } from '../names';
import {
  otherCases,
  type PipelineCase,
  pipeline,
  pipelineCases,
  row,
  type TrustCase,
  trustCases,
} from './pipeline-cases';
import { accountId, managedPolicies, type RoleDocuments, roleDocuments } from './policy-documents';
import { type Foreign, type Mutant, mutate, mutationKinds } from './policy-mutants';
import { openToAll, simulate } from './simulate';
import { synthesizeFunctions, synthesizePipeline } from './synthesize';

// Hundreds of mutants against hundreds of cases.
jest.setTimeout(300_000);

const stack = synthesizePipeline(row, pipeline);
const roles = Object.fromEntries(
  pipelineRoles.map((key) => [key, roleDocuments(stack, `${project}-prod-${key}`)]),
) as Record<PipelineRoleKey, RoleDocuments>;
const list = functionNames(row, functions['super-dynamodb']);
const details = functionNames(row, functions['mission-details']);
const provider = `arn:aws:iam::${accountId}:oidc-provider/${githubIssuer}`;

const allCases = possible([...pipelineCases, ...otherCases]);
/** No other action of IAM knows the keys that these statements ask for. */
const isTheSame = /(AttachOwnPolicies|PassRolesToLambda) grants (iam:)?\* for/;

describe.each(pipelineRoles)('the role that is to %s', (key) => {
  it.each(pipelineCases.map((it) => [describeCase(it, key), it] as const))('%s', async (_, it) => {
    expect(await answer(it, roles[key])).toBe(it[key]);
  });

  it('is denied everything else', async () => {
    expect(otherCases.length).toBeGreaterThan(500);
    for (const it of await possible(otherCases)) {
      expect({ ...it, got: await answer(it, roles[key]) }).toEqual({ ...it, got: 'deny' });
    }
  });

  const trusted = trustCases.filter(({ role }) => role === key);
  it.each(trusted.map((it) => [describeTrust(it), it] as const))('%s', async (_, it) => {
    expect(await trustAnswer(it, roles[key])).toBe(it.answer);
  });

  it.each(mutationKinds.filter((kind) => kind !== 'has a wider principal'))(
    'has a case that fails when it %s',
    async (kind) => {
      const mutants = distinct(await mutate(kind, roles[key], foreign));

      expect(mutants.length).toBeGreaterThan(0);
      expect(await survivors(mutants)).toEqual([]);
    },
  );

  it('has no case that fails when it is as it should be', async () => {
    expect(await survivors([{ change: 'nothing', documents: roles[key], actions: [] }])).toEqual(['nothing']);
  });

  const { [`${project}-prod-plan-state`]: planState } = roles.plan.policies;
  const foreign: Foreign = {
    actions: [...new Set(pipelineCases.map(({ action }) => action))],
    values: {
      [`${githubIssuer}:aud`]: ['https://github.com/acme'],
      [`${githubIssuer}:sub`]: [
        'repo:mallory/supermission:pull_request',
        'repo:mallory/supermission:environment:prod',
      ],
      'iam:PermissionsBoundary': [`arn:aws:iam::${accountId}:policy/Other`],
      'iam:PolicyARN': ['arn:aws:iam::aws:policy/AdministratorAccess'],
      'iam:PassedToService': ['ec2.amazonaws.com'],
      'dynamodb:LeadingKeys': ['Alfred'],
    },
    // Whatever else the planning role may do, the applying one must be able to, too.
    isGranted: (action, { Resource = [] }) =>
      Object.values(roles[key].policies).some(({ Statement }) =>
        Statement.some(
          (it) =>
            !it.Condition &&
            it.Action.includes(action) &&
            Resource.every((one) => it.Resource?.includes(one)),
        ),
      ),
    policies: key === 'plan' ? roles.apply.policies : { planState: planState as never },
  };

  /** The mutants that answer every case as the original does. */
  async function survivors(mutants: readonly Mutant[]): Promise<string[]> {
    const cases = await allCases;
    const alive: string[] = [];
    for (const { change, documents, actions } of mutants) {
      // The cases that most likely notice come first: of the same actions, then of the same services.
      const services = new Set(actions.map(serviceOf));
      const [same, near, far] = [[], [], []] as [PipelineCase[], PipelineCase[], PipelineCase[]];
      for (const it of cases) {
        (actions.includes(it.action) ? same : services.has(serviceOf(it.action)) ? near : far).push(it);
      }
      const ordered = [...same, ...near, ...far];
      if (!(await isNoticed(ordered, documents))) alive.push(change);
    }
    return alive;
  }

  async function isNoticed(cases: readonly PipelineCase[], documents: RoleDocuments): Promise<boolean> {
    if (documents.trust !== roles[key].trust) {
      for (const it of trusted) {
        if ((await trustAnswer(it, documents)) !== it.answer) return true;
      }
      return false;
    }
    for (const it of cases) {
      if ((await answer(it, documents)) !== it[key]) return true;
    }
    return false;
  }
});

describe('the repository that the roles trust', () => {
  /** What GitHub calls a repository in its tokens, by what has become of it. */
  const names = {
    'an old one': 'acme/supermission',
    'a new one': 'acme@1234/supermission@5678',
    'a renamed one': 'acme@1234/missions@5678',
    'one that was made anew under the same name': 'acme@1234/supermission@9012',
    'one whose owner was made anew under the same name': 'acme@9012/supermission@5678',
  };

  it.each(Object.entries(names))('is %s, and no other', async (_, repository) => {
    const { trust } = roleDocuments(
      synthesizePipeline(row, { ...pipeline, repository }),
      `${project}-prod-apply`,
    );
    const trusted: string[] = [];
    for (const name of Object.values(names)) {
      const claims = { sub: `repo:${name}:environment:prod`, aud: 'sts.amazonaws.com' };
      const it = { role: 'apply', action: 'sts:AssumeRoleWithWebIdentity', claims } as TrustCase;
      if ((await trustAnswer(it, { trust, policies: {} })) === 'allow') trusted.push(name);
    }
    expect(trusted).toEqual([repository]);
  });
});

describe('the boundary of the functions', () => {
  const boundary = managedPolicies(stack)[`${project}-prod-boundary`];

  it('has room for what the functions are given, statement by statement, and for nothing else', () => {
    const given = Object.values(managedPolicies(synthesizeFunctions(row))).flatMap(
      ({ Statement }) => Statement,
    );
    const withoutSid = (statements: typeof given = []) =>
      statements.map(({ Sid: _, ...it }) => JSON.stringify(it)).sort();

    const fromAnywhere = boundary?.Statement.map(
      ({ Condition: { ArnLike: _, ...Condition } = {}, ...it }) => ({
        ...it,
        ...(Object.keys(Condition).length > 0 && { Condition }),
      }),
    );
    expect(withoutSid(fromAnywhere)).toEqual(withoutSid(given));
  });

  it.each([
    ['from within the function', `function:${details.function}`, 'allow'],
    ['from within a version of it', `function:${details.function}:1`, 'allow'],
    ['from within another function', `function:${list.function}`, 'deny'],
    ['by whoever else takes the role', undefined, 'deny'],
  ])('lets a table be read %s: %s, %s', async (_, name, expected) => {
    const { [`${project}-prod-boundary`]: policy } = managedPolicies(stack);
    const answered = await simulate({
      request: {
        principal: `arn:aws:sts::${accountId}:assumed-role/${details.role}/anyone`,
        action: 'dynamodb:Query',
        resource: {
          resource: `arn:aws:dynamodb:us-east-1:${accountId}:table/${tableName(row, missions)}`,
          accountId,
        },
        contextVariables: {
          'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
          'dynamodb:Attributes': [partitionKey],
          ...(name && { 'lambda:SourceFunctionArn': `arn:aws:lambda:us-east-1:${accountId}:${name}` }),
        },
      },
      identityPolicies: [{ name: 'boundary', policy: policy as never }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    });
    expect(answered).toBe(expected);
  });

  it('is set where a pipeline deploys them, and only there', () => {
    const boundaries = (it: typeof row) =>
      Object.values(synthesizeFunctions(it).resource.aws_iam_role).map(
        (role: any) => role.permissions_boundary,
      );

    expect(boundaries(row)).toEqual(
      Array(functionsOf(row).length).fill(
        expect.stringMatching(new RegExp(`:policy/${project}-prod-boundary$`)),
      ),
    );
    const { pipeline: _, ...without } = row;
    expect(boundaries(without)).toEqual([undefined, undefined]);
  });
});

describe('the role that applies, as long as a role of a function has no boundary', () => {
  const trusted = stack.data.aws_iam_policy_document['apply-assume-role'].statement[0].condition[1].values;
  const check = stack.check.boundary.assert[0];

  it('is trusted to nobody, and a plan says what to do', () => {
    const [, condition] =
      /^\$\{(.+) \? "repo:acme\/supermission:environment:prod" : "nobody"\}$/.exec(trusted[0]) ?? [];

    expect(trusted).toHaveLength(1);
    expect(check.condition).toBe(`\${${condition}}`);
    expect(check.error_message).toContain('"npm run deploy -- pipeline" again');
    expect(condition).toBe(
      `alltrue([for it in data.aws_iam_role.function-role : it.permissions_boundary == format("arn:%s:iam::%s:policy/${project}-prod-boundary", data.aws_partition.partition.partition, data.aws_caller_identity.account.account_id)])`,
    );
  });

  it('looks at every role of a function that there is', () => {
    const roleNames = functionsOf(row).map(([, fn]) => functionNames(row, fn).role);
    expect(stack.only('aws_iam_roles')).toMatchObject({ name_regex: `^(${roleNames.join('|')})$` });
  });
});

describe('the seed items that the planning role may read', () => {
  const items = (keys: readonly string[]) => ({
    missions: {
      mode: 'items' as const,
      ownership: 'create-only' as const,
      items: keys.map((key) => ({ id: key, item: JSON.stringify({ [partitionKey]: { S: key } }) })) as never,
    },
  });
  // Whatever other tables there are start empty.
  const empty = { mode: 'items', ownership: 'create-only', items: [] } as const;
  const none = Object.fromEntries(Object.keys(tables).map((id) => [id, empty])) as unknown as Seeds;
  const policiesFor = (seeds: Partial<Seeds>) =>
    roleDocuments(synthesizePipeline(row, pipeline, { ...none, ...seeds }), `${project}-prod-plan`).policies;

  it('are in as many policies as they need room, each within the limit', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `${index}`.padStart(100, 'x'));

    const policies = Object.entries(policiesFor(items(keys))).filter(([name]) => name.includes('-items'));

    const named = policies.flatMap(([, { Statement }]) =>
      Statement.flatMap(
        ({ Condition }) => Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys'] ?? [],
      ),
    );
    expect(named).toEqual(keys);
    for (const [, document] of policies) expect(JSON.stringify(document).length).toBeLessThan(6_144);
    expect(policies.length).toBeGreaterThan(1);
  });

  it('are none where a table is imported, or starts empty', () => {
    const imported = { missions: { mode: 'import', manifest: { digest: 'a' }, manifestFile: 'a' } } as never;

    for (const seeds of [imported, items([])]) {
      const actions = Object.values(policiesFor(seeds)).flatMap(({ Statement }) =>
        Statement.flatMap(({ Action }) => Action),
      );
      expect(actions).toContain('dynamodb:DescribeTable');
      expect(actions).not.toContain('dynamodb:GetItem');
    }
  });

  it.each(['蝙蝠侠', '${aws:username}', '&{aws:username}', '%{ if true }'])(
    'fails when a key is %j',
    (key) => {
      expect(() => policiesFor(items([key]))).toThrow(
        `${missions.seed}: ${partitionKey}: the role that plans cannot be limited to this key`,
      );
    },
  );

  it('fails when their keys need more policies than a role may have', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `${index}`.padStart(2_000, 'x'));

    expect(() => policiesFor(items(keys))).toThrow('more keys of seed items than policies have room for');
  });
});

describe('the pipeline stack', () => {
  it('names no resource "*" but for an action that AWS grants in no other way', () => {
    const statements = Object.values(managedPolicies(stack)).flatMap(({ Statement }) => Statement);
    const wide = statements.filter(({ Resource }) => Resource?.includes('*'));
    expect(new Set(wide.flatMap(({ Action }) => Action))).toEqual(
      new Set(['logs:DescribeLogGroups', 'lambda:ListEventSourceMappings']),
    );
    for (const { Action } of statements) for (const it of Action) expect(it).not.toContain('*');
  });

  it('keeps each policy within the 6,144 characters that IAM takes', () => {
    for (const [name, document] of Object.entries(managedPolicies(stack))) {
      expect({ name, isShort: JSON.stringify(document).length < 6_144 }).toEqual({ name, isShort: true });
    }
  });

  it('leaves an identity provider that is there as it is', () => {
    const existing = synthesizePipeline(row, { ...pipeline, identityProvider: 'existing' });

    expect(Object.keys(stack.all('aws_iam_openid_connect_provider'))).toHaveLength(1);
    expect(existing.all('aws_iam_openid_connect_provider')).toEqual({});
  });
});

/** Mutants that are not the same as another one, nor as the original. */
function distinct(mutants: readonly Mutant[]): Mutant[] {
  // Whichever action of a statement becomes "every action".
  const byEffect = new Map(mutants.map((it) => [it.change.replace(/( grants \S*\*) for .*/, '$1'), it]));
  return [...byEffect.values()].filter(({ change }) => !isTheSame.test(change));
}

/** Requests that AWS knows: not every action can be asked for on everything of its service. */
async function possible(cases: readonly PipelineCase[]): Promise<PipelineCase[]> {
  const checked: PipelineCase[] = [];
  for (const it of cases) {
    const [service = '', name = ''] = it.action.split(':');
    if (it.on.arn !== '*' && (await isWildcardOnlyAction(service, name))) continue;
    const keys = await allowedContextKeysForRequest(service, name, it.on.arn, false, undefined).catch(
      () => [],
    );
    if (keys.length > 0) checked.push(it);
  }
  return checked;
}

function answer({ action, on, context }: PipelineCase, { policies }: RoleDocuments) {
  return simulate({
    request: {
      principal: `arn:aws:sts::${accountId}:assumed-role/${project}-prod-any/workflow`,
      action,
      resource: { resource: on.arn, accountId: on.account ?? accountId },
      contextVariables: { ...context },
    },
    identityPolicies: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(on.account && { resourcePolicy: openToAll }),
  });
}

function trustAnswer({ action, claims, role }: TrustCase, { trust }: RoleDocuments) {
  return simulate({
    request: {
      principal: provider,
      action,
      resource: { resource: `arn:aws:iam::${accountId}:role/${project}-prod-${role}`, accountId },
      contextVariables: Object.fromEntries(
        Object.entries(claims).map(([claim, value]) => [`${githubIssuer}:${claim}`, value]),
      ),
    },
    identityPolicies: [],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: trust,
  });
}

function serviceOf(action: string): string {
  return action.replace(/:.*/, '');
}

function describeCase(
  { action, on, context, because, ...answers }: PipelineCase,
  key: PipelineRoleKey,
): string {
  const given = Object.entries(context).map(
    ([name, value]) => `, ${name} ${String(value).replace(/.*\//, '')}`,
  );
  return `${answers[key] === 'allow' ? 'may' : 'may not'} ${action} on ${on.name}${given.join('')}: ${because}`;
}

function describeTrust({ action, claims: { sub, aud }, answer, because }: TrustCase): string {
  const verb = answer === 'allow' ? 'trusts' : 'does not trust';
  return `${verb} ${sub ?? 'a nameless workflow'} for ${aud ?? 'nobody'}, ${action}: ${because}`;
}
