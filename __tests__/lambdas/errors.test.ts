import { toFault } from '../../lambdas/shared/errors';

const named = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('of SecretTable'), { name, $metadata: { httpStatusCode } });
const coded = (code: string) => Object.assign(new Error('connect'), { code });

describe('an error of the SDK, the network or our own', () => {
  it.each<readonly [string, unknown, string]>([
    [
      'ProvisionedThroughputExceededException',
      named('ProvisionedThroughputExceededException', 400),
      'Throttled',
    ],
    ['RequestLimitExceeded', named('RequestLimitExceeded', 400), 'Throttled'],
    ['ThrottlingException', named('ThrottlingException', 400), 'Throttled'],
    ['an unknown name and status 429', named('SlowDown', 429), 'Throttled'],
    ['InternalServerError', named('InternalServerError', 500), 'Unavailable'],
    ['an unknown name and status 503', named('ServiceUnavailable', 503), 'Unavailable'],
    ['TimeoutError', named('TimeoutError'), 'Unavailable'],
    ...[
      'EAI_AGAIN',
      'ECONNREFUSED',
      'ECONNRESET',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EPIPE',
      'ETIMEDOUT',
    ].map((code) => [code, coded(code), 'Unavailable'] as const),
    ...[
      'AccessDeniedException',
      'ExpiredTokenException',
      'IncompleteSignatureException',
      'InvalidSignatureException',
      'MissingAuthenticationTokenException',
      'UnrecognizedClientException',
    ].map((name) => [name, named(name, 400), 'AccessDenied'] as const),
    ['CredentialsProviderError', named('CredentialsProviderError'), 'Misconfigured'],
    ['ResourceNotFoundException', named('ResourceNotFoundException', 400), 'Misconfigured'],
    ['ValidationException', named('ValidationException', 400), 'InternalError'],
    ['a problem of ours', new TypeError('of SecretTable'), 'InternalError'],
    ['no error at all', undefined, 'InternalError'],
  ])('%s is reported as its kind', (_case, error, name) => {
    const fault = toFault(error);

    expect(fault.name).toBe(name);
    expect(fault.message).not.toContain('SecretTable');
    expect(fault.retryable).toBe(['Throttled', 'Unavailable'].includes(name));
  });
});
