import fc from 'fast-check';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

type Schema = { properties?: Record<string, unknown> };
type Operation = {
  parameters: { name: string; in: 'path' | 'query' | 'header' }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
};

/** Streams have no end, and who signs out tries nothing more. */
const LEFT_OUT = /live|^\/(events|logout)$/;

describe('every operation of openapi.json', () => {
  let api: TestApi;
  let operations: { method: string; path: string; operation: Operation }[];
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const jobs = [
      { job: 'a', status: 'succeeded' as const },
      { job: 'b', status: 'failed' as const, log: 'x\n' },
      { job: 'c' },
    ];
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1, jobs });
    const { json } = await api.anonymous.get('/openapi.json');
    operations = Object.entries(json.paths as Record<string, Record<string, Operation>>)
      .filter(([path]) => !LEFT_OUT.test(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
      );
  });
  afterAll(() => api.close());

  const known = [
    'demo',
    'main',
    'a',
    'b',
    '1',
    '2',
    '3',
    'admin',
    'eve',
    'true',
    '0',
    'csv',
    '2026-01-02',
    'x86_64-linux',
    'demo:main',
    'git',
  ];
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known) },
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom(
      '..',
      '../../etc/passwd',
      '.',
      '',
      ' ',
      '-1',
      '1e9',
      '\r\nSet-Cookie: a=b',
      "'; drop table x; --",
      '<script>',
      '\0',
      '%00',
      'NaN',
      '9'.repeat(30),
      '//evil.example',
      'x'.repeat(3000),
    ),
  );
  const value = fc.oneof(
    { weight: 3, arbitrary: word },
    fc.constantFrom<unknown>(true, false, 0, 1, 7, -1, 1.5, 2 ** 53, null, [], {}, ['admin'], {
      src: { type: 'git', value: 'x' },
    }),
    fc.jsonValue({ maxDepth: 2 }),
  );

  it('answers whatever comes without a 5xx, and as the document says', async () => {
    const request = fc.record({
      pick: fc.nat(),
      words: fc.array(word, { minLength: 8, maxLength: 8 }),
      values: fc.array(value, { minLength: 12, maxLength: 12 }),
      given: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    });
    const tried = new Set<string>();
    await fc.assert(
      fc.asyncProperty(request, async ({ pick, words, values, given }) => {
        const { method, path, operation } = operations[pick % operations.length]!;
        let next = 0;
        const filled = path.replace(/\{[^}]+\}/g, () => encodeURIComponent(words[next++ % words.length]!));
        const query = new URLSearchParams(
          operation.parameters
            .filter((one, i) => one.in === 'query' && given[i % given.length])
            .map(({ name }, i): [string, string] => [name, words[(next + i) % words.length]!]),
        );
        const names = Object.keys(operation.requestBody?.content['application/json'].schema.properties ?? {});
        const body = Object.fromEntries(
          names.flatMap((name, i) => (given[i % given.length] ? [[name, values[i % values.length]]] : [])),
        );
        const address = `${filled}${query.size > 0 ? `?${query}` : ''}`;
        // The client compares each answer with the document, which knows no 5xx but 503.
        const { status, headers } =
          method === 'GET' ? await api.admin.get(address) : await api.admin.send(method, address, body);
        tried.add(`${method} ${path}`);
        expect([method, address, JSON.stringify(body), status < 500 || status === 503]).toEqual([
          method,
          address,
          JSON.stringify(body),
          true,
        ]);
        const location = headers.get('location');
        // Nowhere but here, whatever was asked for.
        if (location !== null) expect(location).toMatch(/^(\/(?![/\\])|http:\/\/iolaus\.test\/)/);
        expect(headers.get('set-cookie') ?? 'iolaus_session=').toMatch(/^iolaus_session=/);
      }),
      { numRuns: 2000, seed: 7, endOnFailure: true },
    );
    expect(tried.size).toBeGreaterThan(operations.length * 0.95);
  }, 120_000);
});
