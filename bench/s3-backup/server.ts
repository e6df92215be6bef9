/**
 * A plain HTTP server that keeps what is PUT in memory, in a process of its own: what `nix copy --to http://` needs, and the few
 * requests of S3 that an upload makes. The same one for both, so that its time is in both figures.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Stored = Readonly<{ body: Buffer; etag: string; headers: Record<string, string> }>;

const objects = new Map<string, Stored>();
const uploads = new Map<string, { parts: Map<number, Buffer>; headers: Record<string, string> }>();

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
const md5 = (body: Buffer): Buffer => createHash('md5').update(body).digest();
const metadataOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[0].startsWith('x-amz-meta-')),
  );

const listing = (bucket: string, prefix: string): string => {
  const start = `/${bucket}/${prefix}`;
  const found = [...objects].filter(([key]) => key.startsWith(start));
  const contents = found.map(
    ([key, { body, etag }]) =>
      `<Contents><Key>${key.slice(bucket.length + 2)}</Key><Size>${body.length}</Size><ETag>"${etag}"</ETag></Contents>`,
  );
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`;
};

type Answer = Readonly<{ status: number; headers?: Record<string, string>; body?: Buffer | string }>;

const answer = (incoming: IncomingMessage, body: Buffer): Answer => {
  const url = new URL(incoming.url ?? '/', 'http://server');
  const [key, query] = [url.pathname, url.searchParams];
  const id = query.get('uploadId');
  switch (incoming.method) {
    case 'PUT': {
      const etag = md5(body).toString('hex');
      const part = query.get('partNumber');
      if (id !== null && part !== null) uploads.get(id)!.parts.set(Number(part), body);
      else objects.set(key, { body, etag, headers: metadataOf(incoming) });
      return { status: 200, headers: { etag: `"${etag}"` } };
    }
    case 'POST': {
      if (id === null) {
        const begun = String(uploads.size + 1);
        uploads.set(begun, { parts: new Map(), headers: metadataOf(incoming) });
        const xml = `<InitiateMultipartUploadResult><UploadId>${begun}</UploadId></InitiateMultipartUploadResult>`;
        return { status: 200, body: xml };
      }
      const { parts, headers } = uploads.get(id)!;
      const all = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
      const etag = `${md5(Buffer.concat(all.map(md5))).toString('hex')}-${all.length}`;
      objects.set(key, { body: Buffer.concat(all), etag, headers });
      uploads.delete(id);
      return {
        status: 200,
        body: `<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`,
      };
    }
    default: {
      if (query.has('list-type')) return { status: 200, body: listing(key.slice(1), query.get('prefix') ?? '') };
      const object = objects.get(key);
      if (!object) return { status: 404 };
      const headers = { ...object.headers, etag: `"${object.etag}"`, 'content-length': String(object.body.length) };
      return { status: 200, headers, ...(incoming.method === 'GET' && { body: object.body }) };
    }
  }
};

const server = createServer((incoming, outgoing) => {
  void bodyOf(incoming).then((body) => {
    const { status, headers, body: said } = answer(incoming, body);
    outgoing.writeHead(status, headers);
    outgoing.end(said);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
// Nobody is left to ask.
process.stdin.on('end', () => process.exit(0)).resume();
