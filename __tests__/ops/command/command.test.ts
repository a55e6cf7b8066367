import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../../input-error';
import { runCommand } from '../../../ops/command/command';

let printed: { out: jest.SpyInstance; error: jest.SpyInstance };

beforeEach(() => {
  printed = {
    out: jest.spyOn(console, 'log').mockImplementation(),
    error: jest.spyOn(console, 'error').mockImplementation(),
  };
});

afterEach(() => {
  jest.restoreAllMocks();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  process.exitCode = undefined;
});

/** What a command prints and ends with. */
async function ran(args: readonly string[], work: () => Promise<number> = async () => 0) {
  await runCommand(
    {
      usage: 'Usage: npm run try',
      options: { out: { type: 'string' }, json: { type: 'boolean' } },
      words: { expected: 'one folder', max: 1 },
      writes: false,
      run: work,
    },
    args,
  );
  const textOf = ({ mock }: jest.SpyInstance) => mock.calls.flat().join('\n');
  return { exitCode: process.exitCode, out: textOf(printed.out), error: textOf(printed.error) };
}

describe('a command', () => {
  it.each(['-h', '--help'])('says with %s how it is used', async (flag) => {
    expect(await ran(['folder', flag])).toEqual({
      exitCode: undefined,
      out: 'Usage: npm run try',
      error: '',
    });
  });

  it('ends with the exit code of its work', async () => {
    expect(await ran(['folder', '--json'], async () => 2)).toEqual({ exitCode: 2, out: '', error: '' });
  });

  it.each([
    [['--wrong'], '--wrong: unknown option, got "--wrong"; expected --help, --out <value>, --json'],
    [['--wrong=1'], '--wrong: unknown option, got "--wrong=1"; expected --help, --out <value>, --json'],
    [['--out'], /^--out: .*argument missing, got "--out"; expected --help, --out <value>, --json$/],
    [['--json=yes'], /^--json: .*does not take an argument, got "--json=yes"; expected/],
    [['a', 'b'], 'command line: too many words, got "a b"; expected one folder'],
  ])('fails with one line when its arguments are %j', async (args, message) => {
    const { exitCode, out, error } = await ran(args);

    expect({ exitCode, out, lines: error.split('\n').length }).toEqual({ exitCode: 1, out: '', lines: 1 });
    expect(error).toMatch(message);
  });

  it.each([
    [
      'an input error',
      new InputError({ where: 'a', what: 'b', got: 1, expected: 'c' }),
      'a: b, got 1; expected c',
    ],
    [
      'a full disk',
      Object.assign(new Error('ENOSPC: no space left on device, write'), { syscall: 'write' }),
      'ENOSPC: no space left on device, write',
    ],
  ])('fails without a stack trace when it meets %s', async (_name, error, message) => {
    expect(await ran([], () => Promise.reject(error))).toEqual({ exitCode: 1, out: '', error: message });
  });

  it('fails with all that is known when the fault is ours', async () => {
    const fault = new TypeError('undefined is not a function');

    await expect(ran([], () => Promise.reject(fault))).rejects.toBe(fault);
  });
});

describe('a command that writes into the checkout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'command-test-'));
  const root = join(__dirname, '../../..');

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Prints `begun`, works for so long, or until it is told to end and has come to its end, then prints `ended`. */
  const start = (milliseconds: number, cwd = folder) => {
    const work = `({ signal }) => new Promise((resolve) => {
      console.log('begun');
      const end = () => { console.log('ended'); resolve(); };
      const timer = setTimeout(end, ${milliseconds});
      signal.addEventListener('abort', () => { clearTimeout(timer); setTimeout(end, 200); });
    })`;
    const script = `require(${JSON.stringify(join(root, 'ops/command/command.ts'))}).runCommand({
      usage: '', writes: true, afterInterruption: 'run it again', run: (_, frame) => (${work})(frame) }, [])`;
    const child = spawn(process.execPath, ['--import', require.resolve('tsx'), '-e', script], {
      cwd,
    });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += data));
    const prints = async (text: string) => {
      while (!output.text.includes(text))
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
    };
    return { child, output, prints, ended: once(child, 'close').then(([code]) => code as number) };
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'comes to its end after %s, and says what is left',
    async (signal) => {
      const { child, output, prints, ended } = start(60_000);
      await prints('begun');
      child.kill(signal);

      expect(await ended).toBe(128 + constants.signals[signal]);
      expect(output.text).toBe(
        `begun\ninterrupted by ${signal}; what has been started is brought to an end\nended\nrun it again\n`,
      );
    },
  );

  it('comes to its end when nobody reads what it prints', async () => {
    const { child, prints, ended } = start(1_000);
    await prints('begun');
    child.stdout.destroy();

    expect(await ended).toBe(128 + constants.signals.SIGPIPE);
  });

  it('waits for another one, and says for whom', async () => {
    const first = start(60_000);
    await first.prints('begun');
    const second = start(0);

    await second.prints(`another command is at work in this checkout (process ${first.child.pid}`);
    expect(second.output.text).not.toContain('begun');
    first.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('fails in one sentence when it cannot write', async () => {
    const place = mkdtempSync(join(tmpdir(), 'command-test-'));
    writeFileSync(join(place, 'cdktf.out'), '');
    const { output, ended } = start(0, place);

    expect(await ended).toBe(1);
    expect(output.text).toMatch(/^E\w+: .*cdktf\.out'\n$/);
    rmSync(place, { recursive: true });
  });

  it('goes on when another one was killed', async () => {
    const killed = start(60_000);
    await killed.prints('begun');
    killed.child.kill('SIGKILL');
    await killed.ended;

    expect(await start(0).ended).toBe(0);
  });
});
