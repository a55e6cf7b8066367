import { endWithMessage, InputError } from '../input-error';

const named = (name: string, more: object = {}) => Object.assign(new Error('no'), { name, ...more });

describe('endWithMessage', () => {
  let printed: jest.SpyInstance;

  beforeEach(() => {
    printed = jest.spyOn(console, 'error').mockImplementation();
  });

  afterEach(() => {
    printed.mockRestore();
    process.exitCode = undefined;
  });

  it('prints nothing and changes no exit code when all goes well', async () => {
    await endWithMessage(async () => {});

    expect(printed).not.toHaveBeenCalled();
    expect(process.exitCode).toBeUndefined();
  });

  it.each([
    ['a problem of the user', new InputError('stack: unknown'), 'stack: unknown'],
    ['a disk that is full', named('Error', { code: 'ENOSPC', syscall: 'write' }), 'no'],
    [
      'a refusal of AWS',
      named('AccessDenied', { $metadata: { httpStatusCode: 403 } }),
      'AWS: AccessDenied: no',
    ],
    ['no credentials', named('CredentialsProviderError'), 'AWS: CredentialsProviderError: no'],
  ])('fails with a message alone: %s', async (_name, error, message) => {
    await endWithMessage(() => Promise.reject(error));

    expect(printed.mock.calls).toEqual([[message]]);
    expect(process.exitCode).toBe(1);
  });

  it('fails with all that is known when the fault is ours', async () => {
    const error = new TypeError('undefined is not a function');

    await expect(endWithMessage(() => Promise.reject(error))).rejects.toBe(error);
  });
});
