import { logKey } from '#binary-cache';
import { startApi, type TestApi } from '../testing/api.js';
import { caughtUp, completeStep, simulate, startStep, storePath } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

const HOSTILE = `<script>alert(1)</script>"><img src=x onerror='alert(2)'>&amp;`;
let api: TestApi;
const BUILDS = 700;

beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {
    displayname: HOSTILE,
    description: HOSTILE,
    homepage: `https://example.org/${HOSTILE}`,
  });
  await api.admin.send('PUT', '/jobset/demo/main', {
    ...jobsetBody,
    description: HOSTILE,
    inputs: { ...jobsetBody.inputs, evil: { type: 'string', value: HOSTILE } },
  });
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 70,
    firstBuildId: BUILDS,
    errors: [{ job: HOSTILE, message: HOSTILE }],
    jobs: [
      {
        job: 'good',
        status: 'succeeded',
        log: 'fine\n',
        description: {
          description: HOSTILE,
          nixName: HOSTILE,
          license: HOSTILE,
          homepage: `javascript:${HOSTILE}`,
          maintainers: [HOSTILE],
        },
      },
      { job: 'bad', status: 'failed', log: `${HOSTILE}\nlast words\n` },
      { job: HOSTILE },
      { job: 'all', status: 'succeeded', constituents: ['good', 'bad'] },
    ],
  });
});
afterAll(() => api.close());

const PAGES = [
  '/',
  '/project/demo',
  '/jobset/demo/main',
  '/jobset/demo/main/errors',
  '/eval/70',
  '/eval/70/errors',
  `/build/${BUILDS}`,
  `/build/${BUILDS + 1}`,
  `/build/${BUILDS + 2}`,
  `/build/${BUILDS + 3}`,
  `/build/${BUILDS + 1}/log`,
  `/build/${BUILDS + 1}/step/1/log`,
  '/job/demo/main/good',
  `/job/demo/main/${encodeURIComponent(HOSTILE)}`,
  '/queue',
  '/scheduler',
  `/build/${BUILDS + 1}/why`,
  '/status',
  '/search?query=demo',
  '/insights',
  '/system',
  '/login',
];

