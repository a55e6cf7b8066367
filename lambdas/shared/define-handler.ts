import type { Context } from 'aws-lambda';
import { ClientError, DeadlineExceeded, nameOfCause, toFault } from './errors';
import { framesOf } from './source-frames';

/** What an answer may use of its invocation. */
export interface Invocation {
  /** Aborted when the invocation's time runs out. */
  readonly signal: AbortSignal;
  /** What was read, for the log line. */
  readonly usage: Usage;
}

/** What an invocation has read from the table. */
interface Usage {
  pages: number;
  items: number;
  readCapacityUnits: number;
}

/** The answer to a client error. */
export interface ClientErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

/** What a handler needs of Lambda's context. */
export type HandlerContext = Pick<Context, 'awsRequestId' | 'functionName' | 'getRemainingTimeInMillis'>;

/**
 * Make a Lambda handler of a function that answers an event: it answers or fails in time, turns a client error
 * into an answer and everything else into a `Fault`, and writes one line of log that holds neither event nor item.
 */
export function defineHandler<Answer>(answer: (event: unknown, invocation: Invocation) => Promise<Answer>) {
  let coldStart = true;
  return async (event: unknown, context: HandlerContext): Promise<Answer | ClientErrorAnswer> => {
    const startedAt = performance.now();
    const requestId = context.awsRequestId;
    const usage: Usage = { pages: 0, items: 0, readCapacityUnits: 0 };
    let outcome: Outcome = { outcome: 'ok' };
    try {
      const timeMs = Math.max(0, context.getRemainingTimeInMillis() - marginMs);
      return await beforeDeadline(timeMs, (signal) => answer(event, { signal, usage }));
    } catch (error) {
      if (error instanceof ClientError) {
        outcome = { outcome: error.code };
        return { code: error.code, message: error.message, requestId };
      }
      const fault = toFault(error);
      outcome = {
        outcome: fault.name,
        ...(error !== fault && { cause: nameOfCause(error) }),
        // For those who must mend the function; the error's message could hold what it was working on.
        ...(!fault.retryable && { trace: framesOf(error) }),
      };
      throw fault.forRequest(requestId);
    } finally {
      const durationMs = Math.round(performance.now() - startedAt);
      const line = { requestId, function: context.functionName, coldStart, durationMs, ...usage, ...outcome };
      // Lambda puts a prefix before what `console` writes, and metric filters read whole lines of JSON only.
      process.stdout.write(`${JSON.stringify(line)}\n`);
      coldStart = false;
    }
  };
}

/** How an invocation ended, for the log line. */
interface Outcome {
  readonly outcome: string;
  readonly cause?: string;
  readonly trace?: readonly string[];
}

/** Kept back from the invocation's time to fail, write the log line and answer. */
const marginMs = 500;

async function beforeDeadline<T>(timeMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineExceeded("the function's time ran out"));
      controller.abort();
    }, timeMs);
  });
  try {
    return await Promise.race([work(controller.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
