import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSecretKey, type SecretKey, storePathHash } from '#nix';
import { shDerivation, type TestStore, withTestStore } from '../../../nix/testing/store.js';
import { type S3Proxy, startS3Proxy } from '../../../../test/stack/s3-proxy.js';
import { startS3, type TestS3 } from '../../../../test/stack/s3.js';
import { buildClosure, substitute, verifyStore } from '../../testing/closure.js';
import { faultsOf, fetchAll } from '../../testing/inspect.js';
import { type Bucket, type Compression, createUploader, openBucket, type UploaderOptions } from '../index.js';

const FAST = { attempts: 6, firstMs: 5, factor: 2, maxMs: 50, random: () => 0.5 };

describe('uploading a closure', () => {
  let s3: TestS3;
  let store: TestStore;
  let roots: string[];
  let key: SecretKey;
  const opened: (Bucket | S3Proxy)[] = [];

  beforeAll(async () => {
    s3 = await startS3();
    store = await withTestStore();
    roots = await buildClosure(store);
    await store.nixStore(
      '--generate-binary-cache-key',
      'test-cache-1',
      join(store.dir, 'secret'),
      join(store.dir, 'public'),
    );
    key = parseSecretKey(await store.read('secret'));
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await ('close' in each ? each.close() : each.stop());
  });
  afterAll(async () => {
    await store?.remove();
    await s3?.stop();
  });

  const open = async (name: string, endpoint = s3.endpoint, signal?: AbortSignal): Promise<Bucket> => {
    const bucket = await openBucket({
      name,
      endpoint,
      region: s3.region,
      forcePathStyle: true,
      retry: FAST,
      ...(signal && { signal }),
    });
    opened.push(bucket);
    return bucket;
  };
  const proxied = async (fault: Parameters<typeof startS3Proxy>[1]): Promise<S3Proxy> => {
    const proxy = await startS3Proxy(s3.endpoint, fault);
    opened.push(proxy);
    return proxy;
  };
  const uploader = (bucket: Bucket, more: Partial<UploaderOptions> = {}) =>
    createUploader({
      nix: store.settings,
      bucket,
      prefix: '',
      compression: 'none',
      signingKeys: [],
      spoolDir: join(store.dir, 'spool'),
      ...more,
    });
  const never = new AbortController().signal;
  const faults = async (bucket: string): Promise<string[]> =>
    faultsOf(await fetchAll(`${s3.endpoint}/${bucket}`, await s3.keys(bucket)));

  it.each([
    ['none', '', false, 'copy'],
    ['xz', 'farm/', true, 'realise'],
    ['bzip2', 'p-', true, 'copy'],
    ['zstd', '', false, 'realise'],
  ] as const)(
    'compressed by %s under the prefix %j, real Nix restores it (signed: %s, by %s)',
    async (compression, prefix, signed, by) => {
      const name = await s3.newBucket();
      const signingKeys = signed ? [key] : [];
      const sent = await uploader(await open(name), { compression, prefix, signingKeys }).upload(roots, {
        signal: never,
      });

      const closure = (await store.nixStore('-q', '--requisites', ...roots)).split('\n');
      expect(sent.map(({ path }) => path).sort()).toEqual(closure.sort());
      const keys = closure.flatMap((path) => [
        `${prefix}${storePathHash(path)}.nar`,
        `${prefix}${storePathHash(path)}.narinfo`,
      ]);
      expect(await s3.keys(name)).toEqual([...keys, `${prefix}nix-cache-info`].sort());
      const fetched = await fetchAll(`${s3.endpoint}/${name}`, await s3.keys(name), prefix);
      expect(faultsOf(fetched)).toEqual([]);
      for (const { path, narHash, narSize, fileHash, fileSize, uploaded, signedBy } of sent) {
        expect(uploaded).toBe(true);
        expect(signedBy).toBe(signed ? 'test-cache-1' : undefined);
        const stands = fetched.find(({ info }) => info.storePath === path)!;
        expect(stands).toMatchObject({ fileHash, fileSize, info: { narHash, narSize, compression } });
        expect(stands.info.sigs).toHaveLength(signed ? 1 : 0);
      }

      const url = `${s3.endpoint}/${name}/${prefix}`.replace(/\/$/, '');
      // A prefix that is no folder is no cache for Nix, which puts a slash after its address.
      if (prefix !== '' && !prefix.endsWith('/')) return;
      const strict = await substitute(store, url, roots, {
        by,
        publicKey: signed ? key.publicKey : 'other-1:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=',
        name: `${compression}-strict`,
      });
      expect(strict.code === 0).toBe(signed);
      const restored = await substitute(store, url, roots, {
        by,
        ...(signed && { publicKey: key.publicKey }),
        name: compression,
      });
      expect(restored).toMatchObject({ code: 0 });
      expect(await verifyStore(store, restored.root)).toMatchObject({ code: 0 });
    },
  );

  it('sends every NAR before any narinfo, dependencies before dependents, the roots last', async () => {
    const name = await s3.newBucket();
    const proxy = await proxied(() => 'none');
    const sent = await uploader(await open(name, proxy.endpoint), { concurrency: 3 }).upload(roots, { signal: never });
    const puts = proxy.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path.slice(name.length + 2));
    const place = new Map(puts.map((path, index) => [path, index]));
    const narinfos = puts.filter((path) => path.endsWith('.narinfo'));
    const lastNar = Math.max(...puts.filter((path) => path.endsWith('.nar')).map((path) => place.get(path)!));
    expect(Math.min(...narinfos.map((path) => place.get(path)!))).toBeGreaterThan(lastNar);
    const at = (path: string): number => place.get(`${storePathHash(path)}.narinfo`)!;
    for (const { info } of await fetchAll(`${s3.endpoint}/${name}`, await s3.keys(name)))
      for (const reference of info.references)
        if (reference !== info.storePath) expect(at(reference)).toBeLessThan(at(info.storePath));
    expect(new Set(narinfos.slice(-roots.length))).toEqual(
      new Set(roots.map((path) => `${storePathHash(path)}.narinfo`)),
    );
    expect(sent).toHaveLength(narinfos.length);
  });

  it('sends nothing that is there already, and says the same of it', async () => {
    const name = await s3.newBucket();
    const first = await uploader(await open(name), { compression: 'xz' }).upload(roots, { signal: never });
    const proxy = await proxied(() => 'none');
    // Another compression now: what stands stays as it is.
    const again = await uploader(await open(name, proxy.endpoint), { compression: 'zstd' }).upload(roots, {
      signal: never,
    });
    expect(again).toEqual(first.map((path) => ({ ...path, uploaded: false })));
    expect(proxy.seen.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('adds a missing signature to what is there, without sending a NAR again', async () => {
    const name = await s3.newBucket();
    await uploader(await open(name)).upload(roots, { signal: never });
    const proxy = await proxied(() => 'none');
    await uploader(await open(name, proxy.endpoint), { signingKeys: [key] }).upload(roots, { signal: never });
    expect(proxy.seen.filter(({ method, path }) => method === 'PUT' && path.endsWith('.nar'))).toEqual([]);
    expect(await faults(name)).toEqual([]);
    const restored = await substitute(store, `${s3.endpoint}/${name}`, roots, {
      by: 'copy',
      publicKey: key.publicKey,
      name: 'resigned',
    });
    expect(restored).toMatchObject({ code: 0 });
  });

  it('keeps large NARs in a file, and leaves none behind', async () => {
    const name = await s3.newBucket();
    await uploader(await open(name), { spoolAboveBytes: 10_000 }).upload(roots, { signal: never });
    expect(await faults(name)).toEqual([]);
    expect(await readdir(join(store.dir, 'spool'))).toEqual([]);
  });

  it('replaces a NAR that a stranger left or damaged, and a narinfo that is not of it', async () => {
    const name = await s3.newBucket();
    const bucket = await open(name);
    const good = await uploader(bucket).upload(roots, { signal: never });
    const put = (object: string, text: string) =>
      bucket.put(object, Buffer.from(text), { contentType: 'text/plain', md5: md5(text) });
    await put(good[0]!.key, 'not a NAR');
    await put(good[1]!.key.replace(/\.nar$/, '.narinfo'), 'not a narinfo');
    await bucket.delete(good[2]!.key);
    await bucket.delete(good[3]!.key.replace(/\.nar$/, '.narinfo'));
    const repaired = await uploader(await open(name)).upload(roots, { signal: never });
    // The NARs of 1 and 3 stood and were good: only their narinfos are written again.
    expect(repaired.map(({ uploaded }, index) => (uploaded ? [index] : [])).flat()).toEqual([0, 2]);
    expect(await faults(name)).toEqual([]);
  });

  it('signs by each of several keys, and a client that knows either one is content', async () => {
    const name = await s3.newBucket();
    await store.nixStore(
      '--generate-binary-cache-key',
      'test-cache-2',
      join(store.dir, 'secret2'),
      join(store.dir, 'public2'),
    );
    const second = parseSecretKey(await store.read('secret2'));
    // The old key alone, then both, as in an exchange of keys.
    await uploader(await open(name), { signingKeys: [key] }).upload(roots, { signal: never });
    await uploader(await open(name), { signingKeys: [key, second] }).upload(roots, { signal: never });
    for (const { info } of await fetchAll(`${s3.endpoint}/${name}`, await s3.keys(name)))
      expect(info.sigs.map((sig) => sig.split(':')[0]).sort()).toEqual(['test-cache-1', 'test-cache-2']);
    for (const { name: who, publicKey } of [key, second]) {
      const restored = await substitute(store, `${s3.endpoint}/${name}`, roots, { by: 'copy', publicKey, name: who });
      expect(restored).toMatchObject({ code: 0 });
    }
  });

  it('says why a bucket cannot be written to, without trying for ever', async () => {
    for (const [fault, kind] of [
      ['denied', 'denied'],
      ['full', 'full'],
      ['no-bucket', 'missing-bucket'],
    ] as const) {
      const name = await s3.newBucket();
      const proxy = await proxied((_n, { method }) => (method === 'PUT' ? fault : 'none'));
      const sending = uploader(await open(name, proxy.endpoint)).upload(roots, { signal: never });
      await expect(sending).rejects.toMatchObject({ name: 'S3Error', kind });
      expect(proxy.seen.filter(({ path }) => path.endsWith('nix-cache-info') && path !== '')).toHaveLength(2);
      expect(await s3.keys(name)).toEqual([]);
    }
  });

  it('gives up a connection on which nothing moves, and is refused with another secret', async () => {
    const name = await s3.newBucket();
    const proxy = await proxied((n) => (n % 5 === 0 ? 'hang' : 'none'));
    const bucket = await openBucket({
      name,
      endpoint: proxy.endpoint,
      region: s3.region,
      forcePathStyle: true,
      retry: FAST,
      idleMs: 300,
    });
    opened.push(bucket);
    await uploader(bucket).upload(roots, { signal: never });
    expect(await faults(name)).toEqual([]);

    const strict = await startS3Proxy(
      s3.endpoint,
      () => 'none',
      () => ({ [process.env['AWS_ACCESS_KEY_ID']!]: { secret: 'other' } }),
    );
    opened.push(strict);
    const refused = uploader(await open(name, strict.endpoint)).upload(roots, { signal: never });
    await expect(refused).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });

  it('refuses a cache of another store, and a path that is damaged in the store', async () => {
    const name = await s3.newBucket();
    const bucket = await open(name);
    await bucket.put('nix-cache-info', Buffer.from('StoreDir: /other\n'), {
      contentType: 'text/plain',
      md5: md5('StoreDir: /other\n'),
    });
    await expect(uploader(bucket).upload(roots, { signal: never })).rejects.toThrow('/other');

    await mkdir(join(store.dir, 'rot'), { recursive: true });
    await writeFile(join(store.dir, 'rot', 'file'), 'sound');
    const path = await store.add(join(store.dir, 'rot'));
    await chmod(join(path, 'file'), 0o644);
    await writeFile(join(path, 'file'), 'rotten');
    const fresh = await s3.newBucket();
    await expect(uploader(await open(fresh)).upload([path], { signal: never })).rejects.toMatchObject({
      name: 'DamagedPathError',
    });
    expect((await s3.keys(fresh)).filter((each) => each.includes(storePathHash(path)))).toEqual([]);
  });

  it('names a missing bucket', async () => {
    await expect(uploader(await open('iolaus-test-is-absent')).upload(roots, { signal: never })).rejects.toMatchObject({
      name: 'S3Error',
      kind: 'missing-bucket',
    });
  });

  it('survives every kind of broken request', async () => {
    const name = await s3.newBucket();
    const kinds = ['503', 'cut-before', 'cut-after', '500', 'cut-reply', 'corrupt'] as const;
    const proxy = await proxied((n) => (n % 3 === 0 ? kinds[(n / 3) % kinds.length]! : 'none'));
    const sent = await uploader(await open(name, proxy.endpoint), { compression: 'zstd' }).upload(roots, {
      signal: never,
    });
    expect(proxy.count()).toBeGreaterThan(3 * kinds.length);
    expect(await faults(name)).toEqual([]);
    expect(await s3.keys(name)).toHaveLength(sent.length * 2 + 1);
  });

  it('ends the same wherever it is cut off and run again, and at no moment is a narinfo without its closure', async () => {
    const name = await s3.newBucket();
    const whole = await proxied(() => 'none');
    const expected = await uploader(await open(name, whole.endpoint), { compression: 'xz' }).upload(roots, {
      signal: never,
    });
    const requests = whole.count();
    expect(requests).toBeGreaterThan(2 * expected.length);
    for (let at = 1; at <= requests; at += 2) {
      const bucket = await s3.newBucket();
      const stop = new AbortController();
      // Every second time the last request still reaches S3, unheard.
      const proxy = await proxied((n) => {
        if (n < at) return 'none';
        stop.abort(new Error('killed'));
        return n % 2 === 0 ? 'cut-after' : 'cut-before';
      });
      const killed = uploader(await open(bucket, proxy.endpoint, stop.signal), { compression: 'xz' }).upload(roots, {
        signal: stop.signal,
      });
      await expect(killed).rejects.toThrow('killed');
      await proxy.stop();
      expect(await faults(bucket)).toEqual([]);
      const again = await uploader(await open(bucket), { compression: 'xz' }).upload(roots, { signal: never });
      expect(again.map((path) => ({ ...path, uploaded: true }))).toEqual(expected);
      expect(await faults(bucket)).toEqual([]);
    }
  });

  it('asks for a large closure in one listing, and for nothing else once it knows what stands', async () => {
    const [name, count] = [await s3.newBucket(), 80];
    const [last] = await store.instantiate(
      `builtins.foldl' (before: n: ${shDerivation('link', 'echo $n $before > $out', 'inherit n before;')}) "none" (builtins.genList (n: n) ${count})`,
    );
    const root = await store.nixStore('--realise', last!);
    const proxy = await proxied(() => 'none');
    const { upload } = uploader(await open(name, proxy.endpoint), { prefix: 'many/' });
    expect(await upload([root], { signal: never })).toHaveLength(count);
    expect(await upload([root], { signal: never })).toHaveLength(count);
    const before = proxy.count();
    const third = await upload([root], { signal: never });
    expect(third.every(({ uploaded }) => !uploaded)).toBe(true);
    expect(proxy.seen.slice(before).map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(faultsOf(await fetchAll(`${s3.endpoint}/${name}`, await s3.keys(name), 'many/'))).toEqual([]);
  });

  it('sends a NAR of 40 MB from a file in one request', async () => {
    const name = await s3.newBucket();
    const [drv] = await store.instantiate(shDerivation('huge', 'head -c 40000000 /dev/urandom > $out'));
    const root = await store.nixStore('--realise', drv!);
    const [huge] = await uploader(await open(name), { compression: 'zstd' }).upload([root], { signal: never });
    expect(huge!.fileSize).toBeGreaterThan(40_000_000);
    expect(await faults(name)).toEqual([]);
  });

  it('may run many times at once into one place, with different compressors too', async () => {
    const name = await s3.newBucket();
    const kinds: Compression[] = ['xz', 'none', 'zstd', 'none', 'xz', 'bzip2'];
    const runs = kinds.map(async (compression) =>
      uploader(await open(name), { compression }).upload(roots, { signal: never }),
    );
    const all = await Promise.all(runs);
    expect(await faults(name)).toEqual([]);
    for (const { path, fileHash } of all[0]!)
      for (const other of all) expect(other.find((each) => each.path === path)!.fileHash).toBe(fileHash);
  });
});

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
