import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDerivation } from '../format/derivation.js';
import { derivationGraph } from './derivation-graph.js';

describe('the derivations that one is built from', () => {
  let dir: string;
  let store: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-graph-'));
    store = join(dir, 'store');
    await mkdir(store);
  });
  afterAll(() => rm(dir, { recursive: true }));

  const path = (name: string): string => join(store, `${'0'.repeat(32)}-${name}.drv`);
  const text = (inputs: readonly string[]): string =>
    formatDerivation({
      outputs: new Map([['out', { path: join(store, 'out'), hashAlgo: '', hash: '' }]]),
      inputDrvs: new Map(inputs.map((input) => [input, ['out']])),
      inputSrcs: [join(store, 'source')],
      platform: 'x86_64-linux',
      builder: '/bin/sh',
      args: [],
      env: new Map(),
    });
  const add = (name: string, ...inputs: string[]): Promise<void> => writeFile(path(name), text(inputs), 'latin1');
  const names = (paths: readonly string[]): string[] => paths.map((one) => one.slice(store.length + 34, -4));
  const of = async (name: string, limit = 100) => {
    const { nodes, missing, truncated } = await derivationGraph(path(name), limit);
    return { nodes: names(nodes.map(({ drvPath }) => drvPath)), missing, truncated };
  };

  it('come once each, nearest first, with what is missing named', async () => {
    await add('a', path('b'), path('c'));
    await add('b', path('d'));
    await add('c', path('d'), path('gone'));
    await add('d');
    expect(await of('a')).toEqual({ nodes: ['a', 'b', 'c', 'd'], missing: [path('gone')], truncated: false });
    expect(await of('a', 2)).toEqual({ nodes: ['a', 'b'], missing: [], truncated: true });
    expect(await of('gone')).toEqual({ nodes: [], missing: [path('gone')], truncated: false });
  });

  it('are nothing but plain files of the store that are derivations', async () => {
    await writeFile(join(dir, 'secret.drv'), text([]));
    await symlink(join(dir, 'secret.drv'), path('link'));
    await mkdir(path('directory'));
    await writeFile(path('text'), 'of the host');
    await writeFile(path('large'), '');
    await truncate(path('large'), 17 * 1024 * 1024);
    const strange = [
      path('link'),
      path('directory'),
      path('text'),
      path('large'),
      join(dir, 'secret.drv'),
      `${store}/../secret.drv`,
      `${path('a').slice(0, -4)}`,
      '/etc/passwd',
      '',
    ];
    await add('evil', ...strange);
    const { nodes, missing } = await of('evil');
    expect(nodes).toEqual(['evil']);
    expect([...missing].sort()).toEqual([...strange].sort());
  });

  it('are not looked for without an end where a derivation names very many that are not there', async () => {
    await add('lost', ...Array.from({ length: 5000 }, (_, i) => path(`lost${i}`)));
    const { nodes, missing, truncated } = await of('lost', 20);
    expect([nodes, missing.length <= 40, truncated]).toEqual([['lost'], true, true]);
  });

  it('are looked for until they are too many bytes', async () => {
    for (let i = 0; i < 6; i++) await add(`long${i}`, path(`long${i + 1}`));
    const { nodes, truncated } = await derivationGraph(path('long0'), 100, 3 * text([path('long1')]).length);
    expect([nodes.length, truncated]).toEqual([3, true]);
  });

  it('end where they need each other in a circle', async () => {
    await add('x', path('y'));
    await add('y', path('x'));
    expect((await of('x')).nodes).toEqual(['x', 'y']);
  });
});
