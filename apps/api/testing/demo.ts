import { createHash } from 'node:crypto';
import { backup, type BackupCommand, backupStream, isRejection } from '#domain';
import { commandHandler } from '#event-store';
import { uuidv4 } from '#runtime';
import { examples } from '../../../libs/domain/testing/examples.js';
import type { TestApi } from './api.js';
import { completeStep, gitInput, simulate, startStep, storePath } from './farm.js';
import { jobsetBody } from './jobset-body.js';
import { logKey, type LogWriter } from '#binary-cache';

/** A farm with something of everything on its pages. `atMs`: when it happened. Answers the writer of the log of build 207, which runs. */
export const demoFarm = async (api: TestApi, atMs: number): Promise<LogWriter> => {
  await api.admin.send('PUT', '/project/demo', {
    displayname: 'Demo',
    description: 'Plain derivations that show every outcome',
    homepage: 'https://example.org/',
  });
  await api.admin.send('PUT', '/project/tools', { displayname: 'Tools', description: 'Nothing yet' });
  await api.admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, description: 'The main line' });
  const contents = 'Maintenance on Friday from 20:00 UTC.\nBuilds wait for it, and go on afterwards.';
  await api.admin.send('POST', '/admin/news/submit', { contents, reason: 'planned' });
  await api.admin.send('PUT', '/jobset/demo/release-1.0', {
    ...jobsetBody,
    enabled: 2,
    description: 'Once, for the release',
  });
  const inputs = (revision: string) => [
    gitInput('src', 'https://github.com/example/demo.git', revision.repeat(5)),
    gitInput('nixpkgs', 'https://example.org/nixpkgs.git', '8c9d0e1f'.repeat(5)),
  ];
  const names = ['hello', 'compiler', 'library', 'docs', 'tests', 'tools'];
  // What came before: failures that grow and go.
  for (const [index, failing] of [0, 1, 3, 2, 1, 0].entries())
    await simulate(api, {
      project: 'demo',
      jobset: 'main',
      evaluationId: 31 + index,
      firstBuildId: 11 + index * 4,
      atMs: atMs - (30 - index * 4) * 3_600_000,
      evaluationMs: 1500 + index * 250,
      inputs: inputs(`1a2b3c${index}0`),
      jobs: ['hello', 'docs', 'tests', 'old-gui'].map(
        (job, nr) => ({ job: `${job}.x86_64-linux`, status: nr < failing ? 'failed' : 'succeeded' }) as const,
      ),
    });
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 41,
    firstBuildId: 101,
    atMs: atMs - 7_200_000,
    inputs: inputs('0f1e2d3c'),
    jobs: names.map(
      (job) =>
        ({
          job: `${job}.x86_64-linux`,
          status: job === 'docs' ? 'failed' : 'succeeded',
          log: `building ${job}\n`,
        }) as const,
    ),
  });
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 42,
    firstBuildId: 201,
    atMs: atMs - 600_000,
    inputs: inputs('4b5a6978'),
    errors: [{ job: 'gui.x86_64-darwin', message: "error: undefined variable 'qt7'\n\n       at release.nix:12:5" }],
    jobs: [
      {
        job: 'hello.x86_64-linux',
        status: 'succeeded',
        log: 'building hello\n',
        description: {
          description: 'A greeting',
          license: 'MIT',
          homepage: 'https://example.org/hello',
          maintainers: ['ada@example.org'],
        },
      },
      {
        job: 'compiler.x86_64-linux',
        status: 'failed',
        log: `${Array.from({ length: 60 }, (_, i) => `[${i + 1}/60] cc -c file${i}.c`).join('\n')}\nfile59.c:7:1: error: expected ';' before '}' token\nmake: *** [Makefile:4: file59.o] Error 1\n`,
      },
      { job: 'library.x86_64-linux', status: 'dependency-failed', failedBy: 'compiler.x86_64-linux' },
      { job: 'docs.x86_64-linux', status: 'succeeded' },
      { job: 'tests.x86_64-linux', status: 'timed-out' },
      { job: 'tools.x86_64-linux', status: 'failed-with-output' },
      { job: 'installer.x86_64-linux' },
      { job: 'image.aarch64-linux', description: { system: 'aarch64-linux' } },
      { job: 'release', constituents: ['hello.x86_64-linux', 'docs.x86_64-linux', 'compiler.x86_64-linux'] },
    ],
  });
  const reason = 'all tests passed but one that is known to be flaky';
  await api.admin.send('POST', '/eval/41/release', { name: 'demo-1.0', reason });
  await api.admin.send('POST', '/eval/41/revoke', { reason: 'the flaky test found a real bug' });
  await nightly(api, atMs);
  // What build 207 needed before its own derivation: seconds after the farm's begin, and how many it took.
  for (const [index, [name, began, took]] of (
    [
      ['bash-5.2', -560, 90],
      ['gcc-13.3', -550, 260],
      ['linux-6.12', -280, 180],
    ] as const
  ).entries()) {
    const needed = storePath(900 + index, `${name}.drv`);
    await startStep(api, 207, needed, 1, atMs + began * 1000);
    const written = await api.logs.create(logKey(needed, 1));
    await written.write(Buffer.from(`building ${name}\n`));
    await completeStep(api, 207, needed, await written.close(), 'succeeded', atMs + began * 1000, took * 1000);
  }
  const drv = storePath(207, 'job-207.drv');
  await startStep(api, 207, drv, 1, atMs - 90_000);
  const writer = await api.logs.create(logKey(drv, 1));
  await writer.write(Buffer.from('unpacking sources\nbuilding the image\n'));
  await api.admin.send('PUT', '/jobset/demo/try', { ...jobsetBody, description: 'A try' });
  await api.admin.send('DELETE', '/jobset/demo/try', { reason: 'nobody needs it any more' });
  await api.admin.send('POST', '/api/push?jobsets=demo:release-1.0');
  await api.admin.send('POST', '/machines', { uri: 'localhost', systemTypes: ['x86_64-linux'], maxJobs: 2 });
  const mac = {
    uri: 'ssh://builder@mac1.example',
    systemTypes: ['aarch64-darwin'],
    supportedFeatures: ['big-parallel'],
  };
  await api.admin.send('POST', '/machines', mac);
  await api.admin.send('POST', '/machine/builder%40mac1.example/disable', { reason: 'its disk is being replaced' });
  await copyBuild(api, 201, atMs);
  await copyBuild(api, 205, atMs, "NoSuchBucket: there is no bucket 'nix-backup'");
  return writer;
};

