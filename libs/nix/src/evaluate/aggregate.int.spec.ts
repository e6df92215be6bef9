import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTestStore, type TestStore } from '../../testing/store.js';
import { derivationName } from '../format/store-path.js';
import { readDerivation } from '../run/inputs-of-derivation.js';
import { openLocalStore } from '../run/path-info.js';
import { AggregateRewriter, resolveAggregates, type ResolvedAggregate } from './aggregate.js';
import { evaluateJobs } from './evaluate.js';
import type { EvaluatedJob } from './jobs.js';

describe('the aggregates of an evaluation', () => {
  let store: TestStore;
  let count = 0;
  beforeAll(async () => {
    store = await withTestStore();
  });
  afterAll(() => store.remove());

  type Evaluated = { jobs: Map<string, EvaluatedJob>; resolved: Map<string, ResolvedAggregate> };
  const resolve = async (text: string): Promise<Evaluated> => {
    const dir = join(store.dir, `src${count++}`);
    await mkdir(dir);
    const mk = `mk = name: more: derivation ({ inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${name} > $out" ]; } // more);
      agg = name: constituents: mk name { _hydraAggregate = true; inherit constituents; };
      glob = name: constituents: mk name { _hydraAggregate = true; _hydraGlobConstituents = true; inherit constituents; };`;
    await writeFile(join(dir, 'release.nix'), `let ${mk} in ${text}`);
    const storePath = await store.add(dir);
    const jobs = new Map<string, EvaluatedJob>();
    const errors = new Map<string, string>();
    await evaluateJobs(
      store.settings,
      { kind: 'expression', input: { name: 'src', storePath }, path: 'release.nix', args: [] },
      {
        onJobs: (found) => found.forEach((job) => jobs.set(job.attr, job)),
        onError: ({ job, message }) => void errors.set(job, message),
      },
    );
    const connection = await openLocalStore(store.settings);
    try {
      const rewriter = new AggregateRewriter(connection, store.settings.storeDir);
      return { jobs, resolved: await resolveAggregates(rewriter, [...jobs.values()], errors) };
    } finally {
      await connection.close();
    }
  };

  it('depend on their constituents by name, as a derivation that Nix itself accepts and builds', async () => {
    const { jobs, resolved } = await resolve(
      'rec { a = mk "a" { }; b = mk "b" { outputs = [ "out" "dev" ]; args = [ "-c" "echo > $out; echo > $dev" ]; }; all = agg "all" [ "b" a ]; }',
    );
    const [a, b, all] = [jobs.get('a')!, jobs.get('b')!, resolved.get('all')!];
    expect(all.constituents).toEqual([a.drvPath, b.drvPath].sort());
    expect(all.drvPath).not.toBe(jobs.get('all')!.drvPath);
    expect((await readDerivation(all.drvPath)).inputDrvs.get(b.drvPath)).toEqual(['dev']);
    const out = await store.nixStore('--realise', all.drvPath);
    expect(out).toBe(all.outputs.get('out'));
    expect((await store.nixStore('-q', '--references', all.drvPath)).split('\n').sort()).toEqual(
      [a.drvPath, b.drvPath].sort(),
    );
    expect(derivationName(all.drvPath)).toBe('all');
  });

  it('stay as they are where all constituents are derivations', async () => {
    const { jobs, resolved } = await resolve('rec { a = mk "a" { }; all = agg "all" [ a ]; }');
    expect(resolved.get('all')).toMatchObject({
      drvPath: jobs.get('all')!.drvPath,
      constituents: [jobs.get('a')!.drvPath],
    });
  });

  it('may hold aggregates, which are rewritten first', async () => {
    const { jobs, resolved } = await resolve(
      '{ outer = agg "outer" [ "inner" ]; inner = agg "inner" [ "x" ]; x = mk "x" { }; }',
    );
    expect(resolved.get('outer')!.constituents).toEqual([resolved.get('inner')!.drvPath]);
    expect(resolved.get('inner')!.constituents).toEqual([jobs.get('x')!.drvPath]);
    expect(await store.nixStore('--realise', resolved.get('outer')!.drvPath)).toBe(
      resolved.get('outer')!.outputs.get('out'),
    );
  });

  it('take globs over job names, without themselves', async () => {
    const { jobs, resolved } = await resolve(
      '{ t.a = mk "ta" { }; t.b1 = mk "tb1" { }; t.b2 = mk "tb2" { }; t.all = glob "all" [ "t.*" ]; some = glob "some" [ "t.b[!2]" "t.?" ]; }',
    );
    const drvs = (...names: string[]): string[] => names.map((name) => jobs.get(name)!.drvPath).sort();
    expect(resolved.get('t.all')!.constituents).toEqual(drvs('t.a', 't.b1', 't.b2'));
    expect(resolved.get('some')!.constituents).toEqual(drvs('t.a', 't.b1'));
  });

  it.each([
    [
      'a constituent that is no job',
      '{ all = agg "all" [ "gone" "lost" ]; }',
      "in aggregate 'all': gone: does not exist\nin aggregate 'all': lost: does not exist",
    ],
    [
      'a constituent that did not evaluate',
      '{ bad = throw "broken"; all = agg "all" [ "bad" ]; }',
      "in aggregate 'all': bad: error: broken",
    ],
    [
      'a glob that matches nothing',
      '{ all = glob "all" [ "tests.*" ]; }',
      "in aggregate 'all': tests.*: constituent glob pattern had no matches",
    ],
    ['aggregates that want each other', '{ a = agg "a" [ "b" ]; b = agg "b" [ "a" ]; }', 'Dependency cycle: b <-> a'],
    ['an aggregate that wants itself', '{ a = agg "a" [ "a" ]; }', 'Dependency cycle: a <-> a'],
  ])('fail together on %s', async (_, text, message) => {
    await expect(resolve(text)).rejects.toMatchObject({
      name: 'EvaluationError',
      kind: 'aggregate',
      message: expect.stringContaining(message),
    });
  });
});
