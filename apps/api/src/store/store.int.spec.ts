import { createHash } from 'node:crypto';
import { truncate, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBase32 } from '#nix';
import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { storeFarm, type StoreFarm } from '../../testing/store-farm.js';

let api: TestApi;
let store: TestStore;
let farm: StoreFarm;

beforeAll(async () => {
  store = await withTestStore();
  api = await startApi({ nix: store.settings });
  await api.admin.send('PUT', '/project/demo', {});
  farm = await storeFarm(api, store, Date.parse('2026-01-02T03:04:05Z'));
});
afterAll(async () => {
  await api.close();
  await store.remove();
});

const refused: readonly (readonly [string, number, string, RegExp])[] = [
  ['/build/301/output/dev', 404, 'name', /no such output/],
  ['/build/301/output/__proto__', 404, 'name', /no such output/],
  ['/build/301/output/..%2fout', 404, 'name', /no such output/],
  ['/build/301/output/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 404, 'name', /no such output/],
  [`/build/301/output/${'x'.repeat(256)}`, 400, 'name', /at most 255/],
  ['/build/303/output/out', 410, 'id', /not in the store of this host any more/],
  ['/build/304/output/out', 404, 'id', /not finished/],
  ['/build/305/output/out', 404, 'id', /made no output/],
  ['/build/999/output/out', 404, 'id', /no such build/],
  ['/build/303/build-deps', 410, 'id', /not in the store of this host any more/],
  ['/build/999/build-deps', 404, 'id', /no such build/],
  ['/build/303/runtime-deps', 410, 'id', /not in the store of this host any more/],
  ['/build/304/runtime-deps', 404, 'id', /not finished/],
  ['/build/305/runtime-deps', 404, 'id', /made no output/],
];

it.each(refused)('%s is answered %i, naming %s', async (path, status, field, why) => {
  const { status: answered, json } = await api.anonymous.get(path);
  expect([answered, json.field, json.error]).toEqual([status, field, expect.stringMatching(why)]);
});

describe('an output', () => {
  it('comes as its NAR, byte for byte as Nix dumps it', async () => {
    const response = await fetch(`${api.url}/build/301/output/out`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const narHash = await store.nixStore('--query', '--hash', farm.out);
    const wanted = await store.nixStore('--query', '--size', farm.out);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/x-nix-archive',
      'content-length': wanted,
      'content-disposition': 'attachment; filename="demo-1.0.nar"',
      etag: `"${narHash}"`,
    });
    expect(bytes.length).toBe(Number(wanted));
    const hash = encodeBase32(createHash('sha256').update(bytes).digest());
    expect(`sha256:${hash}`).toBe(narHash);
  });
  it('is only described to who asks for its head', async () => {
    const head = await fetch(`${api.url}/build/301/output/out`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([
      200,
      await store.nixStore('--query', '--size', farm.out),
    ]);
  });
  it('is read as it is taken: one that is larger than what may be kept of it comes whole', async () => {
    const file = join(store.dir, 'large');
    await writeFile(file, '');
    await truncate(file, 256 * 1024 * 1024);
    const out = await store.add(file);
    await simulate(api, {
      ...{ project: 'demo', jobset: 'store', evaluationId: 61, firstBuildId: 401 },
      jobs: [{ job: 'large', status: 'succeeded', out }],
    });
    const response = await fetch(`${api.url}/build/401/output/out`);
    let bytes = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of response.body!) {
      bytes += (piece as Uint8Array).length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(bytes).toBe(Number(response.headers.get('content-length')));
    expect(most).toBeLessThan(128 * 1024 * 1024);
  });
  it('that is collected between two questions is gone, not an error', async () => {
    const file = await store.write('short-lived', 'x');
    const out = await store.add(file);
    await simulate(api, {
      ...{ project: 'demo', jobset: 'store', evaluationId: 62, firstBuildId: 402 },
      jobs: [{ job: 'short', status: 'succeeded', out }],
    });
    expect((await api.anonymous.get('/build/402/output/out')).status).toBe(200);
    await store.nixStore('--delete', out);
    expect((await api.anonymous.get('/build/402/output/out')).status).toBe(410);
    expect((await api.anonymous.get('/build/402/runtime-deps')).status).toBe(410);
  });
});

describe('the build dependencies', () => {
  it('are the derivations that it needs, with the builds and steps of the farm', async () => {
    const { status, json } = await api.anonymous.get('/build/301/build-deps');
    expect(status).toBe(200);
    expect(json).toMatchObject({ build: 301, missing: [], truncated: false });
    const [demo, library] = json.derivations;
    expect(demo).toMatchObject({ drvpath: farm.drvPath, outputs: { out: farm.out }, build: 301 });
    expect(demo.inputs).toEqual([{ drvpath: library.drvpath, outputs: ['out'] }]);
    expect(library).toMatchObject({
      outputs: { out: farm.library },
      build: 302,
      step: { build: 302, stepnr: 1, status: 'succeeded' },
    });
  });
  it('are a tree on their page', async () => {
    const { text } = await api.anonymous.page('/build/301/build-deps');
    expect(text).toContain('greeting-1.0');
    expect(text).toContain('href="/build/302"');
    expect(text).toContain('href="/build/302/step/1"');
  });
  it('are read from derivations only, and from nowhere but the store', async () => {
    const dir = join(store.dir, 'elsewhere');
    await mkdir(dir);
    await writeFile(join(dir, 'secret.drv'), 'of the host');
    await simulate(api, {
      ...{ project: 'demo', jobset: 'store', evaluationId: 63, firstBuildId: 403 },
      jobs: [{ job: 'evil', status: 'succeeded', drvPath: `${dir}/secret.drv` }],
    });
    const { status, text } = await api.anonymous.get('/build/403/build-deps');
    expect(status).toBe(410);
    expect(text).not.toContain('of the host');
  });
});

describe('the runtime dependencies', () => {
  it('are the paths that its outputs refer to, with the builds that made them', async () => {
    const { status, json } = await api.anonymous.get('/build/301/runtime-deps');
    expect(status).toBe(200);
    expect(json).toMatchObject({ build: 301, total: 2, truncated: false });
    expect(json.paths).toMatchObject([
      { path: farm.out, references: [farm.library], deriver: farm.drvPath, build: 301 },
      { path: farm.library, references: [], build: 302 },
    ]);
    const sum = json.paths.reduce((all: number, { narsize }: { narsize: number }) => all + narsize, 0);
    expect(json.closuresize).toBe(sum);
  });
  it('are a tree on their page', async () => {
    const { text } = await api.anonymous.page('/build/301/runtime-deps');
    expect(text).toContain('2 paths, ');
    expect(text).toContain('href="/build/302"');
  });
});

it('a host without Nix has nothing of it, and says so', async () => {
  const other = await startApi();
  await simulateOne(other);
  for (const path of ['/build/1/output/out', '/build/1/runtime-deps', '/build/1/build-deps'])
    expect([path, (await other.anonymous.get(path)).status]).toEqual([path, 410]);
  await other.close();
});

const simulateOne = async (other: TestApi): Promise<void> => {
  await other.admin.send('PUT', '/project/demo', {});
  await other.admin.send('PUT', '/jobset/demo/main', {
    nixexprinput: 'src',
    nixexprpath: 'release.nix',
    inputs: { src: { type: 'git', value: 'https://example.org/demo.git main' } },
  });
  await simulate(other, {
    ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1 },
    jobs: [{ job: 'a', status: 'succeeded' }],
  });
};
