import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../input-error';
import { type Emulator, startEmulator } from '../../local/emulator';
import { processes } from '../../ops/command/processes';
import { descendants, describeWith, untilGone } from './aws-fixture';

jest.setTimeout(60_000);

let folder: string;
let output: string;
const emulators: Emulator[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  output = '';
});
afterEach(async () => {
  await Promise.all(emulators.splice(0).map((emulator) => emulator.stop()));
  await untilGone(descendants(process.pid).filter((pid) => !before.includes(pid)));
  rmSync(folder, { recursive: true, force: true });
});
const before = descendants(process.pid);

/** Looks for an emulator on a PATH with nothing but the given stub programs, each a shell script, and the shell's own. */
async function startWith(
  stubs: Record<string, string>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Emulator> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(stubs)) writeProgram(join(bin, name), script);
  const emulator = await startEmulator({
    environment: { PATH: bin, TMPDIR: folder, ...environment },
    folder,
    log: (text) => {
      output += text;
    },
  });
  emulators.push(emulator);
  return emulator;
}

function writeProgram(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** A shell command that answers on the port in `$port` as moto does. */
const stubMoto = `exec '${process.execPath}' -e '
  require("node:http").createServer((_, response) => response.end("{}")).listen(Number(process.argv[1]), "127.0.0.1");
' "$port"`;
const stubMotoServer = `port=$4; echo "moto starts"; ${stubMoto}`;

test('a stub moto_server on the PATH is started, heard and ended', async () => {
  const emulator = await startWith({ moto_server: stubMotoServer });

  expect(emulator.description).toBe(join(folder, 'bin', 'moto_server'));
  expect((await fetch(`${emulator.url}/moto-api/data.json`)).ok).toBe(true);
  expect(output).toContain('moto starts');
  await emulator.stop();
  await expect(fetch(emulator.url)).rejects.toThrow();
});

test('a stub moto_server gets nothing of the user’s AWS settings and proxies', async () => {
  await startWith(
    { moto_server: `/usr/bin/env; ${stubMotoServer}` },
    {
      AWS_PROFILE: 'no-such',
      AWS_SECRET_ACCESS_KEY: 'secret',
      HTTPS_PROXY: 'http://proxy:1',
      http_proxy: 'http://proxy:2',
      MOTO_PORT: '1',
      LANG: 'C',
    },
  );

  expect(output).toMatch(/^LANG=C$/m);
  expect(output).toMatch(/^AWS_EC2_METADATA_DISABLED=true$/m);
  expect(output).not.toMatch(/no-such|secret|proxy|MOTO_PORT/);
});

test('a stub Python and its pip get the proxies, without which they reach nothing', async () => {
  const python = `echo "proxy $HTTPS_PROXY" >&2; exit 3`;

  await expect(startWith({ python3: python }, { HTTPS_PROXY: 'http://proxy:1' })).rejects.toThrow(
    'proxy http://proxy:1',
  );
});

test('says that it has ended when nothing listens any more, and not when it only answers slowly', async () => {
  const emulator = await startWith({ moto_server: stubMotoServer });
  const living = processes().map(({ pid }) => pid);
  const pids = descendants(process.pid).filter((pid) => !before.includes(pid) && living.includes(pid));
  expect(await emulator.hasEnded()).toBe(false);

  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  expect(await emulator.hasEnded()).toBe(false);

  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await untilGone(pids);
  expect(await emulator.hasEnded()).toBe(true);
});

test('a stub Python makes a private environment, once', async () => {
  const log = join(folder, 'pip.log');
  const python = `
    [ "$1" != -c ] || exit 0
    [ "$1 $2" = "-m venv" ] || exit 3
    /bin/mkdir -p "$3/bin"
    /bin/cat > "$3/bin/pip" <<'END'
#!/bin/sh
echo "$@" >> '${log}'
/bin/cp '${folder}/stub' "$(/usr/bin/dirname "$0")/moto_server"
END
    /bin/chmod +x "$3/bin/pip"`;
  writeProgram(join(folder, 'stub'), stubMotoServer);

  const first = await startWith({ python3: python });
  const second = await startWith({ python3: 'exit 1' });

  expect(first.description).toMatch(/moto-[\d.]+\/bin\/moto_server$/);
  expect(second.description).toBe(first.description);
  expect(readFileSync(log, 'utf8')).toMatch(/^install --retries 2 moto\[server\]==[\d.]+\n$/);
});

describeWith('python3')('a real Python', () => {
  test('fails when it says that it is an older one', async () => {
    const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
    const older = `import sys; sys.version_info = (3, 8); sys.version = "3.8.20 (default)"; exec(sys.argv[1])`;

    await expect(startWith({ python3: `exec ${python.trim()} -c '${older}' "$2"` })).rejects.toThrow(
      /python3 -c .*: too old, got 3\.8\.20;/,
    );
  });
});

test('a stub Docker publishes the image’s port on the loopback interface only', async () => {
  const docker = `
    case "$1" in
      info) exit 0 ;;
      run) echo "$@"; port=\${4#127.0.0.1:}; port=\${port%:5000}; ${stubMoto} ;;
    esac`;
  const emulator = await startWith({ docker });

  expect(emulator.description).toMatch(/^motoserver\/moto:[\d.]+$/);
  expect(output).toMatch(
    /^run --rm --publish 127\.0\.0\.1:\d+:5000 .*--env https_proxy= .*motoserver\/moto:[\d.]+\n/,
  );
});

test('a stub Docker whose daemon does not answer is given up', async () => {
  await expect(startWith({ docker: 'exec /bin/sleep 60' })).rejects.toThrow(
    /docker info: no answer within 10 seconds;/,
  );
});

test('fails when there is nothing, and says what was tried and what to install', async () => {
  const promise = startWith({});

  await expect(promise).rejects.toThrow(InputError);
  await expect(promise).rejects.toThrow(/emulator: AWS_ENDPOINT_URL is not set;/);
  await expect(promise).rejects.toThrow(/no moto_server on the PATH/);
  await expect(promise).rejects.toThrow(/no python3 on the PATH/);
  await expect(promise).rejects.toThrow(/no docker on the PATH/);
  await expect(promise).rejects.toThrow(/install one of: moto \(pip install 'moto\[server\]==/);
});

test('fails when each way ends early, with the last lines of each', async () => {
  const promise = startWith({
    moto_server: 'echo "no module named moto"; exit 3',
    python3: 'echo "no module named ensurepip" >&2; exit 4',
    docker: 'echo "cannot connect to the Docker daemon" >&2; exit 5',
  });

  await expect(promise).rejects.toThrow(/exit code 3: no module named moto/);
  await expect(promise).rejects.toThrow(/python3 -c .*: no module named ensurepip;/);
  await expect(promise).rejects.toThrow(/docker info: cannot connect to the Docker daemon;/);
});

describe('AWS_ENDPOINT_URL', () => {
  describeWith('moto_server')('with a real moto', () => {
    test('is used as it is, and left running', async () => {
      const moto = await startEmulator({
        environment: { ...process.env, AWS_ENDPOINT_URL: '' },
        folder,
        log: () => {},
      });
      emulators.push(moto);
      const emulator = await startWith({}, { AWS_ENDPOINT_URL: moto.url });

      expect(emulator.url).toBe(moto.url);
      await emulator.stop();
      expect((await fetch(`${moto.url}/moto-api/data.json`)).ok).toBe(true);
    });
  });

  test('is passed over when nothing answers there', async () => {
    const environment = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const emulator = await startWith({ moto_server: stubMotoServer }, environment);

    expect(emulator.description).toBe(join(folder, 'bin', 'moto_server'));
  });

  test('is passed over when a local AWS answers there, so that runs share nothing', async () => {
    const ours = createServer((_, response) => response.end(JSON.stringify({ pid: 1 }))).listen(
      0,
      '127.0.0.1',
    );
    const { port } = await new Promise<{ port: number }>((resolve) =>
      ours.on('listening', () => resolve(ours.address() as { port: number })),
    );
    const environment = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
    const emulator = await startWith({ moto_server: stubMotoServer }, environment);

    expect(emulator.description).toBe(join(folder, 'bin', 'moto_server'));
    ours.close();
    ours.closeAllConnections();
  });

  test('fails when something else than moto answers there', async () => {
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    const address = await new Promise<{ port: number }>((resolve) =>
      other.on('listening', () => resolve(other.address() as { port: number })),
    );
    const url = `http://127.0.0.1:${address.port}`;

    await expect(startWith({}, { AWS_ENDPOINT_URL: url })).rejects.toThrow(`no moto answers at ${url}`);
    other.close();
    other.closeAllConnections();
  });
});
