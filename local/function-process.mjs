// One execution environment: loads a function's handler, then answers one invocation after another over the IPC channel.
// It does what AWS's runtime interface client does; a suite compares the two. Before Node.js 24 handlers may call back.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { endProcesses } from './end-processes.cjs';

const require = createRequire(import.meta.url);
const { LAMBDA_TASK_ROOT: root, _HANDLER: handlerName, AWS_LAMBDA_LOG_STREAM_NAME: logStream } = process.env;
const takesCallbacks = /nodejs(18|20|22)\./.test(process.env.AWS_EXECUTION_ENV);

if (isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: Number(process.argv[2]) }).unref();
  serveInvocations();
} else {
  // A thread of its own, because a handler in an endless loop would never notice that the server is gone.
  setInterval(() => {
    if (process.ppid !== workerData) endProcesses([logStream]);
  }, 250);
}

async function serveInvocations() {
  const { channel } = process;
  const sendMessage = process.send.bind(process);
  // The channel is the runtime's, not the function's.
  process.send = undefined;
  const send = (message) => {
    const printedBytes = [process.stdout.bytesWritten, process.stderr.bytesWritten];
    return new Promise((sent) =>
      sendMessage({ fatal: false, ...message, printedBytes, rssBytes: process.memoryUsage.rss() }, sent),
    );
  };
  const sendFailure = (error, fatal) =>
    send({ payload: JSON.stringify(describeError(error)), failed: true, fatal });
  let requestId = takesCallbacks ? 'undefined' : '-';
  patchConsole(() => requestId);
  const logError = (title, error) => console.error(title, `\t${JSON.stringify(error, withOwnProperties)}`);
  process.on('disconnect', () => process.exit(1));
  if (takesCallbacks) {
    const fail = async (title, error, exitCode) => {
      logError(title, error);
      await sendFailure(error, true);
      process.exit(exitCode);
    };
    process.on('uncaughtException', (error) => fail('Uncaught Exception', asError(error), 129));
    process.on('unhandledRejection', (reason, promise) => {
      const error = namedError('Runtime.UnhandledPromiseRejection', String(reason));
      return fail('Unhandled Promise Rejection', Object.assign(error, { reason, promise }), 128);
    });
  }

  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    logError(takesCallbacks ? 'Uncaught Exception' : 'Init Error', asError(error));
    await sendFailure(error, true);
    if (takesCallbacks) process.exit(129);
    throw error;
  }
  process.on('message', async ({ event, context: known, deadlineMs }) => {
    requestId = known.awsRequestId;
    const context = { clientContext: undefined, identity: undefined, tenantId: undefined, ...known };
    if (!takesCallbacks) context.xRayTraceId = undefined;
    context.getRemainingTimeInMillis = () => deadlineMs - Date.now();
    // What waits for nothing any more has ended without an answer.
    if (!takesCallbacks) channel.unref();
    try {
      const answer = takesCallbacks ? callBack : (...given) => handler(...given);
      const result = await answer(JSON.parse(event), context);
      await new Promise(setImmediate);
      channel.ref();
      await send({ payload: serialize(result), failed: false });
    } catch (error) {
      await new Promise(setImmediate);
      channel.ref();
      logError('Invoke Error', asError(error));
      await sendFailure(error, false);
    }
  });
  let atIdle;
  process.on('beforeExit', () => atIdle?.());
  await send({ ready: true });

  /** A handler that returns no promise answers by its callback, or with null when there is nothing left to do. */
  function callBack(event, context) {
    return new Promise((resolve, reject) => {
      let isCalled = false;
      const once =
        (call) =>
        (...given) => {
          if (!isCalled) call(...given);
          isCalled = true;
        };
      const settle = (error, result) => (error == null ? resolve(result) : reject(error));
      const settleAtIdle = (result) => {
        atIdle = () => resolve(result);
        channel.unref();
      };
      const callback = once((error, result) => {
        if (error == null && context.callbackWaitsForEmptyEventLoop) settleAtIdle(result);
        else settle(error, result);
      });
      context.callbackWaitsForEmptyEventLoop = true;
      context.done = once(settle);
      context.succeed = once((result) => settle(null, result));
      context.fail = once((error) => settle(error ?? 'handled'));
      settleAtIdle(null);
      const result = handler(event, context, callback);
      if (typeof result?.then !== 'function') return;
      // A promise that is never settled ends by the timeout.
      channel.ref();
      result.then(context.succeed, context.fail);
    });
  }
}

