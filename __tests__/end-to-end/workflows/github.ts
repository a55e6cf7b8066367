/** A branch of a repository, as GitHub's API shows it. */
export interface Reference {
  readonly ref: string;
  readonly sha: string;
  readonly repo: { readonly id: number; readonly full_name: string } | null;
}

export interface Pull {
  readonly number: number;
  readonly head: Reference;
  readonly base: Reference;
  readonly merge_commit_sha: string | null;
  readonly created_at: string;
  readonly closed_at: string | null;
}

/** A run of a workflow; GitHub does not say which pull request it was for. */
export interface WorkflowRun {
  readonly id: number;
  /** The file in .github/workflows. */
  readonly workflow: string;
  readonly event: string;
  readonly conclusion: string;
  readonly head_branch: string;
  readonly head_sha: string;
  readonly head_repository: { readonly id: number };
  readonly created_at: string;
}

export interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

export type Permissions = Readonly<Record<string, string>>;
type Parameters = Readonly<Record<string, any>>;

/** The part of GitHub's API that the workflows call, answering from what is recorded here. */
export class RecordedGitHub {
  readonly pulls: Pull[] = [];
  readonly runs: WorkflowRun[] = [];
  /** Names of events by the number of their pull request. */
  readonly events: Record<number, string[]> = {};
  readonly comments: Record<number, Comment[]> = {};

  constructor(readonly repository: { readonly id: number; readonly full_name: string }) {}

  get owner(): string {
    return this.repository.full_name.replace(/\/.*/, '');
  }

  /** What a script gets as `github`, with the permissions of its job. */
  client(permissions: Permissions) {
    const needs = (scope: string, level: 'read' | 'write') => {
      if (permissions[scope] !== 'write' && permissions[scope] !== level)
        throw new Error(`Resource not accessible by integration (${scope}: ${level})`);
    };
    const rest = {
      repos: {
        listPullRequestsAssociatedWithCommit: async ({ commit_sha }: Parameters) => {
          needs('pull-requests', 'read');
          return { data: this.pulls.filter((it) => [it.merge_commit_sha, it.head.sha].includes(commit_sha)) };
        },
      },
      issues: {
        listEvents: async ({ issue_number }: Parameters) => {
          needs('pull-requests', 'read');
          return { data: (this.events[issue_number] ?? []).map((event) => ({ event })) };
        },
        listComments: async ({ issue_number }: Parameters) => {
          needs('pull-requests', 'read');
          return { data: this.comments[issue_number] ?? [] };
        },
        createComment: async ({ issue_number, body }: Parameters) => {
          needs('pull-requests', 'write');
          const comments = this.comments[issue_number] ?? [];
          this.comments[issue_number] = comments;
          comments.push({
            id: issue_number * 1_000 + comments.length,
            user: { login: 'github-actions[bot]' },
            body,
          });
        },
        updateComment: async ({ comment_id, body }: Parameters) => {
          needs('pull-requests', 'write');
          const comment = Object.values(this.comments)
            .flat()
            .find(({ id }) => id === comment_id);
          if (!comment) throw new Error(`comment ${comment_id}: Not Found`);
          comment.body = body;
        },
      },
      pulls: {
        list: async ({ state, head }: Parameters) => {
          needs('pull-requests', 'read');
          const data = this.pulls.filter(
            (it) =>
              (state === 'all' || !it.closed_at) &&
              `${it.head.repo?.full_name.replace(/\/.*/, '')}:${it.head.ref}` === head,
          );
          return { data };
        },
      },
      actions: {
        listWorkflowRuns: async ({ workflow_id, event, status, head_sha }: Parameters) => {
          needs('actions', 'read');
          const found = this.runs.filter(
            (it) =>
              it.workflow === workflow_id &&
              it.event === event &&
              it.conclusion === status &&
              it.head_sha === head_sha,
          );
          return { data: found.reverse() };
        },
      },
    };
    return {
      rest,
      paginate: async (
        list: (parameters: Parameters) => Promise<{ data: unknown[] }>,
        parameters: Parameters,
      ) => (await list(parameters)).data,
    };
  }
}

/** What a script tells the runner by `core`. */
export interface ScriptResult {
  readonly outputs: Record<string, string>;
  readonly failures: string[];
}

/** Run a script as actions/github-script does: the body of an asynchronous function. */
export async function runScript(
  script: string,
  names: { readonly github: unknown; readonly context: unknown; readonly require: NodeJS.Require },
): Promise<ScriptResult> {
  const result: ScriptResult = { outputs: {}, failures: [] };
  const core = {
    setOutput: (name: string, value: unknown) => {
      result.outputs[name] = String(value);
    },
    setFailed: (message: string) => {
      result.failures.push(message);
    },
  };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const given = { core, ...names };
  await new AsyncFunction(...Object.keys(given), script)(...Object.values(given));
  return result;
}
