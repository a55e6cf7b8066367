import { InputError } from '../../../input-error';
import { chosenStacks } from '../../../ops/command/chosen-stacks';

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
    expect(chosenStacks(words)).toEqual(stacks);
  });

  it('takes the system, or what the command works on, where nothing is named', () => {
    expect(chosenStacks([])).toEqual(['state-backend', 'table', 'functions']);
    expect(chosenStacks([], ['table'])).toEqual(['table']);
  });

  it.each([[['wrong']], [['table', 'wrong*']], [['']], [['--auto-approve']]])(
    'fails when a word names no stack: %j',
    (words) => {
      expect(() => chosenStacks(words)).toThrow(InputError);
      expect(() => chosenStacks(words)).toThrow(
        /^stack: unknown, got ".*"; expected one of state-backend, table, functions, pipeline, or a pattern such as "func\*"$/,
      );
    },
  );
});
