import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import superMissions from '../../seed-data/super-missions.json';
import { names, partitionKey } from '../names';
import { Checkout } from './checkout';
import { describeWithLocalAws } from './terraform-needed';

jest.setTimeout(600_000);

describeWithLocalAws('npm start', () => {
  const checkout = new Checkout();
  afterAll(() => checkout.remove());

  const mission = (name: string) => superMissions.filter((it) => it[partitionKey] === name);
  const sorted = (items: Record<typeof partitionKey, string>[]) =>
    [...items].sort((a, b) => (a[partitionKey] < b[partitionKey] ? -1 : 1));

  it('deploys, shows what the notebook shows, removes everything and ends with 0', async () => {
    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent']);

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    const [scan, superman, ironman] = answersIn(stdout);
    expect(sorted(scan)).toEqual(sorted(superMissions));
    for (const [answer, name] of [
      [superman, 'Superman'],
      [ironman, 'Ironman'],
    ] as const) {
      expect(answer).toEqual({
        Items: mission(name),
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
  });

  it('fails when a step fails: shows the step, the last lines and the log, and cleans up', async () => {
    const [right, wrong] = ['"Batman"', '"Superman" '];
    checkout.edit('seed-data/super-missions.json', right, wrong);

    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent']);
    checkout.edit('seed-data/super-missions.json', wrong, right);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✘ Create the state bucket/);
    expect(stderr).toContain('duplicate partition key, got "Superman"; expected unique keys');
    expect(stderr).toContain('The full log: .local/start.log');
    expect(readFileSync(join(checkout.folder, '.local/start.log'), 'utf8')).toContain(
      'duplicate partition key',
    );
    expect(await isAnswering(urlIn(stdout))).toBe(false);
  });

  it('fails when a handler does not load: shows its error, not a stack trace of ours, and cleans up', async () => {
    const handler = 'lambdas/mission-details-function/index.ts';
    const [right, wrong] = ['export const handler', 'throw new Error("boom at load");\nexport const handler'];
    checkout.edit(handler, right, wrong);

    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent']);
    checkout.edit(handler, wrong, right);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✘ Invoke the functions/);
    expect(stderr).toMatch(
      new RegExp(`^ {4}${names.details.function}: failed, answered .*"errorMessage":"boom at load"`, 'm'),
    );
    expect(stderr).toContain('The full log: .local/start.log');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await isAnswering(urlIn(stdout))).toBe(false);
  });

  it('ends with 130 on Ctrl-C in the middle of a deployment, and leaves nothing running', async () => {
    // A process group of its own stands for the terminal, which interrupts all its processes at once.
    const child = spawn(process.execPath, ['--import', 'tsx', 'ops/start.ts'], {
      cwd: checkout.folder,
      detached: true,
    });
    let output = '';
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    let interrupted = false;
    child.stdout.on('data', (text) => {
      output += text;
      if (interrupted || !output.includes('… cdktf deploy')) return;
      interrupted = true;
      process.kill(-Number(child.pid), 'SIGINT');
    });

    const [exitCode] = await once(child, 'close');

    expect(output).toContain('✘ cdktf deploy');
    expect(errors).toContain('interrupted by SIGINT; what has been started is brought to an end\n');
    expect(errors).toContain('the local AWS, and all that was made in it, is gone\n');
    expect(errors).not.toMatch(/Error:/);
    expect(exitCode).toBe(130);
    // The emulator's guard ends after the emulator, at the end of the pipe that it watches.
    for (let waits = 0; waits < 50 && processesIn(checkout.folder).length > 0; waits += 1) await sleep(100);
    expect(processesIn(checkout.folder)).toEqual([]);
    expect(await isAnswering(urlIn(output))).toBe(false);
  });

  it.each(['lab', 'prod'])('fails when the environment is %s, before anything is started', async (name) => {
    const { exitCode, stdout, stderr } = await checkout.run('npm', ['start', '--silent'], {
      SUPERMISSION_ENV: name,
    });

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      `SUPERMISSION_ENV: not an environment on this machine, got "${name}"; expected local`,
    );
  });

  it('fails when it does not know an option, and says what it knows', async () => {
    const { exitCode, stderr } = await checkout.run('npm', ['start', '--silent', '--', '--keeep']);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('--keeep');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

/** The JSON documents that the run printed, each behind a line with a function's name and its event. */
function answersIn(stdout: string): any[] {
  const blocks = stdout.matchAll(/^\w+Function \{.*\}\n([[{][\s\S]*?\n[\]}])$/gm);
  return Array.from(blocks, ([, json = '']) => JSON.parse(json));
}

function urlIn(stdout: string): string {
  const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout) ?? [];
  if (!url) throw new Error(`no URL in ${stdout}`);
  return url;
}

async function isAnswering(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** Command lines of living processes that name a folder. */
function processesIn(folder: string): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  return all.filter((commandLine) => commandLine.includes(folder));
}
