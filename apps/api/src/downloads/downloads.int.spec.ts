import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildProduct } from '#domain';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the products of a build', () => {
  let api: TestApi;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-products-'));
    const store = join(dir, 'store');
    const out = join(store, 'aaaa-out');
    await mkdir(join(out, 'manual'), { recursive: true });
    await mkdir(join(out, 'bare'));
    await writeFile(join(dir, 'secret'), 'of the host');
    await writeFile(join(out, 'hello & more.txt'), 'hello, world');
    await writeFile(join(out, 'manual', 'index.html'), '<script>alert(document.cookie)</script>');
    await writeFile(join(out, 'manual', 'book.html'), '<p>the book</p>');
    await symlink(join(dir, 'secret'), join(out, 'manual', 'leak'));
    await symlink(dir, join(out, 'manual', 'up'));
    await writeFile(join(store, 'bbbb-plain'), 'the output itself');
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const product = (type: string, subtype: string, name: string, path: string, defaultPath = ''): BuildProduct => ({
      ...{ type, subtype, name, path, defaultPath },
    });
    const products = [
      product('file', 'text', 'hello & more.txt', join(out, 'hello & more.txt')),
      product('doc', 'manual', 'manual', join(out, 'manual')),
      product('doc', 'book', 'manual', join(out, 'manual'), 'book.html'),
      product('report', 'bare', 'bare', join(out, 'bare')),
      product('file', 'gone', 'gone', join(out, 'gone')),
      product('file', 'leak', 'leak', join(out, 'manual', 'leak')),
    ];
    const plain = [product('nix-build', '', '', join(store, 'bbbb-plain'))];
    const done = { status: 'succeeded' } as const;
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 40, firstBuildId: 40 },
      jobs: [
        { job: 'a', ...done, out, products },
        { job: 'plain', ...done, out: join(store, 'bbbb-plain'), products: plain },
        { job: 'waits' },
      ],
    });
  });
  afterAll(async () => {
    await api.close();
    await rm(dir, { recursive: true });
  });

  /** As it is written, dots and all: `fetch` would tidy it up first. */
  const raw = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const { hostname, port } = new URL(api.url);
      request({ hostname, port, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, headers: answer.headers, text: Buffer.concat(parts).toString() }),
        );
      })
        .on('error', reject)
        .end();
    });

  it.each([
    ['/build/40/download', '/build/40/download/1/hello%20%26%20more.txt'],
    ['/build/40/download/1', '/build/40/download/1/hello%20%26%20more.txt'],
    ['/build/40/download/manual', '/build/40/download/2/manual'],
    ['/build/40/download/manual/book.html', '/build/40/download/2/manual/book.html'],
    ['/build/40/download/2/book.html', '/build/40/download/2/manual/book.html'],
    ['/build/40/download/2/manual', '/build/40/download/2/manual/index.html'],
    ['/build/40/download/3/manual', '/build/40/download/3/manual/book.html'],
    ['/build/40/download-by-type/doc/book', '/build/40/download/3/manual'],
    ['/build/40/download-by-type/doc/manual/book.html', '/build/40/download/2/manual/book.html'],
    ['/job/demo/main/a/latest/download/1', '/build/40/download/1'],
    ['/job/demo/main/a/latest-for/x86_64-linux/download/1', '/build/40/download/1'],
    ['/job/demo/main/a/latest//example.org/..%2f..%2flogin', '/build/40/example.org/login'],
  ])('%s leads to %s', async (path, to) => {
    expect(await raw(path)).toMatchObject({ status: 302, headers: { location: to } });
  });

  it('come as they are, whole or in part, in a sandbox of their own', async () => {
    const text = await raw('/build/40/download/1/hello%20%26%20more.txt');
    expect(text).toMatchObject({
      status: 200,
      text: 'hello, world',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '12',
        'content-security-policy': 'sandbox allow-scripts',
        'x-content-type-options': 'nosniff',
      },
    });
    const part = await raw('/build/40/download/1/hello%20%26%20more.txt', { range: 'bytes=7-' });
    expect(part).toMatchObject({ status: 206, text: 'world', headers: { 'content-range': 'bytes 7-11/12' } });
    expect(await raw('/build/40/download/1/hello%20%26%20more.txt', { range: 'bytes=70-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */12' },
    });
    const page = await raw('/build/40/download/2/manual/index.html', { accept: 'text/html' });
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.headers['content-security-policy']).toBe('sandbox allow-scripts');
    expect(await raw('/build/41/download/1')).toMatchObject({ status: 200, text: 'the output itself' });
  });

  it.each([
    '/build/40/download/2/manual/../../../secret',
    '/build/40/download/2/manual/..%2f..%2f..%2fsecret',
    '/build/40/download/2/manual/%2e%2e/%2e%2e/%2e%2e/secret',
    '/build/40/download/2/manual/leak',
    '/build/40/download/2/manual/up/secret',
    '/build/40/download/2/manual/up',
    '/build/40/download/6/leak',
    '/build/40/download/2/manual/none',
    `/build/40/download/2/manual/${'x'.repeat(300)}`,
    '/build/40/download/1/hello%20%26%20more.txt/below',
    '/build/40/download/4/bare',
    '/build/40/download/5/gone',
    '/build/40/download/9',
    '/build/40/download/none',
    '/build/40/download-by-type/doc/none',
    '/build/42/download',
    '/build/999/download/1',
  ])('nothing is given out at %s', async (path) => {
    const { status, text } = await raw(path);
    expect(status).toBe(404);
    expect(text).not.toContain('of the host');
  });

  it('are linked from the page of the build', async () => {
    const { text } = await api.anonymous.page('/build/40');
    expect(text).toContain('href="/build/40/download/2/manual"');
  });
});
