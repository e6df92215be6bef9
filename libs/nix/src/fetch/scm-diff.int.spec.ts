import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestStore, withTestStore } from '../../testing/store.js';
import { run } from '../run/process.js';
import { clearClones, clonePath } from './clones.js';
import { fetchInput } from './fetch-input.js';
import { withFileLock } from './file-lock.js';
import { scmDiff } from './scm-diff.js';

describe('what was fetched by git', () => {
  let store: TestStore;
  let repo: string;
  let cacheDir: string;
  const revs: string[] = [];

  const git = async (...args: string[]): Promise<string> => {
    const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main'];
    const { code, stdout, stderr } = await run('git', ['-C', repo, ...who, '-c', 'commit.gpgsign=false', ...args], {
      env: { ...store.settings.env, GIT_CONFIG_NOSYSTEM: '1' },
    });
    if (code !== 0) throw new Error(stderr);
    return stdout.toString().trim();
  };
  const commit = async (text: string, words = text): Promise<void> => {
    await writeFile(join(repo, 'file'), text);
    await git('add', '.');
    await git('commit', '--quiet', '-m', words);
    revs.push(await git('rev-parse', 'HEAD'));
  };
  const fetch = () =>
    fetchInput(
      { settings: store.settings, cacheDir, now: () => 0 },
      { name: 'src', type: 'git', value: `${repo} main` },
    );
  const diff = (rev1: string, rev2: string, uri = repo) =>
    scmDiff(store.settings, cacheDir, { kind: 'git', uri, rev1, rev2 });

  beforeAll(async () => {
    store = await withTestStore();
    repo = join(store.dir, 'repo');
    cacheDir = join(store.dir, 'cache');
    await mkdir(repo);
    await git('init', '--quiet');
    // A repository may name a program for its differences; it is not run.
    await writeFile(join(repo, '.gitattributes'), 'file diff=evil\n');
    await commit('one\n');
    await git('tag', 'v1.0');
    await commit('two\n', 'second');
    await commit('three\n', 'third');
    await commit(`${'x'.repeat(100)}\n`.repeat(20_000), 'large');
    await fetch();
  });
  afterAll(() => store.remove());

  it('has a log and a difference between two revisions, names of tags too', async () => {
    const { text } = (await diff('v1.0', revs[2]!)) as { text: string };
    expect(text).toMatch(/third[^]*second[^]*-one\n\+three/);
    expect(text).not.toContain('commit ' + revs[0]);
  });

  it('says so where there is too much of it', async () => {
    const { text } = (await diff(revs[2]!, revs[3]!)) as { text: string };
    expect(text).toContain('large');
    expect(text).toContain('(the difference: more than 1048576 bytes, which are not shown)');
    expect(text.length).toBeLessThan(2000);
  });

  it.each([
    ['a repository that was not fetched', ['v1.0', 'v1.0', '/somewhere/else'], 'uri'],
    ['an unknown revision', ['nosuch', 'v1.0'], 'rev1'],
    ['a range', ['v1.0', 'v1.0..main'], 'rev2'],
    ['an option', ['--all', 'v1.0'], 'rev1'],
    ['a file', ['v1.0', 'v1.0:file'], 'rev2'],
  ] as const)('does not know %s', async (_, [rev1, rev2, uri], unknown) => {
    expect(await diff(rev1, rev2, uri)).toEqual({ unknown });
  });

  it('is forgotten, but for what is just being fetched; the next fetch makes it anew', async () => {
    const { env } = store.settings;
    const clone = clonePath(cacheDir, 'git', repo);
    expect(await clearClones(cacheDir, env, { dryRun: true })).toEqual({ clones: 1, busy: 0 });
    await withFileLock(`${clone}.lock`, env, async () => {
      expect(await clearClones(cacheDir, env)).toEqual({ clones: 0, busy: 1 });
    });
    await access(clone);
    const before = await fetch();
    expect(await clearClones(cacheDir, env)).toEqual({ clones: 1, busy: 0 });
    await expect(access(clone)).rejects.toThrow('ENOENT');
    expect(await fetch()).toEqual(before);
    expect(await clearClones(join(store.dir, 'nothing'), env)).toEqual({ clones: 0, busy: 0 });
    await rm(clone, { recursive: true });
  });
});

describe('what was fetched by hg', () => {
  it('has a log and a difference between two hashes; a name could be an expression', async () => {
    const store = await withTestStore();
    const repo = join(store.dir, 'repo');
    const cacheDir = join(store.dir, 'cache');
    const hg = async (...args: string[]): Promise<string> => {
      const env = { ...store.settings.env, HGRCPATH: '', HGUSER: 'T <t@example.org>' };
      const { code, stdout, stderr } = await run('hg', ['--repository', repo, ...args], { env });
      if (code !== 0) throw new Error(stderr);
      return stdout.toString().trim();
    };
    await mkdir(repo);
    await hg('init', repo);
    const commit = async (text: string): Promise<string> => {
      await writeFile(join(repo, 'file'), text);
      await hg('commit', '--addremove', '-m', text);
      return hg('log', '--rev', '.', '--template', '{node}');
    };
    const [one, two] = [await commit('one\n'), await commit('two\n')];
    const value = repo;
    await fetchInput({ settings: store.settings, cacheDir, now: () => 0 }, { name: 'src', type: 'hg', value });
    const diff = (rev1: string, rev2: string) =>
      scmDiff(store.settings, cacheDir, { kind: 'hg', uri: repo, rev1, rev2 });
    expect(await diff(one, two)).toEqual({ text: expect.stringMatching(/summary: +two[^]*-one\n\+two/) });
    expect(await diff(one, 'default')).toEqual({ unknown: 'rev2' });
    expect(await diff('all', two)).toEqual({ unknown: 'rev1' });
    await store.remove();
  });
});
