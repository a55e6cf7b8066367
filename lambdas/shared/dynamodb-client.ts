import type { Readable } from 'node:stream';
import { DynamoDBClient, DynamoDBDocumentClient } from '#aws-sdk';
import { exactNumber, hideProto } from './json-values';

/**
 * The client that all invocations of a function share.
 * A dead connection is given up after two seconds and tried twice more, so that it costs seconds and not the
 * function's whole time.
 */
export const documentClient = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
      socketTimeout: 2_000,
    },
  }),
  { unmarshallOptions: { wrapNumbers: exactNumber } },
);

// It writes to no log, and copies every request and answer for it: a seventh of what a call costs.
documentClient.middlewareStack.remove('loggerMiddleware');

// It sets each attribute by its name, which for `__proto__` sets nothing.
documentClient.middlewareStack.add(
  (next) => async (args) => {
    const result = await next(args);
    const response = result.response as { body: Readable | Buffer };
    // `buffer` of `node:stream/consumers` goes by way of a `Blob`, which costs more than the reading.
    const body = Buffer.concat(await (response.body as Readable).toArray());
    response.body = body.includes('"__proto__"') ? Buffer.from(hideProto(body.toString())) : body;
    return result;
  },
  { step: 'deserialize', name: 'hideProto', priority: 'low' },
);
