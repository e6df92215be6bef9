import { gzipSync } from 'node:zlib';
import { startApi, type TestApi } from '../testing/api.js';
import { DEMO_PAGES, demoFarm } from '../testing/demo.js';

/** Bytes as they are sent compressed. */
const MOST_HTML = 15_000;
const MOST_IN_ALL = 45_000;
const zipped = (text: string): number => gzipSync(text).length;

/** The budget of a page: sizes, which are the same on every machine; its time is measured by `npm run bench -- pages`. */
describe('a page of the simulated farm', () => {
  let api: TestApi;
  const sizes = new Map<string, Promise<number>>();
  beforeAll(async () => {
    api = await startApi();
    await demoFarm(api, Date.parse('2026-01-02T03:04:05Z'));
  });
  afterAll(() => api.close());

  const sizeOf = async (asset: string): Promise<number> => {
    const answer = await fetch(`${api.url}${asset}`);
    expect([asset, answer.status]).toEqual([asset, 200]);
    return zipped(await answer.text());
  };

  it.each(Object.entries(DEMO_PAGES))('%s is within its budget', async (name, path) => {
    const { text } = await api.admin.page(path);
    const html = zipped(text);
    expect([name, 'HTML', html, html < MOST_HTML]).toEqual([name, 'HTML', html, true]);
    // All that it loads comes from here, by name: nothing is fetched from elsewhere, and nothing by a script alone.
    const loaded = [...text.matchAll(/<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g)].map(([, url]) => url!);
    expect(loaded.filter((url) => !url.startsWith('/assets/'))).toEqual([]);
    let all = html;
    for (const url of new Set(loaded)) {
      if (!sizes.has(url)) sizes.set(url, sizeOf(url));
      all += await sizes.get(url)!;
    }
    expect([name, 'in all', all, all < MOST_IN_ALL]).toEqual([name, 'in all', all, true]);
  });

  it('comes with assets that are sent compressed to whoever takes them so', async () => {
    const asked = (encoding: string) =>
      fetch(`${api.url}/assets/vendor/pico-2.1.1.min.css`, { headers: { 'accept-encoding': encoding } });
    const [plain, small] = [await asked('identity'), await asked('gzip')];
    expect([plain.headers.get('content-encoding'), small.headers.get('content-encoding')]).toEqual([null, 'gzip']);
    expect(await small.text()).toBe(await plain.text());
    expect(small.headers.get('vary')).toBe('Accept-Encoding');
  });
});
