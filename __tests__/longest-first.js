const { default: Sequencer } = require('@jest/test-sequencer');

/** Runs the suites with real Terraform first: a clean clone has no times of an earlier run, and a long suite that starts last runs alone. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const isShort = ({ path }) => Number(!path.includes('/end-to-end/'));
    return super.sort(tests).sort((a, b) => isShort(a) - isShort(b));
  }
};
