import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reader, Writer } from 'protobufjs/minimal';
import { type LocalAws, localAwsEnvironment, startLocalAws } from '../../local/local-aws';
import { type ProviderProxy, startProviderProxy } from '../../local/provider-proxy';
import { runProgram } from '../../ops/command/run-program';
import { type Providers, prepareProviders } from '../../ops/terraform/find-providers';
import { findTerraform } from '../../ops/terraform/find-terraform';
import { supervised } from '../../ops/terraform/session';
import { describeWithLocalAws } from '../end-to-end/terraform-needed';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a proxy of a provider', () => {
  const schemaPath = '/tfplugin5.Provider/GetSchema';
  /** Calls that the provider got. */
  let calls: string[];
  let provider: Http2Server;
  let proxy: ProviderProxy;
  let terraform: ClientHttp2Session;

  beforeEach(async () => {
    calls = [];
    provider = stubProvider();
    await once(provider.listen(join(folder, 'provider')), 'listening');
    proxy = await startProviderProxy({
      provider: join(folder, 'provider'),
      socket: join(folder, 'proxy'),
      schemas: new Map(),
      isNeeded: (name) => name === 'aws_sns_topic',
    });
    terraform = connect('http://localhost', {
      createConnection: () => createConnection(join(folder, 'proxy')),
    });
  });
  afterEach(() => {
    terraform.destroy();
    proxy.close();
    provider.close();
  });

  /** A provider that has two types, echoes what it gets, and fails where it is asked to. */
  function stubProvider(): Http2Server {
    return createServer().on('stream', async (stream, { ':path': path = '' }) => {
      calls.push(path);
      if (path === '/fails') return stream.respond({ 'grpc-status': '13' }, { endStream: true });
      const given = Buffer.concat(await stream.toArray());
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': calls.includes('/is-broken') ? '2' : '0' }),
      );
      stream.end(path === schemaPath ? frame(schema) : given);
    });
  }

  const frame = (message: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  const entry = (writer: Writer, name: string) =>
    writer.uint32(18).fork().uint32(10).string(name).uint32(18).string('its schema').ldelim();
  const writer = Writer.create().uint32(10).fork().uint32(16).int32(7).ldelim();
  const schema = entry(entry(writer, 'aws_sqs_queue'), 'aws_sns_topic').uint32(48).int32(1).finish();

  async function call(path: string, message: Uint8Array = Buffer.alloc(0)) {
    const stream = terraform.request({ ':method': 'POST', ':path': path }).end(frame(message));
    const got: Record<string, unknown> = {};
    stream.on('response', (headers) => Object.assign(got, headers));
    stream.on('trailers', (trailers) => Object.assign(got, trailers));
    const body = Buffer.concat(await stream.toArray());
    return { status: got['grpc-status'], message: body.subarray(5) };
  }

  it('leaves out of a schema the types that are not needed, and nothing else', async () => {
    const { status, message } = await call(schemaPath);

    expect(status).toBe('0');
    const expected = entry(Writer.create().uint32(10).fork().uint32(16).int32(7).ldelim(), 'aws_sns_topic');
    expect(Reader.create(message).len).toBeLessThan(schema.length);
    expect(message).toEqual(Buffer.from(expected.uint32(48).int32(1).finish()));
  });

  it('asks for a schema once', async () => {
    await Promise.all([call(schemaPath), call(schemaPath)]);
    await call(schemaPath);

    expect(calls).toEqual([schemaPath]);
  });

  it('passes any other call on as it is', async () => {
    expect(await call('/any', schema)).toEqual({ status: '0', message: Buffer.from(schema) });
  });

  it('passes on the failure of a call', async () => {
    expect(await call('/fails')).toMatchObject({ status: '13' });
  });

  it('passes on the failure of a call for a schema, and asks again', async () => {
    await call('/is-broken');

    expect(await call(schemaPath)).toMatchObject({ status: '2' });
    calls = [];
    expect(await call(schemaPath)).toMatchObject({ status: '0' });
  });

  it('fails a call when the provider is not there', async () => {
    provider.close();

    await expect(call('/any')).rejects.toThrow(/NGHTTP2_INTERNAL_ERROR/);
    await expect(call(schemaPath)).rejects.toThrow(/NGHTTP2_INTERNAL_ERROR/);
  });
});

describeWithLocalAws('the AWS provider that commands share', () => {
  let aws: LocalAws;
  let providers: Providers;
  let variables: NodeJS.ProcessEnv;
  const run = (...args: readonly string[]) =>
    runProgram(`${variables.TERRAFORM_BINARY_NAME}`, args, { cwd: folder, env: variables });
  const define = (resource: object) =>
    writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ provider: { aws: [{}] }, resource }));

  beforeAll(async () => {
    const terraform = await findTerraform();
    providers = await prepareProviders({
      terraform,
      awsVersions: '>= 5.100.0, < 7.0.0',
      archiveVersions: '>= 2.7.1, < 3.0.0',
      stub: { workingDirectory: tmpdir() },
    });
    aws = await startLocalAws({ keep: false, port: 0 });
    variables = {
      ...localAwsEnvironment(aws.url, 'us-east-1'),
      ...providers.variables,
      ...supervised(terraform, aws.url),
    };
  });

  afterAll(async () => {
    providers?.stop();
    await aws?.stop();
  });

  it('is installed and on record when the folder is initialized, not before, also for Terraform by hand', async () => {
    const { address, version, program } = JSON.parse(providers.variables.SUPERVISED_PROVIDER ?? '{}');
    define({ aws_sns_topic: { it: { name: 'a-topic' } } });

    await run('version');
    expect(existsSync(join(folder, '.terraform.lock.hcl'))).toBe(false);

    await run('init');
    const lock = readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8');
    const [, recorded] = /^provider "\S+\/aws" \{\n {2}version += "(\S+)"$/m.exec(lock) ?? [];
    expect(recorded).toMatch(/^\d+\.\d+\.\d+$/);
    // A checksum was computed only where no mirror has it unpacked.
    expect(lock.includes('hashes')).toBe(program === undefined);
    if (program) expect(lock).toContain(`provider "${address}" {\n  version = "${version}"\n}\n`);
    const { SUPERVISED_TERRAFORM: terraform } = variables;
    const schemas = await runProgram(`${terraform}`, ['providers', 'schema', '-json'], {
      cwd: folder,
      env: { ...process.env, ...providers.variables },
    });
    expect(schemas).toContain('"aws_dynamodb_table"');
  });

  it('has the types that a configuration names or once has named, so that what is left out of it is destroyed', async () => {
    const group = { aws_cloudwatch_log_group: { it: { name: 'a-group' } } };
    const topic = { aws_sns_topic: { it: { name: 'a-topic' } } };

    define({ ...group, ...topic });
    await run('init');
    await run('apply', '-auto-approve');
    define(topic);
    const { provider_schemas } = JSON.parse(await run('providers', 'schema', '-json'));
    const [{ resource_schemas }] = Object.values<any>(provider_schemas);
    expect(Object.keys(resource_schemas).sort()).toEqual(['aws_cloudwatch_log_group', 'aws_sns_topic']);
    expect(await run('apply', '-auto-approve')).toContain('1 destroyed');

    define({ aws_no_such_type: { it: {} } });
    await expect(run('plan')).rejects.toThrow('aws_no_such_type');
  });
});
