import type { Environment } from '../environments';
import { type AwsSession, openAws } from '../ops/terraform/session';

/** What a command works with that runs inside this process, against the AWS at a URL; its lines go to `lines`. */
export async function awsSession(
  environment: Environment,
  url: string,
  lines: string[] = [],
): Promise<AwsSession> {
  return openAws({
    environment,
    findUrl: async () => url,
    signal: new AbortController().signal,
    report: (line) => lines.push(line),
  });
}
