/** A client error: its code and message become the answer, and Lambda counts no function error. */
export abstract class ClientError extends Error {
  abstract readonly code: string;
}

/** The event has a field that is missing, of the wrong type or out of bounds. */
export class InvalidEvent extends ClientError {
  readonly code = 'InvalidEvent';
}

/** The event asks for an attribute that callers may not see. */
export class AttributeNotVisible extends ClientError {
  readonly code = 'AttributeNotVisible';
}

/** The answer asked for is larger than Lambda can return. */
export class ResponseTooLarge extends ClientError {
  readonly code = 'ResponseTooLarge';
}

/**
 * A failure that the caller cannot mend: thrown, so that Lambda reports a function error, and retries and alarms work.
 * Its name is its code; callers read name, message and stack, so none of them holds what the service said.
 */
export abstract class Fault extends Error {
  /** Whether the same call may succeed later. */
  abstract readonly retryable: boolean;

  /** This fault as the caller gets it: with the request id, without a trace. */
  forRequest(requestId: string): this {
    this.message += `; ${this.retryable ? 'retryable' : 'not retryable'}, request ${requestId}`;
    this.stack = `${this.name}: ${this.message}`;
    return this;
  }
}

/** The table, or the account, is read faster than its capacity allows. */
class Throttled extends Fault {
  override readonly name = 'Throttled';
  readonly retryable = true;
}

/** The database did not answer, or answered that it cannot. */
class Unavailable extends Fault {
  override readonly name = 'Unavailable';
  readonly retryable = true;
}

/** The function's time ran out before the answer was complete. */
export class DeadlineExceeded extends Fault {
  override readonly name = 'DeadlineExceeded';
  readonly retryable = true;
}

/** The function's role lacks a right, or its credentials are not accepted. */
class AccessDenied extends Fault {
  override readonly name = 'AccessDenied';
  readonly retryable = false;
}

/** A variable is missing or wrong, or the table it names does not exist. */
export class Misconfigured extends Fault {
  override readonly name = 'Misconfigured';
  readonly retryable = false;
}

/** Anything unforeseen. */
class InternalError extends Fault {
  override readonly name = 'InternalError';
  readonly retryable = false;
}

/** The fault that stands for an error of the SDK, the network or our own code. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const cause = nameOfCause(error);
  const status = (Object(error) as SdkError).$metadata?.httpStatusCode ?? 0;
  if (throttlingNames.has(cause) || status === 429)
    return new Throttled('the database limits the rate of reads');
  if (networkNames.has(cause) || status >= 500) return new Unavailable('the database does not answer');
  if (deniedNames.has(cause)) return new AccessDenied('the function may not read from the database');
  if (configurationNames.has(cause)) return new Misconfigured('the function is set up wrongly');
  return new InternalError('the function failed unexpectedly');
}

/** What to call an error in the log: the system's code, such as `ECONNRESET`, or else the error's name. */
export function nameOfCause(error: unknown): string {
  const { code, name } = Object(error) as SdkError;
  return typeof code === 'string' ? code : String(name ?? typeof error);
}

interface SdkError {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const throttlingNames = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);
const networkNames = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
]);
const deniedNames = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);
const configurationNames = new Set(['CredentialsProviderError', 'ResourceNotFoundException']);
