// Leaves the counts of a Jest run for scripts/test.mjs. A file that could not run at all counts as one failure.
import fs from 'node:fs';

export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      left: results.numPendingTests + results.numTodoTests,
    };
    fs.writeFileSync(process.env.IOLAUS_TEST_SUMMARY, JSON.stringify(summary));
  }
}
