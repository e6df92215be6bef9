import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../../libs/nix/src/run/process.js';
import { type TestRemote, withRemoteStore } from '../../../../libs/nix/testing/remote.js';
import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';
import { storeFarm, type StoreFarm } from '../../testing/store-farm.js';

const AT = Date.parse('2026-01-02T03:04:05Z');
const HOSTILE = 'quote".${builtins.abort "x"}\\\n<b>';
const CHANNEL = '/jobset/demo/store/channel/latest';

describe('a channel', () => {
  let store: TestStore;
  let api: TestApi;
  let there: TestRemote;
  let farm: StoreFarm;
  let system: string;
  beforeAll(async () => {
    store = await withTestStore();
    await mkdir(join(store.dir, 'elsewhere-home'));
    there = await withRemoteStore(store);
    api = await startApi({ nix: store.settings });
    await api.admin.send('PUT', '/project/demo', {});
    farm = await storeFarm(api, store, AT);
    system = (await nix('nix-instantiate', '--eval', '--expr', 'builtins.currentSystem')).said.replaceAll('"', '');
    const product = { type: 'nix-build', subtype: '', name: '', path: farm.out, defaultPath: '' };
    await api.admin.send('PUT', '/jobset/demo/hostile', jobsetBody);
    await simulate(api, {
      ...{ project: 'demo', jobset: 'hostile', evaluationId: 70, firstBuildId: 501, atMs: AT },
      jobs: [
        {
          ...{ job: HOSTILE, status: 'succeeded', out: farm.out, products: [product] },
          description: { system, description: HOSTILE, homepage: '${throw "y"}' },
        },
        {
          job: 'foreign',
          status: 'succeeded',
          out: farm.out,
          products: [product],
          description: { system: 'mips-vax' },
        },
        {
          ...{ job: 'tarballs', status: 'succeeded', out: farm.out, description: { isChannel: true } },
          products: [
            product,
            { ...product, type: 'channel', name: 'nixexprs.tar.xz', path: join(farm.out, 'sources.tar.xz') },
          ],
        },
      ],
    });
  });
  afterAll(async () => {
    await api?.close();
    await there?.remove();
    await store?.remove();
  });

  /** A program on another host, which has a store of its own and this farm as its only cache. */
  const nix = async (...command: string[]) => at(there, ...command);
  const at = async ({ inside }: TestRemote, ...command: string[]) => {
    const env = {
      ...store.settings.env,
      HOME: join(store.dir, 'elsewhere-home'),
      NIX_CONFIG: `build-users-group =\nsandbox = false\nsubstituters = ${api.url}\nrequire-sigs = false\n`,
    };
    const [program, ...args] = [...inside, ...command];
    const { code, stdout, stderr } = await run(program!, args, { env });
    return { code, said: `${stdout.toString()}${code === 0 ? '' : stderr.toString()}`.trim() };
  };
  const fetched = async (path: string, name: string): Promise<string> => {
    const file = join(store.dir, name);
    await writeFile(file, Buffer.from(await (await fetch(`${api.url}${path}`)).arrayBuffer()));
    return file;
  };
  const unpacked = async (path: string, name: string): Promise<string> => {
    const file = await fetched(`${path}/nixexprs.tar.bz2`, `${name}.tar.bz2`);
    const { code } = await run('tar', ['-xjf', file, '-C', store.dir], { env: store.settings.env });
    expect(code).toBe(0);
    return join(store.dir, name, 'default.nix');
  };

  it('is subscribed to and installed from, by what its page says', async () => {
    const { text } = await api.anonymous.page(CHANNEL);
    expect(text).toContain(`nix-channel --add http://iolaus.test${CHANNEL} demo-store`);
    expect(await nix('nix-channel', '--add', `${api.url}${CHANNEL}`, 'demo-store')).toEqual({ code: 0, said: '' });
    expect(await nix('nix-channel', '--update')).toMatchObject({ code: 0 });
    expect(await nix('nix-env', '-qaP')).toEqual({
      code: 0,
      said: expect.stringMatching(/^demo-store\.demo +job-301$/),
    });
    expect(await nix('nix-env', '-iA', 'demo-store.demo')).toMatchObject({ code: 0 });
    expect(await nix('nix-env', '-q', '--out-path')).toMatchObject({ said: expect.stringContaining(farm.out) });
    expect(await nix('nix-store', '--verify', '--check-contents')).toMatchObject({ code: 0 });
  });

  it('offers the newest succeeded build of each job whose output is a product, and says so as JSON', async () => {
    const { json } = await api.anonymous.get(CHANNEL);
    expect(json).toEqual({
      name: 'demo-store',
      uri: `http://iolaus.test${CHANNEL}`,
      packages: [
        {
          attribute: 'demo',
          build: 301,
          nixname: expect.any(String),
          system: 'x86_64-linux',
          outputs: { out: farm.out },
        },
      ],
    });
    const attributes = async (path: string) =>
      (await api.anonymous.get(path)).json.packages.map((one: { attribute: string }) => one.attribute).sort();
    expect(await attributes('/job/demo/store/demo/channel/latest')).toEqual(['demo']);
    expect(await attributes('/job/demo/store/library/channel/latest')).toEqual([]);
    expect(await attributes('/build/301/nix')).toEqual(['demo']);
    expect(await attributes('/build/305/nix')).toEqual([]);
    expect(await attributes('/eval/60/channel')).toEqual(['demo']);
    expect(await attributes('/project/demo/channel/latest')).toContain('store.demo');
    expect(await attributes('/channel/latest')).toContain('demo.store.demo');
  });

  it('leaves out what lists do not show', async () => {
    await api.admin.send('PUT', '/project/shy', { visible: false });
    await api.admin.send('PUT', '/jobset/shy/main', jobsetBody);
    await api.admin.send('PUT', '/jobset/demo/secret', { ...jobsetBody, visible: false });
    const product = { type: 'nix-build', subtype: '', name: '', path: farm.out, defaultPath: '' };
    for (const [project, jobset, id] of [
      ['shy', 'main', 801],
      ['demo', 'secret', 901],
    ] as const)
      await simulate(api, {
        ...{ project, jobset, evaluationId: id, firstBuildId: id, atMs: AT },
        jobs: [{ job: 'unseen', status: 'succeeded', out: farm.out, products: [product] }],
      });
    for (const path of ['/channel/latest', '/project/demo/channel/latest'])
      expect((await api.anonymous.get(path)).text).not.toContain('unseen');
    expect((await api.anonymous.get('/jobset/shy/main/channel/latest')).text).toContain('unseen');
  });

  it('is an expression in which names are names, whatever they hold, for the system that asks', async () => {
    const path = await unpacked('/jobset/demo/hostile/channel/latest', 'demo-hostile');
    const names =
      'with builtins; p: concatStringsSep " " (filter (name: name != "recurseForDerivations") (attrNames p))';
    const shown = await nix('nix-instantiate', '--eval', '--strict', '--json', '-E', `(${names}) (import ${path} { })`);
    expect(JSON.parse(shown.said).split(' ').sort()).toEqual(['quote"', 'tarballs']);
    const hostile = `(import ${path} { }).\${"quote\\""}.\${"\\\${builtins"}`;
    const description = await nix(
      'nix-instantiate',
      '--eval',
      '--json',
      '-E',
      `(builtins.head (builtins.attrValues (builtins.removeAttrs ${hostile} ["recurseForDerivations"]))).meta.description`,
    );
    expect(JSON.parse(description.said)).toBe(HOSTILE);
    const foreign = await nix(
      'nix-instantiate',
      '--eval',
      '--json',
      '-E',
      `(import ${path} { system = "mips-vax"; }).foreign.outputName`,
    );
    expect(foreign).toEqual({ code: 0, said: '"out"' });
    const { text } = await api.anonymous.page('/jobset/demo/hostile/channel/latest');
    expect(text).not.toContain('<b>');
    expect(text).toContain('--attr demo-hostile.foreign ');
  });

  it('is the same bytes until it changes, and not sent twice to whoever has them', async () => {
    const url = `${api.url}${CHANNEL}/nixexprs.tar.bz2`;
    const [one, two] = await Promise.all([fetch(url), fetch(url)]);
    const bytes = Buffer.from(await one.arrayBuffer());
    expect(bytes.equals(Buffer.from(await two.arrayBuffer()))).toBe(true);
    const again = await fetch(url, { headers: { 'if-none-match': one.headers.get('etag')! } });
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
  });

  it('has its closure as one file that Nix imports', async () => {
    const file = await fetched('/build/301/nix/closure', 'closure');
    const other = await withRemoteStore(store);
    const { code, said } = await at(other, 'sh', '-c', `nix-store --import < ${file}`);
    expect(await at(other, 'nix-store', '--verify', '--check-contents')).toMatchObject({ code: 0 });
    await other.remove();
    expect([code, said.split('\n').sort()]).toEqual([0, [farm.library, farm.out].sort()]);
    expect((await api.anonymous.get(`${CHANNEL}/binary-cache-url`)).text).toBe('http://iolaus.test');
  });

  it('that a job makes itself is listed with its jobset, and its files are those of its newest build', async () => {
    expect((await api.anonymous.get('/jobset/demo/hostile/channels')).json).toEqual({ channels: ['tarballs'] });
    expect((await api.anonymous.page('/jobset/demo/hostile/channels')).text).toContain(
      'href="/channel/custom/demo/hostile/tarballs"',
    );
    const tab = await api.anonymous.page('/jobset/demo/hostile/channels-tab');
    expect(tab.headers.get('location')).toBe('/jobset/demo/hostile/channels');
    const path = '/channel/custom/demo/hostile/tarballs';
    expect((await api.anonymous.get(path)).json).toMatchObject({
      build: 503,
      products: [{ type: 'nix-build' }, { type: 'channel' }],
    });
    expect((await api.anonymous.page(path)).text).toContain('build #503');
    const file = await api.anonymous.get(`${path}/nixexprs.tar.xz`);
    expect([file.status, file.headers.get('location')]).toEqual([302, '/build/503/download/2/nixexprs.tar.xz']);
    for (const missing of [`${path}/other`, '/channel/custom/demo/hostile/foreign', '/channel/custom/no/such/one'])
      expect(await api.anonymous.get(missing)).toMatchObject({ status: 404 });
  });

  it('is not there where its address is wrong, and follows a jobset that was renamed', async () => {
    for (const path of [
      '/jobset/demo/none/channel/latest',
      '/project/none/channel/latest',
      '/eval/9999/channel',
      '/build/9999/nix',
      `${CHANNEL}/other`,
      '/job/demo/store/none/channel/latest',
    ])
      expect([path, (await api.anonymous.get(path)).status]).toEqual([path, 404]);
    await api.admin.send('PUT', '/jobset/demo/hostile', { ...jobsetBody, name: 'tame' });
    const old = await api.anonymous.get('/jobset/demo/hostile/channel/latest/nixexprs.tar.bz2');
    expect([old.status, old.headers.get('location')]).toEqual([
      301,
      '/jobset/demo/tame/channel/latest/nixexprs.tar.bz2',
    ]);
  });

  it('needs a store that can be served', async () => {
    const closed = await startApi({ nix: store.settings, binaryCache: { enabled: false, secretKeyFiles: [] } });
    const without = await startApi();
    for (const one of [closed, without])
      expect(await one.anonymous.get('/channel/latest')).toMatchObject({
        status: 404,
        json: { error: 'there are no channels here: this farm is no binary cache' },
      });
    await closed.close();
    await without.close();
  });
});
