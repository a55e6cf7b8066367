const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

let folder;

/**
 * Before and after all suites: what they and the processes that they kill leave in the temporary folder is in one of its own,
 * named by this process. A run that was killed does not remove its own: the next one does.
 */
module.exports = async () => {
  if (folder) return rmSync(folder, { recursive: true, force: true });
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^tests-(\d+)-/.exec(name) ?? [];
    if (pid && !isAlive(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  folder = mkdtempSync(join(tmpdir(), `tests-${process.pid}-`));
  process.env.TMPDIR = folder;
};

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
