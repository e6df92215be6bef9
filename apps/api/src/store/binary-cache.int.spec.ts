import { join } from 'node:path';
import { isSigned, parseNarInfo, parseSecretKey, storePathHash } from '#nix';
import { run } from '../../../../libs/nix/src/run/process.js';
import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { storeFarm, type StoreFarm } from '../../testing/store-farm.js';
import { fetchCommands } from '../buckets/substituter.js';

const AT = Date.parse('2026-01-02T03:04:05Z');
const NO_HASH = '0'.repeat(32);

describe('the farm as a binary cache', () => {
  let store: TestStore;
  let signed: TestApi;
  let plain: TestApi;
  let farm: StoreFarm;
  let publicKey: string;
  beforeAll(async () => {
    store = await withTestStore();
    const file = join(store.dir, 'secret');
    await store.nixStore('--generate-binary-cache-key', 'farm-1', file, join(store.dir, 'public'));
    publicKey = parseSecretKey(await store.read('secret')).publicKey;
    signed = await startApi({ nix: store.settings, binaryCache: { enabled: true, secretKeyFiles: [file] } });
    plain = await startApi({ nix: store.settings });
    await signed.admin.send('PUT', '/project/demo', {});
    farm = await storeFarm(signed, store, AT);
  });
  afterAll(async () => {
    await signed?.close();
    await plain?.close();
    await store?.remove();
  });
  /** What a shell on another host says, which has a store of its own. */
  const elsewhere = async (name: string, command: string) => {
    const root = join(store.dir, name);
    const env = {
      ...store.settings.env,
      HOME: `${root}-home`,
      NIX_REMOTE: `local?root=${root}`,
      NIX_CONFIG: 'experimental-features = nix-command\nbuild-users-group =\nsandbox = false\nsubstituters =\n',
    };
    const { code, stdout, stderr } = await run('sh', ['-c', command], { env });
    return { code, said: `${stdout.toString()}${stderr}` };
  };

  it.each([
    ['signed', (): TestApi => signed, (): string[] | undefined => [publicKey]],
    ['unsigned', (): TestApi => plain, (): string[] | undefined => undefined],
  ] as const)('is one that Nix fetches a whole closure from, %s', async (how, api, keys) => {
    for (const [nr, command] of fetchCommands({ url: api().url }, [farm.out], keys()).entries()) {
      const fetched = await elsewhere(`${how}-${nr}`, command);
      expect([command, fetched]).toEqual([command, { code: 0, said: expect.any(String) }]);
      const there = await elsewhere(`${how}-${nr}`, `nix-store --query --requisites ${farm.out}`);
      expect(there.said.trim().split('\n').sort()).toEqual([farm.library, farm.out].sort());
      expect(await elsewhere(`${how}-${nr}`, 'nix-store --verify --check-contents')).toMatchObject({ code: 0 });
    }
  });

  it('is offered on the page of a build that made something, with its key', async () => {
    const { text } = await signed.anonymous.page('/build/301');
    expect(text).toContain('Fetch it from this farm');
    expect(text).toContain(publicKey);
    expect((await signed.anonymous.page('/build/305')).text).not.toContain('Fetch it from');
  });

  it('is not trusted by who was not told its key', async () => {
    const [copy] = fetchCommands({ url: plain.url }, [farm.out], []);
    const refused = await elsewhere('distrustful', copy!);
    expect(refused.code).not.toBe(0);
    expect(refused.said).toMatch(/lacks a valid signature|lacks a signature/);
  });

  it('says what Nix knows of a path', async () => {
    const response = await fetch(`${signed.url}/${storePathHash(farm.out)}.narinfo`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/x-nix-narinfo']);
    const info = parseNarInfo(await response.text());
    expect(info).toMatchObject({
      storePath: farm.out,
      compression: 'none',
      narHash: await store.nixStore('--query', '--hash', farm.out),
      narSize: Number(await store.nixStore('--query', '--size', farm.out)),
      references: [farm.library],
      deriver: farm.drvPath,
    });
    expect(isSigned(info, [publicKey])).toBe(true);
    const cache = await (await fetch(`${signed.url}/nix-cache-info`)).text();
    expect(cache).toBe(`StoreDir: ${store.settings.storeDir}\nWantMassQuery: 1\nPriority: 100\n`);
  });

  it.each([
    [`/${NO_HASH}.narinfo`, 404, 'hash'],
    [`/${'e'.repeat(32)}.narinfo`, 400, 'hash'],
    ['/..%2f..%2fetc%2fpasswd.narinfo', 400, 'hash'],
    ['/.narinfo', 404, undefined],
    [`/nar/${NO_HASH}-${'0'.repeat(52)}.nar`, 404, 'file'],
    ['/nar/x.nar', 400, 'file'],
  ])('answers %s with %i', async (path, status, field) => {
    const answered = await plain.anonymous.get(path);
    expect([answered.status, answered.json.field]).toEqual([status, field]);
  });

  it('does not send another archive than the one that a narinfo promised', async () => {
    const other = `/nar/${storePathHash(farm.out)}-${'0'.repeat(52)}.nar`;
    expect((await plain.anonymous.get(other)).status).toBe(404);
  });

  it('knows a path that was made a moment ago, and not one that is gone', async () => {
    const path = await store.add(await store.write('passing', 'x'));
    const address = `${plain.url}/${storePathHash(path)}.narinfo`;
    expect((await fetch(address)).status).toBe(200);
    await store.nixStore('--delete', path);
    expect((await fetch(address)).status).toBe(404);
  });

  it('takes other addresses for what they were', async () => {
    expect((await plain.anonymous.get('/no-such-page')).status).toBe(404);
    expect((await plain.anonymous.send('POST', `/${NO_HASH}.narinfo`, {})).status).toBe(405);
  });

  it('is none where it is switched off, where there is no Nix, and for as long as it cannot sign', async () => {
    const off = await startApi({ nix: store.settings, binaryCache: { enabled: false, secretKeyFiles: [] } });
    const without = await startApi();
    for (const api of [off, without]) {
      const { status, json } = await api.anonymous.get('/nix-cache-info');
      expect([status, json.error]).toEqual([404, expect.stringContaining('this farm is no binary cache')]);
      expect((await api.anonymous.get(`/${storePathHash(farm.out)}.narinfo`)).status).toBe(404);
      await api.close();
    }
  });

  it('asks another daemon where the one that it asked is gone', async () => {
    const address = `${plain.url}/${storePathHash(farm.out)}.narinfo`;
    expect((await fetch(address)).status).toBe(200);
    const ended = await run('pkill', ['-KILL', '-P', String(process.pid), 'nix-daemon'], { env: store.settings.env });
    expect(ended.code).toBe(0);
    expect((await fetch(address)).status).toBe(200);
  });
});
