import { describeProblem, endWithMessage, InputError, messageOf } from '../input-error';

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

describe('a message', () => {
  const hostile = 'a\u001b[31m\u009b\u202e\u2028\ud800';
  const shown = 'a\\u{1b}[31m\\u{9b}\\u{202e}\\u{2028}\\u{d800}';

  it('shows control and direction characters wherever they come from', () => {
    const problem = { where: `${hostile}\n`, what: hostile, got: '\u009b\u202e', expected: hostile };
    expect(describeProblem(problem)).toBe(
      `${shown}\\u{a}: ${shown}, got "\\u{9b}\\u{202e}"; expected ${shown}`,
    );
    expect(new InputError(`${hostile}\n\t${hostile}`).message).toBe(`${shown}\n\t${shown}`);
  });

  it('keeps whole characters of every language', () => {
    expect(new InputError('ñ 🦇 漢字 العربية').message).toBe('ñ 🦇 漢字 العربية');
  });

  it('shows them in what AWS and the file system say', () => {
    expect(messageOf(named('NoSuchKey', { $metadata: {}, message: hostile }))).toBe(
      `AWS: NoSuchKey: ${shown}`,
    );
    expect(messageOf(named('Error', { syscall: 'open', message: hostile }))).toBe(shown);
  });
});
