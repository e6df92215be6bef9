import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDemoS3 } from '../../../../apps/cli/src/demo/s3.js';
import { startS3Proxy } from '../../../../test/stack/s3-proxy.js';
import { openBucket } from './client.js';

const md5 = '0cc175b9c0f1b6a831c399e269772661';

/** Instance metadata of a machine with a role, version 2: nothing without the token. Each asking gives other credentials. */
const startMetadata = async (livesMs: number) => {
  let issued = 0;
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    const path = (request.url ?? '').replace(/\/$/, '');
    asked.push(`${request.method} ${path}`);
    const role = '/latest/meta-data/iam/security-credentials';
    if (request.method === 'PUT' && path === '/latest/api/token') return reply.end('the-session');
    if (request.headers['x-aws-ec2-metadata-token'] !== 'the-session') return reply.writeHead(401).end();
    if (path === role) return reply.end('farm-role');
    if (path !== `${role}/farm-role`) return reply.writeHead(404).end();
    issued += 1;
    const [AccessKeyId, SecretAccessKey, Token] = [
      `ASIAMETADATA0000000${issued}`,
      `metadata-secret-${issued}`,
      `token-${issued}`,
    ];
    const Expiration = new Date(Date.now() + livesMs).toISOString();
    return reply.end(
      JSON.stringify({ Code: 'Success', AccessKeyId, SecretAccessKey, Token, Expiration, LastUpdated: Expiration }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    issued: () => issued,
    stop: () => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
};

describe("credentials of a machine's role", () => {
  const before = { ...process.env };
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });

  it('come from its metadata with a session, sign with their token, and are asked for anew when they expire under way', async () => {
    const [s3, metadata] = [await startDemoS3({ buckets: [] }), await startMetadata(3_600_000)];
    for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) delete process.env[name];
    // No files of whoever runs this either.
    Object.assign(process.env, {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_CONFIG_FILE: '/nonexistent',
    });
    expect((await fetch(`${s3.endpoint}/role`, { method: 'PUT' })).status).toBe(200);
    let valid = 1;
    const proxy = await startS3Proxy(
      s3.endpoint,
      (n) => ((n === 2 || n === 4) && valid === n / 2 ? ((valid += 1), 'expired') : 'none'),
      () => ({ [`ASIAMETADATA0000000${valid}`]: { secret: `metadata-secret-${valid}`, token: `token-${valid}` } }),
    );
    const retried: string[] = [];
    const bucket = await openBucket({
      name: 'role',
      endpoint: proxy.endpoint,
      forcePathStyle: true,
      retry: { attempts: 3, firstMs: 1, factor: 1, maxMs: 1, random: () => 0 },
      onRetry: ({ message }) => void retried.push(message),
    });
    try {
      for (const key of ['a', 'b', 'c'])
        expect(await bucket.put(key, Buffer.from('a'), { contentType: 'text/plain', md5 })).toEqual({
          stored: true,
          etag: md5,
        });
      expect(proxy.seen.map(({ status }) => status)).toEqual([200, 400, 200, 400, 200]);
      expect(metadata.issued()).toBe(3);
      expect(metadata.asked.filter((each) => each.endsWith('/farm-role'))).toHaveLength(3);
      expect(metadata.asked).toEqual(
        expect.arrayContaining([
          'PUT /latest/api/token',
          'GET /latest/meta-data/iam/security-credentials',
          'GET /latest/meta-data/iam/security-credentials/farm-role',
        ]),
      );
      expect(await bucket.head('b')).toMatchObject({ size: 1, etag: md5 });
      expect(retried.join()).not.toMatch(/ASIA|metadata-secret|token-\d/);
    } finally {
      bucket.close();
      await proxy.stop();
      await metadata.stop();
      await s3.stop();
    }
  });
});
