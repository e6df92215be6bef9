const LIBS = [
  'domain',
  'scheduler',
  'event-store',
  'read-model',
  'coordination',
  'nix',
  'binary-cache',
  'accounts',
  'runtime',
];

/** A file that imports names and hands them on, so that no import is dropped as unused. */
const uses = (...imports: readonly (readonly [name: string, from: string])[]): string =>
  [
    ...imports.map(([name, from]) => `import { ${name} } from '${from}';`),
    `export const used = [${imports.map(([name]) => name).join(', ')}];`,
  ].join('\n');

const usesType = (name: string, from: string): string =>
  `import type { ${name} } from '${from}';\nexport type Used = ${name};`;

/** Every lib, and an edge of each allowed kind. Nothing here may be refused. */
export const CLEAN: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    LIBS.map((lib) => [`libs/${lib}/src/index.ts`, 'export const name = 1;\nexport type Name = 1;']),
  ),
  'libs/domain/src/kernel/kernel.ts': 'export type Event = string;',
  'libs/domain/src/build/events.ts': usesType('Event', '../kernel/kernel.js'),
  'libs/domain/src/step/events.ts': usesType('Event', '../kernel/kernel.js'),
  'libs/domain/src/processes/retry.ts': usesType('Used', '../build/events.js').replace('Used =', 'Build ='),
  'libs/scheduler/src/order.ts': uses(['name', '#domain']),
  'libs/event-store/src/lift.ts': uses(
    ['name', '#domain'],
    ['Client', 'pg'],
    ['EventStoreDBClient', '@eventstore/db-client'],
  ),
  'libs/read-model/src/rows.ts': uses(['name', '#domain'], ['Client', 'pg']),
  'libs/coordination/src/lease.ts': uses(['Client', 'pg']),
  'libs/accounts/src/users.ts': uses(['Client', 'pg'], ['z', 'zod']),
  'libs/binary-cache/src/s3.ts': uses(['name', '#nix'], ['S3Client', '@aws-sdk/client-s3']),
  'libs/nix/src/run.ts': uses(['spawn', 'node:child_process']),
  'apps/api/src/app.module.ts': uses(['Module', '@nestjs/common'], ['name', '#nix']),
  'apps/api/src/database.ts': uses(['Pool', 'pg']),
  'apps/cli/src/supervisor/app.ts': uses(['fork', 'node:child_process']),
  'apps/worker/src/shared/lease.ts': 'export const lease = 1;',
  'apps/worker/src/builder/duty.ts': uses(['lease', '../shared/lease.js']),
  'apps/worker/src/evaluator/duty.ts': uses(['lease', '../shared/lease.js']),
  'libs/nix/testing/fake.ts': uses(['name', '#domain']),
  'libs/nix/src/run.spec.ts': uses(['used', '../testing/fake.js'], ['Pool', 'pg']),
};

/** Files that break a rule each, and its name. */
export const BROKEN: readonly (readonly [file: string, source: string, rule: string])[] = [
  ['libs/domain/src/a.ts', uses(['name', '#nix']), 'domain-imports'],
  ['libs/runtime/src/a.ts', uses(['name', '#domain']), 'runtime-imports'],
  ['libs/accounts/src/a.ts', uses(['name', '#domain']), 'accounts-imports'],
  ['libs/coordination/src/a.ts', uses(['name', '#domain']), 'coordination-imports'],
  ['libs/nix/src/a.ts', usesType('Name', '#domain'), 'nix-imports'],
  ['libs/scheduler/src/a.ts', uses(['name', '#nix']), 'scheduler-imports'],
  ['libs/event-store/src/a.ts', uses(['name', '#read-model']), 'event-store-imports'],
  ['libs/read-model/src/a.ts', uses(['name', '#event-store']), 'read-model-imports'],
  ['libs/binary-cache/src/a.ts', uses(['name', '#domain']), 'binary-cache-imports'],
  ['libs/domain/src/b.ts', uses(['readFileSync', 'node:fs']), 'domain-is-pure'],
  ['libs/domain/src/c.ts', usesType('z', 'zod'), 'domain-is-pure'],
  ['libs/scheduler/src/b.ts', uses(['z', 'zod']), 'scheduler-is-pure'],
  [
    'libs/domain/src/build/other.ts',
    usesType('Used', '../step/events.js').replace('Used =', 'Other ='),
    'nouns-are-strangers',
  ],
  [
    'apps/worker/src/builder/other.ts',
    uses(['used', '../evaluator/duty.js']).replace('used =', 'other ='),
    'duties-are-strangers',
  ],
  ['apps/api/src/a.ts', uses(['fork', '../../cli/src/supervisor/app.js']), 'apps-are-strangers'],
  ['libs/nix/src/b.ts', uses(['Pool', '../../../apps/api/src/database.js']), 'libs-not-apps'],
  ['apps/api/src/b.ts', uses(['spawn', '../../../libs/nix/src/run.js']), 'apps-use-public-apis'],
  ['libs/binary-cache/src/b.ts', uses(['spawn', '../../nix/src/run.js']), 'libs-use-public-apis'],
  ['apps/api/src/c.ts', uses(['Pool', 'pg']), 'door-to-pg'],
  ['libs/nix/src/c.ts', usesType('Pool', 'pg'), 'door-to-pg'],
  ['libs/accounts/src/b.ts', uses(['EventStoreDBClient', '@eventstore/db-client']), 'door-to-eventstore'],
  ['libs/nix/src/d.ts', uses(['S3Client', '@aws-sdk/client-s3']), 'door-to-aws-sdk'],
  ['libs/accounts/src/c.ts', uses(['Module', '@nestjs/common']), 'door-to-nestjs'],
  ['apps/worker/src/a.ts', uses(['spawn', 'node:child_process']), 'only-nix-spawns'],
  ['libs/nix/src/e.ts', "import { f } from './f.js';\nexport const e = () => f;", 'no-circles'],
  ['libs/nix/src/g.ts', uses(['used', '../testing/fake.js']).replace('used =', 'g ='), 'tests-stay-tests'],
  ['libs/nix/src/h.ts', uses(['gone', './gone.js']), 'everything-resolves'],
];

/** The other half of the circle, which is told once. */
export const CIRCLE = ['libs/nix/src/f.ts', "import { e } from './e.js';\nexport const f = () => e;"] as const;
