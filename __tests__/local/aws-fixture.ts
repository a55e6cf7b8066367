import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CreateFunctionCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { processes } from '../../ops/command/processes';

export const region = 'us-east-1';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const roleName = 'any-role';

/** A `describe` for what needs one of some programs: without any a failure in CI, else skipped under a name that says so. */
export function describeWith(...programs: readonly string[]): typeof describe | typeof describe.skip {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (program: string) => folders.some((folder) => existsSync(join(folder, program)));
  if (programs.some(isThere)) return describe;
  const needs = `needs ${programs.join(' or ')}, not on the PATH`;
  if (!process.env.CI) {
    return ((name: string, body: () => void) =>
      describe.skip(`${name} (${needs})`, body)) as typeof describe.skip;
  }
  return ((name: string) =>
    test(`${name} ${needs}`, () => {
      throw new Error(needs);
    })) as unknown as typeof describe;
}

/** A folder of its own for the instance that a test file starts. */
export function useOwnFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-aws-'));
  process.env.SUPERMISSION_LOCAL_FOLDER = folder;
  delete process.env.AWS_ENDPOINT_URL;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function zip(files: Record<string, string>): Uint8Array {
  return zipSync(
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, strToU8(content)])),
  );
}

export function lambdaClient(url: string): LambdaClient {
  return new LambdaClient({ endpoint: url, region, credentials, maxAttempts: 1 });
}

/** The input of CreateFunction for a function made of `files`. */
export function functionOf(
  name: string,
  files: Record<string, string>,
  settings: Partial<CreateFunctionCommandInput> = {},
): CreateFunctionCommandInput {
  return {
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: `arn:aws:iam::123456789012:role/${roleName}`,
    Code: { ZipFile: zip(files) },
    ...settings,
  };
}

/** The emulator refuses functions whose role it does not know. */
export async function createRole(url: string): Promise<void> {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/iam/aws4_request, Signature=any`,
    },
    body: new URLSearchParams({
      Action: 'CreateRole',
      Version: '2010-05-08',
      RoleName: roleName,
      AssumeRolePolicyDocument: JSON.stringify(trust),
    }),
  });
  if (!response.ok) throw new Error(await response.text());
}

export { descendants } from '../../ops/command/processes';

/** Wait until none of the processes lives. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  while (processes().some(({ pid }) => pids.includes(pid))) await sleep(50);
}
