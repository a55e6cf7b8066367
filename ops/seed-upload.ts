import { parseArgs } from 'node:util';
import { type Environment, readEnvironment } from '../environments';
import { InputError, runCommand } from '../input-error';
import type { ImportManifest } from '../seed-data/import-manifest';
import { uploadSeed } from './seed/upload-seed';
import { messageOf, statusOf } from './state/state-bucket';

const usage = `Usage: npm run seed:upload -- <file>

Check the records of a file, upload them for DynamoDB's import into a new table, and write the manifest that the environment of the
environment names (SUPERMISSION_ENV, local without it): what a plan knows of them, to be committed.

The file is a JSON list of records or JSON Lines, in gzip or not, of any size. Nothing is uploaded if one record is wrong.
The parts go into the state bucket. A run that was cut short is finished by the next one; what is there is not sent again.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [file, ...rest] = positionals;
  if (values.help || file === undefined || rest.length > 0) {
    (values.help ? console.log : console.error)(usage);
    if (!values.help) process.exitCode = 1;
    return;
  }
  const environment = readEnvironment();
  const report = (line: string) => console.error(`… ${line}`);
  const manifest = await uploadSeed(environment, file, { report }).catch((error: unknown) => {
    if (statusOf(error) === undefined) throw error;
    throw new InputError(`seed:upload: stopped, ${messageOf(error)}; it can be run again`);
  });
  console.log(describeUpload(environment, manifest));
}

function describeUpload(
  { name, seed }: Environment,
  { records, parts, bytes, digest }: ImportManifest,
): string {
  return `records ${records}, parts ${parts}, bytes uncompressed ${bytes}, digest ${digest}
${'manifest' in seed ? seed.manifest : ''}: commit it; a new table of ${name} starts from these records ("npm run deploy -- table")`;
}

if (require.main === module) runCommand(main);