/** A jobset with a past: an aggregate that broke some nights ago, and what it is made of. */
const nightly = async (api: TestApi, atMs: number): Promise<void> => {
  await api.admin.send('PUT', '/jobset/demo/nightly', { ...jobsetBody, description: 'Each night' });
  const MIB = 2 ** 20;
  for (let night = 0; night < 18; night++) {
    const broken = night >= 15 || night === 6;
    const app = night === 10 ? 'cancelled' : broken ? 'failed' : 'succeeded';
    const measured = {
      tookMs: 60_000 + ((night * 37) % 11) * 4000 + night * 1500,
      size: Math.round((12 + night * 0.4) * MIB),
      closureSize: Math.round((180 + (night > 9 ? 40 : 0) + ((night * 5) % 7)) * MIB),
      metrics: [{ name: 'coverage', value: 74 + ((night * 13) % 9) / 2, unit: '%' }],
    };
    await simulate(api, {
      ...{ project: 'demo', jobset: 'nightly', evaluationId: 11 + night, firstBuildId: 21 + night * 4 },
      atMs: atMs - (18 - night) * 86_400_000,
      revision: createHash('sha1').update(`night ${night}`).digest('hex'),
      jobs: [
        { job: 'app', status: app, measured },
        { job: 'library', status: 'succeeded' },
        { job: 'manual', ...(night === 17 ? {} : { status: night % 8 === 3 ? 'timed-out' : 'succeeded' }) },
        {
          job: 'tested',
          constituents: ['app', 'library', 'manual'],
          ...(night === 17
            ? {}
            : { status: app === 'succeeded' && night % 8 !== 3 ? 'succeeded' : 'dependency-failed' }),
        },
      ],
    });
  }
};

