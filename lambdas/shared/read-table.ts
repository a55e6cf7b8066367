import { QueryCommand, ScanCommand } from '#aws-sdk';
import { partitionKey } from './attributes';
import type { Invocation } from './define-handler';
import { documentClient } from './dynamodb-client';
import type { Key } from './event';
import { toJsonValue } from './json-values';
import { readVariable } from './read-variable';
import { variables } from './variable-names';

/** An item as it is answered: every value survives `JSON.stringify`. */
export type Item = Readonly<Record<string, unknown>>;

/** A run of items of the table, and the key to go on from unless the table ends here. */
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
 * Read the table page by page; pages without items are passed over.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html for pages of at most 1 MB.
 */
export async function* scanPages(
  invocation: Invocation,
  { limit, startKey }: { readonly limit?: number; readonly startKey?: Key } = {},
): AsyncGenerator<Page> {
  let lastKey = startKey;
  do {
    const command = new ScanCommand({ ...request(), Limit: limit, ExclusiveStartKey: lastKey });
    const output = await documentClient.send(command, { abortSignal: invocation.signal });
    const items = readItems(output, invocation);
    lastKey = output.LastEvaluatedKey as Key | undefined;
    if (items.length > 0) yield { items, ...(lastKey && { lastKey }) };
  } while (lastKey);
}

/** Read the item with the given key: all its attributes, or only those named. */
export async function queryByKey(
  keyValue: string,
  attributes: readonly string[] | 'all',
  invocation: Invocation,
): Promise<QueryResponse> {
  const command = new QueryCommand({
    ...request(),
    KeyConditionExpression: '#key = :key',
    ExpressionAttributeValues: { ':key': keyValue },
    ...(attributes === 'all' ? { ExpressionAttributeNames: { '#key': partitionKey } } : project(attributes)),
  });
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

function request() {
  return { TableName: readVariable(variables.tableName), ReturnConsumedCapacity: 'TOTAL' } as const;
}

/** Name the attributes through placeholders, so that reserved words are allowed among them. */
function project(attributes: readonly string[]) {
  const others = attributes.filter((attribute) => attribute !== partitionKey);
  const names = Object.fromEntries(others.map((attribute, index) => [`#attribute${index}`, attribute]));
  return {
    Select: 'SPECIFIC_ATTRIBUTES',
    ProjectionExpression: ['#key', ...Object.keys(names)].join(', '),
    ExpressionAttributeNames: { '#key': partitionKey, ...names },
  } as const;
}

interface ReadOutput {
  readonly Items?: Record<string, unknown>[] | undefined;
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined;
}

function readItems({ Items = [], ConsumedCapacity }: ReadOutput, { usage }: Invocation): Item[] {
  usage.pages += 1;
  usage.items += Items.length;
  usage.readCapacityUnits += ConsumedCapacity?.CapacityUnits ?? 0;
  return Items.map((item) => toJsonValue(item) as Item);
}
