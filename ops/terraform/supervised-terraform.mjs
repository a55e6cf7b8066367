#!/usr/bin/env node
// Terraform, seen to its end. Whatever ends the command that wanted it (a signal, SIGKILL included, the end of the terminal,
// a reader that goes away), Terraform is told once to come to an end, as by Ctrl-C, and waited for: it saves the state and
// frees the lock. Told twice it would do neither, and without a reader it would die at its next line; so it gets a session
// of its own, and what it prints is read on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { devNull } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';

const lockFile = '.terraform.lock.hcl';
const installedProviders = '.terraform/providers';
// As Terraform begins its lock files, which it compares by their bytes with what a plan holds.
const lockHeader = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
`;
const { SUPERVISED_TERRAFORM: terraform, SUPERVISED_BY: command, SUPERVISED_FOLDER: folder } = process.env;

if (!isAlive(Number(command))) process.exit(1);
// Plans and states hold sensitive values in the clear, those too that a killed command leaves.
process.umask(0o077);
const marker = join(folder, String(process.pid));
mkdirSync(folder, { recursive: true });
writeFileSync(marker, process.argv.slice(2).join(' '));

let child;
let isTold = false;
function tell() {
  if (isTold) return;
  isTold = true;
  child?.kill('SIGINT');
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, tell);
const watch = setInterval(() => isAlive(Number(command)) || tell(), 250);

const reattached = await reattachProvider();
if (isTold) end(1);
else start();

function start() {
  child = spawn(terraform, process.argv.slice(2), {
    detached: true,
    // A command lives for seconds, and spends a third of them on the garbage of its provider's schema.
    env: { GOGC: '400', ...process.env, ...reattached },
    stdio: ['inherit', 'pipe', 'pipe'],
  });
  for (const name of ['stdout', 'stderr']) {
    process[name].on('error', () => {});
    child[name].on('data', (data) => process[name].write(data));
  }
  child.on('error', (error) => {
    console.error(error.message);
    end(127);
  });
  child.on('close', (code) => end(code ?? 1));
}

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

/**
 * The AWS provider that the local AWS keeps running for this folder: the one that is installed here, whose version the lock file
 * has, so that it is on record. Where there is none, or it cannot be had, Terraform starts its own.
 */
async function reattachProvider() {
  const { SUPERVISED_PROVIDERS: url, TF_REATTACH_PROVIDERS: others = '{}' } = process.env;
  if (!url) return {};
  const reattach = (address, provider) => ({
    TF_REATTACH_PROVIDERS: JSON.stringify({ ...JSON.parse(others), [address]: provider }),
  });
  try {
    if (process.argv[2] === 'init') {
      const address = installFromMirror();
      // A provider that runs already is not installed, nor called.
      const unused = { Network: 'unix', String: devNull };
      return address
        ? reattach(address, { Protocol: 'grpc', ProtocolVersion: 5, Test: true, Addr: unused })
        : {};
    }
    const { address, version } = lockedProvider(readFileSync(lockFile, 'utf8'));
    const versionFolder = resolve(installedProviders, address, version);
    const installed = join(versionFolder, ...readdirSync(versionFolder));
    const program = readdirSync(installed).find((file) => file.startsWith('terraform-provider-'));
    const wanted = {
      program: join(installed, program),
      folder: process.cwd(),
      endpoint: process.env.AWS_ENDPOINT_URL,
      region: process.env.AWS_REGION,
    };
    // Not `fetch`, which takes longer to load than all the rest.
    const [response] = await once(request(url, { method: 'POST' }).end(JSON.stringify(wanted)), 'response');
    const answer = await json(response);
    return response.statusCode === 200 ? reattach(address, answer) : {};
  } catch {
    return {};
  }
}

/**
 * Do what `init` does of a provider that a mirror has unpacked, a link and an entry in the lock file, but for the checksum of its 700 MB.
 *
 * @returns the provider's address, if this could be done
 */
function installFromMirror() {
  const { address, version, program } = JSON.parse(process.env.SUPERVISED_PROVIDER ?? '{}');
  if (!program) return undefined;
  const lock = existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : lockHeader;
  const locked = lockedProvider(lock);
  if (locked.address && locked.version !== version) return undefined;
  if (!locked.address) {
    writeFileSync(lockFile, `${lock}\nprovider "${address}" {\n  version = "${version}"\n}\n`);
  }
  const installed = locked.address ?? address;
  const place = join(installedProviders, installed, version);
  mkdirSync(place, { recursive: true });
  if (readdirSync(place).length === 0) {
    symlinkSync(dirname(program), join(place, basename(dirname(program))), 'junction');
  }
  return installed;
}

function lockedProvider(lock) {
  const [, address, version] = /"(\S+\/hashicorp\/aws)" \{\s+version\s+= "(\S+)"/.exec(lock) ?? [];
  return { address, version };
}
