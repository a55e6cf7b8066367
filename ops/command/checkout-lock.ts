import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import type { Frame } from './frame';

/** Each file is named by the process that sees a Terraform to its end, and holds what that Terraform does. */
export const supervisedFolder = resolve('cdktf.out', 'terraform-processes');

const holderFile = join('cdktf.out', 'lock-holder');

/**
 * Keep every other command that writes into this checkout waiting, after having waited for the one that does, and for a
 * Terraform that a killed one has left to save its state.
 *
 * @returns lets the next one go on
 */
export async function lockCheckout({ signal, report }: Frame): Promise<() => Promise<void>> {
  await mkdir('cdktf.out', { recursive: true });
  const unlock = await acquire(signal, report);
  await writeFile(
    holderFile,
    `process ${process.pid}, ${process.env.npm_lifecycle_event ?? process.argv[1]}`,
  );
  await untilTerraformHasEnded(signal, report);
  return async () => {
    await rm(holderFile, { force: true });
    await unlock();
  };
}

/** A lock of a process that was killed is taken over after 10 seconds. */
async function acquire(signal: AbortSignal, report: Frame['report']): Promise<() => Promise<void>> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await lockfile.lock('cdktf.out', { lockfilePath: join('cdktf.out', 'lock'), stale: 10_000 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    }
    const holder = await readFile(holderFile, 'utf8').catch(() => 'not known');
    if (!isTold) report(`another command is at work in this checkout (${holder}): waiting for its end`);
    await pause(signal);
  }
}

async function untilTerraformHasEnded(signal: AbortSignal, report: Frame['report']): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    const pids = (await readdir(supervisedFolder).catch(() => [])).filter(isAlive);
    if (pids.length === 0) return rm(supervisedFolder, { recursive: true, force: true });
    for (const pid of pids.filter((it) => !told.has(it))) {
      const work = await readFile(join(supervisedFolder, pid), 'utf8').catch(() => '');
      report(
        `"terraform ${work}" of a command that has ended (process ${pid}) still saves what it has done: waiting for its end`,
      );
      told.add(pid);
    }
    await pause(signal);
  }
}

/** Between two looks at what is waited for. @throws the signal's reason if that has ended the waiting */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(250, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
