// Node 20 is supported as long as the SDK supports it; the SDK's reminder in every suite is noise.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/bench/'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
};

const onDemand =
  '**/__tests__/end-to-end/{adopt,bootstrap,drift,endings,extending,golden-set,lambda-conformance,leaving,newcomers-start,node-versions,opentofu,recovery,seed-import-many,workflows}.test.ts';

// A module of ECMAScript alone, which jest cannot load as it is.
const expressions = 'node_modules/@actions/expressions/dist';

/** @type {import('jest').Config} */
module.exports = {
  // One more than the cores of a small machine: Terraform waits for AWS much of the time.
  maxWorkers: 3,
  testSequencer: './__tests__/longest-first.js',
  globalSetup: './__tests__/temporary-folder.js',
  globalTeardown: './__tests__/temporary-folder.js',
  // Far above what any test needs: a busy machine is no failure.
  testTimeout: 60_000,
  reporters: ['default', './__tests__/totals-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['/__tests__/(local|end-to-end)/'],
    },
    {
      // Real Terraform and a real emulator: slow, and worth it.
      ...shared,
      displayName: 'local',
      testMatch: ['**/__tests__/{local,end-to-end}/**/*.test.ts', `!${onDemand}`],
    },
    {
      // Many runs of Terraform each: too long for every change.
      ...shared,
      displayName: 'operations',
      moduleNameMapper: { '^@actions/expressions$': `<rootDir>/${expressions}/index.js` },
      transform: { [`\\.ts$|/${expressions}/.+\\.js$`]: shared.transform['\\.ts$'] },
      transformIgnorePatterns: [`/node_modules/(?!@actions/expressions/)`],
      testMatch: [onDemand],
    },
  ],
};
