import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { Writer } from 'protobufjs/minimal';
import { apply, readFolder } from '../../ops/plan/apply-plan';
import type { Manifest } from '../../ops/plan/plan-folder';
import { names } from '../names';
import { Checkout } from './checkout';
import { describeWithLocalAws } from './terraform-needed';
import { Workbench } from './workbench';

jest.setTimeout(600_000);

/** Each test goes on where the one before it has ended: a first deployment, a change, its review, its way elsewhere. */
describeWithLocalAws('a plan that is made in one checkout and applied in another', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'supermission-plans-'));
  const folder = join(elsewhere, 'reviewed plan');
  let bench: Workbench;
  let author: Checkout;
  let digest: string;

  beforeAll(async () => {
    bench = await Workbench.open();
    author = new Checkout();
    expect(await author.npm('bootstrap', [], shared())).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => {
    await bench?.close();
    author?.remove();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  /** The commands of both checkouts look for the same running AWS. */
  const shared = () => ({ SUPERMISSION_LOCAL_FOLDER: join(bench.checkout.folder, '.local') });

  it('plans a first deployment, readable by its owner only', async () => {
    const { exitCode, stdout, stderr } = await author.npm('plan', ['--json'], shared());

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'local',
      folder: 'plans/local',
      changes: true,
      stacks: [
        { name: 'state-backend', changes: false },
        { name: 'table', changes: true, counts: '6 to add, 0 to change, 0 to destroy' },
        { name: 'functions', changes: true, counts: '19 to add, 0 to change, 0 to destroy' },
        { name: 'web', changes: true, counts: '18 to add, 0 to change, 0 to destroy' },
      ],
    });
    const plan = join(author.folder, 'plans/local');
    for (const file of readdirSync(plan, { recursive: true, encoding: 'utf8' })) {
      expect(statSync(join(plan, file)).mode & 0o077).toBe(0);
    }
    ({ digest } = JSON.parse(stdout));
    renameSync(plan, folder);
  });

  describe('tampered with', () => {
    /** Of two stacks: what is judged by Terraform is so in each. */
    const small = join(elsewhere, 'plan of two stacks');
    let smallDigest: string;

    beforeAll(async () => {
      const args = ['table', 'functions', '--json', '--out', small];
      ({ digest: smallDigest } = JSON.parse((await author.npm('plan', args, shared())).stdout));
    });

    const edit = (place: string, file: string, change: (text: string) => string) =>
      writeFileSync(join(place, file), change(readFileSync(join(place, file), 'utf8')));
    const editManifest = (place: string, change: (manifest: any) => void) =>
      edit(place, 'manifest.json', (text) => {
        const manifest = JSON.parse(text);
        change(manifest);
        return JSON.stringify(manifest);
      });
    /** Make the manifest say what the files are: whoever alters a file may do that too. */
    const coverUp = (place: string) =>
      editManifest(place, (manifest) => {
        for (const file of Object.keys(manifest.files)) {
          manifest.files[file] = createHash('sha256')
            .update(readFileSync(join(place, file)))
            .digest('hex');
        }
      });
    /** Rewrite what is in a plan file, and make all hashes fit. */
    const editPlanFile = (place: string, change: (entries: Record<string, Uint8Array>) => void) => {
      const file = join(place, 'table/plan.tfplan');
      const entries = unzipSync(readFileSync(file));
      change(entries);
      writeFileSync(file, zipSync(entries));
      coverUp(place);
    };
    const editEntry = (place: string, name: string, change: (entry: Buffer) => Uint8Array) =>
      editPlanFile(place, (entries) => {
        entries[name] = change(Buffer.from(entries[name] as Uint8Array));
      });
    const replaceBytes = (from: Buffer, to: Buffer) => (entry: Buffer) => {
      // The planned outputs, before it, name the same place.
      const at = entry.lastIndexOf(from);
      if (at < 0 || from.length !== to.length) throw new Error(`cannot put ${to} in the place of ${from}`);
      return Buffer.concat([entry.subarray(0, at), to, entry.subarray(at + from.length)]);
    };
    const bucket = 'supermission-local-state';
    const swap = (place: string, one: string, other: string) => {
      renameSync(join(place, one), join(place, 'aside'));
      renameSync(join(place, other), join(place, one));
      renameSync(join(place, 'aside'), join(place, other));
    };
    const zip = zipSync({ 'index.mjs': Buffer.from('export const handler = () => "mine";') });
    const archive = `functions/${names.details.function}.zip`;

    const kinds: [kind: string, tamper: (place: string) => void, message: RegExp][] = [
      [
        'a plan file altered',
        (place) => edit(place, 'table/plan.tfplan', (text) => `${text} `),
        /table\/plan\.tfplan: altered since the plan was made/,
      ],
      [
        'a plan.json altered',
        (place) => edit(place, 'table/plan.json', (text) => text.replace('Utility belt', 'Utility bell')),
        /table\/plan\.json: altered since the plan was made/,
      ],
      [
        'a plan.json altered, and the manifest with it',
        (place) => {
          edit(place, 'table/plan.json', (text) => text.replace('Utility belt', 'Utility bell'));
          coverUp(place);
        },
        /table\/plan\.json: not what plan\.tfplan does/,
      ],
      [
        'a plan file that keeps its state in another bucket',
        (place) =>
          editEntry(
            place,
            'tfplan',
            replaceBytes(Buffer.from(bucket), Buffer.from(`${bucket.slice(0, -1)}f`)),
          ),
        /table\/plan\.tfplan: backend: bucket: keeps its state elsewhere, got "supermission-local-statf"; expected "supermission-local-state"/,
      ],
      [
        'a plan file that keeps its state under another key',
        (place) =>
          editEntry(place, 'tfplan', replaceBytes(Buffer.from('local/table'), Buffer.from('locax/table'))),
        /table\/plan\.tfplan: backend: key: keeps its state elsewhere/,
      ],
      [
        'a plan file that does not lock its state',
        (place) =>
          editEntry(
            place,
            'tfplan',
            replaceBytes(
              Buffer.from('use_lockfile\xc3', 'latin1'),
              Buffer.from('use_lockfile\xc0', 'latin1'),
            ),
          ),
        /table\/plan\.tfplan: backend: use_lockfile: keeps its state elsewhere, got null; expected true/,
      ],
      [
        'a plan file that works in another workspace',
        (place) =>
          editEntry(place, 'tfplan', replaceBytes(Buffer.from('\x07default'), Buffer.from('\x07defiant'))),
        /table\/plan\.tfplan: backend: workspace: keeps its state elsewhere, got "defiant"/,
      ],
      [
        'a plan file with a second backend, of which Terraform would take the workspace',
        (place) =>
          editEntry(place, 'tfplan', (entry) =>
            Buffer.concat([
              entry,
              Writer.create().uint32(106).fork().uint32(26).string('other').ldelim().finish(),
            ]),
          ),
        /table\/plan\.tfplan: not a plan of Terraform, got ".*field 13 is there 2 times/,
      ],
      [
        'a plan file that applies a part of the plan',
        (place) =>
          editEntry(place, 'tfplan', (entry) =>
            Buffer.concat([entry, Writer.create().uint32(42).string('aws_dynamodb_table.missions').finish()]),
          ),
        /table\/plan\.tfplan: holds what no review shows, got \["target_addrs"\]/,
      ],
      [
        'a plan file with one more file of configuration',
        (place) =>
          editPlanFile(place, (entries) => {
            entries['tfconfig/m-/more.tf.json'] = strToU8('{}');
          }),
        /table\/plan\.tfplan: not a plan of Terraform, or with something added/,
      ],
      [
        'a plan file whose state holds another resource',
        (place) =>
          editEntry(place, 'tfstate', (entry) => {
            const state = JSON.parse(strFromU8(entry));
            state.resources.push({
              mode: 'managed',
              type: 'aws_iam_role',
              name: 'mine',
              provider: 'provider["registry.terraform.io/hashicorp/aws"]',
              instances: [{ schema_version: 0, attributes: { id: 'mine' } }],
            });
            return strToU8(JSON.stringify(state));
          }),
        /table\/plan\.json: not what plan\.tfplan does/,
      ],
      [
        'a plan file whose state names a provider of somebody else',
        (place) =>
          editEntry(place, 'tfstate-prev', (entry) => {
            const state = JSON.parse(strFromU8(entry));
            state.resources.push({
              mode: 'data',
              type: 'rce_x',
              name: 'mine',
              provider: 'provider["registry.terraform.io/evil/rce"]',
              instances: [],
            });
            return strToU8(JSON.stringify(state));
          }),
        /table\/plan\.tfplan: uses what the configuration does not have, got \["provider\[.*evil\/rce/,
      ],
      [
        'an archive replaced',
        (place) => writeFileSync(join(place, archive), zip),
        new RegExp(`${archive}: altered since the plan was made`),
      ],
      [
        'an archive replaced, and the manifest with it',
        (place) => {
          writeFileSync(join(place, archive), zip);
          coverUp(place);
        },
        new RegExp(`${archive}: not the code that was planned, got .*source_code_hash`),
      ],
      [
        'a configuration altered, and the manifest with it',
        (place) => {
          edit(place, 'table/cdk.tf.json', (text) => text.replace('"encrypt": true', '"encrypt": false'));
          coverUp(place);
        },
        /table\/cdk\.tf\.json: not what was planned/,
      ],
      [
        'a lock file altered, and the manifest with it',
        (place) => {
          edit(place, 'table/.terraform.lock.hcl', (text) => text.replace('5.100.0', '5.99.0'));
          coverUp(place);
        },
        /table\/\.terraform\.lock\.hcl: not what was planned/,
      ],
      [
        'a file removed',
        (place) => unlinkSync(join(place, 'functions/plan.json')),
        /functions\/plan\.json: missing/,
      ],
      [
        'a file removed, and its line in the manifest',
        (place) => {
          unlinkSync(join(place, archive));
          editManifest(place, ({ files }) => delete files[archive]);
        },
        new RegExp(`${archive}: not the code that was planned, got nothing`),
      ],
      [
        'a file added',
        (place) => writeFileSync(join(place, 'table/override.tf.json'), '{}'),
        /table\/override\.tf\.json: added since the plan was made/,
      ],
      [
        'a file added, and the manifest with it',
        (place) => {
          writeFileSync(join(place, 'table/override.tf.json'), '{}');
          editManifest(place, ({ files }) => {
            files['table/override.tf.json'] = '0'.repeat(64);
          });
        },
        /manifest\.json: files: table\/override\.tf\.json: bad value/,
      ],
      [
        'a link in the place of a file',
        (place) => {
          renameSync(join(place, archive), join(place, '../real.zip'));
          symlinkSync('../../real.zip', join(place, archive));
        },
        new RegExp(`${archive}: not a file`),
      ],
      [
        'a file outside of the folder in the manifest',
        (place) =>
          editManifest(place, ({ files }) => {
            files['table/../../outside.zip'] = '0'.repeat(64);
          }),
        /manifest\.json: files: table\/\.\.\/\.\.\/outside\.zip: bad value/,
      ],
      [
        'the plans of two stacks swapped, and the manifest with it',
        (place) => {
          swap(place, 'table', 'functions');
          editManifest(place, ({ files }) => {
            for (const file of Object.keys(files).filter((it) => /^functions\/.*\.zip$/.test(it))) {
              files[file.replace('functions/', 'table/')] = files[file];
              delete files[file];
            }
          });
          coverUp(place);
        },
        /table\/cdk\.tf\.json: backend: key: keeps its state elsewhere, got "supermission\/local\/functions\.tfstate"/,
      ],
      [
        'the stacks put into another order',
        (place) => editManifest(place, ({ stacks }) => stacks.reverse()),
        /manifest\.json: stacks: bad value.*each stack once, in the order/,
      ],
      [
        'a stack said to have no changes',
        (place) =>
          editManifest(place, ({ stacks }) => {
            stacks[0].changes = false;
          }),
        /table\/plan\.json: not what the manifest says/,
      ],
      [
        'a manifest of another environment',
        (place) =>
          editManifest(place, (manifest) => {
            manifest.environment = 'prod';
          }),
        /manifest\.json: environment: the plan was made for another, got "prod"; expected local/,
      ],
      [
        'a manifest of another account',
        (place) =>
          editManifest(place, (manifest) => {
            manifest.accountId = '999999999999';
          }),
        /manifest\.json: accountId: the plan was made for another/,
      ],
      [
        'another version of Terraform',
        (place) =>
          editManifest(place, ({ terraform }) => {
            terraform.version = '1.10.0';
          }),
        /manifest\.json: terraform\.version: the plan was made for another, got "1\.10\.0"/,
      ],
      [
        'another version of a provider',
        (place) =>
          editManifest(place, ({ providers }) => {
            providers['registry.terraform.io/hashicorp/aws'] = '5.99.0';
          }),
        /manifest\.json: providers\.registry\.terraform\.io\/hashicorp\/aws: the plan was made with another version/,
      ],
      [
        'another state than the plan file was made on',
        (place) =>
          editManifest(place, ({ stacks }) => {
            stacks[0].state.serial += 1;
          }),
        /table\/plan\.tfplan: planned on another state/,
      ],
      [
        'a format of the future',
        (place) =>
          editManifest(place, (manifest) => {
            manifest.format = 2;
          }),
        /manifest\.json: format: bad value, got 2/,
      ],
      [
        'a manifest cut short',
        (place) => edit(place, 'manifest.json', (text) => text.slice(0, 300)),
        /manifest\.json: not JSON/,
      ],
      [
        'no manifest',
        (place) => unlinkSync(join(place, 'manifest.json')),
        /not a plan folder.*expected manifest\.json/,
      ],
    ];

    const tampered = async (kind: string, tamper: (place: string) => void, digest?: string) => {
      const place = join(elsewhere, kind.replaceAll(' ', '-'), 'plan');
      mkdirSync(join(place, '..'));
      cpSync(small, place, { recursive: true });
      tamper(place);
      bench.proxy.reset();
      const approve = jest.fn(async () => true);
      const result = readFolder(place, digest).then((plan) =>
        apply(bench.session(), { folder: place, plan, approve }),
      );
      const message = await result.then(
        () => 'applied',
        (error: Error) => error.message,
      );
      return { message, approve };
    };
    const expectNothingChanged = (approve: jest.Mock) => {
      expect(approve).not.toHaveBeenCalled();
      expect(
        bench.proxy.seen.filter(
          ({ method, path }) => !['GET', 'HEAD'].includes(method) && path.includes('tfstate'),
        ),
      ).toEqual([]);
      expect(bench.proxy.itemWrites()).toBe(0);
      expect(existsSync('cdktf.out/apply/table')).toBe(false);
    };

    it.each(kinds)('is refused before anything changes: %s', async (kind, tamper, message) => {
      const { message: got, approve } = await tampered(kind, tamper);

      expect(got).toMatch(message);
      expectNothingChanged(approve);
    });

    it('is refused by its digest, however well it is covered up', async () => {
      const createdAt = '2026-01-01T00:00:00.000Z';
      const { message, approve } = await tampered(
        'only the digest tells',
        (place) => editManifest(place, (manifest) => Object.assign(manifest, { createdAt })),
        smallDigest,
      );

      expect(message).toMatch(/manifest\.json: not the plan that is meant, or altered/);
      expectNothingChanged(approve);
    });

    it('is not renewed while its plan file keeps its state elsewhere', async () => {
      const place = join(elsewhere, 'renewed');
      cpSync(small, place, { recursive: true });
      editEntry(place, 'tfplan', replaceBytes(Buffer.from(bucket), Buffer.from(`${bucket.slice(0, -1)}f`)));
      const before = readFileSync(join(place, 'manifest.json'), 'utf8');

      const { exitCode, stdout, stderr } = await author.npm('plan', ['--out', place, '--renew'], shared());

      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(
        /renewed: refused, nothing is renewed\ntable\/plan\.tfplan: backend: bucket: keeps/,
      );
      expect(readFileSync(join(place, 'manifest.json'), 'utf8')).toBe(before);
    });

    it('is refused with all that is wrong with it at once', async () => {
      const { message } = await tampered('much at once', (place) => {
        unlinkSync(join(place, archive));
        edit(place, 'table/plan.json', (text) => `${text} `);
        writeFileSync(join(place, 'more'), '');
      });

      expect(message.split('\n')).toEqual([
        expect.stringContaining('refused, nothing is applied'),
        expect.stringContaining('more: added'),
        expect.stringContaining('table/plan.json: altered'),
        expect.stringContaining(`${archive}: missing`),
      ]);
    });
  });

  it('is applied elsewhere as it is', async () => {
    const { exitCode, stdout, stderr } = await bench.checkout.npm(
      'apply',
      [folder, '--digest', digest, '--auto-approve'],
      shared(),
    );

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/table: applied[\s\S]*functions: applied/);
    expect(readdirSync(join(bench.checkout.folder, 'cdktf.out/apply'))).toEqual([]);
  });

  it('fails when it is applied a second time: it is stale', async () => {
    const { exitCode, stderr } = await bench.checkout.npm('apply', [folder, '--auto-approve'], shared());

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/table: the plan is stale: the state has changed since, got {"serial":0/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('carries a changed item and a changed handler, and nothing else', async () => {
    author.edit('seed-data/super-missions.json', 'Utility belt', 'Batarang');
    author.edit('lambdas/mission-details-function/index.ts', "'event.superhero'", "'event.superhero '");
    rmSync(folder, { recursive: true });

    const { exitCode, stdout } = await author.npm('plan', ['--out', folder], shared());

    expect({ exitCode, stdout }).toMatchObject({ exitCode: 2 });
    expect(stdout).toContain('table: 0 to add, 1 to change, 0 to destroy');
    expect(stdout).toContain('functions: 0 to add, 1 to change, 0 to destroy');
    const { stacks }: Manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    expect(stacks.filter(({ changes }) => changes).map(({ name }) => name)).toEqual(['table', 'functions']);
  });

  it('is reviewed where it will be applied, without AWS', async () => {
    const { exitCode, stdout } = await bench.checkout.npm('review', [folder]);

    expect([0, 2]).toContain(exitCode);
    expect(stdout).toContain('Batarang');
  });

  it('leaves a state that could not be saved where adopt finds it, and says what is applied and what is not', async () => {
    const lines: string[] = [];
    bench.proxy.reset();
    bench.proxy.before = ({ method, path }) => method === 'PUT' && path.includes('table.tfstate?');

    const applied = apply(bench.session(lines), {
      folder,
      plan: await readFolder(folder),
      approve: async () => true,
    });

    await expect(applied).rejects.toThrow(
      /table: failed, and may be applied in part\n {2}applied: none; not applied: functions\n {2}cdktf\.out\/apply\/table\/errored\.tfstate: .*"npm run adopt"[\s\S]*make a new plan/,
    );
    bench.proxy.reset();
    const refused = await bench.checkout.npm('plan', [], shared());
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('cdktf.out/apply/table/errored.tfstate');
    expect(await bench.adopt()).toContain('table: saved the state that a deployment could not write');
    expect(await bench.items()).toMatchObject({ Batman: { SuperWeapon: { S: 'Batarang' } } });
    expect(existsSync('cdktf.out/apply/table/errored.tfstate')).toBe(false);
  });

  it('is not renewed when a new plan does not do the same', async () => {
    // What the item was changed to is deployed by now.
    const { exitCode, stderr } = await author.npm('plan', ['table', '--out', folder, '--renew'], shared());

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/table: aws_dynamodb_table_item\.\S+: update in the older plan, and nothing now/);
  });

  it('is kept by --renew while it can be applied, and then applied in part of the stacks', async () => {
    expect(await author.npm('plan', ['functions', '--out', folder], shared())).toMatchObject({ exitCode: 2 });
    const made = readFileSync(join(folder, 'manifest.json'), 'utf8');

    const renewed = await author.npm('plan', ['functions', '--out', folder, '--renew'], shared());

    expect(renewed).toMatchObject({ exitCode: 2 });
    expect(readFileSync(join(folder, 'manifest.json'), 'utf8')).toBe(made);
    const applied = await bench.checkout.npm('apply', [folder, '--auto-approve'], shared());
    expect(applied).toMatchObject({ exitCode: 0 });
    const { stdout } = await bench.checkout.npm('invoke', [names.details.function, '{}'], shared());
    expect(JSON.parse(stdout).message).toContain('event.superhero ');
  });

  it('has nothing to change afterwards', async () => {
    const { exitCode, stdout } = await author.npm('plan', [], shared());

    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout.match(/: no changes/g)).toHaveLength(4);
  });

  it('carries the pipeline too, where an environment has one and an administrator names it', async () => {
    const row = "pipeline: { repository: 'acme/supermission', identityProvider: 'defined' },";
    author.edit('environments.ts', 'emulated: true,', `emulated: true,\n${row}`);
    const planPipeline = () => author.npm('plan', ['pipeline', '--out', folder], shared());

    const planned = await planPipeline();
    expect(planned).toMatchObject({ exitCode: 2 });
    expect(planned.stdout).toMatch(/^pipeline: \d+ to add, 0 to change, 0 to destroy$/m);
    expect(await bench.checkout.npm('apply', [folder, '--auto-approve'], shared())).toMatchObject({
      exitCode: 0,
    });
    expect(await planPipeline()).toMatchObject({ exitCode: 0 });
  });
});
