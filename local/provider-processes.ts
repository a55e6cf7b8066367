import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Guarded, runGuarded } from './guarded-process';
import { localAwsEnvironment } from './local-aws';
import { startProviderProxy } from './provider-proxy';

/** What Terraform asks a provider for. */
export interface ProviderRequest {
  readonly program: string;
  /** Where Terraform works: a provider takes relative file names from its own folder. */
  readonly folder: string;
  /** The AWS that the provider is to work with: this one, maybe with a proxy in front. */
  readonly endpoint: string;
  readonly region: string;
}

/** How Terraform finds a provider that runs already: the value of one address in `TF_REATTACH_PROVIDERS`. */
export interface Reattachment {
  readonly Addr: { readonly Network: string; readonly String: string };
}

interface ProviderProcess {
  /** What it was started for. */
  readonly key: string;
  readonly guarded: Guarded;
  readonly reattachment: Promise<Reattachment>;
}

/** Without these a provider that Terraform has not started logs every step, thousands of lines for a plan. */
const quiet = { TF_LOG: 'ERROR', TF_LOG_SDK: 'ERROR', TF_LOG_PROVIDER: 'ERROR' };

/** Long enough for a large program on a cold disk. */
const startLimitMs = 60_000;

/**
 * Providers that run for all commands of Terraform until the local AWS ends. One for each folder, as the tags of all resources
 * are those of the configuration that a provider was given last.
 */
export class ProviderProcesses {
  private readonly running = new Map<string, ProviderProcess>();
  /** What each program has answered to calls for a schema. */
  private readonly schemas = new Map<string, Map<string, Promise<Buffer>>>();
  /** Every word of a configuration that was here: what a state of this AWS holds was named by one of them. */
  private readonly words = new Set<string>();

  constructor(private readonly log: (output: string) => void) {}

  /** Start a provider in a folder, unless it runs there; those whose folder has gone are ended. */
  async find(request: ProviderRequest): Promise<Reattachment> {
    for (const word of wordsIn(request.folder)) this.words.add(word);
    for (const [folder, { key, guarded }] of this.running) {
      if (!guarded.hasEnded() && key.includes(identity(folder))) continue;
      this.running.delete(folder);
      void guarded.stop();
    }
    const key = JSON.stringify([request, identity(request.folder)]);
    const known = this.running.get(request.folder);
    if (known?.key === key) return known.reattachment;
    void known?.guarded.stop();
    const started = { key, ...this.start(request) };
    this.running.set(request.folder, started);
    return started.reattachment;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ guarded }) => guarded.stop()));
  }

  private start({ program, folder, endpoint, region }: ProviderRequest): Omit<ProviderProcess, 'key'> {
    let output = '';
    let settle: (reattachment: Reattachment) => void;
    const isReady = new Promise<Reattachment>((resolve) => {
      settle = resolve;
    });
    const guarded = runGuarded([program, '-debug'], {
      cwd: folder,
      environment: { ...localAwsEnvironment(endpoint, region), ...quiet },
      log: (text) => {
        output = (output + text).slice(-10_000);
        const [, json] = /TF_REATTACH_PROVIDERS='(.*)'/.exec(output) ?? [];
        if (json) settle(Object.values(JSON.parse(json))[0] as Reattachment);
        this.log(text);
      },
    });
    const failed = guarded.ended.then(() => Promise.reject(new Error(guarded.failure())));
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`${program} did not start`)), startLimitMs).unref();
    });
    const reattachment = Promise.race([isReady, failed, late]).then((it) =>
      this.proxied(it, program, guarded),
    );
    return { guarded, reattachment };
  }

  private async proxied(
    reattachment: Reattachment,
    program: string,
    { ended }: Guarded,
  ): Promise<Reattachment> {
    const provider = reattachment.Addr.String;
    // Beside the provider's, in a folder that only this user can open and that goes with the process.
    const socket = `${provider}-proxy`;
    const path = realpathSync(program);
    const schemas = this.schemas.get(path) ?? new Map();
    this.schemas.set(path, schemas);
    const isNeeded = (name: string) => this.words.has(name);
    const proxy = await startProviderProxy({ provider, socket, schemas, isNeeded });
    void ended.then(() => proxy.close());
    return { ...reattachment, Addr: { ...reattachment.Addr, String: socket } };
  }
}

function wordsIn(folder: string): Set<string> {
  const files = readdirSync(folder).filter((file) => /\.tf(\.json)?$/.test(file));
  return new Set(files.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/\w+/g) ?? []));
}

/** A folder that was removed and made again is another one, though it may have the number of the former. */
function identity(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return `${stats?.ino} made ${stats?.birthtimeMs}`;
}
