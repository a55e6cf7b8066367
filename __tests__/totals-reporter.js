/** Ends a run with its totals on one line; a suite that could not be loaded counts as a failure. */
module.exports = class TotalsReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // Behind the summary, which jest writes after all reporters have run.
    process.once('exit', () =>
      console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`),
    );
  }
};
