import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { keySchema } from '../declarations';
import { findProgram } from '../local/find-program';
import { localAwsVariables } from '../local/local-aws';
import { missions } from '../system';
import { quantile } from './measure';

export const tableName = missions.name;
export const partitionKey = keySchema(missions.key).partitionKey.name;

/** A DynamoDB API in a process of its own. */
export interface Database {
  readonly name: string;
  readonly url: string;
  /** Variables for its clients, of any kind. */
  readonly variables: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** dynalite, a development dependency of the project. */
export async function startDynalite(): Promise<Database> {
  const port = await freePort();
  const script = join(dirname(require.resolve('dynalite/package.json')), 'cli.js');
  const args = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--createTableMs',
    '0',
    '--deleteTableMs',
    '0',
  ];
  return toDatabase('dynalite', port, spawn(process.execPath, [script, ...args], { stdio: 'ignore' }));
}

/** moto, or nothing where it is not on the PATH. */
export async function startMoto(): Promise<Database | undefined> {
  const program = findProgram('moto_server', process.env);
  if (!program) return undefined;
  const port = await freePort();
  return toDatabase(
    'moto',
    port,
    spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' }),
  );
}

/** Create the table and fill it. */
export async function fillTable(
  { url }: Database,
  items: readonly Record<string, AttributeValue>[],
): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: tableName });
  for (let index = 0; index < items.length; index += 25) {
    const puts = items.slice(index, index + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  }
  client.destroy();
}

/** Median time of the bare HTTP request of a scan over a kept connection, in ms: what no client can be faster than. */
export async function bareRequestMs({ url }: Database): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const body = JSON.stringify({ TableName: tableName });
  const credential = 'Credential=local/20260101/us-east-1/dynamodb/aws4_request';
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': body.length,
    'x-amz-target': 'DynamoDB_20120810.Scan',
    'x-amz-date': '20260101T000000Z',
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=0`,
  };
  const times: number[] = [];
  for (let count = 0; count < 300; count += 1) {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().once('end', resolve);
      });
      sent.once('error', reject).end(body);
    });
    times.push(performance.now() - start);
  }
  agent.destroy();
  return quantile(times.slice(100), 0.5);
}

async function toDatabase(name: string, port: number, child: ChildProcess): Promise<Database> {
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, 'exit');
  const deadline = Date.now() + 60_000;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name}: does not start`);
    await sleep(100);
  }
  const variables = {
    ...process.env,
    ...localAwsVariables(url, 'us-east-1'),
    TABLE_NAME: tableName,
    ATTRIBUTES: 'all',
  };
  const stop = async () => {
    child.kill();
    await ended;
  };
  process.once('exit', () => child.kill());
  return { name, url, variables, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('no free port');
  return address.port;
}
