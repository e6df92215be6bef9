import { join } from 'node:path';
import type { BuildProduct } from '#domain';
import { shDerivation, type TestStore } from '../../../libs/nix/testing/store.js';
import type { TestApi } from './api.js';
import { simulate } from './farm.js';
import { jobsetBody } from './jobset-body.js';

/** What the builds of `storeFarm` are made of, in the test's store. */
export type StoreFarm = Readonly<{ out: string; library: string; drvPath: string }>;

const LIBRARY = shDerivation('greeting-1.0', 'mkdir $out; echo hello > $out/text');

/** With links that lead out of the store, names full of markup, and archives. */
const SCRIPT = `
mkdir -p $out/share "$out/<img src=x onerror=alert(1)>"
echo "reads $library" > $out/run
chmod +x $out/run
ln -s $library/text $out/share/text
ln -s /etc $out/etc
ln -s /etc/passwd $out/passwd
ln -s ../../../../../.. $out/up
mkdir sources
echo x > "sources/<b>bold"
echo y > sources/README
ln -s /etc/passwd sources/link
tar cf $out/sources.tar sources
gzip -c $out/sources.tar > $out/sources.tar.gz
xz -c $out/sources.tar > $out/sources.tar.xz
gzip -c $out/run > $out/run.gz
echo plain > $out/plain.txt
`;

const BUILD = `let library = ${LIBRARY}; in ${shDerivation('demo-1.0', SCRIPT, 'library = library;')}`;

/**
 * Builds 301 to 305 of `demo:store`, the first two really made in the store: its output with products; what it needs; one that the
 * store does not have (any more); one that waits; one that failed. The project `demo` has to be there.
 */
export const storeFarm = async (api: TestApi, store: TestStore, atMs: number): Promise<StoreFarm> => {
  const [drvPath] = await store.instantiate(BUILD);
  const [libraryDrv] = await store.instantiate(LIBRARY);
  const out = await store.nixStore('--realise', drvPath!);
  const library = await store.nixStore('--query', '--outputs', libraryDrv!);
  const product = (type: string, subtype: string, name: string): BuildProduct => ({
    ...{ type, subtype, name, path: join(out, name), defaultPath: '' },
  });
  await api.admin.send('PUT', '/jobset/demo/store', jobsetBody);
  const gone = { drvPath: drvPath!.replace('demo-1.0', 'gone-1.0'), out: out.replace('demo-1.0', 'gone-1.0') };
  await simulate(api, {
    ...{ project: 'demo', jobset: 'store', evaluationId: 60, firstBuildId: 301, atMs },
    jobs: [
      {
        ...{ job: 'demo', status: 'succeeded', log: 'made\n', drvPath: drvPath!, out },
        products: [
          { type: 'nix-build', subtype: '', name: '', path: out, defaultPath: '' },
          product('file', 'source-dist', 'sources.tar'),
          product('file', 'source-dist', 'sources.tar.gz'),
          product('file', 'source-dist', 'sources.tar.xz'),
          product('file', 'binary', 'run.gz'),
          product('file', 'text', 'plain.txt'),
          product('doc', 'leak', 'etc'),
          product('doc', 'leak', 'passwd'),
          product('doc', 'gone', 'nothing'),
        ],
      },
      { job: 'library', status: 'succeeded', log: 'made\n', drvPath: libraryDrv!, out: library },
      { job: 'gone', status: 'succeeded', ...gone },
      { job: 'waits' },
      { job: 'broken', status: 'failed' },
    ],
  });
  return { out, library, drvPath: drvPath! };
};

/** Pages about what is in the store. */
export const STORE_PAGES = {
  'build-store': '/build/301',
  'build-dependencies': '/build/301/build-deps',
  'runtime-dependencies': '/build/301/runtime-deps',
  'contents-directory': '/build/301/contents/1',
  'contents-archive': '/build/301/contents/2',
  channel: '/jobset/demo/store/channel/latest',
  'jobset-channels': '/jobset/demo/store/channels',
} as const;
