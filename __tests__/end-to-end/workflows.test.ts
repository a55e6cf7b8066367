import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { Environment } from '../../environments';
import type { LocalAws } from '../../local/local-aws';
import { functionNames } from '../../stacks/names';
import { functions, project } from '../../system';
import { AwsFaultProxy } from './aws-fault-proxy';
import { Checkout } from './checkout';
import { describeWithLocalAws } from './terraform-needed';
import { Hub } from './workflows/hub';
import type { Jobs } from './workflows/run-workflow';

jest.setTimeout(600_000);

/** An environment like prod, as far as the local AWS goes, that a repository on GitHub deploys. */
const staging = `
  staging: {
    ...lab,
    name: 'staging',
    nameSuffix: '-staging',
    allowedAccountIds: ['123456789012'],
    stateBucket: 'a-staging-state',
    emulated: true,
    runtime: 'nodejs22.x',
    stage: 'prod',
    memoryMiB: 256,
    accessMode: 'least-privilege',
    awsProviderVersion: '>= 5.100.0, < 7.0.0',
  },`;
const pipeline = `    pipeline: { repository: 'acme@1234/missions@5678', identityProvider: 'defined' },`;
const names = functionNames({ nameSuffix: '-staging' } as Environment, functions['mission-details']);
const roles = { plan: `${project}-staging-plan`, apply: `${project}-staging-apply` };

