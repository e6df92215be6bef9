import { setTimeout as wait } from 'node:timers/promises';
import { BEGINNING } from '#event-store';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';

const JOBS = 5_000;

describe('an evaluation of 5,000 jobs', () => {
  let farm: EvaluatorFarm;
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
    farm.evaluator();
  });
  afterAll(() => farm.close());

  it('shows its progress in the log, ends whole, and all its builds are queued soon after', async () => {
    await farm.jobset(
      'large',
      `let ${PRELUDE} in builtins.listToAttrs (builtins.genList (n: { name = "job\${toString n}"; value = job "large-\${toString n}"; }) ${JOBS})`,
    );
    await farm.trigger('large');
    const seen = new Set<number>();
    let ran;
    for (;;) {
      const events = await farm.events('large');
      ran = events.find(({ type }) => type === 'EvaluationRan');
      const started = events.find((event) => event.type === 'EvaluationStarted');
      if (started?.type === 'EvaluationStarted') seen.add((await farm.jobs(started.data.evaluationId)).length);
      if (ran) break;
      await wait(300);
    }
    expect(ran).toMatchObject({ data: { jobs: JOBS, newBuilds: JOBS, errors: 0, hasNewBuilds: true } });
    expect(seen.size).toBeGreaterThan(2);

    const began = performance.now();
    const queued = new Set<number>();
    while (queued.size < JOBS && performance.now() - began < 30_000) {
      queued.clear();
      for await (const events of farm.store.readAll({ after: BEGINNING, types: ['BuildQueued'] })) {
        for (const { data } of events) queued.add((data as { buildId: number }).buildId);
      }
      await wait(50);
    }
    const took = performance.now() - began;
    expect(queued.size).toBe(JOBS);
    if (ran.type === 'EvaluationRan')
      process.stdout.write(
        `5,000 jobs: evaluated in ${ran.data.evaluationMs} ms, queued ${Math.round(took)} ms after\n`,
      );

    await farm.trigger('large', true);
    const again = await farm.ended('large', 2, 60_000);
    expect(again).toMatchObject({ type: 'EvaluationRan', data: { jobs: JOBS, newBuilds: 0, hasNewBuilds: false } });
  }, 120_000);
});
