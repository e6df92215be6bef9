process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // for people who run Iolaus on Node 20, not for a log of tests

/** One configuration; a file's suffix tells its cost: .spec.ts needs nothing, .int.spec.ts needs PostgreSQL, S3, Nix. */
export default {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.spec.tsx'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true, decorators: true },
          transform: {
            legacyDecorator: true,
            react: { runtime: 'automatic', importSource: '@kitajs/html' },
          },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        swcrc: false,
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  globalSetup: '<rootDir>/test/stack/global-setup.mjs',
  globalTeardown: '<rootDir>/test/stack/global-teardown.mjs',
  testEnvironment: 'node',
  testTimeout: 60_000,
};
