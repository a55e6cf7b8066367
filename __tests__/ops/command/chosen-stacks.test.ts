import { InputError } from '../../../input-error';
import { chosenStacks } from '../../../ops/command/chosen-stacks';
import { environment, web } from '../../stacks/synthesize';

const lab = environment('lab');
const pipeline = { repository: 'acme/supermission', identityProvider: 'defined' } as const;

describe('chosenStacks', () => {
  it.each([
    [
      ['functions', 'table'],
      ['table', 'functions'],
    ],
    [['func*'], ['functions']],
    [['table', 'table', 't*'], ['table']],
    [['{table,functions}'], ['table', 'functions']],
  ])('takes %j for %j: each once, in the order of deployment', (words, stacks) => {
    expect(chosenStacks(words, lab)).toEqual(stacks);
  });

  it('takes the system, or what the command works on, where nothing is named', () => {
    expect(chosenStacks([], lab)).toEqual(['state-backend', 'table', 'functions']);
    expect(chosenStacks([], lab, ['table'])).toEqual(['table']);
  });

  it('knows those that an environment has beside the system, and takes the web without its name', () => {
    expect(chosenStacks([], { web, pipeline })).toEqual(['state-backend', 'table', 'functions', 'web']);
    expect(chosenStacks(['pipeline', 'w*'], { web, pipeline })).toEqual(['web', 'pipeline']);
  });

  it.each([[['wrong']], [['table', 'wrong*']], [['']], [['--auto-approve']]])(
    'fails when a word names no stack: %j',
    (words) => {
      expect(() => chosenStacks(words, lab)).toThrow(InputError);
      expect(() => chosenStacks(words, lab)).toThrow(
        /^stack: unknown, got ".*"; expected one of state-backend, table, functions, or a pattern such as "func\*"$/,
      );
    },
  );

  it.each(['web', 'pipeline', 'pipe*'])('fails when the environment has none that is called %s', (word) => {
    expect(() => chosenStacks([word], lab)).toThrow(
      `stack: not in this environment, got "${word}"; expected one of state-backend, table, functions, or`,
    );
  });
});
