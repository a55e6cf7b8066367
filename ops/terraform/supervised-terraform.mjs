#!/usr/bin/env node
// Terraform, seen to its end. Whatever ends the command that wanted it (a signal, SIGKILL included, the end of the terminal,
// a reader that goes away), Terraform is told once to come to an end, as by Ctrl-C, and waited for: it saves the state and
// frees the lock. Told twice it would do neither, and without a reader it would die at its next line; so it gets a session
// of its own, and what it prints is read on.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { SUPERVISED_TERRAFORM: terraform, SUPERVISED_BY: command, SUPERVISED_FOLDER: folder } = process.env;

if (!isAlive(Number(command))) process.exit(1);
// Plans and states hold sensitive values in the clear, those too that a killed command leaves.
process.umask(0o077);
const marker = join(folder, String(process.pid));
mkdirSync(folder, { recursive: true });
writeFileSync(marker, process.argv.slice(2).join(' '));

const child = spawn(terraform, process.argv.slice(2), {
  detached: true,
  stdio: ['inherit', 'pipe', 'pipe'],
});
for (const name of ['stdout', 'stderr']) {
  process[name].on('error', () => {});
  child[name].on('data', (data) => process[name].write(data));
}

let isTold = false;
function tell() {
  if (isTold) return;
  isTold = true;
  child.kill('SIGINT');
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, tell);
const watch = setInterval(() => isAlive(Number(command)) || tell(), 250);

child.on('error', (error) => {
  console.error(error.message);
  end(127);
});
child.on('close', (code) => end(code ?? 1));

function end(exitCode) {
  clearInterval(watch);
  rmSync(marker, { force: true });
  process.exitCode = exitCode;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
