// Runs the command that it is given. Plain JavaScript, so that a Node.js that is too old for the rest can still say so.
const { tmpdir } = require('node:os');
const { resolve } = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Node.js: too old, got ${process.versions.node}; expected 20.19 or newer, see https://nodejs.org`,
  );
  process.exit(1);
}
// Node.js 20 is supported here for as long as the SDK works on it; the SDK's reminder is not for the user.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// The path of a socket may have 103 bytes, and Terraform, its providers and the local AWS have theirs in the temporary folder.
if (Buffer.byteLength(tmpdir()) > 60) process.env.TMPDIR = '/tmp';
require('tsx/cjs');
process.argv.splice(1, 1);
require(resolve(process.argv[1]));
