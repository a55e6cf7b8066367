import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Emulator, startEmulator } from '../../local/emulator';
import { findProgram } from '../../local/local-aws';
import { describeWith } from '../local/aws-fixture';
import { Checkout } from './checkout';
import { deadProxies, pathWithout } from './machine';
import { expectEndToEndRun } from './start-runs';

jest.setTimeout(600_000);

describeWith('moto_server')('npm start', () => {
  test('gets to the answers with Docker alone (a stub that runs moto), a proxy that does not answer, and a profile that is not there', async () => {
    const checkout = new Checkout();
    const moto = `env -i PATH='${process.env.PATH}' '${findProgram('moto_server', process.env)}'`;
    const docker = `
      case "$1" in
        info) ;;
        run) port=\${4#127.0.0.1:}; exec ${moto} --host 127.0.0.1 --port "\${port%:5000}" ;;
        *) exit 1 ;;
      esac`;
    const PATH = pathWithout(/^(moto|python|pip|docker)/, { docker });

    await expectEndToEndRun(checkout, { ...deadProxies, PATH, AWS_PROFILE: 'not-there' });

    checkout.remove();
  });
});

/** A user whom the system does not know, in the group of this one, as containers have it. */
const anybody = { uid: 12_345, gid: process.getgid?.() ?? 0 };
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
const asAnybody = [
  ...asRoot,
  'setpriv',
  '--reuid',
  `${anybody.uid}`,
  '--regid',
  `${anybody.gid}`,
  '--clear-groups',
];
const run = ([program = '', ...args]: readonly string[]) => spawnSync(program, args).status === 0;
const canBeAnybody = process.env.CI !== undefined || run([...asAnybody, 'true']);

describeWith('moto_server')('npm start in a container', () => {
  const needs = canBeAnybody ? '' : ' (needs setpriv, and root or sudo without a password)';
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  let moto: Emulator;
  beforeAll(async () => {
    const environment = { ...process.env, AWS_ENDPOINT_URL: '' };
    moto = await startEmulator({ environment, folder, log: () => {} });
  });
  afterAll(async () => {
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  (canBeAnybody ? test : test.skip)(
    `gets to the answers for a user without a name, a home and a network, beside an emulator${needs}`,
    async () => {
      const checkout = new Checkout();
      chmodSync(dirname(checkout.folder), 0o710);
      const give = (uid: number) =>
        execFileSync('env', [...asRoot, 'chown', '-R', `${uid}:${anybody.gid}`, checkout.folder]);
      give(anybody.uid);
      const variables = { PATH: process.env.PATH, HOME: '/', AWS_ENDPOINT_URL: moto.url, ...deadProxies };
      const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);

      try {
        await expectEndToEndRun(checkout, {}, [...asAnybody, 'env', '-i', ...settings]);
      } finally {
        give(process.getuid?.() ?? 0);
        checkout.remove();
      }
    },
  );
});
