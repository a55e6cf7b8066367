import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyServer } from 'http-proxy-3';
import { providerPath } from '../../local/local-aws';

/** A request on its way to AWS. */
export interface SeenRequest {
  /** Its place among all requests, from 1. */
  readonly count: number;
  readonly method: string;
  readonly path: string;
  /** What it asks of a service that is called by JSON, such as `DynamoDB_20120810.PutItem`. */
  readonly target: string;
}

/** A proxy in front of an AWS that says what passes, and refuses what it is told to. */
export class AwsFaultProxy {
  readonly seen: SeenRequest[] = [];
  /** Called before a request reaches AWS; one that it answers `true` to is refused instead. */
  before: (request: SeenRequest) => boolean | Promise<boolean> = () => false;
  /** Called with the status of AWS's answer, before the caller hears of it. */
  after: (request: SeenRequest, status: number) => void = () => {};

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(awsUrl: string): Promise<AwsFaultProxy> {
    const forwarder = createProxyServer({ target: awsUrl });
    const onTheWay = new WeakMap<IncomingMessage, SeenRequest>();
    const server = createServer(async (request, response) => {
      // No request of AWS, and made or not made as the provider runs or does not run already.
      if (request.url === providerPath) return void forwarder.web(request, response);
      const seen = {
        count: proxy.seen.length + 1,
        method: request.method ?? '',
        path: request.url ?? '',
        target: String(request.headers['x-amz-target'] ?? ''),
      };
      proxy.seen.push(seen);
      onTheWay.set(request, seen);
      if (!(await proxy.before(seen))) return void forwarder.web(request, response);
      request.resume();
      const body = '<Error><Code>AccessDenied</Code><Message>refused by the fault proxy</Message></Error>';
      response.writeHead(403, { 'content-type': 'application/xml' }).end(body);
    });
    // A caller that was killed in the middle of a request.
    forwarder.on('error', (_error, _request, response) => void response.destroy());
    forwarder.on('proxyRes', (answer, request) => {
      const seen = onTheWay.get(request);
      if (seen) proxy.after(seen, answer.statusCode ?? 0);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy: AwsFaultProxy = new AwsFaultProxy(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return proxy;
  }

  /** Forget what was seen, and let everything pass. */
  reset(): void {
    this.seen.length = 0;
    this.before = () => false;
    this.after = () => {};
  }

  /** How often items of a table were written or deleted. */
  itemWrites(): number {
    const writes = /\.(Put|Update|Delete|BatchWrite|TransactWrite)Items?$/;
    return this.seen.filter(({ target }) => writes.test(target)).length;
  }
}
