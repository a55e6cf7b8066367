// @ts-check
// Plain JavaScript, because a function's own process uses it as well as the server.
const { execFileSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');

/** @typedef {{ readonly pid: number, readonly parent: number, readonly environment: string }} RunningProcess */

/**
 * End the processes that have a text in the environment they were started with, and all that they have started: children
 * that have left the group or lost their parent have inherited the text. Each is stopped before the next are looked for, so
 * that what forks without end comes to an end. What was given another environment and has lost its parent is not found.
 *
 * @param {readonly string[]} marks
 */
function endProcesses(marks) {
  /** @type {Set<number>} */
  const found = new Set();
  for (let known = -1; known < found.size; ) {
    known = found.size;
    for (const { pid, parent, environment } of runningProcesses()) {
      const isOne = found.has(parent) || marks.some((mark) => environment.includes(mark));
      if (isOne && !found.has(pid) && (pid === process.pid || signal(pid, 'SIGSTOP'))) found.add(pid);
    }
  }
  // The caller, if it is one of them, at last.
  const isCallers = found.delete(process.pid);
  for (const pid of found) signal(pid, 'SIGKILL');
  if (isCallers) signal(process.pid, 'SIGKILL');
}

/** @type {(pid: number, name: NodeJS.Signals) => boolean} */
function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** @returns {RunningProcess[]} */
function runningProcesses() {
  if (process.platform === 'linux') return readdirSync('/proc').filter(Number).flatMap(readProcess);
  const output = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,ppid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return output.split('\n').map((line) => {
    const [pid, parent] = line.trim().split(/\s+/, 2).map(Number);
    return { pid: pid ?? 0, parent: parent ?? 0, environment: line };
  });
}

/** @type {(pid: string) => RunningProcess[]} */
function readProcess(pid) {
  try {
    // The program's name, in parentheses, may hold anything.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return [
      { pid: Number(pid), parent: Number(parent), environment: readFileSync(`/proc/${pid}/environ`, 'utf8') },
    ];
  } catch {
    // It has ended meanwhile, or is another user's.
    return [];
  }
}

module.exports = { endProcesses };
