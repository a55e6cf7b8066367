/** The archive stub's own process: serves one data source to Terraform until its parent ends. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { handleUnaryCall, ServiceClientConstructor } from '@grpc/grpc-js';
import { type GrpcObject, loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decode, encode } from '@msgpack/msgpack';
import { ArgumentError, checkArguments, writeArchive } from './archive';
import { type ArchiveFileConfig, archiveFileSchema } from './schema';

const [socketPath = '', workingDirectory = ''] = process.argv.slice(2);

interface ConfigRequest {
  readonly config: { readonly msgpack: Uint8Array };
}

const handlers = {
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

const { tfplugin5 } = loadPackageDefinition(
  loadSync(path.join(__dirname, 'tfplugin5.proto'), { keepCase: true }),
);
const { service } = (tfplugin5 as GrpcObject).Provider as ServiceClientConstructor;
const server = new Server({ 'grpc.max_receive_message_length': -1 });
server.addService(service, handlers);
server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  process.send?.('ready');
});

// Ctrl-C reaches the whole process group, and Terraform may still ask while it comes to its end.
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  rmSync(path.dirname(socketPath), { recursive: true, force: true });
  process.exit();
});
