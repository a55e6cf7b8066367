import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import type { ImportManifest } from '../seed-data/import-manifest';
import { runCommand } from './command/command';
import { importedTable, uploadSeed } from './seed/upload-seed';
import { messageOf, statusOf } from './state/state-bucket';
import { openAws } from './terraform/session';

const usage = `Usage: npm run seed:upload -- <file> [--table=<id>]

Check the items of a file, upload them for DynamoDB's import into a new table, and write the manifest that the environment
(SUPERMISSION_ENV, local without it) names: what a plan knows of them, to be committed. With --table, say by its id in
system.ts which table it is, if the environment imports more than one.

The file is JSON Lines of any size, in gzip or not: a line is an item in JSON, or in DynamoDB JSON, {"Item": {…}}. So is what
DynamoDB exports to S3 as DYNAMODB_JSON, its files put together: cat AWSDynamoDB/*/data/*.json.gz > items.jsonl.gz
Every item is checked before anything is uploaded.
The parts go into the state bucket. A run that was cut short is finished by the next one; what is there is not sent again.`;

void runCommand({
  usage,
  options: { table: { type: 'string' } },
  words: { expected: 'one file', min: 1, max: 1 },
  writes: true,
  afterInterruption: 'what was uploaded stays, and no manifest was written: run it again to upload the rest',
  run: async ({ values: { table }, positionals: [file = ''] }, frame) => {
    const environment = readEnvironment();
    const { manifest: manifestFile } = importedTable(environment, table);
    const session = await openAws({ ...frame, environment });
    const manifest = await uploadSeed(session, file, { table }).catch((error: unknown) => {
      if (statusOf(error) === undefined) throw error;
      throw new InputError(`seed:upload: stopped, ${messageOf(error)}; it can be run again`);
    });
    console.log(describeUpload(environment.name, manifestFile, manifest));
  },
});

function describeUpload(
  environment: string,
  file: string,
  { items, parts, bytes, digest }: ImportManifest,
): string {
  return `items ${items}, parts ${parts}, bytes uncompressed ${bytes}, digest ${digest}
${file}: commit it; a new table of ${environment} starts from these items ("npm run deploy -- table")`;
}
