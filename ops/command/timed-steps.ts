import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../input-error';
import { ProgramError } from './run-program';

/** Steps of a long run: each is shown with the time it took, and all they print goes to a log file. */
export class TimedSteps {
  readonly #log;

  /**
   * @param signal - once it is aborted, no further step is begun
   * @param isWorthShowing - whether a line of a step's output is shown as well
   */
  constructor(
    readonly logFile: string,
    readonly signal: AbortSignal,
    private readonly isWorthShowing: (line: string) => boolean,
  ) {
    mkdirSync(dirname(logFile), { recursive: true });
    this.#log = createWriteStream(logFile);
  }

  /**
   * Do one step and show how it went.
   *
   * @param work - gets a function to call with each line of output
   * @throws InputError that says where the whole log is, if it fails
   */
  async run<T>(title: string, work: (report: (line: string) => void) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const start = performance.now();
    console.log(`… ${title}`);
    this.#log.write(`\n=== ${title}\n`);
    try {
      const result = await work((line) => {
        this.#log.write(`${line}\n`);
        if (this.isWorthShowing(line)) console.log(`    ${line.trim()}`);
      });
      console.log(`✔ ${title} (${seconds(start)})`);
      return result;
    } catch (error) {
      console.log(`✘ ${title} (${seconds(start)})`);
      this.signal.throwIfAborted();
      const { message, stack } = error as Error;
      // What a program printed is in the log already.
      if (!(error instanceof ProgramError)) this.#log.write(`${stack}\n`);
      throw new InputError(
        ...message.split('\n').map((line) => `    ${line}`),
        `The full log: ${this.logFile}`,
      );
    }
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
