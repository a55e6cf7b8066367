/** What may not grow unnoticed, and no clock could guard: counts, as measured, with a little room for new versions of packages. */
export const budgets = {
  /** CommonJS modules that the app loads. */
  'modules loaded at synth': 510,
  /** Bytes of each function's folder before it is zipped, source map and what answers over HTTP included. */
  'bytes of a function': 217_600,
  /** Requests to AWS of a plan that finds nothing to change, those for the state among them; one for each item. */
  'requests of a plan of table': 20,
  'requests of a plan of functions': 51,
} as const;

/** Fails when more was counted than its budget allows. */
export function expectWithinBudget(name: keyof typeof budgets, counted: number): void {
  const budget = budgets[name];
  if (counted <= budget) return;
  throw new Error(
    `${name}: ${counted}, over the budget of ${budget}; find out what grew (docs/performance.md), or raise the budget in __tests__/budgets.ts and say why in the commit`,
  );
}
