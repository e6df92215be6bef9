import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, writeFile, chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shDerivation, withTestStore, type TestStore } from '../../testing/store.js';
import { encodeBase32 } from '../format/base32.js';
import { computeOutputPaths, createDerivationHasher, derivationPath } from '../format/derivation-hash.js';
import { formatDerivation } from '../format/derivation.js';
import { parseNar } from '../format/nar.js';
import { derivationName } from '../format/store-path.js';
import { readBuildMetadata } from './build-metadata.js';
import { addGcRoot, isGcRooted, listGcRoots, removeGcRoot } from './gc-roots.js';
import { readDerivation } from './inputs-of-derivation.js';
import { dumpPath, dumpSmallPath } from './nar-writer.js';
import { openLocalStore, queryClosure, totalSize } from './path-info.js';
import type { ServeConnection } from './serve-connection.js';
import { detectNix, localServeCommand } from './settings.js';
import { run } from './process.js';

const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
};

describe('a store', () => {
  let store: TestStore;
  let connection: ServeConnection;
  beforeAll(async () => {
    store = await withTestStore();
    connection = await openLocalStore(store.settings);
  });
  afterAll(async () => {
    await connection.close();
    await store.remove();
  });

  const realise = async (expression: string): Promise<Map<string, string>> => {
    const [drvPath] = await store.instantiate(expression);
    await store.nixStore('--realise', drvPath!);
    const drv = await readDerivation(drvPath!);
    return new Map([...drv.outputs].map(([name, { path }]) => [name, path]));
  };

  it('names derivations and outputs as we compute them: plain, fixed, several outputs, chains', async () => {
    const fixed = (name: string, mode: string): string =>
      shDerivation(
        name,
        'echo x > $out',
        `outputHashAlgo = "sha256"; outputHashMode = "${mode}"; outputHash = "${'0'.repeat(52)}";`,
      );
    const chain = `let d0 = ${fixed('flat', 'flat')}; d1 = ${fixed('tree', 'recursive')};
      d2 = ${shDerivation('two', 'x', 'outputs = [ "out" "dev" "a" ]; inherit d0 d1; text = "tab\\t \\"quoted\\" é";')};
      d3 = ${shDerivation('three', 'x', 'in1 = d2.dev; in2 = d2.a; in3 = d1; src = builtins.toFile "src" "text";')};
      sha1 = ${shDerivation('old', 'x', `outputHashAlgo = "sha1"; outputHashMode = "recursive"; outputHash = "${'0'.repeat(40)}";`)};
      d4 = ${shDerivation('four', 'x', 'inherit d2 d3 sha1;')}; in [ d0 d1 d2 d3 sha1 d4 ]`;
    const drvPaths = await store.instantiate(chain);
    expect(drvPaths).toHaveLength(6);
    const hash = createDerivationHasher(readDerivation);
    for (const drvPath of drvPaths) {
      const drv = await readDerivation(drvPath);
      expect(Buffer.from(formatDerivation(drv), 'latin1')).toEqual(await readFile(drvPath));
      const inputs = new Map<string, string>();
      for (const input of drv.inputDrvs.keys()) inputs.set(input, await hash(input));
      const name = derivationName(drvPath);
      expect(derivationPath(store.settings.storeDir, name, drv)).toBe(drvPath);
      const expected = new Map([...drv.outputs].map(([output, { path }]) => [output, path]));
      expect(computeOutputPaths(store.settings.storeDir, name, drv, (input) => inputs.get(input)!)).toEqual(expected);
    }
  });

  it('answers a closure with its dependencies first, and refuses a path that is not there', async () => {
    const outputs =
      await realise(`let a = ${shDerivation('a', 'echo > $out')}; b = ${shDerivation('b', 'echo $a $out > $out', 'inherit a;')};
      in ${shDerivation('c', 'echo $a $b > $out', 'inherit a b;')}`);
    const infos = await queryClosure(connection, [outputs.get('out')!]);
    expect(infos.map(({ path }) => path.replace(/^.*-/, ''))).toEqual(['a', 'b', 'c']);
    expect(infos[1]!.references).toContain(infos[1]!.path);
    expect(totalSize(infos)).toBe(infos.reduce((sum, { narSize }) => sum + narSize, 0));
    expect(infos[2]!.deriver).toMatch(/-c\.drv$/);
    await expect(queryClosure(connection, [`${store.settings.storeDir}/${'0'.repeat(32)}-gone`])).rejects.toThrow(
      'not valid',
    );
  });

  it('answers 10,000 paths in one question', async () => {
    const text = 'builtins.genList (n: builtins.toFile "f${toString n}" "x") 3000';
    const { stdout } = await run(
      store.settings.commands.nixInstantiate,
      ['--eval', '--strict', '--json', '-E', text, '--read-write-mode'],
      { env: store.settings.env },
    );
    const paths = JSON.parse(stdout.toString()) as string[];
    const many = [...paths, ...paths, ...paths, ...paths].slice(0, 10_000);
    expect(await connection.queryValidPaths(many)).toHaveLength(3000);
    expect(await queryClosure(connection, many)).toHaveLength(3000);
  });

  it('gives out a path as the NAR that our writer makes and nix-store dumps', async () => {
    const dir = join(store.dir, 'tree');
    await mkdir(join(dir, 'empty'), { recursive: true });
    await writeFile(join(dir, 'run'), '#!/bin/sh\n');
    await chmod(join(dir, 'run'), 0o755);
    for (const size of [0, 7, 8, 9, 65_536, 262_145]) await writeFile(join(dir, `f${size}`), Buffer.alloc(size, 'x'));
    await writeFile(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0x0a, 0x41])]), 'bytes');
    await writeFile(join(dir, 'ü'), 'name');
    await symlink('/nowhere/é', join(dir, 'link'));
    const path = await store.add(dir);
    const [ours, dumped] = [await collect(dumpPath(path)), await collect(connection.dumpStorePath(path))];
    expect(ours.equals(dumped)).toBe(true);
    expect(dumpSmallPath(path).equals(dumped)).toBe(true);
    const [info] = await connection.queryPathInfos([path]);
    expect(`sha256:${encodeBase32(createHash('sha256').update(ours).digest())}`).toBe(info!.narHash);
    const node = parseNar(ours);
    expect(node.type === 'directory' && [...node.entries.keys()]).toContain('\xff\nA');
    expect(node.type === 'directory' && node.entries.get('run')).toMatchObject({ executable: true });
  });

  it('takes a path from another store, and refuses one whose bytes are not what was promised', async () => {
    const other = await withTestStore({
      env: { NIX_STORE_DIR: store.settings.storeDir, NIX_STATE_DIR: join(store.dir, 'state2') },
    });
    const to = await openLocalStore(other.settings);
    const outputs = await realise(shDerivation('moving', 'echo moved > $out'));
    const [info] = await connection.queryPathInfos([outputs.get('out')!]);
    expect(await to.queryValidPaths([info!.path])).toEqual([]);
    const nar = await collect(connection.dumpStorePath(info!.path));
    await to.addToStore(info!, [nar.subarray(0, 50), nar.subarray(50)]);
    expect(await to.queryPathInfos([info!.path])).toEqual([info]);
    const lie = { ...info!, path: info!.path.replace('moving', 'lying') };
    await expect(
      to.addToStore(lie, [Buffer.from(nar.toString('latin1').replace('moved', 'xoxed'), 'latin1')]),
    ).rejects.toThrow('hash mismatch');
    await to.close();
    await other.remove();
  });

  describe('of a finished build', () => {
    const metadata = async (name: string, script: string, more = ''): ReturnType<typeof readBuildMetadata> =>
      readBuildMetadata(
        store.settings.storeDir,
        await realise(shDerivation(name, `mkdir -p $out/nix-support; cd $out; ${script}`, more)),
      );

    it('reads products, metrics, release name and the mark of failure', async () => {
      const made = await metadata(
        'all',
        `echo hi > "a file.txt"; mkdir doc; echo x > nix-support/failed; echo ' rel-2 ' > nix-support/hydra-release-name
        echo 'speed 3.5 s' > nix-support/hydra-metrics
        { echo 'file txt "'$out'/a file.txt"'; echo "doc manual $out/doc index.html"; echo "doc none $out"; echo "file gone $out/gone"; } > nix-support/hydra-build-products`,
      );
      expect(made).toMatchObject({
        failed: true,
        releaseName: 'rel-2',
        metrics: [{ name: 'speed', value: 3.5, unit: 's' }],
      });
      expect(
        made.products.map(({ type, subtype, name, fileSize, defaultPath }) => [
          type,
          subtype,
          name,
          fileSize,
          defaultPath,
        ]),
      ).toEqual([
        ['file', 'txt', 'a file.txt', 3, ''],
        ['doc', 'manual', 'doc', undefined, 'index.html'],
        ['doc', 'none', '', undefined, ''],
      ]);
      expect(made.products[0]!.sha256hash).toBe(createHash('sha256').update('hi\n').digest('hex'));
    });
    it('names each directory output where no file says more', async () => {
      const made = await metadata('plain', 'mkdir $dev; echo x > $lib', 'outputs = [ "out" "dev" "lib" ];');
      expect(made.products.map(({ type, subtype, name }) => [type, subtype, name])).toEqual([
        ['nix-build', 'dev', 'plain-dev'],
        ['nix-build', '', 'plain'],
      ]);
      expect(made.failed).toBe(false);
    });
    it('does not follow a link, or a name with dots, out of the store', async () => {
      await writeFile(join(store.dir, 'secret'), 'secret');
      const out = `ln -s ${store.dir}/secret leak; ln -s ${store.dir}/secret nix-support/hydra-release-name
        { echo "file x $out/leak"; echo "file x $out/../../secret"; echo "file x /etc/passwd"; } > nix-support/hydra-build-products`;
      expect(await metadata('leaky', out)).toEqual({
        failed: false,
        products: [],
        metrics: [],
        releaseName: undefined,
      });
    });
  });

  it('keeps what is rooted when garbage is collected, and lets go of what is not', async () => {
    const roots = join(store.dir, 'state', 'gcroots', 'iolaus');
    const [kept, lost] = [
      await realise(shDerivation('kept', 'echo > $out')),
      await realise(shDerivation('lost', 'echo > $out')),
    ].map((o) => o.get('out')!);
    await addGcRoot(roots, kept!);
    await addGcRoot(roots, kept!);
    await addGcRoot(roots, lost!);
    await removeGcRoot(roots, lost!);
    await removeGcRoot(roots, lost!);
    expect(await listGcRoots(roots, store.settings.storeDir)).toEqual([kept]);
    expect([await isGcRooted(roots, kept!), await isGcRooted(roots, lost!)]).toEqual([true, false]);
    await connection.close();
    await store.nixStore('--gc');
    connection = await openLocalStore(store.settings);
    expect(await connection.queryValidPaths([kept!, lost!])).toEqual([kept]);
    await rm(roots, { recursive: true });
    await addGcRoot(roots, kept!);
    expect(await isGcRooted(roots, kept!)).toBe(true);
    await expect(listGcRoots(join(roots, 'gone'), store.settings.storeDir)).rejects.toThrow('ENOENT');
  });

  it('is found with its version, and a missing Nix is named with what to do', async () => {
    expect(store.settings.version).toMatch(/^2\.\d+/);
    expect(localServeCommand(store.settings)).toEqual(
      expect.arrayContaining(['--option', 'substituters', '', '--serve', '--write']),
    );
    await expect(detectNix({ env: store.settings.env, binDir: '/nowhere' })).rejects.toThrow(
      /cannot run '\/nowhere\/nix-store'.*PATH/,
    );
  });
});
