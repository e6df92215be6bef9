import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { JobsetConfiguration } from '#domain';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';

const input = (type: 'string' | 'boolean' | 'nix' | 'build' | 'path', value: string) =>
  ({ type, value, emailResponsible: false }) as const;

describe('the evaluator', () => {
  let farm: EvaluatorFarm;
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
    farm.evaluator();
  });
  afterAll(() => farm.close());

  const buildsOf = async (evaluationId: number): Promise<Record<string, number>> =>
    Object.fromEntries((await farm.jobs(evaluationId)).map(({ job, buildId }) => [job, buildId]));

  it('evaluates a jobset that was pushed, roots its derivations and queues its builds', async () => {
    await farm.jobset(
      'walk',
      `{ src, greeting, loud, list }: let ${PRELUDE} in { a = job (greeting + (if loud then "!" else "")); b.c = job (builtins.head list); bad = throw "no b"; }`,
      {
        inputs: { greeting: input('string', 'hello'), loud: input('boolean', 'false'), list: input('nix', '[ "c" ]') },
      },
    );
    await farm.trigger('walk');
    const ran = await farm.ended('walk', 1);
    expect(ran).toMatchObject({
      type: 'EvaluationRan',
      data: { jobs: 2, newBuilds: 2, errors: 1, chunks: 1, hasNewBuilds: true },
    });
    const { evaluationId } = ran.data;
    const jobs = await farm.jobs(evaluationId);
    expect(jobs.map(({ job, description }) => [job, description?.nixName]).sort()).toEqual([
      ['a', 'hello'],
      ['b.c', 'c'],
    ]);
    expect(await farm.errors(evaluationId)).toEqual([{ job: 'bad', message: expect.stringContaining('no b') }]);
    for (const { drvPath, buildId } of jobs) {
      expect(await readlink(join(farm.gcRootsDir, basename(drvPath)))).toBe(drvPath);
      expect(await farm.build(buildId)).toMatchObject([{ type: 'BuildQueued', data: { drvPath, evaluationId } }]);
    }
    expect(await farm.nix.nixStore('--gc', '--print-roots')).toContain(jobs[0]!.drvPath);
    const { inputs, expression } = ran.type === 'EvaluationRan' ? ran.data : { inputs: [], expression: undefined };
    expect(inputs.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'greeting string',
      'list nix',
      'loud boolean',
      'src path',
    ]);
    expect(expression).toEqual({ input: 'src', path: 'release.nix' });
  });

  it('writes down who caused what', async () => {
    await farm.jobset('causes', `let ${PRELUDE} in { a = job "causes"; }`);
    const correlationId = '0b8f1f6e-4bbd-4a0e-9f0c-3a4f6f1f0001';
    await farm.command(
      'causes',
      { type: 'TriggerEvaluation', data: { force: false, cause: 'push' } },
      { correlationId },
    );
    const ran = await farm.ended('causes', 1);
    const events = await farm.events('causes');
    const [triggered, started] = [
      events.find(({ type }) => type === 'EvaluationTriggered')!,
      events.find(({ type }) => type === 'EvaluationStarted')!,
    ];
    const own = { via: 'evaluator', actor: { kind: 'system', id: 'evaluator' }, correlationId };
    expect(started.metadata).toMatchObject({ ...own, causationId: triggered.id });
    expect(ran.metadata).toMatchObject({ ...own, causationId: started.id });
    const [build] = await farm.build(Object.values(await buildsOf(ran.data.evaluationId))[0]!);
    expect(build!.metadata).toMatchObject({ via: 'queue-builds', correlationId, causationId: ran.id });
  });

  it('skips what did not change, and evaluates it by force', async () => {
    await farm.jobset('same', `let ${PRELUDE} in { a = job "same"; }`);
    await farm.trigger('same');
    const first = await farm.ended('same', 1);
    await farm.trigger('same');
    expect(await farm.ended('same', 2)).toMatchObject({ type: 'EvaluationSkipped' });
    await farm.trigger('same', true);
    const forced = await farm.ended('same', 3);
    expect(forced).toMatchObject({ type: 'EvaluationRan', data: { jobs: 1, newBuilds: 0, hasNewBuilds: false } });
    expect(await buildsOf(forced.data.evaluationId)).toEqual(await buildsOf(first.data.evaluationId));
  });

  it('keeps the builds of unchanged jobs, and makes a new one each time a job comes back: A, B, A are three builds', async () => {
    const version = (which: string): string => `let ${PRELUDE} in { still = job "still"; moving = job "${which}"; }`;
    await farm.jobset('moving', version('A'));
    const found: Record<string, number>[] = [];
    for (const [index, which] of ['A', 'B', 'A'].entries()) {
      await farm.files('moving', { 'release.nix': version(which) });
      await farm.trigger('moving');
      found.push(await buildsOf((await farm.ended('moving', index + 1)).data.evaluationId));
    }
    expect(new Set(found.map((builds) => builds['still'])).size).toBe(1);
    expect(new Set(found.map((builds) => builds['moving'])).size).toBe(3);
  });

  it('builds again what has the same output by another derivation', async () => {
    const fixed = (script: string): string =>
      `{ a = derivation { name = "fixed"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "${script}" ];
           outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "${'0'.repeat(64)}"; }; }`;
    await farm.jobset('fixed', fixed('one'));
    await farm.trigger('fixed');
    const [first] = await farm.jobs((await farm.ended('fixed', 1)).data.evaluationId);
    await farm.finish(first!.buildId);
    await farm.files('fixed', { 'release.nix': fixed('two') });
    await farm.trigger('fixed');
    const second = await farm.ended('fixed', 2);
    expect(second).toMatchObject({ data: { newBuilds: 0, hasNewBuilds: false } });
    const [again] = await farm.jobs(second.data.evaluationId);
    expect(again).toMatchObject({ buildId: first!.buildId, replacesDrv: true });
    for (let i = 0; (await farm.build(first!.buildId)).length < 3 && i < 100; i++) await wait(50);
    expect((await farm.build(first!.buildId)).at(-1)).toMatchObject({
      type: 'BuildRestarted',
      data: { run: 1, drvPath: again!.drvPath },
    });
  });

  it('gives aggregates their constituents, by value, by name and by glob', async () => {
    const more =
      'derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; _hydraAggregate = true;';
    await farm.jobset(
      'aggregates',
      `let ${PRELUDE} in rec { a = job "agg-a"; tests.x = job "x"; tests.y = job "y";
      byValue = let name = "by-value"; in ${more} constituents = [ a ]; };
      byName = let name = "by-name"; in ${more} constituents = [ "tests.x" "byValue" ]; };
      byGlob = let name = "by-glob"; in ${more} constituents = [ "tests.*" ]; _hydraGlobConstituents = true; }; }`,
    );
    await farm.trigger('aggregates');
    const ran = await farm.ended('aggregates', 1);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: 6, newBuilds: 6, errors: 0 } });
    const jobs = new Map((await farm.jobs(ran.data.evaluationId)).map((job) => [job.job, job]));
    const id = (name: string): number => jobs.get(name)!.buildId;
    const constituents = (name: string): number[] => [...jobs.get(name)!.constituents!].sort((a, b) => a - b);
    expect(constituents('byValue')).toEqual([id('a')]);
    expect(constituents('byName')).toEqual([id('tests.x'), id('byValue')].sort((a, b) => a - b));
    expect(constituents('byGlob')).toEqual([id('tests.x'), id('tests.y')].sort((a, b) => a - b));
    expect(await farm.nix.nixStore('-q', '--references', jobs.get('byName')!.drvPath)).toContain(
      jobs.get('tests.x')!.drvPath,
    );
  });

  it.each([
    ['missing', '[ "nobody" ]', '', 'nobody: does not exist'],
    ['no-match', '[ "no*" ]', '_hydraGlobConstituents = true;', 'no*: constituent glob pattern had no matches'],
    ['broken', '[ "bad" ]', '', 'bad: '],
  ])('fails as a whole on an aggregate that is %s', async (name, constituents, more, text) => {
    await farm.jobset(
      name,
      `let ${PRELUDE} in { a = job "a"; bad = throw "sorry";
      all = derivation { name = "all"; system = "x"; builder = "/bin/sh"; _hydraAggregate = true; constituents = ${constituents}; ${more} }; }`,
    );
    await farm.trigger(name);
    expect(await farm.ended(name, 1)).toMatchObject({
      type: 'EvaluationFailed',
      data: { kind: 'evaluation', error: expect.stringContaining(text) },
    });
  });

  it('hands the newest succeeded build of a job to another jobset, and nothing where there is none yet', async () => {
    await farm.jobset('giver', `let ${PRELUDE} in { given = job "given"; }`);
    await farm.jobset(
      'taker',
      `{ src, given ? { outPath = "none"; } }: let ${PRELUDE} in { a = job (baseNameOf (builtins.unsafeDiscardStringContext given.outPath)); }`,
      {
        inputs: { given: input('build', 'giver:given') },
      },
    );
    await farm.trigger('taker');
    const without = await farm.ended('taker', 1);
    expect((await farm.jobs(without.data.evaluationId))[0]!.description!.nixName).toBe('none');

    await farm.trigger('giver');
    const [job] = await farm.jobs((await farm.ended('giver', 1)).data.evaluationId);
    await farm.nix.nixStore('--realise', job!.drvPath);
    await farm.finish(job!.buildId);
    await farm.projected();
    await farm.trigger('taker');
    const ran = await farm.ended('taker', 2);
    expect((await farm.jobs(ran.data.evaluationId))[0]!.description!.nixName).toBe(basename(job!.outputs['out']!));
    expect(ran.type === 'EvaluationRan' && ran.data.inputs).toContainEqual(
      expect.objectContaining({ name: 'given', buildId: job!.buildId }),
    );
  });

  it('evaluates a flake, and skips it while its lock stays', async () => {
    const flake = `{ outputs = _: { hydraJobs.a = derivation { name = "flaky"; system = "x86_64-linux"; builder = "/bin/sh"; }; }; }`;
    const dir = await farm.files('flake-source', { 'flake.nix': flake });
    const source = { type: 'flake', url: `path:${dir}` } as const;
    await farm.jobset('flake', undefined, { source });
    await farm.trigger('flake');
    const ran = await farm.ended('flake', 1);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: 1, flake: expect.stringContaining('narHash') } });
    await farm.trigger('flake');
    expect(await farm.ended('flake', 2)).toMatchObject({ type: 'EvaluationSkipped' });
  });

  it('disables a one-shot jobset in the same append as its evaluation', async () => {
    await farm.jobset('once', `let ${PRELUDE} in { a = job "once"; }`, { mode: 'one-shot' });
    await farm.trigger('once');
    const ran = await farm.ended('once', 1);
    const disabled = (await farm.events('once')).find(({ type }) => type === 'JobsetDisabled')!;
    expect(disabled).toMatchObject({ revision: ran.revision + 1, metadata: { causationId: ran.metadata.causationId } });
  });

  it('evaluates a one-shot jobset that is armed again, though its inputs did not change', async () => {
    await farm.command('once', { type: 'EnableJobset', data: { mode: 'one-shot' } });
    await farm.trigger('once');
    expect(await farm.ended('once', 2)).toMatchObject({ type: 'EvaluationRan', data: { newBuilds: 0 } });
    expect((await farm.events('once')).at(-1)).toMatchObject({ type: 'JobsetDisabled' });
  });

  it('leaves a one-shot jobset armed when it could not be evaluated, with the error', async () => {
    await farm.jobset('misfired', `throw "not today"`, { mode: 'one-shot' });
    await farm.trigger('misfired');
    const failed = await farm.ended('misfired', 1);
    expect(failed).toMatchObject({
      type: 'EvaluationFailed',
      data: { kind: 'evaluation', error: expect.stringContaining('not today') },
    });
    expect((await farm.events('misfired')).map(({ type }) => type)).not.toContain('JobsetDisabled');
  });

  it('evaluates a one-shot jobset once, whatever number of pushes comes at once', async () => {
    await farm.jobset('pushed-once', `let ${PRELUDE} in { a = job "pushed-once"; }`, { mode: 'one-shot' });
    await Promise.all(Array.from({ length: 10 }, () => farm.trigger('pushed-once').catch((error: unknown) => error)));
    await farm.ended('pushed-once', 1);
    await wait(1000);
    const types = (await farm.events('pushed-once')).map(({ type }) => type);
    expect(types.filter((type) => type === 'EvaluationStarted')).toHaveLength(1);
    expect(types.filter((type) => type === 'EvaluationRan')).toHaveLength(1);
    expect(types.at(-1)).toBe('JobsetDisabled');
  });

  it('hears a push that comes while it evaluates', async () => {
    const slow = `let ${PRELUDE} f = n: if n == 0 then 0 else 1 + f (n - 1); in { a = builtins.seq (builtins.foldl' (s: _: s + f 900) 0 (builtins.genList (x: x) 10000)) (job "slow"); }`;
    await farm.jobset('pushed', slow);
    await farm.trigger('pushed');
    for (;;) {
      if ((await farm.events('pushed')).some(({ type }) => type === 'EvaluationStarted')) break;
      await wait(10);
    }
    await farm.trigger('pushed');
    expect((await farm.events('pushed')).map(({ type }) => type)).not.toContain('EvaluationRan');
    expect(await farm.ended('pushed', 1)).toMatchObject({ type: 'EvaluationRan' });
    expect(await farm.ended('pushed', 2)).toMatchObject({ type: 'EvaluationSkipped' });
  });

  it('polls by the interval, but not a jobset that takes one evaluation at a time and has builds to do', async () => {
    const polled: Partial<JobsetConfiguration> = { checkInterval: 1 };
    await farm.jobset('polled', `let ${PRELUDE} in { a = job "polled"; }`, polled);
    await farm.jobset('one-by-one', `let ${PRELUDE} in { a = job "one-by-one"; }`, {
      ...polled,
      mode: 'one-at-a-time',
    });
    const [first] = await Promise.all([farm.ended('one-by-one', 1), farm.ended('polled', 3)]);
    expect((await farm.events('one-by-one')).filter(({ type }) => type === 'EvaluationStarted')).toHaveLength(1);
    await farm.finish((await farm.jobs(first.data.evaluationId))[0]!.buildId);
    expect(await farm.ended('one-by-one', 2)).toMatchObject({ type: 'EvaluationSkipped' });
    for (const name of ['polled', 'one-by-one']) await farm.command(name, { type: 'DisableJobset', data: {} });
  });
});
