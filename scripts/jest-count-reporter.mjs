/** Prints the plain closing line `N passed, N failed` after everything else jest prints. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A suite that did not even load counts as one failure.
    const failed = results.numFailedTests + results.testResults.filter((suite) => suite.testExecError).length;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed` + (skipped ? `, ${skipped} skipped` : '');
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}
