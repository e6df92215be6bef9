import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTestStore, type TestStore } from '../../testing/store.js';
import { evaluateJobs, type EvaluateOptions, type EvaluationTotals } from './evaluate.js';
import { EvaluationError } from './evaluation-error.js';
import type { EvaluationInput, EvaluationSource } from './inputs.js';
import type { EvaluatedJob, JobError } from './jobs.js';

type Result = {
  totals: EvaluationTotals;
  jobs: Map<string, EvaluatedJob>;
  errors: Map<string, string>;
  warnings: string[];
};

describe('an evaluation', () => {
  let store: TestStore;
  let count = 0;
  beforeAll(async () => {
    store = await withTestStore();
  });
  afterAll(() => store.remove());

  const source = async (
    files: Readonly<Record<string, string>>,
    args: readonly EvaluationInput[] = [],
  ): Promise<EvaluationSource> => {
    const dir = join(store.dir, `src${count++}`);
    await mkdir(dir);
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    return { kind: 'expression', input: { name: 'src', storePath: await store.add(dir) }, path: 'release.nix', args };
  };
  const walk = async (from: EvaluationSource, more: Partial<EvaluateOptions> = {}): Promise<Result> => {
    const jobs = new Map<string, EvaluatedJob>();
    const errors = new Map<string, string>();
    const warnings: string[] = [];
    const totals = await evaluateJobs(store.settings, from, {
      onJobs: (found) => found.forEach((job) => jobs.set(job.attr, job)),
      onError: ({ job, message }: JobError) => void errors.set(job, message),
      onWarning: (message) => warnings.push(message),
      ...more,
    });
    return { totals, jobs, errors, warnings };
  };
  const evaluate = async (
    text: string,
    args: readonly EvaluationInput[] = [],
    more: Partial<EvaluateOptions> = {},
  ): Promise<Result> => walk(await source({ 'release.nix': text }, args), more);
  const failure = async (text: string, more: Partial<EvaluateOptions> = {}): Promise<EvaluationError> => {
    const error: unknown = await evaluate(text, [], more).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(EvaluationError);
    return error as EvaluationError;
  };

  const MK = 'mk = name: more: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // more);';

  describe.each(['repl', 'instantiate'] as const)('by %s', (engine) => {
    it('finds every derivation below the root, whatever the sets say, and calls functions on the way', async () => {
      const { jobs, errors, warnings, totals } = await evaluate(
        `let ${MK} in { a = mk "a" { }; nested = { b = mk "b" { }; deeper.c = { x ? 1 }: mk "c" { inherit x; }; };
          "with.dot" = mk "d" { }; "with space" = mk "e" { }; "ünï\\n\\"q" = mk "f" { }; nothing = null;
          functor = { __functor = _: { ... }: mk "g" { }; }; }`,
        [],
        { engine },
      );
      expect([...jobs.keys()].sort()).toEqual(['"with.dot"', 'a', 'functor', 'nested.b', 'nested.deeper.c', 'ünï\n"q']);
      expect(errors.size).toBe(0);
      expect(warnings).toEqual(["skipping job with illegal name 'with space'"]);
      expect(totals).toEqual({ jobs: 6, errors: 0, warnings: 1 });
      const { drvPath, outputs } = jobs.get('a')!;
      expect(await store.nixStore('-q', '--outputs', drvPath)).toBe(outputs['out']);
    });

    it('gives each of fourteen kinds of error to its own job, and keeps the good jobs', async () => {
      const bad = {
        throwing: 'throw "no such luck"',
        aborting: 'abort "stop here"',
        mistyped: '1 + "a"',
        attribute: '({ }).missing',
        assertion: 'assert false; mk "x" { }',
        meta: 'mk "x" { } // { meta.description = abort "in meta"; }',
        recursion: 'let x = x; in x',
        argument: '{ required }: mk "x" { }',
        builder: 'derivation { name = "x"; system = "x86_64-linux"; }',
        overflow: 'let f = n: 1 + f (n + 1); in f 0',
        inside: '{ x = mk "x" { args = [ (abort "nested") ]; }; }.x',
        string: '"just text"',
        list: '[ ]',
        unsupported: '{ x = mk "x" { } // { system = "unknown"; }; }.x',
      };
      const good = Array.from({ length: 40 }, (_, i) => `good${i} = mk "good${i}" { };`).join(' ');
      const sets = Object.entries(bad).map(([name, text]) => `${name} = ${text};`);
      const { jobs, errors, totals } = await evaluate(
        `let ${MK} in { ${good} ${sets.join('\n')} recurseForDerivations = true; }`,
        [],
        { engine },
      );
      expect(totals).toEqual({ jobs: 40, errors: 15, warnings: 0 });
      expect(jobs.size).toBe(40);
      const parts: Record<keyof typeof bad | 'recurseForDerivations', string> = {
        throwing: 'no such luck',
        aborting: 'stop here',
        mistyped: 'cannot',
        attribute: "'missing' missing",
        assertion: 'assertion',
        meta: 'in meta',
        recursion: 'infinite recursion',
        argument: "required argument 'required'",
        builder: "'builder'",
        overflow: 'stack overflow',
        inside: 'nested',
        string: "type 'string'",
        list: "type 'list'",
        unsupported: "'system'",
        recurseForDerivations: "type 'bool'",
      };
      for (const [job, part] of Object.entries(parts))
        expect([job, errors.get(job)]).toEqual([job, expect.stringContaining(part)]);
    });

    it.each([
      ['a file that does not parse', '{ a = ; }', 'parse-error', 'syntax error'],
      ['a file that ends too early', '{ a = ', 'parse-error', 'syntax error, unexpected end of file'],
      ['a file that is empty', '', 'parse-error', 'syntax error, unexpected end of file'],
      ['a root that throws', 'throw "not today"', 'throw', 'not today'],
      ['a root that aborts', 'abort "never"', 'abort', 'never'],
      ['a root that asserts', 'assert 1 == 2; { }', 'assertion', 'assertion'],
      ['an import of what is not there', 'import ./gone.nix', 'missing-file', 'gone.nix'],
      ['a root that is no set', '42', 'not-a-job-set', 'int'],
      ['a root that lacks an argument', '{ nixpkgs }: { }', 'evaluation-error', "'nixpkgs'"],
      ['a root that calls itself for ever', 'let f = n: 1 + f n; in f 0', 'stack-overflow', 'stack overflow'],
      ['a file outside the inputs', 'import /etc/passwd', 'evaluation-error', 'restricted mode'],
    ])('fails as a whole on %s', async (_, text, kind, part) => {
      const error = await failure(text, { engine });
      expect(error).toMatchObject({ kind, message: expect.stringContaining(part) });
    });

    it('gives files that end too early to the jobs that import them, each by its name', async () => {
      const good = Array.from({ length: 40 }, (_, i) => `good${i} = mk "good${i}" { };`).join(' ');
      const from = await source({
        'release.nix': `let ${MK} in { ${good} early = import ./early.nix; text = mk "x" { x = import ./text.nix; };
          nested = { good = mk "nested" { }; early = mk "x" { x = import ./early.nix; }; };
          thrown = throw "a syntax error, unexpected end of file"; wrong = import ./wrong.nix;
          meta = mk "meta" { } // { meta = { a = import ./early.nix; description = throw "first"; }; }; }`,
        'early.nix': '{ a = ',
        'text.nix': '{ a = "an open text',
        'wrong.nix': '{ a = ; }',
      });
      const { jobs, errors } = await walk(from, { engine });
      expect([...jobs.keys()].filter((name) => !/^good\d+$/.test(name))).toEqual(['nested.good']);
      expect(jobs.size).toBe(41);
      const end = 'error: syntax error, unexpected end of file';
      expect(Object.fromEntries(errors)).toEqual({
        early: expect.stringMatching(`^${end}[^]*early\\.nix:1:6`),
        text: expect.stringMatching(`^${end}, expecting '"'[^]*text\\.nix:1:`),
        'nested.early': expect.stringMatching(`^${end}[^]*early\\.nix:1:6`),
        thrown: expect.stringMatching('^error: a syntax error, unexpected end of file'),
        wrong: expect.stringMatching("^error: syntax error, unexpected ';'[^]*wrong\\.nix:1:7"),
        meta: expect.stringMatching('^error: first'),
      });
    });
  });

  it('reads what a job says of itself', async () => {
    const { jobs } = await evaluate(`let ${MK} in {
      full = mk "full-1.0" { outputs = [ "out" "dev" ]; } // { meta = { description = "a thing"; homepage = "https://example.org";
        license = [ { shortName = "MIT"; } [ "BSD" ] ]; maintainers = [ "a@example.org" { email = "b@example.org"; } { name = "none"; } ];
        schedulingPriority = 7; timeout = "60"; maxSilent = 5; isHydraChannel = true; }; };
      bare = mk "bare" { } // { meta = { timeout = 0; description = 3; }; }; }`);
    expect(jobs.get('full')).toMatchObject({
      nixName: 'full-1.0',
      system: 'x86_64-linux',
      description: 'a thing',
      homepage: 'https://example.org',
      license: 'MIT, BSD',
      maintainers: ['a@example.org', 'b@example.org'],
      schedulingPriority: 7,
      timeout: 60,
      maxSilent: 5,
      isChannel: true,
      aggregate: null,
      outputs: { out: expect.stringMatching(/-full-1\.0$/), dev: expect.stringMatching(/-full-1\.0-dev$/) },
    });
    expect(jobs.get('bare')).toMatchObject({
      description: '',
      license: '',
      maintainers: [],
      schedulingPriority: 100,
      timeout: 36000,
      maxSilent: 3600,
      isChannel: false,
    });
  });

  it('reads aggregates: derivations, names, and whether names are globs', async () => {
    const { jobs, errors } = await evaluate(`let ${MK} a = mk "a" { }; in { inherit a;
      all = mk "all" { _hydraAggregate = true; _hydraGlobConstituents = true; constituents = [ a "b" "tests.*" ]; };
      none = mk "none" { _hydraAggregate = true; }; }`);
    expect(jobs.get('all')?.aggregate).toEqual({
      named: ['b', 'tests.*'],
      drvPaths: [jobs.get('a')!.drvPath],
      globs: true,
    });
    expect(errors.get('none')).toContain('constituents');
  });

  it('takes a root that is a derivation as a job without a name', async () => {
    const { jobs } = await evaluate(`let ${MK} in mk "root" { }`);
    expect([...jobs.keys()]).toEqual(['']);
  });

  it('passes inputs as Hydra does, and to an ellipsis all of them', async () => {
    await writeFile(join(store.dir, 'data'), 'data');
    const storePath = await store.add(join(store.dir, 'data'));
    const git = { uri: 'https://example.org/x', rev: 'a'.repeat(40), revCount: 7, gitTag: 'v1', shortRev: 'aaaaaaa' };
    const { jobs } = await evaluate(
      `{ text, flag, ... }@args: let ${MK} in { job = mk "job" {
        seen = builtins.toJSON { inherit text flag; inherit (args) expr; inherit (args.data) uri rev revCount gitTag shortRev inputType;
          found = <data> == /. + builtins.unsafeDiscardStringContext (toString args.data.outPath); };
        src = args.data; }; }`,
      [
        { name: 'text', type: 'string', value: 'a "quoted" ${text}\n\\é' },
        { name: 'flag', type: 'boolean', value: true },
        { name: 'expr', type: 'nix', value: '[ 1 2 ] # a list\n ++ [ 3 ] # end' },
        { name: 'data', type: 'git', storePath, ...git },
      ],
    );
    const drv = await import('../run/inputs-of-derivation.js').then(({ readDerivation }) =>
      readDerivation(jobs.get('job')!.drvPath),
    );
    expect(JSON.parse(Buffer.from(drv.env.get('seen')!, 'latin1').toString())).toEqual({
      text: 'a "quoted" ${text}\n\\é',
      flag: true,
      expr: [1, 2, 3],
      found: true,
      inputType: 'git',
      ...git,
    });
    expect(drv.inputSrcs).toEqual([storePath]);
  });

  it('refuses import from derivation unless allowed', async () => {
    const text = `let ${MK} in { a = import (mk "ifd" { args = [ "-c" "echo '{ }: { b = null; }' > $out" ]; }) { }; }`;
    const { errors } = await evaluate(text);
    expect(errors.get('a')).toContain('allow-import-from-derivation');
    const allowed = await evaluate(text, [], { allowImportFromDerivation: true, restrict: false });
    expect(allowed.errors.size).toBe(0);
  });

  const ENDLESS =
    "let loop = n: if n == 0 then 0 else loop (n + 1); in builtins.foldl' (a: b: a + b) 0 (builtins.genList (n: builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100000)) 100000000)";
  const GREEDY = "builtins.length (builtins.foldl' (a: b: a ++ [ b ] ++ a) [ 1 ] (builtins.genList (x: x) 60))";

  it('blames the job that takes too long, and only it', async () => {
    const { jobs, errors } = await evaluate(
      `let ${MK} in { a = mk "a" { }; slow = mk "slow" { x = ${ENDLESS}; }; z = mk "z" { }; }`,
      [],
      {
        limits: { jobTimeoutMs: 2_000 },
      },
    );
    expect([...jobs.keys()].sort()).toEqual(['a', 'z']);
    expect([...errors]).toEqual([['slow', 'error: evaluation took longer than 2 seconds']]);
  });

  it('blames the job that takes too much memory, and only it', async () => {
    const { jobs, errors } = await evaluate(
      `let ${MK} in { a = mk "a" { }; fat = mk "fat" { x = ${GREEDY}; }; z = mk "z" { }; }`,
      [],
      {
        limits: { maxMemoryMb: 300 },
      },
    );
    expect([...jobs.keys()].sort()).toEqual(['a', 'z']);
    expect([...errors]).toEqual([['fat', 'error: out of memory: evaluation took more than 300 MB']]);
  });

  it('fails as a whole where the root takes too much, at the time limit, and when cancelled', async () => {
    expect((await failure(GREEDY, { limits: { maxMemoryMb: 300 } })).kind).toBe('out-of-memory');
    expect((await failure(ENDLESS, { limits: { jobTimeoutMs: 500 } })).kind).toBe('timed-out');
    expect((await failure(`{ a = ${ENDLESS}; }`, { limits: { timeoutMs: 700 } })).kind).toBe('timed-out');
    const cancelled = failure(`{ a = ${ENDLESS}; }`, { signal: AbortSignal.timeout(500) });
    expect((await cancelled).kind).toBe('cancelled');
  });

  it('streams 5,000 jobs through two evaluators, each job once', async () => {
    const text = `let ${MK} in builtins.listToAttrs (builtins.genList (n: { name = "set\${toString n}"; value = builtins.listToAttrs
      (builtins.genList (m: { name = "job\${toString m}"; value = mk "j\${toString n}-\${toString m}" { }; }) 50); }) 100)`;
    let largest = 0;
    const seen: string[] = [];
    const progress: number[] = [];
    const { totals } = await evaluate(text, [], {
      limits: { workers: 2 },
      onJobs: (jobs) => ((largest = Math.max(largest, jobs.length)), void seen.push(...jobs.map(({ attr }) => attr))),
      onProgress: ({ jobs }) => progress.push(jobs),
    });
    expect(totals.jobs).toBe(5_000);
    expect(new Set(seen).size).toBe(5_000);
    expect(largest).toBeLessThanOrEqual(100);
    expect(progress.at(-1)).toBe(5_000);
  });
});
