import { connect, type Socket } from 'node:net';
import { startApi, type TestApi } from '../testing/api.js';
import { simulate } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  await simulate(api, {
    ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1 },
    jobs: [{ job: 'a', status: 'succeeded', log: 'made\n' }, { job: 'b' }],
  });
  await api.admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, name: 'trunk' });
});
afterAll(() => api.close());

const open = (bytes: string): Socket => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  return socket.on('error', () => undefined);
};
/** The answer to a request as it is written: no client tidies it up first. */
const wire = (line: string, ...headers: string[]) =>
  new Promise<{ status: number; headers: string[]; body: string }>((resolve) => {
    const parts: Buffer[] = [];
    open([`${line} HTTP/1.1`, 'Host: evil.example', 'Connection: close', ...headers, '', ''].join('\r\n'))
      .on('data', (part) => parts.push(part))
      .on('close', () => {
        const [head = '', ...body] = Buffer.concat(parts).toString('utf8').split('\r\n\r\n');
        const [status = '', ...lines] = head.split('\r\n');
        resolve({ status: Number(status.split(' ')[1]), headers: lines, body: body.join('\r\n\r\n') });
      });
  });
const named = (headers: readonly string[], name: string): string[] =>
  headers.filter((one) => one.toLowerCase().startsWith(`${name}: `)).map((one) => one.slice(name.length + 2));

describe('an address that should lead elsewhere', () => {
  const rests = [
    '/evil.example',
    '//evil.example',
    '%2f%2fevil.example',
    '%5c%5cevil.example',
    '..%2f..%2f..%2f..%2f%2fevil.example',
    '%2e%2e/%2e%2e/%2fevil.example',
    'https:%2f%2fevil.example',
    'x%0d%0aSet-Cookie:%20iolaus_session=planted',
    'x%0d%0a%0d%0a<script>alert(1)</script>',
    '%e2%80%a8/evil.example',
    '?next=//evil.example',
  ];
  const addresses = [
    '/job/demo/trunk/a/latest/',
    '/job/demo/trunk/a/latest-for/x86_64-linux/',
    '/job/demo/main/a/latest/',
    '/jobset/demo/trunk/latest-eval/',
    '/jobset/demo/main/latest-eval/',
    '/jobset/demo/main/',
    '/project/demo/latest/',
    '/project/demo/latest-for/x86_64-linux/',
    '/project/demo/latest-finished/',
    '/jobset/demo/trunk/latest/',
    '/eval/1/job/',
    '/build/1/download/',
    '/build/1/log/',
    '/user/admin/dashboard/',
    '/',
  ];
  it.each(addresses)(
    '%s… leads nowhere but here, and says nothing in a header that was not meant to be there',
    async (address) => {
      for (const rest of rests) {
        const { status, headers, body } = await wire(`GET ${address}${rest}`, 'Accept: text/html');
        expect([rest, status < 500]).toEqual([rest, true]);
        for (const location of named(headers, 'location')) {
          expect(new URL(location, 'http://farm.example/').host).toBe('farm.example');
          expect(location).toMatch(/^\/[a-z]+\/[!-~]*$/);
        }
        expect(named(headers, 'set-cookie')).toEqual([]);
        expect(body).not.toContain('<script>alert');
      }
    },
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/x\r\nSet-Cookie: a=b',
    'https://evil.example',
    'javascript:alert(1)',
    '\\\\evil.example',
    '',
  ])('is not where somebody goes who signs in with next %j', async (next) => {
    const credentials = { username: 'admin', password: 'secret' };
    const { status, json, headers } = await api.anonymous.send('POST', '/login', { ...credentials, next });
    expect([status, json.field, headers.get('set-cookie')]).toEqual([400, 'next', null]);
  });
});

describe('what is in the host', () => {
  it.each([
    '/log/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/log/../../../../etc/passwd',
    '/log/%2e%2e/%2e%2e/etc/passwd',
    `/log/${'0'.repeat(32)}-..%2f..%2fpasswd`,
    `/log/${'0'.repeat(32)}-x%00.drv`,
    '/build/1/log/raw/../../../../etc/passwd',
    '/build/1/step/..%2f..%2f1/log/raw',
    '/build/1/output/..%2f..%2fetc',
    '/build/1/output/__proto__',
    '/build/1/contents/..%2f1',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets//etc/passwd',
  ])('is not to be had at %s', async (path) => {
    const { status, body } = await wire(`GET ${path}`);
    expect([400, 404]).toContain(status);
    expect(body).not.toMatch(/root:|"dependencies"/);
  });
});

