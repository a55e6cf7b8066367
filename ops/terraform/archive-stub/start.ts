import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A running stub provider for the provider hashicorp/archive. */
export interface ArchiveStub {
  readonly pid: number;
  /** To be set for every Terraform command, `init` included. */
  readonly variables: { readonly TF_REATTACH_PROVIDERS: string };
  stop(): Promise<void>;
}

/**
 * Serve the data source `archive_file` from a process of its own, which ends when this one does.
 *
 * Terraform starts a real provider in its own working directory and tells a running one nothing of it, so the folder
 * that relative paths start from is fixed here: one stub provider serves one stack.
 *
 * @param address the provider's full address, such as `registry.terraform.io/hashicorp/archive`
 */
export async function startArchiveStub(address: string, workingDirectory: string): Promise<ArchiveStub> {
  // A private folder: whoever can open the socket can have files read and written in this user's name.
  const folder = mkdtempSync(path.join(tmpdir(), 'archive-stub-'));
  const socketPath = path.join(folder, 'socket');
  const server = fork(path.join(__dirname, 'server.ts'), [socketPath, path.resolve(workingDirectory)], {
    cwd: __dirname,
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(server, 'exit');
  const stop = async () => {
    server.ref();
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };

  const isReady = await Promise.race([once(server, 'message'), ended.then(() => false)]);
  if (!isReady) {
    await stop();
    throw new Error('the archive stub ended before it was ready');
  }
  // A caller that forgets to stop it is not kept alive by it.
  server.unref();
  server.channel?.unref();

  const pid = server.pid as number;
  const reattach = {
    Protocol: 'grpc',
    ProtocolVersion: 5,
    Pid: pid,
    Test: true,
    Addr: { Network: 'unix', String: socketPath },
  };
  return { pid, variables: { TF_REATTACH_PROVIDERS: JSON.stringify({ [address]: reattach }) }, stop };
}
