import type { AddressInfo } from 'node:net';

/** An S3 server on loopback, in this process and in memory: what it holds is gone with it. */
export type DemoS3 = Readonly<{
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
  stop: () => Promise<void>;
}>;

export type DemoS3Options = Readonly<{
  /** Default 0: a free one. */
  port?: number;
  /** Made at once. */
  buckets: readonly string[];
}>;

/** Largest object; the server's own bound is 11 MiB, which a NAR soon passes. */
const MAX_OBJECT = 4 * 1024 ** 3;

/**
 * Starts the server that stands in for S3 in the demo and in tests. Needs the development dependency `fauxqs`; it takes any
 * credentials, and shows everything to everybody who reaches the port.
 */
export const startDemoS3 = async ({ port = 0, buckets }: DemoS3Options): Promise<DemoS3> => {
  const { buildApp } = await import('fauxqs');
  // Not its `startFauxqs`: that listens on every address of the machine.
  const app = buildApp({ logger: false });
  app.removeContentTypeParser('*');
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_OBJECT }, (_request, body, done) =>
    done(null, body),
  );
  await app.listen({ port, host: '127.0.0.1' });
  for (const bucket of buckets) {
    const { statusCode, body } = await app.inject({ method: 'PUT', url: `/${bucket}` });
    if (statusCode !== 200) throw new Error(`the S3 server did not make the bucket '${bucket}': ${statusCode} ${body}`);
  }
  return {
    endpoint: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    accessKey: 'demo',
    secretKey: 'demo-secret',
    stop: () => app.close(),
  };
};
