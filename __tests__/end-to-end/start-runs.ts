import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import superMissions from '../../seed-data/super-missions.json';
import { partitionKey } from '../names';
import type { Checkout } from './checkout';
import { endings, start } from './running';

/** Fails unless `npm start` deploys, shows what the notebook shows, removes everything and ends with 0. */
export async function expectEndToEndRun(
  checkout: Checkout,
  variables: NodeJS.ProcessEnv = {},
  runner: readonly string[] = [],
) {
  const command = [...runner, 'npm', 'start', '--silent'];
  const { exitCode, stdout, stderr } = await checkout.run('env', command, variables);

  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0, stderr: '' });
  const [scan, superman, ironman] = answersIn(stdout);
  expect(sorted(scan)).toEqual(sorted(superMissions));
  for (const [answer, name] of [
    [superman, 'Superman'],
    [ironman, 'Ironman'],
  ] as const) {
    expect(answer).toEqual({
      Items: superMissions.filter((it) => it[partitionKey] === name),
      Count: 1,
      ScannedCount: 1,
      ResponseMetadata: {
        RequestId: expect.stringMatching(/./),
        HTTPStatusCode: 200,
        HTTPHeaders: expect.objectContaining({ 'content-type': 'application/x-amz-json-1.0' }),
        RetryAttempts: 0,
      },
    });
  }
  expect(stdout).toMatch(
    /✔ Ask for the page[^\n]*\n {4}http:\/\/\w+\.execute-api\.us-east-1\.localhost:\d+\/ answered with status 200, text\/html; charset=utf-8, \d+ characters/,
  );
  expect(stdout).toMatch(/✔ cdktf destroy[\s\S]*✔ Remove the state bucket/);
  expect(stdout).toContain('Removed everything');
  expect(await isAnswering(urlIn(stdout))).toBe(false);
}

/** What ends a run: Ctrl-C reaches all processes of the terminal, the others the command alone. */
export const startEndings = ['Ctrl-C', 'SIGTERM', 'SIGHUP', 'SIGPIPE', 'SIGKILL'] as const;

/** Fails unless what ends a run in the middle of a deployment leaves nothing running, and the exit code tells of it. */
export async function expectInterruptedRun(
  checkout: Checkout,
  ending: (typeof startEndings)[number],
  variables: NodeJS.ProcessEnv = {},
) {
  const signal = ending === 'Ctrl-C' ? 'SIGINT' : ending;
  // A process group of its own stands for the terminal.
  const running = start('node', ['ops/command/run-typescript.cjs', 'ops/start.ts'], {
    cwd: checkout.folder,
    env: { ...process.env, ...variables },
  });
  await Promise.race([running.prints('… cdktf deploy'), running.ended]);
  if (ending === 'Ctrl-C') running.interrupt('SIGINT');
  else endings[ending](running);
  const { exitCode, stdout, stderr } = await running.ended;

  // Who is killed has no exit code, for which `running` has 1.
  expect(exitCode).toBe(signal === 'SIGKILL' ? 1 : 128 + constants.signals[signal]);
  if (signal !== 'SIGKILL' && signal !== 'SIGPIPE') {
    expect(stdout).toContain('✘ cdktf deploy');
    expect(stderr).toBe(`\
interrupted by ${signal}; what has been started is brought to an end
the local AWS, and all that was made in it, is gone
`);
  }
  // The emulator's guard ends after the emulator, at the end of the pipe that it watches.
  for (let waits = 0; waits < 300 && processesIn(checkout.folder).length > 0; waits += 1) await sleep(100);
  expect(processesIn(checkout.folder)).toEqual([]);
  expect(await isAnswering(urlIn(stdout))).toBe(false);
}

/** Where the local AWS was. */
export function urlIn(stdout: string): string {
  const [, url] = / at (http:\/\/127\.0\.0\.1:\d+)$/m.exec(stdout) ?? [];
  if (!url) throw new Error(`no URL in ${stdout}`);
  return url;
}

export async function isAnswering(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** The JSON documents that the run printed, each behind a line with a function's name and its event. */
function answersIn(stdout: string): any[] {
  const blocks = stdout.matchAll(/^\w+Function \{.*\}\n([[{][\s\S]*?\n[\]}])$/gm);
  return Array.from(blocks, ([, json = '']) => JSON.parse(json));
}

const sorted = (items: Record<typeof partitionKey, string>[]) =>
  [...items].sort((a, b) => (a[partitionKey] < b[partitionKey] ? -1 : 1));

/** Command lines of living processes that name a folder. */
function processesIn(folder: string): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  return all.filter((commandLine) => commandLine.includes(folder));
}
