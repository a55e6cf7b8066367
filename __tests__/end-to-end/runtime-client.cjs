// Runs a function by AWS's runtime interface client, whose file is the first argument, where the runner would take
// local/function-process.mjs. This module stands for the client's native part, the one that needs a compiler: it hands
// the calls to the channel of the runner.
const { once } = require('node:events');
const { createServer } = require('node:http');
const { registerHooks } = require('node:module');
const { text } = require('node:stream/consumers');
const { pathToFileURL } = require('node:url');

const { channel } = process;
const sendMessage = process.send.bind(process);
const send = (message) => {
  const printedBytes = [process.stdout.bytesWritten, process.stderr.bytesWritten];
  sendMessage({ failed: true, fatal: false, ...message, printedBytes });
};
let isReady = false;

module.exports = {
  async next() {
    channel.ref();
    if (!isReady) send({ ready: true });
    isReady = true;
    const [{ event, context, deadlineMs }] = await once(process, 'message');
    channel.unref();
    const headers = {
      'lambda-runtime-aws-request-id': context.awsRequestId,
      'lambda-runtime-deadline-ms': String(deadlineMs),
      'lambda-runtime-invoked-function-arn': context.invokedFunctionArn,
      ...(context.clientContext && {
        'lambda-runtime-client-context': JSON.stringify(context.clientContext),
      }),
    };
    return { bodyJson: event, headers };
  },
  done: (_id, payload) => send({ payload, failed: false }),
  error: (_id, payload) => send({ payload }),
};

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('/rapid-client.node')
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});

// The client itself reports that a handler could not be loaded, by HTTP.
const runtimeApi = createServer(async (request, response) => {
  send({ payload: await text(request), fatal: true });
  response.end();
}).listen(0, '127.0.0.1', async () => {
  runtimeApi.unref();
  process.env.AWS_LAMBDA_RUNTIME_API = `127.0.0.1:${runtimeApi.address().port}`;
  const { run } = await import(process.argv[2]);
  // Its third major version is a library, whose program runs it as a main module: what fails there is uncaught.
  run?.(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).catch((error) =>
    setImmediate(() => {
      throw error;
    }),
  );
});
