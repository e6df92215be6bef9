import { createServer } from 'node:http';
import { uuidv4 } from '#runtime';
import { startS3Proxy } from '../../../../test/stack/s3-proxy.js';
import { faultsOf, fetchAll } from '../../../../libs/binary-cache/testing/inspect.js';
import { substitute, verifyStore } from '../../../../libs/binary-cache/testing/closure.js';
import { type BackupFarm, createBackupFarm } from '../../testing/s3-backup-farm.js';

describe('the S3 backup', () => {
  let farm: BackupFarm;
  beforeAll(async () => {
    farm = await createBackupFarm();
  });
  afterAll(() => farm?.close());

  const endpoint = (): string => farm.s3.endpoint;
  const faults = async (bucket: string, prefix = ''): Promise<string[]> =>
    faultsOf(await fetchAll(`${endpoint()}/${bucket}`, await farm.s3.keys(bucket), prefix));
  const closure = async (): Promise<string[]> =>
    (await farm.nix.nixStore('-q', '--requisites', ...farm.roots)).split('\n').sort();

  it('copies each build with output to every bucket that wants it, and real Nix restores it from there', async () => {
    const [one, two] = [await farm.s3.newBucket(), await farm.s3.newBucket()];
    const sections = [
      { name: one, jobs: 'demo:main:.*', endpoint: endpoint(), compression_type: 'xz' },
      { name: two, jobs: '.*:special', endpoint: endpoint(), compression_type: 'none', prefix: 'cache/' },
    ];
    const before = await farm.finishedBuild('succeeded', 'special');
    const worker = await farm.start(sections);
    const kept = await farm.finishedBuild('failed-with-output', 'plain');
    const failed = await farm.finishedBuild('failed', 'special');

    const ends = await farm.ends(before, 2);
    expect(ends.map(({ type }) => type)).toEqual(['BackupCompleted', 'BackupCompleted']);
    for (const { data } of ends) {
      const { paths, part, parts } = data as Extract<(typeof ends)[number], { type: 'BackupCompleted' }>['data'];
      expect([part, parts]).toEqual([1, 1]);
      expect(paths.map(({ path }) => path).sort()).toEqual(await closure());
    }
    const [third] = await farm.ends(kept, 1);
    expect(third).toMatchObject({
      type: 'BackupCompleted',
      data: { target: { bucket: one, prefix: '' }, compression: 'xz' },
    });
    await worker.stop();
    expect(await farm.events(failed)).toEqual([]);
    expect(await farm.events(kept)).toHaveLength(2);
    expect([...(await faults(one)), ...(await faults(two, 'cache/'))]).toEqual([]);
    const restored = await substitute(farm.nix, `${endpoint()}/${two}/cache`, farm.roots, {
      by: 'realise',
      name: 'worker',
    });
    expect(restored).toMatchObject({ code: 0 });
    expect(await verifyStore(farm.nix, restored.root)).toMatchObject({ code: 0 });
  });

  it('completes each copy once, wherever it is stopped and started again', async () => {
    const run = async (at: number): Promise<{ requests: number }> => {
      const bucket = await farm.s3.newBucket();
      const stop = new AbortController();
      const proxy = await startS3Proxy(endpoint(), (n) => {
        if (n < at) return 'none';
        stop.abort(new Error('killed'));
        return n % 2 === 0 ? 'cut-after' : 'cut-before';
      });
      const section = { name: bucket, jobs: '.*:killed', compression_type: 'zstd' };
      const buildId = await farm.finishedBuild('succeeded', 'killed');
      const first = await farm.start([{ ...section, endpoint: proxy.endpoint }], { signal: stop.signal });
      if (at !== Infinity) await first.done;
      else await farm.ends(buildId, 1);
      await first.stop();
      expect(await faults(bucket)).toEqual([]);
      const second = await farm.start([{ ...section, endpoint: endpoint() }]);
      await farm.ends(buildId, 1);
      await second.stop();
      expect((await farm.events(buildId)).map(({ type }) => type)).toEqual(['BackupRequested', 'BackupCompleted']);
      expect(await faults(bucket)).toEqual([]);
      expect((await farm.s3.keys(bucket)).length).toBe((await closure()).length * 2 + 1);
      await proxy.stop();
      return { requests: proxy.count() };
    };
    const { requests } = await run(Infinity);
    for (let at = 1; at <= requests; at += 7) await run(at);
  }, 120_000);

  it('waits for an S3 that is away, without holding up other buckets', async () => {
    const [good, bad] = [await farm.s3.newBucket(), await farm.s3.newBucket()];
    let away = true;
    const proxy = await startS3Proxy(endpoint(), () => (away ? '503' : 'none'));
    const worker = await farm.start(
      [
        { name: bad, jobs: '.*:away', endpoint: proxy.endpoint, compression_type: 'none' },
        { name: good, jobs: '.*:away', endpoint: endpoint(), compression_type: 'none' },
      ],
      { attempts: 50, firstMs: 5 },
    );
    const builds = [];
    // More than may be sent at once: those that wait take nobody's turn.
    for (let n = 0; n < 8; n++) builds.push(await farm.finishedBuild('succeeded', 'away'));
    for (const buildId of builds) {
      const [first] = await farm.ends(buildId, 1, 50_000);
      expect(first).toMatchObject({ type: 'BackupCompleted', data: { target: { bucket: good } } });
    }
    away = false;
    for (const buildId of builds)
      expect((await farm.ends(buildId, 2, 50_000))[1]).toMatchObject({
        type: 'BackupCompleted',
        data: { target: { bucket: bad } },
      });
    await worker.stop();
    await proxy.stop();
    expect(await faults(bad)).toEqual([]);
  }, 120_000);

  it('gives a copy up with the reason, and makes it once it is released', async () => {
    const bucket = `iolaus-test-late-${uuidv4()}`;
    const worker = await farm.start([
      { name: bucket, jobs: '.*:late', endpoint: endpoint(), compression_type: 'none' },
    ]);
    const buildId = await farm.finishedBuild('succeeded', 'late');
    const [failed] = await farm.ends(buildId, 1);
    expect(failed).toMatchObject({
      type: 'BackupFailed',
      data: { attempts: 1, error: expect.stringContaining('NoSuchBucket') },
    });
    await farm.s3.newBucket(bucket);
    const [parked] = await farm.parked.list();
    expect(parked).toMatchObject({ stream: `backup-${buildId}`, error: expect.stringContaining('NoSuchBucket') });
    expect(await farm.parked.release(parked!.consumer, parked!.eventId)).toBe(true);
    expect((await farm.ends(buildId, 2))[1]).toMatchObject({ type: 'BackupCompleted' });
    await worker.stop();
    expect(await farm.parked.list()).toEqual([]);
    expect(await faults(bucket)).toEqual([]);
  });

  it('makes a copy that was given up once somebody asks for it anew, and parks it no more', async () => {
    const bucket = `iolaus-test-anew-${uuidv4()}`;
    const worker = await farm.start([
      { name: bucket, jobs: '.*:anew', endpoint: endpoint(), compression_type: 'none' },
    ]);
    const buildId = await farm.finishedBuild('succeeded', 'anew');
    await farm.ends(buildId, 1);
    await farm.s3.newBucket(bucket);
    await farm.command(buildId, {
      type: 'RequestBackup',
      data: { buildId, target: { bucket, prefix: '' }, compression: 'none' },
    });
    expect((await farm.ends(buildId, 2))[1]).toMatchObject({ type: 'BackupCompleted' });
    await worker.stop();
    expect(await farm.parked.list()).toEqual([]);
    expect(await faults(bucket)).toEqual([]);
  });

  it('gives up what is not in the store any more, and what no section names', async () => {
    const bucket = await farm.s3.newBucket();
    const gone = `${farm.roots[0]!.replace(/[^/]+$/, '')}${'a'.repeat(32)}-gone`;
    const first = await farm.start([{ name: bucket, jobs: '.*:gone', endpoint: endpoint() }]);
    const missing = await farm.finishedBuild('succeeded', 'gone', { out: gone });
    expect((await farm.ends(missing, 1))[0]).toMatchObject({
      type: 'BackupFailed',
      data: { error: expect.stringContaining(gone) },
    });
    await first.stop();
    const orphan = await farm.finishedBuild('succeeded', 'nobody');
    await farm.command(orphan, {
      type: 'RequestBackup',
      data: { buildId: orphan, target: { bucket, prefix: 'old/' }, compression: 'xz' },
    });
    const second = await farm.start([]);
    expect((await farm.ends(orphan, 1))[0]).toMatchObject({
      type: 'BackupFailed',
      data: { error: expect.stringContaining('old/') },
    });
    await second.stop();
  });

  it('lets no credential into a log line or an event', async () => {
    const bucket = await farm.s3.newBucket();
    const secrets = [process.env['AWS_ACCESS_KEY_ID']!, process.env['AWS_SECRET_ACCESS_KEY']!];
    process.env['AWS_SECRET_ACCESS_KEY'] = 'a-very-secret-key';
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIAVERYSECRETNAME12';
    // A server that answers with all it was told.
    const echo = createServer((request, reply) => {
      reply.writeHead(403, { 'content-type': 'application/xml' });
      const said = `AKIAVERYSECRETNAME12 a-very-secret-key ${JSON.stringify(request.headers).replace(/[<&]/g, '')}`;
      reply.end(`<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>no ${said}</Message></Error>`);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const address = echo.address() as { port: number };
    const worker = await farm.start([
      { name: bucket, jobs: '.*:secret', endpoint: `http://127.0.0.1:${address.port}` },
    ]);
    const buildId = await farm.finishedBuild('succeeded', 'secret');
    const [failed] = await farm.ends(buildId, 1);
    await worker.stop();
    echo.close();
    [process.env['AWS_ACCESS_KEY_ID'], process.env['AWS_SECRET_ACCESS_KEY']] = secrets;
    expect(failed).toMatchObject({
      type: 'BackupFailed',
      data: { error: expect.stringContaining('InvalidAccessKeyId') },
    });
    for (const text of [JSON.stringify({ ...failed!.data, ...failed!.metadata }), ...farm.lines])
      expect(text).not.toMatch(/AKIAVERYSECRETNAME12|a-very-secret-key/);
  });
});