describe('another site', () => {
  const forged: readonly Readonly<Record<string, string>>[] = [
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://iolaus.test.evil.example' },
    { origin: 'http://iolaus.test@evil.example' },
    { origin: 'http://iolaus.test', 'sec-fetch-site': 'same-site' },
    { referer: 'https://evil.example/?http://iolaus.test/' },
  ];
  const bodies = ['application/x-www-form-urlencoded', 'application/json', 'text/plain', undefined];

  it('commands nothing by the cookie of who visits it, at no address and with no kind of body', async () => {
    const { json } = await api.anonymous.get('/openapi.json');
    const commands = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get' && !path.startsWith('/api/push-'))
        .map((method) => [method.toUpperCase(), path.replace(/\{[^}]+\}/g, '1')] as const),
    );
    expect(commands.length).toBeGreaterThan(40);
    for (const [index, [method, path]] of commands.entries())
      for (const [nr, headers] of forged.entries()) {
        const type = bodies[(index + nr) % bodies.length];
        const response = await fetch(`${api.url}${path}`, {
          method,
          redirect: 'manual',
          headers: {
            cookie: api.admin.cookie,
            accept: 'application/json',
            ...headers,
            ...(type ? { 'content-type': type } : {}),
          },
          ...(type === undefined ? {} : { body: type === 'application/json' ? '{}' : '' }),
        });
        // What is of no kind that is taken is refused even before.
        const answer = (await response.json()) as { field: string };
        expect([method, path, headers, type, response.status, answer.field]).toEqual([
          method,
          path,
          headers,
          type,
          ...(response.status === 415 ? [415, 'body'] : [403, 'Origin']),
        ]);
      }
    expect((await api.admin.get('/current-user')).status).toBe(200);
  });

  it('does not turn a harmless method into another one', async () => {
    for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override'])
      expect((await api.admin.get('/project/demo?x=1', { [header]: 'DELETE' })).json.field).toBe('x');
    expect((await api.admin.get('/project/demo?_method=DELETE')).status).toBe(400);
    expect((await api.admin.get('/project/demo')).status).toBe(200);
  });
});

describe('who keeps connections', () => {
  it('to hear of changes has a bound, and others are heard again once they are gone', async () => {
    const leave = new AbortController();
    const look = () => fetch(`${api.url}/events`, { method: 'HEAD' });
    const listen = () => fetch(`${api.url}/events`, { signal: leave.signal });
    const all = await Promise.all(Array.from({ length: 256 }, listen));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    const more = await api.anonymous.get('/events');
    expect([more.status, more.headers.get('retry-after')]).toEqual([503, '30']);
    expect((await look()).status).toBe(503);
    expect((await api.anonymous.get('/project/demo')).status).toBe(200);
    leave.abort();
    for (let tries = 0; (await look()).status !== 200 && tries < 200; tries++);
    expect((await look()).status).toBe(200);
  });

  it('for large bodies that nobody signed keeps no small push from being looked at', async () => {
    const large = (path: string, length: string) =>
      open(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length}\r\n\r\n`);
    const slow = Array.from({ length: 8 }, (_, i) =>
      large(
        `/api/push-${i % 2 ? 'gitea' : 'github'}`,
        i % 3 ? 'Content-Length: 20000000' : 'Transfer-Encoding: chunked',
      ),
    );
    const push = (bytes: number) =>
      wire('POST /api/push-github', 'Content-Type: application/json', `Content-Length: ${bytes}`);
    let ninth = await push(20_000_000).then(({ status }) => status);
    expect(ninth).toBe(503);
    expect((await api.anonymous.send('POST', '/api/push-github', {})).status).toBe(401);
    for (const socket of slow) socket.destroy();
    for (let tries = 0; ninth === 503 && tries < 200; tries++)
      ninth = (await api.anonymous.send('POST', '/api/push-github', `"${'x'.repeat(2 ** 20)}"`)).status;
    expect(ninth).toBe(401);
  });
});
