import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { withTestStore, type TestStore } from '../../testing/store.js';
import { evaluateJobs } from '../evaluate/evaluate.js';
import { run } from '../run/process.js';
import { FetchError } from './fetch-error.js';
import { fetchInput, type FetchedInput } from './fetch-input.js';
import { withFileLock } from './file-lock.js';
import { flakeMetadata } from './flake.js';

describe('an input', () => {
  let store: TestStore;
  let repo: string;
  let now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const revs: string[] = [];

  const git = async (...args: string[]): Promise<string> => {
    const who = [
      '-c',
      'user.name=T',
      '-c',
      'user.email=t@example.org',
      '-c',
      'init.defaultBranch=main',
      '-c',
      'commit.gpgsign=false',
    ];
    const { code, stdout, stderr } = await run('git', ['-C', repo, ...who, ...args], {
      env: { ...store.settings.env, GIT_CONFIG_NOSYSTEM: '1' },
    });
    if (code !== 0) throw new Error(stderr);
    return stdout.toString().trim();
  };
  const commit = async (text: string): Promise<void> => {
    await writeFile(join(repo, 'file'), text);
    await git('add', '.');
    await git('commit', '--quiet', '-m', text);
    revs.push(await git('rev-parse', 'HEAD'));
  };
  const fetch = (type: string, value: string, signal?: AbortSignal): Promise<FetchedInput> =>
    fetchInput(
      { settings: store.settings, cacheDir: join(store.dir, 'cache'), now: () => now, ...(signal ? { signal } : {}) },
      { name: 'src', type, value },
    );
  const refusal = async (type: string, value: string): Promise<FetchError> => {
    const error: unknown = await fetch(type, value).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FetchError);
    return error as FetchError;
  };

  beforeAll(async () => {
    store = await withTestStore();
    repo = join(store.dir, 'repo');
    await mkdir(repo);
    await git('init', '--quiet');
    await writeFile(join(repo, '.gitattributes'), 'file export-ignore\n');
    await commit('one');
    await git('tag', 'v1');
    await commit('two');
  });
  afterAll(() => store.remove());

  it('of git: the tree of the branch without .git, with revision, count and tag', async () => {
    const fetched = await fetch('git', `${repo} main`);
    expect(fetched).toMatchObject({
      type: 'git',
      uri: repo,
      revision: revs[1],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(fetched.argument).toMatchObject({
      rev: revs[1],
      shortRev: revs[1]!.slice(0, 7),
      revCount: 2,
      gitTag: expect.stringMatching(/^v1-1-g/),
    });
    expect((await readdir(fetched.storePath!)).sort()).toEqual(['.gitattributes', 'file']);
    expect(fetched.storePath).toMatch(/-source$/);
    expect(await fetch('git', `${repo} main`)).toEqual(fetched);
  });

  it('of git without a branch: what HEAD of the remote stands on', async () => {
    expect((await fetch('git', repo)).revision).toBe(revs[1]);
  });

  it('of git by revision, by tag, and after a commit and a forced push', async () => {
    const first = await fetch('git', `${repo} ${revs[0]}`);
    expect(await readFile(join(first.storePath!, 'file'), 'utf8')).toBe('one');
    expect((await fetch('git', `${repo} v1`)).revision).toBe(revs[0]);
    await commit('three');
    expect((await fetch('git', repo)).revision).toBe(revs[2]);
    await git('reset', '--quiet', '--hard', revs[0]!);
    await commit('another three');
    expect((await fetch('git', repo)).revision).toBe(revs[3]);
  });

  it('of git, deep: with .git and its history', async () => {
    const { storePath } = await fetch('git', `${repo} main deepClone timeout=60`);
    expect(await readdir(storePath!)).toContain('.git');
  });

  it('of git, many at once: one clone, one answer', async () => {
    await commit('four');
    const fetched = await Promise.all(Array.from({ length: 4 }, () => fetch('git', `${repo} main`)));
    expect(new Set(fetched.map(({ storePath }) => storePath)).size).toBe(1);
    expect(fetched[0]!.revision).toBe(revs.at(-1));
  });

  it('of hg: the tree of a branch, a tag or a revision without .hg, and after a commit the new one', async () => {
    const dir = join(store.dir, 'hg-repo');
    const hg = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run('hg', ['--config', 'ui.username=T', '-R', dir, ...args], {
        env: { ...store.settings.env, HGPLAIN: '1' },
      });
      if (code !== 0) throw new Error(stderr);
      return stdout.toString().trim();
    };
    const change = async (text: string): Promise<string> => {
      await writeFile(join(dir, 'file'), text);
      await hg('commit', '--addremove', '-m', text);
      return hg('identify', '--id', '--debug');
    };
    await run('hg', ['init', dir], { env: store.settings.env });
    const one = await change('one');
    await hg('tag', 'v1');
    await hg('branch', '--quiet', 'stable-1.x');
    const two = await change('two');
    const fetched = await fetch('hg', `${dir} stable-1.x`);
    expect(fetched).toMatchObject({
      type: 'hg',
      uri: dir,
      revision: two,
      argument: { rev: two, shortRev: two.slice(0, 12), revCount: 3 },
    });
    expect((await readdir(fetched.storePath!)).sort()).toEqual(['.hgtags', 'file']);
    expect(await fetch('hg', `${dir} ${two}`)).toEqual(fetched);
    expect((await fetch('hg', `${dir} v1`)).revision).toBe(one);
    expect(await readFile(join((await fetch('hg', `${dir} ${one}`)).storePath!, 'file'), 'utf8')).toBe('one');
    const three = await change('three');
    expect((await fetch('hg', `${dir} stable-1.x`)).revision).toBe(three);
    expect((await fetch('hg', dir)).revision).not.toBe(three);
    expect((await refusal('hg', `${dir} nobranch`)).message).toContain('nobranch');
  });

  it.each([
    ['hg', '--config=hooks.x', 'invalid-value', 'not an hg URI'],
    ['hg', 'ssh://-oProxyCommand=touch/x', 'invalid-value', 'not an hg URI'],
    ['hg', '/repo --config=x', 'invalid-value', 'not a branch'],
    ['hg', '/repo default more', 'invalid-value', "unexpected 'more'"],
    ['hg', '/no/such/repo', 'failed', '/no/such/repo'],
    ['git', '/no/such/repo', 'failed', '/no/such/repo'],
    ['git', 'REPO nobranch', 'failed', 'nobranch'],
    ['git', `REPO ${'a'.repeat(40)}`, 'failed', 'a'.repeat(40)],
    ['git', '--upload-pack=touch x', 'invalid-value', 'not a git URI'],
    ['git', 'ext::sh -c true', 'invalid-value', 'not a git URI'],
    ['git', 'REPO --evil', 'invalid-value', 'not a branch'],
    ['git', 'REPO main deep x', 'invalid-value', "unexpected 'x'"],
    ['git', 'REPO main timeout=soon', 'invalid-value', 'timeout'],
    ['boolean', 'yes', 'invalid-value', "not 'yes'"],
    ['nix', '1 + ', 'invalid-value', 'syntax error'],
    ['nix', '1) (2', 'invalid-value', 'syntax error'],
    ['path', '/no/such/path', 'failed', '/no/such/path'],
    ['path', 'relative', 'invalid-value', 'relative'],
    ['svn', 'x', 'unsupported-type', "'svn'"],
  ])('of %s with value %s is refused and named', async (type, value, kind, part) => {
    const error = await refusal(type, value.replace('REPO', repo));
    expect(error).toMatchObject({ kind, input: 'src', message: expect.stringContaining(part) });
    expect(error.message).toMatch(/^input 'src': /);
  });

  it('of a value: a string as written, a boolean, an expression', async () => {
    expect((await fetch('string', ' blanks stay ')).argument).toEqual({
      name: 'src',
      type: 'string',
      value: ' blanks stay ',
    });
    expect((await fetch('boolean', ' true ')).argument).toEqual({ name: 'src', type: 'boolean', value: true });
    expect((await fetch('nix', '{ a = 1; } # c')).argument).toEqual({
      name: 'src',
      type: 'nix',
      value: '{ a = 1; } # c',
    });
  });

  it('of a path: the revision is that of the first sight of its content, and comes back with it', async () => {
    const dir = join(store.dir, 'tree');
    await mkdir(dir);
    await writeFile(join(dir, 'x'), 'a');
    const first = await fetch('path', `${dir} 10`);
    expect(first.revision).toBe(`20260102030405:${first.sha256}`);
    await writeFile(join(dir, 'x'), 'b');
    now += 5_000;
    expect((await fetch('path', `${dir} 10`)).revision).toBe(first.revision);
    now += 6_000;
    const second = await fetch('path', `${dir} 10`);
    expect(second.revision).toBe(`20260102030416:${second.sha256}`);
    expect(second.storePath).not.toBe(first.storePath);
    await writeFile(join(dir, 'x'), 'a');
    now += 60_000;
    expect(await fetch('path', `${dir} 10`)).toEqual(first);
    expect(await fetch('path', `file://${dir}/x`)).toMatchObject({
      revision: expect.stringMatching(/^20260102030516:/),
    });
  });

  it('can be given up while it is fetched', async () => {
    await expect(fetch('git', repo, AbortSignal.abort(new Error('not wanted')))).rejects.toThrow('not wanted');
    const stop = new AbortController();
    // A server that never answers.
    const endless = createServer(() => stop.abort(new Error('not wanted any more'))).listen(0, '127.0.0.1');
    await once(endless, 'listening');
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}/x`;
    await expect(fetch('path', url, stop.signal)).rejects.toThrow('not wanted any more');
    endless.close().closeAllConnections();
    await expect(fetch('path', repo, AbortSignal.abort(new Error('not wanted')))).rejects.toThrow('not wanted');
  });

  describe('that is a flake', () => {
    const flake = `{ outputs = _: { hydraJobs.a = derivation { name = "a"; system = "x86_64-linux"; builder = "/bin/sh"; };
      hydraJobs.impure = if builtins ? currentSystem then throw "impure" else null; hydraJobs.bad = throw "bad flake job"; }; }`;

    it('is locked to its revision, and its jobs evaluate purely', async () => {
      const dir = join(store.dir, 'flake');
      await mkdir(dir);
      await writeFile(join(dir, 'flake.nix'), flake);
      await writeFile(join(repo, 'flake.nix'), flake);
      await git('add', 'flake.nix');
      await git('commit', '--quiet', '-m', 'flake');
      const rev = await git('rev-parse', 'HEAD');
      const byGit = await flakeMetadata(store.settings, `git+file://${repo}?ref=main`);
      expect(byGit.revision).toBe(rev);
      expect(byGit.url).toContain(rev);
      const byPath = await flakeMetadata(store.settings, `path:${dir}`);
      expect(byPath.url).toContain('narHash=');
      for (const { url } of [byGit, byPath]) {
        const found: string[] = [];
        const errors: string[] = [];
        await evaluateJobs(
          store.settings,
          { kind: 'flake', url },
          {
            onJobs: (jobs) => void found.push(...jobs.map(({ attr }) => attr)),
            onError: ({ job, message }) => void errors.push(`${job}: ${message.split('\n')[0]}`),
          },
        );
        expect(found).toEqual(['a']);
        expect(errors).toEqual(['bad: error: bad flake job']);
      }
    });

    it('is an error where it is none, and where it has no jobs', async () => {
      await expect(flakeMetadata(store.settings, `path:${store.dir}/tree`)).rejects.toThrow(FetchError);
      await expect(flakeMetadata(store.settings, '--version')).rejects.toThrow('not a flake reference');
      const dir = join(store.dir, 'jobless');
      await mkdir(dir);
      await writeFile(join(dir, 'flake.nix'), '{ outputs = _: { }; }');
      const { url } = await flakeMetadata(store.settings, `path:${dir}`);
      const nothing = evaluateJobs(
        store.settings,
        { kind: 'flake', url },
        { onJobs: () => undefined, onError: () => undefined },
      );
      await expect(nothing).rejects.toMatchObject({
        kind: 'throw',
        message: expect.stringContaining('does not provide any Hydra jobs or checks'),
      });
    });
  });

  it('waits for another holder of its lock', async () => {
    const path = join(store.dir, 'locks', 'one');
    const order: string[] = [];
    const hold = (name: string): Promise<void> =>
      withFileLock(path, store.settings.env, async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 30));
        order.push(`${name} out`);
      });
    await Promise.all([hold('a'), hold('b'), hold('c')]);
    for (let at = 0; at < 6; at += 2) expect(order[at + 1]).toBe(order[at]!.replace('in', 'out'));
    await rm(path);
  });
});
