import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParkedEvents } from '#coordination';
import {
  backup,
  type BackupCommand,
  backupStream,
  bucket as bucketDecider,
  type BucketCommand,
  bucketStream,
} from '#domain';
import { commandHandler } from '#event-store';
import type { S3BackupConfig } from '#runtime';
import { examples } from '../../../../libs/domain/testing/examples.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

// Of nixpkgs' own manual on keys: the seed is all zeros, and nothing is signed by it.
const SECRET = `demo-1:${Buffer.concat([Buffer.alloc(32), Buffer.from('3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29', 'hex')]).toString('base64')}`;
const PUBLIC = 'demo-1:O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=';
const HOSTILE = `<script>alert(1)</script>`;
const DAY = 86_400_000;
const at = new Date().toISOString();
const now = Date.parse(at);

const context = () => {
  const commandId = randomUUID();
  return {
    commandId,
    actor: { kind: 'system', id: 'worker' },
    via: 'test',
    correlationId: commandId,
    causationId: commandId,
  } as const;
};

describe('buckets', () => {
  let api: TestApi;
  let dir: string;
  const signed = { bucket: 'signed', prefix: 'cache/' };
  const plain = { bucket: 'plain', prefix: '' };
  const gone = { bucket: 'plain', prefix: 'old/' };

  const section = (more: Partial<S3BackupConfig>): S3BackupConfig => ({
    name: 'plain',
    jobs: /^(?:demo:.*)$/u,
    compressionType: 'zstd',
    prefix: '',
    endpoint: 'https://s3.example.org',
    region: undefined,
    forcePathStyle: true,
    secretKeyFiles: [],
    ...more,
  });
  const say = async (buildId: number, command: Omit<BackupCommand, 'at'>): Promise<void> => {
    const outcome = await commandHandler(api.store, backup)(
      backupStream(buildId),
      { ...command, at } as BackupCommand,
      context(),
    );
    if ('rejected' in outcome) throw new Error(outcome.rejected);
  };
  const request = (buildId: number, target: typeof plain): Promise<void> =>
    say(buildId, { type: 'RequestBackup', data: { buildId, target, compression: 'xz' } });
  const complete = (buildId: number, target: typeof plain, stoppedAtMs: number, fileSize: number): Promise<void> => {
    const { startedAtMs: _, part: _part, parts: _parts, ...data } = examples.BackupCompleted.data;
    const paths = [{ ...data.paths[0]!, fileSize, narSize: fileSize * 3 }];
    return say(buildId, {
      type: 'CompleteBackup',
      data: { ...data, buildId, target, paths, startedAtMs: stoppedAtMs - 1500, stoppedAtMs },
    });
  };
  const fail = (buildId: number, target: typeof plain, error: string): Promise<void> =>
    say(buildId, { type: 'FailBackup', data: { buildId, target, error, attempts: 8, failedAtMs: now - 60_000 } });
  const types = async (buildId: number): Promise<string[]> => {
    const found: string[] = [];
    for await (const { type } of api.store.readStream(backupStream(buildId))) found.push(type);
    return found;
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'iolaus-buckets-'));
    writeFileSync(join(dir, 'demo.secret'), SECRET);
    const keys = [join(dir, 'demo.secret'), join(dir, 'not-for-the-api.secret')];
    api = await startApi({
      s3backup: [
        section({}),
        section({ name: 'signed', prefix: 'cache/', secretKeyFiles: keys }),
        section({ name: 'new' }),
      ],
    });
    await api.admin.send('PUT', '/project/demo', { displayname: 'Demo' });
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const jobs = ['one', 'two', 'three', 'four'].map((job) => ({ job, status: 'succeeded' }) as const);
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 31, firstBuildId: 301, jobs });
    for (const target of [plain, signed, gone]) await request(301, target);
    await complete(301, plain, now - 3 * DAY, 5_000_000);
    await complete(301, signed, now - 2 * DAY, 1000);
    await fail(301, gone, 'AccessDenied');
    for (const build of [302, 303, 304]) {
      await request(build, plain);
      await fail(build, plain, `NoSuchBucket: ${HOSTILE}`);
    }
    await request(304, signed);
    const collect = commandHandler(api.store, bucketDecider);
    for (const command of [
      {
        type: 'CondemnGarbage',
        data: { ...examples.GarbageCondemned.data, target: plain, startedAtMs: now - DAY, listedAtMs: now - DAY },
      },
      {
        type: 'ReportCollection',
        data: { ...examples.GarbageCollected.data, target: plain, stoppedAtMs: now - DAY + 2000 },
      },
    ])
      expect(await collect(bucketStream('plain'), { ...command, at } as BucketCommand, context())).not.toHaveProperty(
        'rejected',
      );
    await caughtUp(api);
  });
  afterAll(async () => {
    await api?.close();
    rmSync(dir, { recursive: true });
  });

  it('are listed with how the copies stand, those without a section and those without a copy too', async () => {
    const { json } = await api.anonymous.get('/buckets');
    expect(json.places).toMatchObject([
      { bucket: 'new', prefix: '', completed: 0, failed: 0, configured: true, lastCollection: null },
      {
        bucket: 'plain',
        prefix: '',
        completed: 1,
        failed: 3,
        uploadedBytes: 5_000_000,
        substituter: 's3://plain?endpoint=s3.example.org',
        lastCollection: { deleted: 200, left: 1000, leftBytes: 4_000_000 },
      },
      { bucket: 'plain', prefix: 'old/', failed: 1, configured: false, compression: null },
      {
        bucket: 'signed',
        prefix: 'cache/',
        completed: 1,
        requested: 1,
        substituter: 'https://s3.example.org/signed/cache',
      },
    ]);
    const page = await api.anonymous.page('/buckets');
    expect(page.text).toContain('href="/bucket/plain"');
    expect(page.text).toContain('✗ 3 parked');
    expect((await api.anonymous.page('/')).text).toContain('href="/buckets"');
  });

  it('show their size over time as a plot and a table, their collections and what is parked', async () => {
    const { json } = await api.anonymous.get('/bucket/plain?days=5');
    const [place, old] = json.places;
    expect(place.history.map(({ bytes }: { bytes: number }) => bytes)).toEqual([
      0, 5_000_000, 5_000_000, 4_000_000, 4_000_000,
    ]);
    expect(place.parked.map(({ buildId, job }: { buildId: number; job: string }) => [buildId, job])).toEqual([
      [302, 'two'],
      [303, 'three'],
      [304, 'four'],
    ]);
    expect(old.parked).toMatchObject([{ buildId: 301, attempts: 8, error: 'AccessDenied' }]);
    const { text } = await api.anonymous.page('/bucket/plain');
    expect(text).toMatch(
      /<svg[^>]* role="img" aria-label="Size from [\d-]+ to [\d-]+: 0 B at first, 3\.8 MiB at last, at most 4\.8 MiB"/,
    );
    expect(text.match(/<polyline[^>]*points="([^"]*)"/)![1]!.split(' ')).toHaveLength(90);
    expect(text).toContain('<caption class="">Collections</caption>');
    expect(text).toContain('npx iolaus s3-backup push 302 --bucket plain --prefix &#39;&#39;');
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<form method="post" action="/bucket');
    expect((await api.anonymous.get('/bucket/nothing')).status).toBe(404);
    expect((await api.anonymous.get('/bucket/plain?days=1')).json).toMatchObject({ field: 'days' });
  });

  it('say on the page of a build what is there and how to fetch it', async () => {
    const text = (await api.anonymous.page('/build/301')).text.replaceAll('&#39;', "'");
    const out = storePath(5301, 'job-301');
    expect(text).toContain(`nix copy --no-check-sigs --from 's3://plain?endpoint=s3.example.org' ${out}`);
    expect(text).toContain(
      `nix-store -r ${out} --option substituters https://s3.example.org/signed/cache --option extra-trusted-public-keys ${PUBLIC}`,
    );
    expect(text).toContain('The public half of further keys: <code>nix key convert-secret-to-public</code>');
    expect(text).toContain('AccessDenied (given up after 8 attempts)');
    expect(text).toContain('npx iolaus s3-backup push 301 --bucket plain --prefix old/');
    expect(text).not.toContain(SECRET.slice(7, 40));
  });

  it('have an upload released by an admin only, never from another site, and the log says who and why', async () => {
    const body = { build: 302, reason: 'the bucket is there now' };
    const ben = await api.signIn('ben', 'restart-jobs');
    expect((await api.anonymous.send('POST', '/bucket/plain/release', body)).status).toBe(401);
    expect((await ben.send('POST', '/bucket/plain/release', body)).status).toBe(403);
    const forged = await api.admin.send('POST', '/bucket/plain/release', body, { origin: 'https://evil.example.org' });
    expect(forged.status).toBe(403);
    expect((await api.admin.send('POST', '/bucket/plain/release?dry-run=1', body)).json).toMatchObject({
      dryRun: true,
      events: [{ type: 'BackupRequested' }],
    });
    expect(await types(302)).toEqual(['BackupRequested', 'BackupFailed']);

    const { status, json } = await api.admin.send('POST', '/bucket/plain/release', body);
    expect([status, json]).toEqual([
      200,
      { released: [302], events: [expect.objectContaining({ type: 'BackupRequested' })] },
    ]);
    expect(await types(302)).toEqual(['BackupRequested', 'BackupFailed', 'BackupRequested']);
    for await (const { data, metadata } of api.store.readStream(backupStream(302), {
      direction: 'backward',
      maxCount: 1,
    })) {
      // As it is configured now, not as it was when it failed.
      expect(data).toEqual({ buildId: 302, target: plain, compression: 'zstd' });
      expect(metadata).toMatchObject({ actor: { kind: 'user' }, via: 'rest', role: 'admin', reason: body.reason });
    }
    expect((await api.admin.send('POST', '/bucket/plain/release', body)).status).toBe(404);
    expect((await api.admin.send('POST', '/bucket/plain/release', { build: 'x' })).json).toMatchObject({
      field: 'build',
    });
  });

  it('have all of a place released by the form on the page', async () => {
    const page = await api.admin.page('/bucket/plain');
    expect(page.text).toContain('<form method="post" action="/bucket/plain/release"');
    const { status, headers } = await api.admin.send('POST', '/bucket/plain/release', 'prefix=&reason=', {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
    });
    expect([status, headers.get('location')]).toEqual([303, '/bucket/plain']);
    expect((await api.anonymous.get('/bucket/plain')).json.places[0]).toMatchObject({
      failed: 0,
      requested: 3,
      parked: [],
    });
    expect(await types(301)).not.toContain('BackupFailed BackupRequested');
    expect((await types(301)).at(-1)).toBe('BackupFailed');
  });

  it('show builds whose backup could not be asked for, and have them looked at again', async () => {
    const parked = createParkedEvents(api.database);
    const event = randomUUID();
    await parked.park({
      consumer: 's3-backup-requests',
      eventId: event,
      stream: 'build-301',
      revision: 3,
      position: 9n,
      type: 'BuildFinished',
      error: `Error: ${HOSTILE}`,
      attempts: 5,
    });
    const { text } = await api.admin.page('/buckets');
    expect(text).toContain(`npx iolaus parked release s3-backup-requests ${event}`);
    expect(text).not.toContain('<script>alert');
    expect((await api.anonymous.send('POST', '/buckets/release', { event })).status).toBe(401);
    expect((await api.admin.send('POST', '/buckets/release', { event: randomUUID() })).status).toBe(404);
    expect((await api.admin.send('POST', '/buckets/release?dry-run=1', { event })).status).toBe(200);
    expect(await parked.released('s3-backup-requests')).toEqual([]);
    expect((await api.admin.send('POST', '/buckets/release', { event })).json).toEqual({ released: [event] });
    expect(await parked.released('s3-backup-requests')).toMatchObject([{ eventId: event }]);
    expect((await api.admin.get('/buckets')).json.parkedRequests).toMatchObject([{ event, released: true }]);
  });
});
