// One execution environment: loads a function's handler, then answers one invocation after another over the IPC channel.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: Number(process.argv[2]) }).unref();
  await serveInvocations();
} else {
  // A thread of its own, because a handler in an endless loop would never notice that the server is gone.
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(-process.pid, 'SIGKILL');
  }, 250);
}

async function serveInvocations() {
  const send = process.send.bind(process);
  // The channel is the runtime's, not the function's.
  process.send = undefined;
  const fail = (error, fatal = false) => {
    const failure = describeError(error);
    console.error('ERROR', JSON.stringify(failure));
    const message = {
      payload: JSON.stringify(failure),
      failed: true,
      fatal,
      rssBytes: process.memoryUsage.rss(),
    };
    send(message, () => fatal && process.exit(1));
  };
  process.on('disconnect', () => process.exit(1));
  process.on('uncaughtException', (error) => fail(error, true));
  process.on('unhandledRejection', (reason) =>
    fail(namedError('Runtime.UnhandledPromiseRejection', String(reason)), true),
  );

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    return fail(error, true);
  }
  process.on('message', async ({ event, context, deadlineMs }) => {
    try {
      context.getRemainingTimeInMillis = () => Math.max(0, deadlineMs - Date.now());
      const payload = serialize(await handler(JSON.parse(event), context));
      send({ payload, failed: false, fatal: false, ...usage() });
    } catch (error) {
      fail(error);
    }
  });
  send({ ready: true });
}

// `folder/index.api.handler` is `api.handler` of the module `folder/index`.
async function loadHandler(root, name) {
  const [, module, path] = /^([^.]*)\.(.+)$/.exec(basename(name)) ?? [];
  if (!module || name.includes('..')) {
    throw namedError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name`);
  }
  const file = ['', '.js', '.mjs', '.cjs']
    .map((extension) => join(root, dirname(name), module + extension))
    .find((candidate) => existsSync(candidate));
  if (!file) throw namedError('Runtime.ImportModuleError', `Error: Cannot find module '${module}'`);

  const namespace = await import(pathToFileURL(file)).catch((error) => {
    if (error instanceof SyntaxError) throw namedError('Runtime.UserCodeSyntaxError', String(error));
    if (/MODULE_NOT_FOUND$/.test(error?.code)) throw namedError('Runtime.ImportModuleError', String(error));
    throw error;
  });
  const resolve = (start) => path.split('.').reduce((value, key) => value?.[key], start);
  // Node does not see every export of a CommonJS module; its `default` has them all.
  const handler = resolve(namespace) ?? resolve(namespace.default);
  if (!handler) throw namedError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw namedError('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

function serialize(result) {
  let payload;
  try {
    payload = JSON.stringify(result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
  const limit = 6_291_556;
  if (Buffer.byteLength(payload) > limit) {
    const problem = `Response payload size exceeded maximum allowed payload size (${limit} bytes).`;
    throw namedError('Function.ResponseSizeTooLarge', problem);
  }
  return payload;
}

function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
}

function namedError(name, message) {
  return Object.assign(new Error(message), { name });
}

function usage() {
  const printedBytes = [process.stdout.bytesWritten, process.stderr.bytesWritten];
  return { printedBytes, rssBytes: process.memoryUsage.rss() };
}
