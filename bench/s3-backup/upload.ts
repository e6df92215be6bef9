/** One upload in a process of its own: `upload.js STORE_ENV ENDPOINT BUCKET COMPRESSION ROOT`; prints its wall time in milliseconds. */
import { join } from 'node:path';
import { createUploader, openBucket } from '#binary-cache';
import { detectNix } from '#nix';

const [env, endpoint, name, compression, root] = process.argv.slice(2) as [string, string, string, string, string];
const nixEnv = JSON.parse(env) as Record<string, string>;
const nix = await detectNix({ env: nixEnv, options: {} });
const bucket = await openBucket({ name, endpoint, forcePathStyle: true });
const uploader = createUploader({
  nix,
  bucket,
  prefix: '',
  compression: compression as 'none',
  signingKeys: [],
  spoolDir: join(nixEnv['TMPDIR']!, 'spool'),
});
const begun = performance.now();
await uploader.upload([root], { signal: new AbortController().signal });
process.stdout.write(`${performance.now() - begun}\n`);
process.stderr.write(`peak of this process ${Math.round(process.resourceUsage().maxRSS / 1024)} MB\n`);
bucket.close();
