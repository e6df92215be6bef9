import { Readable } from 'node:stream';
import { dumpPath, type PathInfo } from '#nix';
import type { Answer } from '../http/answer.js';

/** The NAR of a valid path, read from the store as the client takes it; `saveAs`: the name under which a browser keeps it. */
export const narAnswer = ({ path, narSize, narHash }: PathInfo, method: string, saveAs?: string): Answer => ({
  stream: {
    headers: {
      'content-type': 'application/x-nix-archive',
      // One that becomes shorter on the way, since the path is collected meanwhile, is seen to be.
      'content-length': String(narSize),
      ...(saveAs === undefined ? {} : { 'content-disposition': `attachment; filename="${saveAs}"` }),
      etag: `"${narHash}"`,
    },
    body: method === 'HEAD' ? Readable.from([]) : Readable.from(dumpPath(path), { objectMode: false }),
  },
});
