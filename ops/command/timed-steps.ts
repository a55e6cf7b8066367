import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from './run-program';

/** What Terraform says when a resource has changed: the lines worth showing of a long deployment. */
const progress = /(Creation|Modifications|Destruction) complete|Still (creating|modifying|destroying)/;

/** A step that failed; what there is to say of it has been shown. */
export class StepError extends Error {
  override readonly name = 'StepError';
}

/** Steps of a long run: each is shown with the time it took, and all they print goes to a log file. */
export class Steps {
  readonly #log;

  /** @param signal - once it is aborted, no further step is begun */
  constructor(
    readonly logFile: string,
    readonly signal: AbortSignal,
  ) {
    mkdirSync(dirname(logFile), { recursive: true });
    this.#log = createWriteStream(logFile);
  }

  /**
   * Do one step and show how it went.
   *
   * @param work - gets a function to call with each line of output
   * @throws StepError if it fails
   */
  async run<T>(title: string, work: (report: (line: string) => void) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const start = performance.now();
    console.log(`… ${title}`);
    this.#log.write(`\n=== ${title}\n`);
    try {
      const result = await work((line) => {
        this.#log.write(`${line}\n`);
        if (progress.test(line)) console.log(`    ${line.trim()}`);
      });
      console.log(`✔ ${title} (${seconds(start)})`);
      return result;
    } catch (error) {
      console.log(`✘ ${title} (${seconds(start)})`);
      this.#showFailure(error);
      throw new StepError(title, { cause: error });
    }
  }

  #showFailure(error: unknown): void {
    const { message, stack } = error as Error;
    // What the command printed is in the log already.
    if (!(error instanceof CommandError)) this.#log.write(`${stack}\n`);
    if (this.signal.aborted) return;
    const lastLines = error instanceof CommandError ? error.lastLines : [];
    for (const line of [...lastLines, ...message.split('\n')]) console.error(`    ${line}`);
    console.error(`The full log: ${this.logFile}`);
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