function patchConsole(requestId) {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  for (const level of levels) {
    console[level] = (...message) => {
      const fields = [new Date().toISOString(), requestId(), level.toUpperCase(), format(...message)];
      process.stdout.write(`${fields.join('\t')}\n`);
    };
  }
  console.log = console.info;
}

// `folder/index.api.handler` is `api.handler` of the module `folder/index`.
async function loadHandler() {
  if (handlerName.includes('..')) {
    const problem = `'${handlerName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`;
    throw namedError('Runtime.MalformedHandlerName', problem);
  }
  const [, module, path] = /^([^.]*)\.(.*)$/.exec(basename(handlerName)) ?? [];
  if (module === undefined) throw namedError('Runtime.MalformedHandlerName', 'Bad handler');
  const folder = resolve(root, handlerName.slice(0, handlerName.indexOf(basename(handlerName))));
  const loaded = await loadModule(folder, module);
  const find = (start) => path.split('.').reduce((value, key) => value?.[key], start);
  const handler = find(loaded) ?? (takesCallbacks ? undefined : find(loaded.default));
  if (!handler) throw namedError('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof handler !== 'function')
    throw namedError('Runtime.HandlerNotFound', `${handlerName} is not a function`);
  if (handler.length >= 3 && !takesCallbacks) {
    const problem =
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';
    throw namedError('Runtime.CallbackHandlerDeprecated', problem);
  }
  return handler;
}

async function loadModule(folder, name) {
  const file = ['', '.js', '.mjs', '.cjs']
    .map((extension) => join(folder, name + extension))
    .find((candidate) => existsSync(candidate));
  try {
    const found = file ?? require.resolve(name, { paths: [root, folder] });
    return takesCallbacks ? await requireOrImport(found) : await import(pathToFileURL(found));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const syntaxError = namedError('Runtime.UserCodeSyntaxError', String(error));
      throw takesCallbacks ? syntaxError : Object.assign(syntaxError, { stack: error.stack });
    }
    if (error?.code === 'MODULE_NOT_FOUND') throw namedError('Runtime.ImportModuleError', String(error));
    throw error;
  }
}

async function requireOrImport(file) {
  try {
    if (!file.endsWith('.mjs')) return require(file);
  } catch (error) {
    if (!/^ERR_REQUIRE_(ESM|ASYNC_MODULE)$/.test(error?.code)) throw error;
  }
  return import(pathToFileURL(file));
}

function serialize(result) {
  let payload;
  try {
    payload = JSON.stringify(result) ?? 'null';
  } catch {
    throw namedError(
      takesCallbacks ? 'Error' : 'Runtime.JSONStringifyError',
      'Unable to stringify response body',
    );
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
  const clean = (text) => text?.replaceAll('\x7F', '%7F');
  const { name, message, stack } = error;
  return {
    errorType: clean(name),
    errorMessage: clean(message),
    trace: typeof stack === 'string' ? clean(stack).split('\n') : [],
  };
}

function withOwnProperties(_key, value) {
  if (!(value instanceof Error)) return value;
  const { name: errorType, message: errorMessage, code, stack } = value;
  return { errorType, errorMessage, code, ...value, stack: stack?.split('\n') };
}

function asError(error) {
  return error instanceof Error ? error : new Error(String(error));
}

function namedError(name, message) {
  const error = new Error(message);
  error.stack = error.stack.replace(/^Error/, name);
  return Object.defineProperty(error, 'name', { value: name, enumerable: !takesCallbacks });
}
