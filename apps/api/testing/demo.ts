import type { TestApi } from './api.js';
import { simulate, startStep, storePath } from './farm.js';
import { jobsetBody } from './jobset-body.js';
import { logKey } from '#binary-cache';

/** A farm with something of everything on its pages. `atMs`: when it happened. */
export const demoFarm = async (api: TestApi, atMs: number): Promise<void> => {
  await api.admin.send('PUT', '/project/demo', {
    displayname: 'Demo',
    description: 'Plain derivations that show every outcome',
    homepage: 'https://example.org/',
  });
  await api.admin.send('PUT', '/project/tools', { displayname: 'Tools', description: 'Nothing yet' });
  await api.admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, description: 'The main line' });
  await api.admin.send('PUT', '/jobset/demo/release-1.0', {
    ...jobsetBody,
    enabled: 2,
    description: 'Once, for the release',
  });
  const names = ['hello', 'compiler', 'library', 'docs', 'tests', 'tools'];
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 41,
    firstBuildId: 101,
    atMs: atMs - 7_200_000,
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
      { job: 'library.x86_64-linux', status: 'dependency-failed' },
      { job: 'docs.x86_64-linux', status: 'succeeded' },
      { job: 'tests.x86_64-linux', status: 'timed-out' },
      { job: 'tools.x86_64-linux', status: 'failed-with-output' },
      { job: 'installer.x86_64-linux' },
      { job: 'image.aarch64-linux', description: { system: 'aarch64-linux' } },
      { job: 'release', constituents: ['hello.x86_64-linux', 'docs.x86_64-linux', 'compiler.x86_64-linux'] },
    ],
  });
  const drv = storePath(207, 'job-207.drv');
  await startStep(api, 207, drv, 1, atMs - 90_000);
  const writer = await api.logs.create(logKey(drv, 1));
  await writer.write(Buffer.from('unpacking sources\nbuilding the image\n'));
  await api.admin.send('POST', '/api/push?jobsets=demo:release-1.0');
};

export const DEMO_PAGES = {
  overview: '/',
  project: '/project/demo',
  jobset: '/jobset/demo/main',
  'jobset-errors': '/jobset/demo/main/errors',
  'jobset-new': '/jobset/demo/release-1.0',
  evaluation: '/eval/42',
  'evaluation-errors': '/eval/42/errors',
  'build-succeeded': '/build/201',
  'build-failed': '/build/202',
  'build-running': '/build/207',
  'build-aggregate': '/build/209',
  log: '/build/202/log',
  'log-live': '/build/207/log',
  job: '/job/demo/main/hello.x86_64-linux',
  queue: '/queue',
  status: '/status',
  search: '/search?query=demo',
  'sign-in': '/login',
  'not-found': '/nothing',
} as const;
