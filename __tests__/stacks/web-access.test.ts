import type { Environment } from '../../environments';
import { functionNames, webNames } from '../../stacks/names';
import { type PipelineRoleKey, pipelineRoles } from '../../stacks/pipeline-access';
import { functions, project } from '../../system';
import type { Answer } from './access-cases';
import { pipeline, row } from './pipeline-cases';
import { accountId, type RoleDocuments, roleDocuments } from './policy-documents';
import { simulate } from './simulate';
import { synthesizePipeline, web } from './synthesize';

const withWeb: Environment = { ...row, web };
const stacks = {
  'a web': synthesizePipeline(withWeb, pipeline),
  'no web': synthesizePipeline(row, pipeline),
};
const rolesOf = (stack: keyof typeof stacks) =>
  Object.fromEntries(
    pipelineRoles.map((key) => [key, roleDocuments(stacks[stack], `${project}-prod-${key}`)]),
  ) as Record<PipelineRoleKey, RoleDocuments>;
const roles = rolesOf('a web');

const api = (resource: string, region = 'us-east-1') => `arn:aws:apigateway:${region}::/${resource}`;
const lambda = (name: string) => `arn:aws:lambda:us-east-1:${accountId}:function:${name}`;
const { function: own } = functionNames(withWeb, functions['mission-details']);
const tags = (kind: string, environment = 'prod', itsProject: string = project) => ({
  [`aws:${kind}/project`]: itsProject,
  [`aws:${kind}/environment`]: environment,
});
const gateway = { 'lambda:Principal': 'apigateway.amazonaws.com' };
const group = `arn:aws:logs:us-east-1:${accountId}:log-group:${webNames(withWeb).logGroup}`;
const state = (end = '') => `arn:aws:s3:::${row.stateBucket}/${project}/prod/web.tfstate${end}`;

const cases: readonly [
  action: string,
  on: string,
  context: Record<string, string>,
  plan: Answer,
  apply: Answer,
][] = [
  ['apigateway:GET', api('apis'), {}, 'allow', 'allow'],
  ['apigateway:GET', api('apis', 'eu-west-1'), {}, 'deny', 'deny'],
  ['apigateway:GET', api('apis/a1'), {}, 'allow', 'allow'],
  ['apigateway:PATCH', api('apis/a1'), tags('ResourceTag'), 'deny', 'allow'],
  ['apigateway:POST', api('apis'), tags('RequestTag'), 'deny', 'allow'],
  ['apigateway:POST', api('apis'), {}, 'deny', 'deny'],
  ['apigateway:POST', api('apis'), tags('RequestTag', 'lab'), 'deny', 'deny'],
  ['apigateway:DELETE', api('apis/a1'), tags('ResourceTag'), 'deny', 'allow'],
  ['apigateway:DELETE', api('apis/a1'), tags('ResourceTag', 'lab'), 'deny', 'deny'],
  ['apigateway:DELETE', api('apis/a1'), tags('ResourceTag', 'prod', 'payroll'), 'deny', 'deny'],
  ['apigateway:DELETE', api('apis/a1'), {}, 'deny', 'deny'],
  ['lambda:AddPermission', lambda(own), gateway, 'deny', 'allow'],
  ['lambda:RemovePermission', lambda(own), gateway, 'deny', 'allow'],
  ['lambda:AddPermission', lambda(own), { 'lambda:Principal': '*' }, 'deny', 'deny'],
  ['lambda:AddPermission', lambda(own), { 'lambda:Principal': '444455556666' }, 'deny', 'deny'],
  ['lambda:AddPermission', lambda('Payroll'), gateway, 'deny', 'deny'],
  ['logs:CreateLogGroup', group, {}, 'deny', 'allow'],
  ['logs:DeleteLogGroup', group.replace('-prod-', '-lab-'), {}, 'deny', 'deny'],
  ['logs:GetLogEvents', `${group}:log-stream:a`, {}, 'deny', 'deny'],
  ['logs:CreateLogDelivery', '*', {}, 'deny', 'allow'],
  ['s3:GetObject', state(), {}, 'allow', 'allow'],
  ['s3:PutObject', state(), {}, 'deny', 'allow'],
  ['s3:DeleteObject', state('.tflock'), {}, 'deny', 'allow'],
];

/** The simulator does not know what these verbs do to HTTP APIs; of REST APIs, named alike, it does. */
const simulateApis: typeof simulate = (simulation) =>
  simulate(JSON.parse(JSON.stringify(simulation).replaceAll('::/apis', '::/restapis')));

const ask = (action: string, on: string, context: Record<string, string>, { policies }: RoleDocuments) =>
  simulateApis({
    request: {
      principal: `arn:aws:sts::${accountId}:assumed-role/${project}-prod-any/workflow`,
      action,
      resource: { resource: on, accountId },
      contextVariables: context,
    },
    identityPolicies: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  });

describe.each(pipelineRoles)('the role that is to %s where there is a web', (key) => {
  it.each(cases)('is asked for %s on %s with %j', async (action, on, context, plan, apply) => {
    expect(await ask(action, on, context, roles[key])).toBe({ plan, apply }[key]);
  });

  it('may do none of it where there is none', async () => {
    for (const [action, on, context] of cases) {
      expect({ action, on, answer: await ask(action, on, context, rolesOf('no web')[key]) }).toEqual({
        action,
        on,
        answer: 'deny',
      });
    }
  });

  it('names nothing of API Gateway but HTTP APIs and their tags', () => {
    const named = Object.values(roles[key].policies).flatMap(({ Statement }) =>
      Statement.flatMap(({ Resource = [] }) => Resource.filter((it) => it.includes(':apigateway:'))),
    );
    const expected = { plan: ['apis', 'apis/*'], apply: ['apis', 'apis/*', 'tags/*'] }[key];
    expect([...new Set(named)].sort()).toEqual(expected.map((it) => api(it)));
  });

  it('has room for it: each policy within the 6,144 characters that IAM takes', () => {
    for (const document of Object.values(roles[key].policies)) {
      expect(JSON.stringify(document).length).toBeLessThan(6_144);
    }
  });
});
