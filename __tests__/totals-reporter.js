/** Ends a run with what was skipped and its totals on one line; a suite that could not be loaded counts as a failure. */
module.exports = class TotalsReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // Behind the summary, which jest writes after all reporters have run.
    process.once('exit', () => {
      for (const [name, count] of countSkipped(results)) console.log(`skipped: ${name} (${count})`);
      console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
    });
  }
};

/** The number of skipped tests by the name of their block: the one that says in brackets what is missing, or the outermost. */
function countSkipped({ testResults }) {
  const counts = new Map();
  for (const test of testResults.flatMap((file) => file.testResults)) {
    if (test.status !== 'pending' && test.status !== 'todo') continue;
    const [outermost = test.title, ...inner] = test.ancestorTitles;
    const name = [outermost, ...inner].find((it) => it.endsWith(')')) ?? outermost;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
