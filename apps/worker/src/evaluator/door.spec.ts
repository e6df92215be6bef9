import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NixSettings } from '#nix';
import { answerOf } from './door.js';

describe('the evaluator, asked about what it fetched', () => {
  let cacheDir: string;
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'iolaus-door-'));
  });
  afterEach(() => rm(cacheDir, { recursive: true }));

  // Of an empty cache nothing is run.
  const ask = () => answerOf({ nix: { env: {} } as NixSettings, cacheDir, signal: new AbortController().signal });
  const diff = { kind: 'scm-diff', type: 'git', uri: '/repo', rev1: 'a', rev2: 'b' };

  it('looks for two differences at once, and for no more', async () => {
    const answer = ask();
    expect(await Promise.all([answer(diff), answer(diff), answer(diff)])).toEqual([
      { unknown: 'uri' },
      { unknown: 'uri' },
      { busy: true },
    ]);
    expect(await answer(diff)).toEqual({ unknown: 'uri' });
  });

  it('counts what it forgets', async () => {
    expect(await ask()({ kind: 'clear-clones', dryRun: false })).toEqual({ clones: 0, busy: 0 });
  });

  it.each([
    ['nothing', null],
    ['another question', { kind: 'why' }],
    ['an option as a revision', { ...diff, rev1: '--all' }],
    ['a type that is not kept', { ...diff, type: 'svn' }],
  ])('does not answer %s', async (_, question) => {
    await expect(async () => ask()(question)).rejects.toThrow();
  });
});
