import { randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListPartsCommand } from '@aws-sdk/client-s3';
import { type TestStore, withTestStore } from '../../../nix/testing/store.js';
import { type Fault, type S3Proxy, startS3Proxy } from '../../../../test/stack/s3-proxy.js';
import { startS3, type TestS3 } from '../../../../test/stack/s3.js';
import { substitute, verifyStore } from '../../testing/closure.js';
import { faultsOf, fetchAll } from '../../testing/inspect.js';
import { type Bucket, createUploader, openBucket, type UploaderOptions } from '../index.js';

const FAST = { attempts: 6, firstMs: 5, factor: 2, maxMs: 50, random: () => 0.5 };
/** The smallest part that S3 takes. */
const PART = 5 * 1024 * 1024;

describe('a NAR that is larger than a part', () => {
  let s3: TestS3;
  let store: TestStore;
  let root: string;
  const opened: (Bucket | S3Proxy)[] = [];
  const never = new AbortController().signal;

  beforeAll(async () => {
    s3 = await startS3();
    store = await withTestStore();
    await writeFile(join(store.dir, 'large'), randomBytes(3 * PART + 12_345));
    root = await store.add(join(store.dir, 'large'));
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await ('close' in each ? each.close() : each.stop());
  });
  afterAll(async () => {
    await store?.remove();
    await s3?.stop();
  });

  const proxied = async (
    fault: (n: number, request: Readonly<{ method: string; query: string }>) => Fault,
  ): Promise<S3Proxy> => {
    const proxy = await startS3Proxy(s3.endpoint, fault);
    opened.push(proxy);
    return proxy;
  };
  const uploader = async (
    name: string,
    endpoint = s3.endpoint,
    more: Partial<UploaderOptions> = {},
    signal = never,
  ) => {
    const bucket = await openBucket({ name, endpoint, region: s3.region, forcePathStyle: true, retry: FAST, signal });
    opened.push(bucket);
    return createUploader({
      nix: store.settings,
      bucket,
      prefix: 'large/',
      compression: 'none',
      signingKeys: [],
      spoolDir: join(store.dir, `spool-${name}`),
      partSize: PART,
      ...more,
    });
  };
  const faults = async (name: string): Promise<string[]> =>
    faultsOf(await fetchAll(`${s3.endpoint}/${name}`, await s3.keys(name), 'large/'));
  const partsPut = ({ seen }: S3Proxy): number[] =>
    seen.flatMap(({ method, query, status }) =>
      method === 'PUT' && status === 200 ? (/partNumber=(\d+)/.exec(query)?.slice(1).map(Number) ?? []) : [],
    );
  const kept = async (name: string): Promise<string[]> =>
    readdir(join(store.dir, `spool-${name}`, 'uploads')).catch(() => []);

  it.each(['none', 'zstd'] as const)(
    'compressed by %s goes up in parts, and real Nix restores it',
    async (compression) => {
      const name = await s3.newBucket();
      const proxy = await proxied(() => 'none');
      const { upload } = await uploader(name, proxy.endpoint, { compression });
      const [sent] = await upload([root], { signal: never });
      expect(partsPut(proxy).sort()).toEqual([1, 2, 3, 4]);
      expect(sent).toMatchObject({ uploaded: true });
      expect(await faults(name)).toEqual([]);
      expect(await kept(name)).toEqual([]);
      const restored = await substitute(store, `${s3.endpoint}/${name}/large`, [root], {
        by: 'realise',
        name: `parts-${compression}`,
      });
      expect(restored).toMatchObject({ code: 0 });
      expect(await verifyStore(store, restored.root)).toMatchObject({ code: 0 });
      // Another uploader takes what stands, narinfo or none.
      await s3.remove(name, (key) => key.endsWith('.narinfo'));
      const again = await (await uploader(name)).upload([root], { signal: never });
      expect(again).toEqual([{ ...sent, uploaded: false }]);
    },
  );

  it('goes on with the parts that were sent, wherever it was cut off, and publishes nothing before', async () => {
    for (let at = 1; at <= 4; at++) {
      const name = await s3.newBucket();
      const stop = new AbortController();
      let parts = 0;
      const first = await proxied((_n, { query }) => {
        if (!query.includes('partNumber') || (parts += 1) < at) return 'none';
        setTimeout(() => stop.abort(new Error('killed')), 300);
        return 'cut-before';
      });
      const killed = (await uploader(name, first.endpoint, {}, stop.signal)).upload([root], { signal: stop.signal });
      await expect(killed).rejects.toThrow();
      expect((await s3.keys(name)).filter((key) => /\.nar(info)?$/.test(key))).toEqual([]);
      expect(await kept(name)).toHaveLength(1);
      const [file] = await kept(name);
      const { etags } = JSON.parse(await store.read(join(`spool-${name}`, 'uploads', file!))) as { etags: object };
      const missing = [1, 2, 3, 4].filter((number) => !(number in etags));

      const second = await proxied(() => 'none');
      await (await uploader(name, second.endpoint)).upload([root], { signal: never });
      expect(partsPut(second).sort()).toEqual(missing);
      expect(second.seen.filter(({ query }) => query === 'uploads=')).toHaveLength(0);
      expect(await faults(name)).toEqual([]);
      expect(await kept(name)).toEqual([]);
    }
  }, 60_000);

  it('survives every kind of broken request, bytes that were stored wrong included', async () => {
    const name = await s3.newBucket();
    const kinds = ['503', 'cut-after', 'corrupt', '500', 'cut-reply', 'cut-before'] as const;
    let n = 0;
    const proxy = await proxied((_n, { method, query }) =>
      (query.includes('upload') || method === 'PUT') && (n += 1) % 2 === 0 ? kinds[(n / 2) % kinds.length]! : 'none',
    );
    await (await uploader(name, proxy.endpoint)).upload([root], { signal: never });
    expect(await faults(name)).toEqual([]);
    expect(await kept(name)).toEqual([]);
  });

  it('begins anew where its upload is gone or of other bytes', async () => {
    const name = await s3.newBucket();
    const failing = await proxied((_n, { query }) => (/partNumber=3/.test(query) ? '503' : 'none'));
    await expect((await uploader(name, failing.endpoint)).upload([root], { signal: never })).rejects.toMatchObject({
      kind: 'transient',
    });
    // Compressed, it is other bytes.
    const other = await proxied(() => 'none');
    await (await uploader(name, other.endpoint, { compression: 'zstd' })).upload([root], { signal: never });
    expect(other.seen.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
    expect(partsPut(other).sort()).toEqual([1, 2, 3, 4]);
    expect(await faults(name)).toEqual([]);

    const gone = await s3.newBucket();
    const half = await proxied((_n, { query }) => (/partNumber=3/.test(query) ? '503' : 'none'));
    await expect((await uploader(gone, half.endpoint)).upload([root], { signal: never })).rejects.toThrow();
    const begun = half.seen.find(({ query }) => query.includes('uploadId'))!;
    const uploadId = decodeURIComponent(/uploadId=([^&]+)/.exec(begun.query)![1]!);
    const bucket = await openBucket({ name: gone, endpoint: s3.endpoint, region: s3.region, forcePathStyle: true });
    opened.push(bucket);
    await bucket.abortUpload(begun.path.slice(gone.length + 2), uploadId);
    await bucket.abortUpload(begun.path.slice(gone.length + 2), uploadId);
    await (await uploader(gone)).upload([root], { signal: never });
    expect(await faults(gone)).toEqual([]);
  });

  it('leaves no part behind once it is given up: at a refusal, a last attempt, or a week later', async () => {
    const attempt = async (fault: Fault, last: boolean) => {
      const name = await s3.newBucket();
      const proxy = await proxied((_n, { query }) => (/partNumber=3/.test(query) ? fault : 'none'));
      await expect((await uploader(name, proxy.endpoint)).upload([root], { signal: never, last })).rejects.toThrow();
      const [upload] = proxy.seen.filter(({ query }) => query.includes('uploadId'));
      return {
        name,
        proxy,
        aborted: proxy.seen.some(({ method, status }) => method === 'DELETE' && status === 204),
        upload: upload!,
      };
    };
    expect(await attempt('denied', false)).toMatchObject({ aborted: true });
    expect(await attempt('503', true)).toMatchObject({ aborted: true });
    const { name, aborted, upload } = await attempt('503', false);
    expect(aborted).toBe(false);
    const [file] = await kept(name);
    await utimes(join(store.dir, `spool-${name}`, 'uploads', file!), 1, 1);
    await (await uploader(name)).upload([await store.add(await store.write('small', 'x'))], { signal: never });
    expect(await kept(name)).toEqual([]);
    const parts = s3.client.send(
      new ListPartsCommand({
        Bucket: name,
        Key: upload.path.slice(name.length + 2),
        UploadId: decodeURIComponent(/uploadId=([^&]+)/.exec(upload.query)![1]!),
      }),
    );
    await expect(parts).rejects.toThrow();
  });
});
