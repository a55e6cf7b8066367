import path from 'node:path';
import type { GrpcObject, handleUnaryCall, ServiceClientConstructor } from '@grpc/grpc-js';
import { decode, encode } from '@msgpack/msgpack';
import { ArgumentError, checkArguments, writeArchive } from './archive';
import { type ArchiveFileConfig, archiveFileSchema } from './schema';

/** A running stub provider for the provider hashicorp/archive. */
export interface ArchiveStub {
  /** To be set for every Terraform command, `init` included. */
  readonly variables: { readonly TF_REATTACH_PROVIDERS: string };
  stop(): void;
}

export interface ArchiveStubOptions {
  /** The provider's full address, such as `registry.terraform.io/hashicorp/archive`. */
  readonly address: string;
  /**
   * Terraform starts a real provider in its own working directory and tells a running one nothing of it, so the folder
   * that relative paths start from is fixed here: one stub provider serves one stack.
   */
  readonly workingDirectory: string;
  /** Where its socket is. A private one: whoever can open the socket can have files read and written in this user's name. */
  readonly folder: string;
}

/** Serve the data source `archive_file` from this process. */
export async function startArchiveStub(options: ArchiveStubOptions): Promise<ArchiveStub> {
  const { address, folder } = options;
  // Most commands need none of it.
  const { loadPackageDefinition, Server, ServerCredentials } = await import('@grpc/grpc-js');
  const { loadSync } = await import('@grpc/proto-loader');
  const { tfplugin5 } = loadPackageDefinition(
    loadSync(path.join(__dirname, 'tfplugin5.proto'), { keepCase: true }),
  );
  const { service } = (tfplugin5 as GrpcObject).Provider as ServiceClientConstructor;
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(service, handlersIn(path.resolve(options.workingDirectory)));
  const socket = path.join(folder, 'archive');
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  const reattach = {
    Protocol: 'grpc',
    ProtocolVersion: 5,
    Pid: process.pid,
    // Terraform leaves it running.
    Test: true,
    Addr: { Network: 'unix', String: socket },
  };
  return {
    variables: { TF_REATTACH_PROVIDERS: JSON.stringify({ [address]: reattach }) },
    stop: () => server.forceShutdown(),
  };
}

interface ConfigRequest {
  readonly config: { readonly msgpack: Uint8Array };
}

function handlersIn(workingDirectory: string) {
  return {
    GetSchema: answer(() => ({
      provider: { block: {} },
      data_source_schemas: { archive_file: archiveFileSchema },
    })),
    PrepareProviderConfig: answer(({ config }) => ({ prepared_config: config })),
    ValidateDataSourceConfig: answer(({ config }) =>
      diagnosing(() => {
        checkArguments(decodeConfig(config));
        return {};
      }),
    ),
    Configure: answer(() => ({})),
    ReadDataSource: answer(({ config }) =>
      diagnosing(() => {
        const given = decodeConfig(config);
        return { state: { msgpack: encode({ ...given, ...writeArchive(given, workingDirectory) }) } };
      }),
    ),
    Stop: answer(() => ({})),
  };
}

function answer(handle: (request: ConfigRequest) => object): handleUnaryCall<ConfigRequest, object> {
  return ({ request }, callback) => callback(null, handle(request));
}

function decodeConfig({ msgpack }: ConfigRequest['config']): ArchiveFileConfig {
  return decode(msgpack) as ArchiveFileConfig;
}

function diagnosing(handle: () => object): object {
  try {
    return handle();
  } catch (error) {
    const steps = error instanceof ArgumentError ? [{ attribute_name: error.argument }] : [];
    const detail = error instanceof ArgumentError ? `${error.argument}: ${error.message}` : String(error);
    return {
      diagnostics: [{ severity: 'ERROR', summary: 'Archive stub', detail, attribute: { steps } }],
    };
  }
}
