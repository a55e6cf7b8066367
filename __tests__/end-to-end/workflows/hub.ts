import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pull, RecordedGitHub } from './github';
import { type Jobs, runWorkflow, type Trigger } from './run-workflow';

/** Jobs that would run the suites of this project within one of them. */
const suites = ['test'];

export interface HubOptions {
  /** The folder of a repository with the project on its branch main. */
  readonly origin: string;
  /** Variables of every job, beside those of its workflow. */
  readonly variables: NodeJS.ProcessEnv;
  /** Configuration of clients of the AWS that is deployed to. */
  readonly aws: object;
}

/** A repository on GitHub, as far as its workflows notice. */
export class Hub {
  readonly api = new RecordedGitHub({ id: 5678, full_name: 'acme/missions' });
  /** What tokens call the repository. */
  readonly subject = 'acme@1234/missions@5678';
  /** Roles that jobs have taken, and as whom. */
  readonly assumed: { readonly role: string; readonly subject: string }[] = [];
  /** Environments that somebody had to approve. */
  readonly approvals: string[] = [];
  readonly folders: string[] = [];
  readonly origin: string;
  readonly variables: NodeJS.ProcessEnv;
  readonly aws: object;
  readonly #artifacts = new Map<number, Map<string, string>>();

  constructor({ origin, variables, aws }: HubOptions) {
    this.origin = origin;
    this.variables = variables;
    this.aws = aws;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.origin, ...args], { encoding: 'utf8' }).trim();
  }

  /** A file of a commit. */
  read(sha: string, file: string): string {
    return this.git('show', `${sha}:${file}`);
  }

  /** What expressions know as `github`. */
  context(trigger: Trigger, runId: number) {
    const { full_name, id } = this.api.repository;
    return {
      ...trigger,
      repository: full_name,
      repository_id: String(id),
      run_id: String(runId),
      token: 'any',
    };
  }

  /** Where a new artifact of a run is put together. */
  newArtifact(runId: number, name: string): string {
    const artifacts = this.artifacts(runId);
    if (artifacts.has(name)) throw new Error(`an artifact with the name ${name} is there already`);
    const folder = mkdtempSync(join(tmpdir(), 'workflow-artifact-'));
    this.folders.push(folder);
    artifacts.set(name, folder);
    return folder;
  }

  artifacts(runId: number): Map<string, string> {
    const artifacts = this.#artifacts.get(runId) ?? new Map<string, string>();
    this.#artifacts.set(runId, artifacts);
    return artifacts;
  }

  /** Commit changes of files on a branch that starts from main, and open a pull request into main. */
  openPull(
    branch: string,
    change: () => void,
    repo: { id: number; full_name: string } = this.api.repository,
  ): Pull {
    this.git('checkout', '-q', '-B', branch, 'main');
    change();
    this.git('commit', '-q', '-a', '-m', branch);
    const pull = {
      number: this.api.pulls.length + 1,
      head: { ref: branch, sha: this.git('rev-parse', branch), repo },
      base: { ref: 'main', sha: this.git('rev-parse', 'main'), repo: this.api.repository },
      merge_commit_sha: null,
      created_at: new Date().toISOString(),
      closed_at: null,
    };
    this.git('checkout', '-q', 'main');
    this.api.pulls.push(pull);
    return pull;
  }

  /** Run the workflow of a pull request on the merge with its base that GitHub makes for that. */
  plan(pull: Pull): Promise<Jobs> {
    this.git('checkout', '-q', '--detach', 'main');
    this.git('merge', '-q', '--no-ff', '-m', `merge ${pull.head.ref}`, pull.head.sha);
    const sha = this.git('rev-parse', 'HEAD');
    this.git('checkout', '-q', 'main');
    return this.run('pull-request.yml', pull.head, {
      event_name: 'pull_request',
      ref: `refs/pull/${pull.number}/merge`,
      sha,
      event: { pull_request: pull },
    });
  }

  /** Merge a pull request; the commit on main. */
  merge({ number, head }: Pull): string {
    this.git('merge', '-q', '--no-ff', '-m', `merge ${head.ref} (#${number})`, head.sha);
    const merge_commit_sha = this.git('rev-parse', 'main');
    const pull = this.api.pulls.find((it) => it.number === number) as Pull;
    Object.assign(pull, { merge_commit_sha, closed_at: new Date().toISOString() });
    return merge_commit_sha;
  }

  /** What a push to main, the clock or a person starts there. */
  runOnMain(
    file: 'deploy.yml' | 'drift.yml',
    event_name: Exclude<Trigger['event_name'], 'pull_request'>,
  ): Promise<Jobs> {
    const sha = this.git('rev-parse', 'main');
    const head = { ref: 'main', sha, repo: this.api.repository };
    return this.run(file, head, { event_name, ref: 'refs/heads/main', sha, event: {} });
  }

  private async run(file: string, head: Pull['head'], trigger: Trigger): Promise<Jobs> {
    const runId = 1_000 + this.api.runs.length;
    const created_at = new Date().toISOString();
    const { jobs } = await runWorkflow({
      hub: this,
      runId,
      trigger,
      file,
      prefix: '',
      inputs: {},
      without: suites,
    });
    const failed = Object.values(jobs).some(({ result }) => result === 'failure');
    this.api.runs.push({
      id: runId,
      workflow: file,
      event: trigger.event_name,
      conclusion: failed ? 'failure' : 'success',
      head_branch: head.ref,
      head_sha: head.sha,
      head_repository: { id: head.repo?.id ?? 0 },
      created_at,
    });
    return jobs;
  }

  /** Remove all folders of jobs and artifacts. */
  close(): void {
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
