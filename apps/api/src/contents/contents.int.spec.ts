import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { startApi, type TestApi } from '../../testing/api.js';
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

describe('the contents of a product', () => {
  it('of the output itself are all that it holds; links lead nowhere', async () => {
    const { status, json } = await api.anonymous.get('/build/301/contents/1');
    expect(status).toBe(200);
    expect(json).toMatchObject({ build: 301, product: 1, name: '', kind: 'directory', truncated: false });
    expect(json.entries).toContainEqual({ path: 'passwd', type: 'symlink', size: null, target: '/etc/passwd' });
    expect(json.entries).toContainEqual({
      path: 'share/text',
      type: 'symlink',
      size: null,
      target: `${farm.library}/text`,
    });
    expect(json.entries.filter(({ path }: { path: string }) => path.startsWith('etc/'))).toEqual([]);
  });
  it.each([2, 3, 4])('number %i, a tar archive however it is packed, are its entries', async (nr) => {
    const { status, json } = await api.anonymous.get(`/build/301/contents/${nr}`);
    expect([status, json.kind]).toEqual([200, 'tar']);
    expect(json.entries.map(({ path }: { path: string }) => path).sort()).toEqual([
      'sources/',
      'sources/<b>bold',
      'sources/README',
      'sources/link',
    ]);
  });
  it('are text on a page, whatever the names are', async () => {
    for (const nr of [1, 2]) {
      const { status, text } = await api.anonymous.page(`/build/301/contents/${nr}`);
      expect(status).toBe(200);
      expect(text).not.toContain('<img src=x');
      expect(text).not.toContain('<b>bold');
    }
    const { text } = await api.anonymous.page('/build/301/contents/1');
    expect(text).toContain('href="/build/301/download/1/plain.txt"');
  });
  it.each([
    ['/build/301/contents/5', 415, 'nr'],
    ['/build/301/contents/6', 415, 'nr'],
    ['/build/301/contents/7', 404, 'nr'],
    ['/build/301/contents/8', 404, 'nr'],
    ['/build/301/contents/9', 410, 'id'],
    ['/build/301/contents/10', 404, 'nr'],
    ['/build/301/contents/0', 400, 'nr'],
    ['/build/301/contents/..%2f..%2fetc', 400, 'nr'],
    ['/build/301/contents/sources.tar', 400, 'nr'],
    [`/build/301/contents/${'9'.repeat(40)}`, 400, 'nr'],
    ['/build/303/contents/1', 410, 'id'],
    ['/build/304/contents/1', 404, 'nr'],
    ['/build/999/contents/1', 404, 'id'],
  ])('%s is answered %i, naming %s', async (path, status, field) => {
    const answer = await api.anonymous.get(path);
    expect([answer.status, answer.json.field]).toEqual([status, field]);
    expect(answer.text).not.toContain('root:');
  });
});
