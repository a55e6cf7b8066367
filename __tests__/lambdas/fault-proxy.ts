import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { names } from '../names';

/** What can happen to a request instead of an answer from the database. */
export type FaultKind = keyof typeof faults;

/** A request that reached the proxy. */
export interface SeenRequest {
  readonly target: string;
  readonly body: { readonly [field: string]: unknown };
}

/** A proxy in front of a DynamoDB API that answers as it is told: in order of `next`, and then from the database. */
export class FaultProxy {
  readonly seen: SeenRequest[] = [];
  /** How many connections there were. */
  connections = 0;
  readonly #pending: FaultKind[] = [];
  readonly #server: Server;

  constructor(private readonly databaseUrl: string) {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Let the next requests meet these faults, one each. */
  next(...kinds: readonly FaultKind[]): void {
    this.#pending.push(...kinds);
  }

  /** Forget what was seen and what was to come. */
  reset(): void {
    this.seen.length = 0;
    this.connections = 0;
    this.#pending.length = 0;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    const seen = { target: String(request.headers['x-amz-target']), body: JSON.parse(text) };
    this.seen.push(seen);
    const kind = this.#pending[0];
    // A page without items needs a key to go on from, so it comes in the middle only.
    if (kind === 'emptyPage' && !seen.body.ExclusiveStartKey) return this.#forward(request, text, response);
    this.#pending.shift();
    return kind ? faults[kind](response, seen) : this.#forward(request, text, response);
  }

  async #forward(request: IncomingMessage, text: string, response: ServerResponse): Promise<void> {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(this.databaseUrl, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: text,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}

const faults = {
  throttled: (response: ServerResponse) =>
    refuse(response, 400, 'ProvisionedThroughputExceededException', 'slow down'),
  serverError: (response: ServerResponse) => refuse(response, 500, 'InternalServerError', 'try again'),
  noRight: (response: ServerResponse) =>
    refuse(
      response,
      400,
      'AccessDeniedException',
      `User: arn:aws:sts::123456789012:assumed-role/SecretRole is not authorized to read ${names.table}`,
    ),
  noTable: (response: ServerResponse) =>
    refuse(response, 400, 'ResourceNotFoundException', `no table ${names.table}`),
  notUnderstood: (response: ServerResponse) =>
    refuse(response, 400, 'ValidationException', `${names.table}: bad expression`),
  notJson: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${names.table}</p>`);
  },
  dropped: (response: ServerResponse) => {
    response.destroy();
  },
  droppedInBody: (response: ServerResponse) => {
    response.writeHead(200, jsonHeaders).write('{"Items":[', () => response.destroy());
  },
  hanging: () => {},
  hangingInBody: (response: ServerResponse) => {
    response.writeHead(200, jsonHeaders).write('{"Items":[');
  },
  emptyPage: (response: ServerResponse, { body }: SeenRequest) => {
    const page = { Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: body.ExclusiveStartKey };
    response.writeHead(200, jsonHeaders).end(JSON.stringify(page));
  },
};

const jsonHeaders = { 'content-type': 'application/x-amz-json-1.0' };

function refuse(response: ServerResponse, status: number, name: string, message: string): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message };
  response.writeHead(status, jsonHeaders).end(JSON.stringify(body));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
