import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { createConnection } from 'node:net';
import { Reader } from 'protobufjs/minimal';

export interface ProviderProxyOptions {
  /** Path of the provider's socket. */
  readonly provider: string;
  /** Path of the socket where Terraform finds the provider from now on. */
  readonly socket: string;
  /** Answers that other processes of the same provider have given to calls for a schema, by their path. */
  readonly schemas: Map<string, Promise<Buffer>>;
  /** Whether Terraform needs the type of this name. */
  readonly isNeeded: (name: string) => boolean;
}

export interface ProviderProxy {
  close(): void;
}

/** Calls of Terraform's plugin protocol, whose answers have a schema for each type. */
const schemaCall = /\/(GetSchema|GetProviderSchema|GetResourceIdentitySchemas)$/;

/**
 * Stand between Terraform and a provider that runs already, and pass everything on as it is, but the schema: of all types that
 * the provider has, Terraform gets those that it needs. To read the others would take most of a command's time.
 */
export async function startProviderProxy(options: ProviderProxyOptions): Promise<ProviderProxy> {
  const { provider, socket, schemas, isNeeded } = options;
  let session: ClientHttp2Session | undefined;

  function ask(headers: object) {
    if (!session || session.closed || session.destroyed) {
      session = connect('http://localhost', { createConnection: () => createConnection(provider) });
      // Its streams tell it too.
      session.on('error', () => {});
      session.unref();
    }
    return session.request({ ...headers });
  }

  function pass(stream: ServerHttp2Stream, headers: object): void {
    const asked = ask(headers);
    let trailers = {};
    asked.on('response', (responseHeaders, flags) => {
      if (stream.destroyed) return;
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(responseHeaders, { endStream, waitForTrailers: !endStream });
      asked.pipe(stream);
    });
    asked.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    asked.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('error', () => {});
    stream.on('close', () => asked.close(constants.NGHTTP2_CANCEL));
    stream.pipe(asked);
  }

  async function readSchema(headers: object): Promise<Buffer> {
    const asked = ask(headers).end(frame(Buffer.alloc(0)));
    let status: unknown;
    asked.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    const answer = Buffer.concat(await asked.toArray());
    if (Number(status) !== 0 || answer.readUInt8() !== 0) throw new Error('no schema');
    return answer.subarray(frameHeaderBytes);
  }

  async function answerSchema(stream: ServerHttp2Stream, path: string, headers: object): Promise<void> {
    const schema = schemas.get(path) ?? readSchema(headers);
    schemas.set(path, schema);
    const needed = withoutOthers(await schema, isNeeded);
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(frame(needed));
  }

  const server = createServer();
  server.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? '';
    if (!schemaCall.test(path)) return pass(stream, headers);
    answerSchema(stream, path, headers).catch(() => {
      // Terraform is to hear it from the provider.
      schemas.delete(path);
      pass(stream, headers);
    });
  });
  server.on('sessionError', () => {});
  await once(server.listen(socket), 'listening');
  return {
    close: () => {
      server.close();
      session?.destroy();
    },
  };
}

/** What is before each message: whether it is compressed, and its length. */
const frameHeaderBytes = 5;

function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/**
 * A message with only the needed entries of its maps, at its top level; those are what begins with a text. Everything else
 * stays.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */
function withoutOthers(message: Buffer, isNeeded: (name: string) => boolean): Buffer {
  const reader = Reader.create(message);
  const kept: Buffer[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const name = nameOfEntry(reader);
    if (name === undefined || isNeeded(name)) kept.push(message.subarray(start, reader.pos));
  }
  return Buffer.concat(kept);
}

const bytes = 2;
const keyOfEntry = (1 << 3) | bytes;

/** Read a field; its name, if it is an entry of a map. */
function nameOfEntry(reader: Reader): string | undefined {
  const type = reader.uint32() & 7;
  if (type !== bytes) {
    reader.skipType(type);
    return undefined;
  }
  const entry = Reader.create(reader.bytes());
  return entry.len > 0 && entry.uint32() === keyOfEntry ? entry.string() : undefined;
}
