import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Pull, RecordedGitHub, runScript, type WorkflowRun } from './end-to-end/workflows/github';

const { jobs } = parse(readFileSync('.github/workflows/deploy-environment.yml', 'utf8'));
const step = jobs.plan.steps.find(({ id }: { id?: string }) => id === 'reviewed');

const ours = { id: 7, full_name: 'acme/missions' };
const fork = { id: 8, full_name: 'mallory/missions' };
const head = { ref: 'more-missions', sha: 'head', repo: ours };
const merged: Pull = {
  number: 12,
  head,
  base: { ref: 'main', sha: 'base', repo: ours },
  merge_commit_sha: 'merge',
  created_at: '2026-11-25T10:00:00Z',
  closed_at: '2026-11-25T12:00:00Z',
};
const planned: WorkflowRun = {
  id: 1000,
  workflow: 'pull-request.yml',
  event: 'pull_request',
  conclusion: 'success',
  head_branch: head.ref,
  head_sha: head.sha,
  head_repository: ours,
  created_at: '2026-11-25T11:00:00Z',
};
/** Somebody's pull request from the same branch, into another one with a workflow of its own. */
const other: Pull = { ...merged, number: 13, base: { ...merged.base, ref: 'mine' }, merge_commit_sha: null };

interface Recorded {
  readonly pulls?: readonly Pull[];
  readonly runs?: readonly WorkflowRun[];
  readonly events?: readonly string[];
}

async function find({ pulls = [merged], runs = [planned], events = ['merged', 'closed'] }: Recorded) {
  const github = new RecordedGitHub(ours);
  github.pulls.push(...pulls);
  github.runs.push(...runs);
  github.events[12] = [...events];
  const context = { sha: 'merge', repo: { owner: 'acme', repo: 'missions' } };
  return runScript(step.with.script, { github: github.client(jobs.plan.permissions), context, require });
}

describe('the reviewed plan of a commit on main', () => {
  it('is that of the newest run for its pull request', async () => {
    const older = { ...planned, id: 999, created_at: '2026-11-25T10:30:00Z' };

    expect(await find({ runs: [older, planned] })).toEqual({ outputs: { 'run-id': '1000' }, failures: [] });
  });

  it.each<[kind: string, recorded: Recorded]>([
    [
      'a failed run for the same commit',
      { runs: [planned, { ...planned, id: 1001, conclusion: 'failure' }] },
    ],
    ['a run of another branch', { runs: [planned, { ...planned, id: 1001, head_branch: 'same-commit' }] }],
    ['a run of a fork', { runs: [planned, { ...planned, id: 1001, head_repository: fork }] }],
    ['a run of another workflow', { runs: [planned, { ...planned, id: 1001, workflow: 'mine.yml' }] }],
    ['a run of a push', { runs: [planned, { ...planned, id: 1001, event: 'push' }] }],
    ['a pull request of a fork', { pulls: [merged, { ...other, head: { ...head, repo: fork } }] }],
    [
      'an earlier pull request from the same branch, with another commit',
      { pulls: [merged, { ...other, head: { ...head, sha: 'old' }, closed_at: '2026-11-20T12:00:00Z' }] },
    ],
  ])('is not that of %s', async (_, recorded) => {
    expect(await find(recorded)).toEqual({ outputs: { 'run-id': '1000' }, failures: [] });
  });

  it.each<[kind: string, recorded: Recorded, message: string]>([
    ['the commit was pushed', { pulls: [] }, 'this commit is not the merge of a pull request from a branch'],
    [
      'its pull request was into another branch',
      { pulls: [{ ...merged, base: { ...merged.base, ref: 'mine' } }] },
      'this commit is not the merge of a pull request from a branch',
    ],
    [
      'its pull request is of a fork',
      { pulls: [{ ...merged, head: { ...head, repo: fork } }] },
      'this commit is not the merge of a pull request from a branch',
    ],
    [
      'its fork is gone',
      { pulls: [{ ...merged, head: { ...head, repo: null } }] },
      'this commit is not the merge of a pull request from a branch',
    ],
    [
      'the base was changed, after a run on another one',
      { events: ['base_ref_changed', 'merged'] },
      'pull request 12 was not always one into main',
    ],
    [
      'GitHub has changed the base',
      { events: ['automatic_base_change_succeeded', 'merged'] },
      'pull request 12 was not always one into main',
    ],
    [
      'another pull request is open from the same branch',
      { pulls: [merged, { ...other, closed_at: null, head: { ...head, sha: 'later' } }] },
      'pull request 13 is from the same branch as 12',
    ],
    [
      'another pull request from the same branch was closed meanwhile',
      { pulls: [merged, { ...other, closed_at: '2026-11-25T10:00:00Z', head: { ...head, sha: 'later' } }] },
      'pull request 13 is from the same branch as 12',
    ],
    [
      'another pull request had the same commit before',
      { pulls: [merged, { ...other, closed_at: '2026-11-25T09:00:00Z' }] },
      'pull request 13 is from the same branch as 12',
    ],
    ['no run has succeeded', { runs: [] }, 'no workflow has planned pull request 12 as it was merged'],
    [
      'the only run is of another commit',
      { runs: [{ ...planned, head_sha: 'before' }] },
      'no workflow has planned pull request 12 as it was merged',
    ],
    [
      'the only run is older than the pull request',
      { runs: [{ ...planned, created_at: '2026-11-25T09:59:59Z' }] },
      'no workflow has planned pull request 12 as it was merged',
    ],
  ])('is not found, and the deployment stops, when %s', async (_, recorded, message) => {
    const { outputs, failures } = await find(recorded);

    expect(outputs).toEqual({});
    expect(failures).toEqual([
      expect.stringMatching(new RegExp(`^${message}.*; to deploy this commit, start this workflow by hand$`)),
    ]);
  });
});
