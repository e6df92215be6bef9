/** Who may import whom (CONTRIBUTING.md). Each kind of rule is seen to fire in test/house/import-rules.spec.ts. */

/** Libs of ours that a lib may import. */
const may = {
  domain: [],
  runtime: [],
  accounts: [],
  coordination: [],
  nix: [],
  scheduler: ['domain'],
  'event-store': ['domain'],
  'read-model': ['domain'],
  'binary-cache': ['nix'],
};

/** One door to each outside thing: nobody else imports its client. An app opens its pool in one file, `database.ts`. */
const doors = [
  ['eventstore', '@eventstore/db-client', '^libs/event-store/'],
  [
    'pg',
    '(pg|pg-copy-streams)',
    '^libs/(event-store|read-model|accounts|coordination)/|^apps/[^/]+/src/database\\.ts$',
  ],
  ['aws-sdk', '@aws-sdk/[^/]+', '^libs/binary-cache/'],
  ['nestjs', '@nestjs/[^/]+', '^apps/'],
];

/** Tests may import anything. */
const TESTS = '\\.spec\\.tsx?$|/testing/|^test/|^bench/';
const OUTSIDE = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core', 'unknown'];

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { pathNot: TESTS, ...from }, to });
const orTests = (path) => `${path}|${TESTS}`;

module.exports = {
  forbidden: [
    rule('no-circles', 'a circle of imports crashes at load under ESM', {}, { circular: true }),
    rule(
      'everything-resolves',
      'an import that leads nowhere hides its edge from every other rule',
      {},
      { couldNotResolve: true },
    ),
    rule('libs-not-apps', 'a lib does not know who uses it', { path: '^libs/' }, { path: '^apps/' }),
    rule(
      'apps-are-strangers',
      'apps share libs, and talk by events and HTTP',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    rule(
      'tests-stay-tests',
      'what runs does not import tests',
      { path: '^(apps|libs)/' },
      { path: '\\.spec\\.tsx?$|/testing/|^(test|bench)/' },
    ),
    rule(
      'apps-use-public-apis',
      "a lib's public API is its index.ts",
      { path: '^apps/' },
      {
        path: '^libs/',
        pathNot: '^libs/[^/]+/src/index\\.ts$',
      },
    ),
    rule(
      'libs-use-public-apis',
      "a lib's public API is its index.ts",
      { path: '^libs/([^/]+)/' },
      {
        path: '^libs/',
        pathNot: '^libs/($1/|[^/]+/src/index\\.ts$)',
      },
    ),
    ...Object.entries(may).map(([lib, allowed]) =>
      rule(
        `${lib}-imports`,
        `may import ${allowed.join(', ') || 'no lib of ours'}`,
        { path: `^libs/${lib}/` },
        { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
      ),
    ),
    ...['domain', 'scheduler'].map((lib) =>
      rule(`${lib}-is-pure`, 'no npm, no node:', { path: `^libs/${lib}/` }, { dependencyTypes: OUTSIDE }),
    ),
    rule(
      'nouns-are-strangers',
      'only processes/ joins nouns',
      { path: '^libs/domain/src/([^/]+)/', pathNot: orTests('^libs/domain/src/processes/') },
      { path: '^libs/domain/src/[^/]+/', pathNot: '^libs/domain/src/($1|kernel)/' },
    ),
    rule(
      'duties-are-strangers',
      'duties meet in the event log',
      { path: '^apps/worker/src/([^/]+)/' },
      { path: '^apps/worker/src/[^/]+/', pathNot: '^apps/worker/src/($1|shared)/' },
    ),
    ...doors.map(([name, client, door]) =>
      rule(
        `door-to-${name}`,
        `only ${door}`,
        { pathNot: orTests(door) },
        { path: `(^|/)node_modules/(@types/)?${client}/|^${client}$` },
      ),
    ),
    rule(
      'only-nix-spawns',
      'processes are started by libs/nix, and by the supervisor',
      { pathNot: orTests('^libs/nix/|^apps/cli/src/supervisor/') },
      { path: '^(node:)?child_process$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|generated)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // `#domain` and the others are found by the `imports` of package.json, in the sources as tsc finds them.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['iolaus-src', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
