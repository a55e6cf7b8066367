// One execution environment of a Node.js function: loads the handler, then answers each line of standard input with one on
// descriptor 3, the time it took, and at the end with the most memory that the process ever had.
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const send = (message) => writeSync(3, `${JSON.stringify(message)}\n`);
const [file] = process.argv.slice(2);
const start = performance.now();
const { handler } = await import(pathToFileURL(file));
send({ ms: performance.now() - start });
for await (const line of createInterface({ input: process.stdin })) {
  const before = performance.now();
  const endsAt = Date.now() + 90_000;
  const context = {
    awsRequestId: 'bench',
    functionName: 'bench',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  };
  const answer = JSON.stringify(await handler(JSON.parse(line), context));
  send({ ms: performance.now() - before, bytes: answer.length });
}
// What getrusage says begins with the memory of the process that started this one.
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
send({ peakKiB: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) });
process.exit();
