import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { RecordedGitHub, runScript } from './end-to-end/workflows/github';

const { jobs } = parse(readFileSync('.github/workflows/pull-request.yml', 'utf8'));
const { script } = jobs.comment.steps.at(-1).with;

describe('the comment on a pull request', () => {
  const startFolder = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'plan-comment-'));
  const github = new RecordedGitHub({ id: 7, full_name: 'acme/missions' });
  const repo = { owner: 'acme', repo: 'missions' };
  const comments = () => github.comments[12]?.map(({ body }) => body);
  const comment = (permissions = jobs.comment.permissions) =>
    runScript(script, {
      github: github.client(permissions),
      context: { repo, issue: { ...repo, number: 12 } },
      require,
    });

  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(startFolder);
    rmSync(folder, { recursive: true });
  });

  it('is not written where nothing was reviewed', async () => {
    await comment();

    expect(comments()).toBeUndefined();
  });

  it('has the review, one for each environment', async () => {
    mkdirSync('reviews');
    for (const name of ['lab', 'prod']) {
      writeFileSync(`reviews/review-${name}.md`, `what ${name} would do`);
      writeFileSync(`reviews/review-${name}.html`, '<html>');
    }

    expect(await comment()).toEqual({ outputs: {}, failures: [] });

    expect(comments()).toEqual([
      '<!-- the plan of lab -->\n## lab\n\nwhat lab would do',
      '<!-- the plan of prod -->\n## prod\n\nwhat prod would do',
    ]);
  });

  it('is changed when there is another plan, and those of others are left alone', async () => {
    const [, ofProd] = github.comments[12] ?? [];
    const quoted = { id: 1, user: { login: 'mallory' }, body: ofProd?.body ?? '' };
    github.comments[12]?.unshift(quoted);
    writeFileSync('reviews/review-prod.md', 'what prod would do now');

    await comment();

    expect(comments()).toEqual([
      quoted.body,
      '<!-- the plan of lab -->\n## lab\n\nwhat lab would do',
      '<!-- the plan of prod -->\n## prod\n\nwhat prod would do now',
    ]);
    expect(quoted.body).toBe('<!-- the plan of prod -->\n## prod\n\nwhat prod would do');
  });

  it('fails without the permission to write it', async () => {
    await expect(comment({})).rejects.toThrow('Resource not accessible by integration');
  });
});
