import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What expressions see: `github`, `needs`, `matrix` and the like, as plain values. */
export type Contexts = Readonly<Record<string, unknown>>;

/** How far a job or its steps have come, which `success()` and the like ask for. */
export interface Status {
  readonly failed: boolean;
  /** Whether something that is needed has neither failed nor run. */
  readonly skipped?: boolean;
}

/** The value of an expression, without `${{` and `}}`. */
function evaluate(expression: string, contexts: Contexts, { failed, skipped = false }: Status): unknown {
  const answers = {
    success: !failed && !skipped,
    failure: failed,
    cancelled: false,
    always: true,
  };
  const functions = Object.entries(answers).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
  const parsed = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const dictionary = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  const value = new Evaluator(parsed, dictionary, new Map(functions.map((it) => [it.name, it]))).evaluate();
  return JSON.parse(JSON.stringify(value, data.replacer));
}

const whole = /^\$\{\{((?:(?!\}\}).)+)\}\}$/s;

/** A value of a workflow with its expressions evaluated: a text that is one expression becomes that one's value. */
export function expand(value: unknown, contexts: Contexts, status: Status = { failed: false }): unknown {
  if (Array.isArray(value)) return value.map((it) => expand(it, contexts, status));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, expand(it, contexts, status)]));
  }
  if (typeof value !== 'string') return value;
  const [, expression] = whole.exec(value.trim()) ?? [];
  if (expression !== undefined) return evaluate(expression, contexts, status);
  return value.replace(/\$\{\{(.+?)\}\}/gs, (_, it) => String(evaluate(it, contexts, status) ?? ''));
}

/** Whether an `if` lets a job or a step run: where it does not ask for a status, `success()` is meant. */
export function isMet(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const [, inside = condition ?? 'success()'] = whole.exec(condition ?? '') ?? [];
  const asks = /\b(success|failure|cancelled|always)\s*\(/.test(inside);
  return Boolean(evaluate(asks ? inside : `success() && (${inside})`, contexts, status));
}
