import { GetCommand, NumberValue, QueryCommand, ScanCommand } from '#aws-sdk';
import type { Table, TableKey } from '../../declarations';
import type { Invocation } from './define-handler';
import { documentClient } from './dynamodb-client';
import type { Key } from './event';
import { toJsonValue } from './json-values';
import { readVariable } from './read-variable';
import { tableVariable } from './variable-names';

/** An item as it is answered: every value survives `JSON.stringify`. */
export type Item = Readonly<Record<string, unknown>>;

/** What to read of a table. */
export interface Reading {
  /** The secondary index to read by. @default the table itself */
  readonly index?: string;
  /** The attributes to ask for. @default all that table or index hold */
  readonly attributes?: readonly string[];
  /** Values that attributes beside the key must have. @default any */
  readonly filter?: Readonly<Record<string, unknown>>;
}

/** Where a page begins and ends. */
export interface Paging {
  /** Items to look at, those included that the filter leaves out. @default 1 MB of them */
  readonly limit?: number;
  /** The last key of the page before. */
  readonly startKey?: Key;
}

/** A run of items, and the key to go on from unless they end here. */
export interface Page {
  readonly items: readonly Item[];
  readonly lastKey?: Key;
}

/** A query's whole response, in the shape of boto3. */
export interface QueryResponse {
  readonly Items: readonly Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly ResponseMetadata: {
    readonly RequestId: string;
    readonly HTTPStatusCode: number;
    readonly HTTPHeaders: Readonly<Record<string, string>>;
    readonly RetryAttempts: number;
  };
}

/**
 * Read a table or an index page by page; pages without items are passed over.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html for pages of at most 1 MB.
 */
export function scanPages(
  table: Table,
  { limit, startKey, ...reading }: Reading & Paging,
  invocation: Invocation,
): AsyncGenerator<Page> {
  const input = { ...requestFor(table, reading), Limit: limit };
  const read = (ExclusiveStartKey: DynamoKey) =>
    documentClient.send(new ScanCommand({ ...input, ExclusiveStartKey }), { abortSignal: invocation.signal });
  return readPages(read, startKey && toDynamoKey(table, startKey, reading.index), invocation);
}

/**
 * Read the items of one partition, or those of one sort key in it, page by page in the order of the sort key.
 * @public
 */
export function queryPages(
  table: Table,
  key: Key,
  { limit, startKey, ...reading }: Reading & Paging,
  invocation: Invocation,
): AsyncGenerator<Page> {
  const input = { ...requestFor(table, reading, key), Limit: limit };
  const read = (ExclusiveStartKey: DynamoKey) =>
    documentClient.send(new QueryCommand({ ...input, ExclusiveStartKey }), {
      abortSignal: invocation.signal,
    });
  return readPages(read, startKey && toDynamoKey(table, startKey, reading.index), invocation);
}

/** Read the first page of what `queryPages` reads, and answer the query's whole response. */
export async function query(
  table: Table,
  key: Key,
  reading: Reading,
  invocation: Invocation,
): Promise<QueryResponse> {
  const command = new QueryCommand(requestFor(table, reading, key));
  let headers: Readonly<Record<string, string>> = {};
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      headers = (result.response as { readonly headers: Record<string, string> }).headers;
      return result;
    },
    // The document client adds a command's middleware twice.
    { step: 'deserialize', name: 'keepHeaders', override: true },
  );
  const output = await documentClient.send(command, { abortSignal: invocation.signal });
  return {
    Items: readItems(output, invocation),
    Count: output.Count ?? 0,
    ScannedCount: output.ScannedCount ?? 0,
    ResponseMetadata: {
      RequestId: output.$metadata.requestId ?? '',
      HTTPStatusCode: output.$metadata.httpStatusCode ?? 0,
      HTTPHeaders: headers,
      RetryAttempts: (output.$metadata.attempts ?? 1) - 1,
    },
  };
}

/**
 * Read the item that has a table's whole key, if there is one.
 * @public
 */
export async function getItem(table: Table, key: Key, invocation: Invocation): Promise<Item | undefined> {
  const command = new GetCommand({ ...requestFor(table, {}), Key: toDynamoKey(table, key) });
  const { Item, ConsumedCapacity } = await documentClient.send(command, { abortSignal: invocation.signal });
  return readItems({ Items: Item && [Item], ConsumedCapacity }, invocation)[0];
}

type DynamoKey = Readonly<Record<string, unknown>> | undefined;

async function* readPages(
  read: (startKey: DynamoKey) => Promise<ReadOutput>,
  startKey: DynamoKey,
  invocation: Invocation,
): AsyncGenerator<Page> {
  let lastKey = startKey;
  do {
    const output = await read(lastKey);
    const items = readItems(output, invocation);
    lastKey = output.LastEvaluatedKey;
    if (items.length > 0) yield { items, ...(lastKey && { lastKey: toJsonValue(lastKey) as Key }) };
  } while (lastKey);
}

/** The part of a request that all operations have, and what it names. */
function requestFor(table: Table, { index, attributes, filter }: Reading, key?: Key) {
  const names = new Map<string, string>();
  const values: Record<string, unknown> = {};
  // Names and values go through placeholders, so that reserved words are allowed among them.
  const nameOf = (attribute: string) => {
    const placeholder = names.get(attribute) ?? `#${names.size}`;
    names.set(attribute, placeholder);
    return placeholder;
  };
  const allEqual = (wanted: Readonly<Record<string, unknown>>) =>
    Object.entries(wanted)
      .map(([attribute, value]) => {
        const placeholder = `:${Object.keys(values).length}`;
        values[placeholder] = value;
        return `${nameOf(attribute)} = ${placeholder}`;
      })
      .join(' AND ');
  const expressions = {
    ...(key && { KeyConditionExpression: allEqual(toDynamoKey(table, key, index)) }),
    ...(attributes && {
      Select: 'SPECIFIC_ATTRIBUTES' as const,
      ProjectionExpression: [...new Set(attributes)].map(nameOf).join(', '),
    }),
    ...(filter && { FilterExpression: allEqual(filter) }),
  };
  return {
    TableName: readVariable(tableVariable(table)),
    ...(index !== undefined && { IndexName: index }),
    ReturnConsumedCapacity: 'TOTAL' as const,
    ...expressions,
    ...(names.size > 0 && {
      ExpressionAttributeNames: Object.fromEntries([...names].map(([name, it]) => [it, name])),
    }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

/** A key in the types that the table declares. */
function toDynamoKey(table: Table, key: Key, index?: string): Record<string, unknown> {
  const types: TableKey = { ...table.key, ...(index !== undefined && table.indexes?.[index]?.key) };
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => {
      if (types[name] === 'N') return [name, NumberValue.from(String(value))];
      return [name, types[name] === 'B' ? Buffer.from(String(value), 'base64') : value];
    }),
  );
}

interface ReadOutput {
  readonly Items?: Record<string, unknown>[] | undefined;
  readonly LastEvaluatedKey?: Record<string, unknown> | undefined;
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined;
}

function readItems({ Items = [], ConsumedCapacity }: ReadOutput, { usage }: Invocation): Item[] {
  usage.pages += 1;
  usage.items += Items.length;
  usage.readCapacityUnits += ConsumedCapacity?.CapacityUnits ?? 0;
  return Items.map((item) => toJsonValue(item) as Item);
}