/** Each test goes on where the one before it has ended: the life of a repository that deploys an environment. */
describeWithLocalAws('the workflows', () => {
  let origin: Checkout;
  let aws: LocalAws;
  let proxy: AwsFaultProxy;
  let hub: Hub;

  const clients = () => ({
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const memory = async () => {
    const asked = new GetFunctionConfigurationCommand({ FunctionName: names.function });
    return (await new LambdaClient(clients()).send(asked)).MemorySize;
  };
  const edit = (from: string, to: string) => () => origin.edit('environments.ts', from, to);
  /** The setting of staging: the last environment with that much memory. */
  const setMemory = (from: number, to: number) =>
    edit(`memoryMiB: ${from},\n    accessMode`, `memoryMiB: ${to},\n    accessMode`);
  const results = (jobs: Jobs) =>
    Object.fromEntries(Object.entries(jobs).map(([name, { result }]) => [name, result]));
  const failedStep = (jobs: Jobs, name: string) =>
    jobs[name]?.steps.find(({ outcome }) => outcome === 'failure');
  const planned = { 'check / check': 'success', test: 'skipped' };
  const deployed = {
    'check / check': 'success',
    'deploy (staging) / plan': 'success',
    'deploy (staging) / apply': 'success',
    'deploy (staging) / drift': 'success',
  };

  beforeAll(async () => {
    origin = new Checkout();
    origin.edit('environments.ts', '\n  lab,', `\n  lab,${staging}`);
    aws = await origin.startLocalAws();
    proxy = await AwsFaultProxy.start(aws.url);
    origin.recordLocalAws(aws, proxy.url);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: origin.folder });
    git('init', '-q', '-b', 'main');
    git('config', 'user.name', 'somebody');
    git('config', 'user.email', 'somebody@example.com');
    git('add', '-A');
    git('commit', '-q', '-m', 'the project');
    const mine = Object.entries(process.env).filter(([name]) => !/^(AWS|GITHUB|SUPERMISSION)_/.test(name));
    hub = new Hub({
      origin: origin.folder,
      variables: { ...Object.fromEntries(mine), SUPERMISSION_LOCAL_FOLDER: join(origin.folder, '.local') },
      aws: clients(),
    });
  });

  afterAll(async () => {
    hub?.close();
    await proxy?.close();
    await aws?.stop();
    origin?.remove();
  });

  describe('as long as an administrator sets them up', () => {
    const deploy = async (...stacks: string[]) => {
      const { exitCode, stdout, stderr } = await origin.npm(
        'deploy',
        [...stacks, '--auto-approve'],
        administrator(),
      );
      expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
      return stdout;
    };
    const administrator = () => ({
      SUPERMISSION_ENV: 'staging',
      SUPERMISSION_LOCAL_FOLDER: join(origin.folder, '.local'),
    });
    const role = async (RoleName: string) =>
      (await new IAMClient(clients()).send(new GetRoleCommand({ RoleName }))).Role;
    const trusted = async () => decodeURIComponent((await role(roles.apply))?.AssumeRolePolicyDocument ?? '');

    it('nobody can take the role that applies, because the roles of functions have no boundary yet', async () => {
      expect(await origin.npm('bootstrap', [], administrator())).toMatchObject({ exitCode: 0 });
      await deploy();
      origin.edit('environments.ts', `name: 'staging',`, `name: 'staging',\n${pipeline}`);
      hub.git('commit', '-q', '-a', '-m', 'a pipeline');

      expect(await deploy('pipeline')).toContain('Roles of functions have no boundary yet');

      expect(await trusted()).not.toContain('environment:staging');
    });

    it('the environment can, once they have it', async () => {
      await deploy('functions');
      expect((await role(names.role))?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(
        `arn:aws:iam::123456789012:policy/${project}-staging-boundary`,
      );

      expect(await deploy('pipeline')).not.toContain('Roles of functions have no boundary yet');

      expect(await trusted()).toContain('"repo:acme@1234/missions@5678:environment:staging"');
      expect(await memory()).toBe(256);
    });
  });

  it('plan a pull request with the role that reads, and say in a comment what it would do', async () => {
    const pull = hub.openPull('more-memory', setMemory(256, 512));

    const jobs = await hub.plan(pull);

    expect({ ...results(jobs), why: failedStep(jobs, 'plan (staging)') }).toEqual({
      ...planned,
      'plan (staging)': 'success',
      comment: 'success',
      why: undefined,
    });
    expect(hub.assumed).toEqual([{ role: roles.plan, subject: 'repo:acme@1234/missions@5678:pull_request' }]);
    const [comment, ...more] = hub.api.comments[pull.number] ?? [];
    expect(more).toEqual([]);
    expect(comment?.body).toMatch(/^<!-- the plan of staging -->\n## staging\n/);
    expect(comment?.body).toContain('256');
    expect(await memory()).toBe(256);
  });

  it('apply the plan that was reviewed when it is merged, after an approval', async () => {
    hub.assumed.length = 0;
    const [pull] = hub.api.pulls;
    hub.merge(pull as never);
    const reviewed = readFileSync(
      join(hub.artifacts(1_000).get('plan-staging') as string, 'manifest.json'),
      'utf8',
    );

    const jobs = await hub.runOnMain('deploy.yml', 'push');

    expect({ ...results(jobs), why: failedStep(jobs, 'deploy (staging) / plan') }).toEqual({
      ...deployed,
      why: undefined,
    });
    expect(await memory()).toBe(512);
    expect(hub.approvals).toEqual(['staging']);
    expect(hub.assumed).toEqual([
      { role: roles.plan, subject: 'repo:acme@1234/missions@5678:ref:refs/heads/main' },
      { role: roles.apply, subject: 'repo:acme@1234/missions@5678:environment:staging' },
      { role: roles.plan, subject: 'repo:acme@1234/missions@5678:ref:refs/heads/main' },
    ]);
    expect(jobs['deploy (staging) / plan']?.summary).toContain('256');
    // The folder itself, not one that does the same.
    const applied = join(hub.artifacts(1_001).get('plan-staging') as string, 'manifest.json');
    expect(readFileSync(applied, 'utf8')).toBe(reviewed);
  });

  it('find a change that was made by hand', async () => {
    const change = new UpdateFunctionConfigurationCommand({ FunctionName: names.function, MemorySize: 1024 });
    await new LambdaClient(clients()).send(change);

    const jobs = await hub.runOnMain('drift.yml', 'schedule');

    expect(results(jobs)).toEqual({ environments: 'success', 'drift (staging)': 'failure' });
    expect(failedStep(jobs, 'drift (staging)')).toMatchObject({
      name: 'npm run drift',
      log: expect.stringMatching(/memory_size[\s\S]*1024[\s\S]*exit code 2$/),
    });
  });

  it('stop a deployment whose plan would do anything but what was reviewed', async () => {
    const pull = hub.openPull(
      'another-stage',
      edit("stage: 'prod',\n    memoryMiB", "stage: 'live',\n    memoryMiB"),
    );
    expect(results(await hub.plan(pull))).toMatchObject({ 'plan (staging)': 'success' });
    await new LambdaClient(clients()).send(
      new UpdateFunctionConfigurationCommand({ FunctionName: names.function, MemorySize: 2048 }),
    );
    hub.merge(pull);

    const jobs = await hub.runOnMain('deploy.yml', 'push');

    expect(results(jobs)).toEqual({
      'check / check': 'success',
      'deploy (staging) / plan': 'failure',
      'deploy (staging) / apply': 'skipped',
      'deploy (staging) / drift': 'skipped',
    });
    expect(failedStep(jobs, 'deploy (staging) / plan')).toMatchObject({
      name: 'Plan',
      log: expect.stringContaining('a new plan does not do the same as this one'),
    });
    expect(await memory()).toBe(2048);
  });

  it('deploy a new plan when they are started by hand', async () => {
    const jobs = await hub.runOnMain('deploy.yml', 'workflow_dispatch');

    expect(results(jobs)).toEqual(deployed);
    expect(await memory()).toBe(512);
  });

  it('stop a deployment of an artifact that another pull request could have made', async () => {
    const pull = hub.openPull('less-memory', setMemory(512, 256));
    expect(results(await hub.plan(pull))).toMatchObject({ 'plan (staging)': 'success' });
    hub.api.pulls.push({ ...pull, number: pull.number + 1, base: { ...pull.base, ref: 'mine' } });
    hub.merge(pull);

    const jobs = await hub.runOnMain('deploy.yml', 'push');

    expect(results(jobs)).toMatchObject({
      'deploy (staging) / plan': 'failure',
      'deploy (staging) / apply': 'skipped',
    });
    expect(failedStep(jobs, 'deploy (staging) / plan')).toMatchObject({
      name: 'Find the reviewed plan',
      log: `pull request ${pull.number + 1} is from the same branch as ${pull.number}; to deploy this commit, start this workflow by hand`,
    });
    hub.api.pulls.pop();
  });

  it('stop a deployment of an artifact that was altered', async () => {
    const folder = hub
      .artifacts(hub.api.runs.findLast(({ event }) => event === 'pull_request')?.id as number)
      .get('plan-staging') as string;
    const file = join(folder, 'functions/plan.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replaceAll('"memory_size":256', '"memory_size":128'));
    expect(readFileSync(file, 'utf8')).not.toBe(before);

    const jobs = await hub.runOnMain('deploy.yml', 'push');

    expect(failedStep(jobs, 'deploy (staging) / plan')).toMatchObject({
      name: 'Plan',
      log: expect.stringContaining('functions/plan.json: altered since the plan was made'),
    });
    expect(results(jobs)).toMatchObject({ 'deploy (staging) / apply': 'skipped' });
    expect(await memory()).toBe(512);
    writeFileSync(file, before);
  });

  it('keep the state of an apply that could not save it', async () => {
    proxy.before = ({ method, path }) => method === 'PUT' && path.includes('/functions.tfstate?');

    const jobs = await hub.runOnMain('deploy.yml', 'push');

    proxy.before = () => false;
    expect(results(jobs)).toMatchObject({
      'deploy (staging) / plan': 'success',
      'deploy (staging) / apply': 'failure',
    });
    expect(failedStep(jobs, 'deploy (staging) / apply')?.name).toBe('Apply');
    const folder = hub.artifacts(hub.api.runs.at(-1)?.id as number).get('errored-states-staging') as string;
    expect(readdirSync(join(folder, 'functions'), { recursive: true }).sort()).toEqual([
      '.terraform',
      '.terraform/terraform.tfstate',
      'cdk.tf.json',
      'errored.tfstate',
    ]);
    expect(await memory()).toBe(256);
  });

  it('stop at a risk, and say so in the comment', async () => {
    const pull = hub.openPull(
      'anything',
      edit(
        "accessMode: 'least-privilege',\n    awsProviderVersion",
        "accessMode: 'lab',\n    awsProviderVersion",
      ),
    );

    const jobs = await hub.plan(pull);

    expect(results(jobs)).toEqual({ ...planned, 'plan (staging)': 'failure', comment: 'success' });
    expect(failedStep(jobs, 'plan (staging)')?.name).toBe('Review');
    expect(hub.api.comments[pull.number]?.[0]?.body).toContain('Widens access');
  });

  it('plan nothing for a fork', async () => {
    const pull = hub.openPull('from-a-fork', setMemory(256, 384), {
      id: 9,
      full_name: 'mallory/missions',
    });

    expect(results(await hub.plan(pull))).toEqual({ ...planned, plan: 'skipped', comment: 'skipped' });
  });

  it('do nothing as long as no environment has a pipeline', async () => {
    hub.merge(hub.openPull('none', edit(`${pipeline}\n`, '')));

    expect(results(await hub.runOnMain('deploy.yml', 'push'))).toEqual({
      'check / check': 'success',
      deploy: 'skipped',
    });
    expect(results(await hub.runOnMain('drift.yml', 'schedule'))).toEqual({
      environments: 'success',
      drift: 'skipped',
    });
  });
});
