const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

let folder;

/** Before and after all suites: what they and the processes that they kill leave in the temporary folder is in one of its own. */
module.exports = async () => {
  if (folder) return rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), 'tests-'));
  process.env.TMPDIR = folder;
};
