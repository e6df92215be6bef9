import { setTimeout as wait } from 'node:timers/promises';
import type { JobsetConfiguration } from '#domain';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';

const input = (type: 'git' | 'path' | 'string' | 'build' | 'nix', value: string) =>
  ({ type, value, emailResponsible: false }) as const;

describe('a jobset that cannot be evaluated', () => {
  let farm: EvaluatorFarm;
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
    farm.evaluator({ maxMemoryMb: 800, timeoutMs: 16_000 });
  });
  afterAll(() => farm.close());

  const hungry =
    'let f = n: [ n ] ++ f (n + 1); grow = n: if n > 1000000000 then n else builtins.length (builtins.genList (x: { inherit x; y = toString x; }) 60000000); in { a = grow 0; }';

  it.each<[string, string | undefined, Partial<JobsetConfiguration>, 'fetch' | 'evaluation', string]>([
    ['does-not-parse', '{ a = ; }', {}, 'evaluation', 'syntax error'],
    ['ends-too-early', '{ a = ', {}, 'evaluation', 'syntax error, unexpected end of file'],
    ['throws', 'throw "not today"', {}, 'evaluation', 'not today'],
    ['aborts', 'abort "never"', {}, 'evaluation', 'never'],
    [
      'has-no-file',
      '{ }',
      { source: { type: 'expression', input: 'src', path: 'gone.nix' } },
      'evaluation',
      'gone.nix',
    ],
    ['wants-more', '{ src, nixpkgs }: { }', {}, 'evaluation', "'nixpkgs'"],
    ['is-no-set', '42', {}, 'evaluation', 'int'],
    [
      'path-is-gone',
      '{ }',
      { inputs: { lib: input('path', '/nonexistent/lib') } },
      'fetch',
      "input 'lib': cannot add '/nonexistent/lib'",
    ],
    [
      'git-is-away',
      '{ }',
      { inputs: { repo: input('git', 'git://127.0.0.1:1/nothing') } },
      'fetch',
      "input 'repo': git on git://127.0.0.1:1/nothing",
    ],
    ['bad-nix', '{ }', { inputs: { arg: input('nix', '1; }') } }, 'fetch', "input 'arg': not a Nix expression"],
    [
      'bad-build',
      '{ }',
      { inputs: { b: input('build', 'j:a system=x') } },
      'fetch',
      "input 'b': attributes after the job are not supported",
    ],
    [
      'two-wrong',
      '{ }',
      { inputs: { b: input('path', '/nonexistent/2'), a: input('path', '/nonexistent/1') } },
      'fetch',
      '/nonexistent/2',
    ],
    [
      'text-only',
      '{ }',
      { source: { type: 'expression', input: 'text', path: 'x.nix' }, inputs: { text: input('string', 'x') } },
      'fetch',
      "input 'text': the expression",
    ],
    [
      'not-built-yet',
      '{ }',
      { source: { type: 'expression', input: 'b', path: 'x.nix' }, inputs: { b: input('build', 'nobody:a') } },
      'fetch',
      "input 'b': there is no succeeded build",
    ],
    ['no-flake', undefined, { source: { type: 'flake', url: 'path:/nonexistent/flake' } }, 'fetch', "input 'flake'"],
  ])('says why: %s', async (name, text, more, kind, error) => {
    await farm.jobset(name, text, more);
    await farm.trigger(name);
    const failed = await farm.ended(name, 1);
    expect(failed).toMatchObject({ type: 'EvaluationFailed', data: { kind, error: expect.stringContaining(error) } });
  });

  it('keeps its good jobs where the file of one job ends too early', async () => {
    await farm.jobset('one-ends-too-early', undefined, {
      inputs: {
        src: input(
          'path',
          await farm.files('one-ends-too-early', {
            'release.nix': `let ${PRELUDE} in { a = job "early-a"; b = import ./early.nix; c = job "early-c"; }`,
            'early.nix': '{ a = ',
          }),
        ),
      },
    });
    await farm.trigger('one-ends-too-early');
    const ran = await farm.ended('one-ends-too-early', 1);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: 2, errors: 1 } });
    expect(await farm.errors(ran.data.evaluationId)).toEqual([
      {
        job: 'b',
        message: expect.stringMatching(/^error: syntax error, unexpected end of file[^]*early\.nix:1:6/),
      },
    ]);
  });

  it('harms nobody: another jobset is evaluated while one eats memory and one never ends', async () => {
    await farm.jobset('hungry', hungry);
    await farm.jobset(
      'endless',
      "let xs = builtins.genList (x: x) 30000; in builtins.seq (builtins.foldl' (_: _: builtins.foldl' (_: b: b) 0 xs) 0 xs) { }",
    );
    await farm.jobset('fine', `let ${PRELUDE} in { a = job "fine"; }`);
    await farm.trigger('endless');
    await farm.trigger('hungry');
    await wait(300);
    await farm.trigger('fine');
    expect(await farm.ended('fine', 1)).toMatchObject({ type: 'EvaluationRan', data: { jobs: 1 } });
    const hungryEnd = await farm.ended('hungry', 1, 50_000);
    const told =
      hungryEnd.type === 'EvaluationFailed'
        ? hungryEnd.data.error
        : (await farm.errors(hungryEnd.data.evaluationId)).map(({ message }) => message).join();
    expect(told).toMatch(/memory/);
    const endless = await farm.ended('endless', 1, 50_000);
    expect(endless).toMatchObject({
      type: 'EvaluationFailed',
      data: { kind: 'evaluation', error: expect.stringContaining('took longer than 16 seconds') },
    });
  }, 120_000);

  it('records what was too long to be kept', async () => {
    await farm.jobset(
      'long',
      `let ${PRELUDE} long = n: builtins.concatStringsSep "" (builtins.genList (_: "0123456789") n); in {
      a = job "long-a" // { meta.description = long 30000; }; b = throw (long 5000); }`,
    );
    await farm.trigger('long');
    const ran = await farm.ended('long', 1);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: 1, errors: 2 } });
    const errors = await farm.errors(ran.data.evaluationId);
    expect(errors.find(({ job }) => job === 'a')?.message).toBe(
      'warning: meta.description has 300000 characters; the first 2000 are kept',
    );
    expect(errors.find(({ job }) => job === 'b')!.message.length).toBeLessThan(9_000);
  });

  it.each([
    ['deleted', 'DeleteJobset'],
    ['disabled', 'DisableJobset'],
  ] as const)('is let go when it is %s while it is evaluated', async (name, type) => {
    await farm.jobset(
      name,
      "{ a = builtins.foldl' (s: _: s + builtins.length (builtins.genList (x: x) 1000)) 0 (builtins.genList (x: x) 10000000); }",
    );
    await farm.trigger(name);
    for (let i = 0; i < 500 && !(await farm.events(name)).some((event) => event.type === 'EvaluationStarted'); i++)
      await wait(10);
    await farm.command(name, { type, data: {} });
    await farm.jobset(`after-${name}`, `let ${PRELUDE} in { a = job "after"; }`);
    await farm.trigger(`after-${name}`);
    await farm.ended(`after-${name}`, 1);
    if (type === 'DisableJobset') {
      expect(await farm.ended(name, 1)).toMatchObject({
        type: 'EvaluationFailed',
        data: { kind: 'interrupted', error: 'the jobset was disabled while it was evaluated' },
      });
    }
    expect((await farm.events(name)).map((event) => event.type)).not.toContain('EvaluationRan');
  });
});
