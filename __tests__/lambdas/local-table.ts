import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { types } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import dynalite from 'dynalite';
import type { HandlerContext } from '../../lambdas/shared/define-handler';
import superMissions from '../../seed-data/super-missions.json';
import { names, partitionKey } from '../names';
import { FaultProxy } from './fault-proxy';

export const tableName = names.table;
export const requestId = '3f1a4c52-0d6e-4b0e-9f6c-2a2b1f0f7c11';

/** A DynamoDB API in this process with the seeded table, behind a fault proxy that the handlers' client calls. */
export interface LocalTable {
  readonly proxy: FaultProxy;
  /** Create a table of marshalled items. */
  createTable(name: string, items: readonly Record<string, AttributeValue>[]): Promise<void>;
  stop(): Promise<void>;
}

/** Start the database, and set the variables that the handlers and their client read. */
export async function startLocalTable(): Promise<LocalTable> {
  const database = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
  const databaseUrl = `http://127.0.0.1:${(database.address() as AddressInfo).port}`;
  const proxy = new FaultProxy(databaseUrl);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: await proxy.listen(),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TABLE_NAME: tableName,
    ATTRIBUTES: 'all',
  });
  const client = new DynamoDBClient({ endpoint: databaseUrl });
  const createTable = async (name: string, items: readonly Record<string, AttributeValue>[]) => {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      }),
    );
    for (let index = 0; index < items.length; index += 25) {
      const puts = items.slice(index, index + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts } }));
    }
  };
  await createTable(
    tableName,
    superMissions.map((mission) => marshall(mission)),
  );
  return {
    proxy,
    createTable,
    async stop() {
      jest.restoreAllMocks(); // the worker writes to stdout when it ends
      client.destroy();
      await proxy.close();
      await closeServer(database);
    },
  };
}

/** Lambda's context for one invocation. */
export function createContext(
  functionName: string,
  { remainingMs = 90_000 }: { readonly remainingMs?: number } = {},
): HandlerContext {
  const endsAt = Date.now() + remainingMs;
  return { awsRequestId: requestId, functionName, getRemainingTimeInMillis: () => endsAt - Date.now() };
}

/** What Lambda makes of a handler's answer. */
export async function asJson(answer: Promise<unknown>): Promise<unknown> {
  return JSON.parse(JSON.stringify(await answer));
}

/** What a caller reads of a thrown error. */
export interface ReportedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The error that a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<ReportedError> {
  const error = await call.then(
    (answer) => {
      throw new Error(`no error but an answer: ${JSON.stringify(answer)}`);
    },
    (reason: ReportedError) => reason,
  );
  return { name: error.name, message: error.message, stack: error.stack };
}

/** Keep what a handler writes to its log out of the test's output, and its whole lines at hand. */
export function captureLog(): { readonly lines: readonly string[] } {
  const lines: string[] = [];
  let unfinished = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    const parts = `${unfinished}${text}`.split('\n');
    unfinished = parts.pop() ?? '';
    lines.push(...parts);
    return true;
  });
  return { lines };
}

/**
 * Let `instanceof Error`, with which the SDK looks for network errors, hold for those of Node itself: jest gives a
 * test file an `Error` of its own.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown) {
    return this === Error
      ? types.isNativeError(value)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
