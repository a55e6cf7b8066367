import { execFileSync } from 'node:child_process';

/** All living processes of this machine. */
export function processes(): readonly { readonly pid: number; readonly parent: number }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** All living processes below a process, itself not included. */
export function descendants(pid: number): number[] {
  const found = [pid];
  const all = processes();
  for (const parent of found) {
    found.push(...all.filter((child) => child.parent === parent).map((child) => child.pid));
  }
  return found.slice(1);
}