/** What the S3 backup says of a build: copied, or given up with an error. */
const copyBuild = async ({ store }: TestApi, buildId: number, atMs: number, error?: string): Promise<void> => {
  const handle = commandHandler(store, backup);
  const { part: _, parts: _parts, ...example } = examples.BackupCompleted.data;
  const copy = { buildId, target: { bucket: 'nix-backup', prefix: 'cache/' } };
  const commands: Omit<BackupCommand, 'at'>[] = [
    { type: 'RequestBackup', data: { ...copy, compression: 'zstd' } },
    error === undefined
      ? {
          type: 'CompleteBackup',
          data: { ...example, ...copy, startedAtMs: atMs - 500_000, stoppedAtMs: atMs - 498_000 },
        }
      : { type: 'FailBackup', data: { ...copy, error, attempts: 1, failedAtMs: atMs - 400_000 } },
  ];
  for (const command of commands) {
    const commandId = uuidv4();
    const context = { actor: { kind: 'system', id: 's3-backup' }, via: 'test', correlationId: commandId } as const;
    const outcome = await handle(
      backupStream(buildId),
      { ...command, at: new Date(atMs).toISOString() } as BackupCommand,
      { commandId, ...context, causationId: commandId },
    );
    if (isRejection(outcome)) throw new Error(outcome.rejected);
  }
};

export const DEMO_PAGES = {
  overview: '/',
  project: '/project/demo',
  jobset: '/jobset/demo/main',
  'jobset-errors': '/jobset/demo/main/errors',
  'jobset-new': '/jobset/demo/release-1.0',
  'jobset-jobs': '/jobset/demo/main/jobs',
  'jobset-jobs-inactive': '/jobset/demo/main/jobs?filter=i&showInactive=1',
  'jobset-configuration': '/jobset/demo/main/configuration',
  'jobset-history': '/jobset/demo/main/history',
  'jobset-edit': '/jobset/demo/main/edit',
  'jobset-clone': '/jobset/demo/main/clone',
  'project-new': '/create-project',
  users: '/users',
  user: '/user/admin',
  dashboard: '/dashboard/admin',
  'dashboard-jobs': '/dashboard/admin/my-jobs',
  'dashboard-jobsets': '/dashboard/admin/my-jobsets',
  admin: '/admin',
  news: '/admin/news',
  audit: '/audit',
  releases: '/releases',
  record: '/eval/42/audit',
  evals: '/evals',
  evaluation: '/eval/42',
  'evaluation-revoked': '/eval/41',
  'evaluation-filtered': '/eval/42?compare=41&filter=s',
  'evaluation-errors': '/eval/42/errors',
  'build-succeeded': '/build/201',
  'build-failed': '/build/202',
  'build-running': '/build/207',
  'build-aggregate': '/build/209',
  'build-dependency-failed': '/build/203',
  'build-restarted': '/build/206',
  step: '/build/202/step/1',
  steps: '/steps',
  'all-builds': '/all',
  log: '/build/202/log',
  'log-search': '/build/202/log?search=error&line=61',
  'log-live': '/build/207/log',
  job: '/job/demo/main/hello.x86_64-linux',
  'job-failing': '/job/demo/nightly/app',
  'job-aggregate': '/job/demo/nightly/tested',
  'job-builds': '/job/demo/nightly/app/all',
  'job-charts': '/job/demo/nightly/app/charts',
  'jobset-builds': '/jobset/demo/nightly/all',
  'project-builds': '/project/demo/all',
  machines: '/machines',
  machine: '/machine/builder%40mac1.example',
  queue: '/queue',
  scheduler: '/scheduler',
  why: '/build/202/why',
  status: '/status',
  insights: '/insights',
  system: '/system',
  buckets: '/buckets',
  bucket: '/bucket/nix-backup',
  search: '/search?query=demo',
  'sign-in': '/login',
  'not-found': '/nothing',
  'jobset-deleted': '/jobset/demo/try',
} as const;