describe('a page', () => {
  it('that was asked for something it does not have leads to the page as such', async () => {
    const { status, text } = await api.anonymous.page('/queue?jobset=a');
    expect([status, text.includes('<a href="/queue">The page without what was asked of it</a>')]).toEqual([400, true]);
  });
  it('of the queue has the others beside it, whichever it is', async () => {
    for (const path of ['/queue', '/status', '/steps', '/all', '/scheduler']) {
      const { text } = await api.anonymous.page(path);
      expect([path, text.includes('aria-label="Parts of the queue"')]).toEqual([path, true]);
      expect(text).toContain(`<a href="${path}" aria-current="page"`);
    }
  });
  it.each(PAGES)('%s shows names full of markup as text', async (path) => {
    const page = await api.admin.page(path);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('<!doctype html>');
    expect(page.text).not.toContain('<script>alert');
    expect(page.text).not.toContain('<img src=x');
    expect(page.text).not.toMatch(/href="javascript:/);
    // Scripts are files of ours only.
    expect([...page.text.matchAll(/<script(?! src="\/assets\/)/g)]).toEqual([]);
  });
  it('says what is not there with a page of its own', async () => {
    for (const path of ['/nothing', '/build/999999', `/project/${encodeURIComponent(HOSTILE)}`]) {
      const page = await api.anonymous.page(path);
      expect([path, page.status]).toEqual([path, 404]);
      expect(page.text).toContain('<h1>Not found</h1>');
      expect(page.text).not.toContain('<script>alert');
    }
  });
  it('comes with headers that keep it from being misused', async () => {
    const { headers } = await api.anonymous.page('/');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'self'; img-src 'self' data:;.*frame-ancestors 'none'$/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('vary')).toBe('Accept');
  });
  it('shows the failing build first what became of it, and the end of its log', async () => {
    const { text } = await api.anonymous.page(`/build/${BUILDS + 1}`);
    expect(text).toContain('Its builder failed after 2 s.');
    expect(text).toContain('last words');
  });
  it('offers only what its viewer may do', async () => {
    expect((await api.anonymous.page(`/build/${BUILDS}`)).text).not.toContain('/restart');
    expect((await api.admin.page(`/build/${BUILDS}`)).text).toContain('/restart');
    expect((await api.admin.page(`/build/${BUILDS}`)).text).not.toContain('/cancel');
  });
  it('is small: under 15 KB of HTML', async () => {
    for (const path of PAGES)
      expect([path, (await api.anonymous.page(path)).text.length < 15_000]).toEqual([path, true]);
  });
});

describe('an asset', () => {
  it('is served with its type, and again only when it changed', async () => {
    const first = await fetch(`${api.url}/assets/app.css`);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    const again = await fetch(`${api.url}/assets/app.css`, {
      headers: { 'if-none-match': first.headers.get('etag')! },
    });
    expect(again.status).toBe(304);
  });
  it.each([
    ['/robots.txt', 'text/plain; charset=utf-8', 'Disallow: /'],
    ['/logo', 'image/svg+xml', '<svg'],
  ])('stands at %s too, as Hydra has it', async (path, type, words) => {
    const response = await fetch(`${api.url}${path}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(await response.text()).toContain(words);
  });
  it.each([
    '/assets/../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/',
    '/assets/nothing.js',
  ])('%s leads nowhere', async (path) => expect((await api.anonymous.get(path)).status).toBe(404));
});

type Message = { id: string; event: string; data: string };
/** Reads messages of a stream until one satisfies `until`, then leaves. */
const messagesOf = async (response: Response, until: (message: Message) => boolean) => {
  const messages: Message[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (!fields.event) continue;
      messages.push(fields as Message);
      if (until(messages.at(-1)!)) return { response, messages };
    }
  }
  return { response, messages };
};
const listen = async (path: string, until: (message: Message) => boolean, headers: Record<string, string> = {}) =>
  messagesOf(await fetch(`${api.url}${path}`, { headers }), until);
const textOf = (messages: readonly Message[]) =>
  messages
    .filter(({ event }) => event === 'log')
    .map(({ data }) => JSON.parse(data) as string)
    .join('');

describe('a live log', () => {
  const id = BUILDS + 2;
  const drv = storePath(id, `job-${id}.drv`);
  const path = `/build/${id}/log/live`;

  it('comes as it is written, resumes where a client left, and ends with the step', async () => {
    const jobset = (await api.anonymous.get('/jobset/demo/main')).json;
    expect(jobset.name).toBe('main');
    await startStep(api, id, drv, 1, 1_767_323_045_000);
    await caughtUp(api);
    const writer = await api.logs.create(logKey(drv, 1));
    await writer.write(Buffer.from('first\n'));
    const first = await listen(path, ({ data }) => data.includes('first'));
    expect(first.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(first.response.headers.get('x-accel-buffering')).toBe('no');
    expect(first.messages.at(-1)).toMatchObject({ event: 'log', id: '6' });
    const rest = listen(path, ({ event }) => event === 'end', { 'last-event-id': first.messages.at(-1)!.id });
    // A character whose bytes come apart.
    const euro = Buffer.from('second 100 €\n');
    await writer.write(euro.subarray(0, 12));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writer.write(euro.subarray(12));
    await completeStep(api, id, drv, await writer.close(), 'failed', 1_767_323_045_000);
    const { messages } = await rest;
    expect(textOf(messages)).toBe('second 100 €\n');
    expect(messages.at(-1)).toMatchObject({ event: 'end', id: String(6 + euro.length) });
    expect(messages.every(({ id }) => id !== undefined)).toBe(true);
  });
  it('of a step that ended comes whole and ends', async () => {
    const { messages } = await listen(`/build/${BUILDS + 1}/step/1/log/live`, ({ event }) => event === 'end');
    expect(textOf(messages)).toBe(`${HOSTILE}\nlast words\n`);
  });
  it('is there without script as well, raw and its end', async () => {
    const raw = await api.anonymous.get(`/build/${BUILDS + 1}/log/raw`);
    expect([raw.headers.get('content-type'), raw.text]).toEqual([
      'text/plain; charset=utf-8',
      `${HOSTILE}\nlast words\n`,
    ]);
    expect((await api.anonymous.get(`/build/${BUILDS + 1}/log/tail`)).text).toContain('last words');
    const byName = await api.anonymous.get(`/log/${drv.split('/').at(-1)}?tail=1`);
    expect(byName.text).toBe('second 100 €\n');
  });
  it('that nobody has is 404', async () => {
    for (const path of [`/build/${BUILDS + 3}/log`, '/build/999999/log/live', `/log/${'a'.repeat(32)}-x.drv`])
      expect([path, (await api.anonymous.get(path)).status]).toEqual([path, 404]);
  });
});

describe('the way down to a page', () => {
  it.each([
    ['/queue', []],
    ['/releases', ['Overview']],
    ['/scheduler', ['Overview', 'Queue']],
    ['/eval/70', ['Overview', 'demo', 'main']],
    ['/eval/70/errors', ['Overview', 'demo', 'main', '#70']],
    [`/build/${BUILDS}`, ['Overview', 'demo', 'main', 'good']],
    [`/build/${BUILDS}/log`, ['Overview', 'demo', 'main', 'good', `build #${BUILDS}`]],
  ])('begins at the overview: %s', async (path, wanted) => {
    const { text } = await api.anonymous.page(path);
    const [, crumbs = ''] = /<nav aria-label="Breadcrumb"[^>]*>(.*?)<\/nav>/s.exec(text) ?? [];
    expect([...crumbs.matchAll(/<a [^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual(wanted);
  });
});

describe('the stream of changes', () => {
  it('tells of a change, and ends with the process', async () => {
    let changed = false;
    // What is told after its head came is heard.
    const stream = messagesOf(await fetch(`${api.url}/events`), () => changed);
    changed = true;
    await api.admin.send('PUT', '/project/another', {});
    expect((await stream).messages.at(-1)).toMatchObject({ event: 'changed', data: '{}' });
    const open = await fetch(`${api.url}/events`);
    api.stop.abort();
    expect((await messagesOf(open, () => false)).response.status).toBe(200);
  });
});
