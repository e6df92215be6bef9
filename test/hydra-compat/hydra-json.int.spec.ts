import { readdirSync, readFileSync } from 'node:fs';
import { startApi, type TestApi } from '../../apps/api/testing/api.js';
import { simulate } from '../../apps/api/testing/farm.js';

/** Each file: a request as clients of Hydra send it, and the reply that they expect, whole. */
const folder = new URL('./golden/', import.meta.url);
type Golden = { request: string; status: number; location?: string; body?: unknown };
const goldens = readdirSync(folder)
  .sort()
  .map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden] as const);

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/flake', {
    flake: 'github:example/demo',
    enabled: 2,
    visible: false,
    checkinterval: 0,
  });
  await api.admin.send('PUT', '/jobset/demo/main', {
    description: 'the release',
    nixexprinput: 'src',
    nixexprpath: 'release.nix',
    checkinterval: 0,
    schedulingshares: 50,
    emailoverride: 'ada@example.org',
    inputs: {
      src: { type: 'git', value: 'https://example.org/demo.git main' },
      officialRelease: { type: 'boolean', value: 'false', emailresponsible: true },
    },
  });
  // From then on nobody else makes jobsets in it.
  await api.admin.send('PUT', '/project/demo', {
    displayname: 'Demo',
    description: 'Plain derivations',
    homepage: 'https://example.org/',
    declarative: { file: 'spec.json', type: 'git', value: 'https://example.org/demo.git main' },
  });
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 11,
    firstBuildId: 21,
    errors: [{ job: 'broken', message: "error: undefined variable 'x'" }],
    jobs: [
      { job: 'hello.x86_64-linux', status: 'succeeded', log: 'built\n' },
      { job: 'failing', status: 'failed-with-output' },
      { job: 'waiting' },
      { job: 'all', status: 'succeeded', constituents: ['hello.x86_64-linux', 'failing'] },
    ],
  });
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 12,
    firstBuildId: 31,
    atMs: Date.parse('2026-01-02T04:00:00Z'),
    jobs: [{ job: 'hello.x86_64-linux', status: 'cancelled' }],
  });
});
afterAll(() => api.close());

describe('what clients of Hydra expect', () => {
  it.each(goldens)('%s', async (_, { request, status, location, body }) => {
    const [method, path] = request.split(' ') as [string, string];
    const answer = method === 'GET' ? await api.anonymous.get(path) : await api.admin.send(method, path);
    // A command's answer names its events beside what Hydra's says.
    if (method !== 'GET') delete answer.json.events;
    expect({ status: answer.status, location: answer.headers.get('location') ?? undefined, body: answer.json }).toEqual(
      { status, location, body },
    );
    expect(answer.headers.get('vary')).toBe('Accept');
  });
});
