// Runs a command, and ends it with all its children as soon as standard input closes. Whoever starts the guard holds the
// other end of that pipe: the kernel closes it however that process ends, SIGKILL included. The guard must lead a process
// group of its own. SIGTERM comes first, because the Docker client stops its container on it. What the command has left in
// the temporary folder goes with it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'local-aws-'));
process.on('exit', removeFolder);

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  env: { ...process.env, TMPDIR: folder },
  stdio: ['ignore', 'inherit', 'inherit'],
});
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code) => process.exit(code ?? 1));

process.on('SIGTERM', () => {});
process.stdin.resume().on('close', () => {
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(() => {
    removeFolder();
    process.kill(-process.pid, 'SIGKILL');
  }, 5_000);
});

function removeFolder() {
  rmSync(folder, { recursive: true, force: true });
}
