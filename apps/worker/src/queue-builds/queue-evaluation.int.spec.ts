import { type EvaluationRan, evaluationStream, eventVersions, type FoundJob, type JobDescription } from '#domain';
import {
  createPostgresEventStore,
  domainEvents,
  type EventStore,
  migrate,
  type NewEvent,
  type RecordedEvent,
} from '#event-store';
import { systemClock, uuidv4 } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { queueEvaluation } from './queue-evaluation.js';

const description: JobDescription = {
  nixName: 'n',
  system: 'x86_64-linux',
  description: '',
  license: '',
  homepage: '',
  maintainers: [],
  maxSilent: 3600,
  timeout: 36_000,
  isChannel: false,
  priority: 100,
};

describe('queueing the builds of an evaluation', () => {
  let database: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
    store = createPostgresEventStore({ ...domainEvents, connectionString: database.url });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const event = (type: keyof typeof eventVersions, data: unknown): NewEvent => {
    const id = uuidv4();
    const actor = { kind: 'system', id: 'evaluator' } as const;
    return {
      id,
      type,
      data,
      metadata: {
        v: eventVersions[type].current,
        at: systemClock.iso(),
        actor,
        via: 'evaluator',
        correlationId: id,
        causationId: id,
      },
    };
  };
  const newJob = (buildId: number): FoundJob => ({
    job: `j${buildId}`,
    buildId,
    drvPath: `/s/${buildId}.drv`,
    outputs: { out: `/s/${buildId}` },
    description,
  });

  /** An evaluation that ran, with its jobs in chunks of 200. */
  const ran = async (evaluationId: number, jobs: readonly FoundJob[]): Promise<RecordedEvent> => {
    const chunks = [];
    for (let from = 0; from < jobs.length; from += 200) {
      chunks.push(
        event('EvaluationJobsFound', {
          evaluationId,
          jobsetId: 1,
          chunk: chunks.length,
          jobs: jobs.slice(from, from + 200),
        }),
      );
    }
    await store.append(evaluationStream(evaluationId), 'no-stream', chunks);
    const data: EvaluationRan['data'] = {
      jobsetId: 1,
      project: 'p',
      name: 'j',
      evaluationId,
      hash: 'h',
      inputs: [],
      chunks: chunks.length,
      jobs: jobs.length,
      newBuilds: jobs.length,
      errors: 0,
      hasNewBuilds: true,
      checkoutMs: 1,
      evaluationMs: 1,
      finishedAt: systemClock.iso(),
    };
    const stream = `jobset-p:j${evaluationId}`;
    await store.append(stream, 'no-stream', [event('EvaluationRan', data)]);
    for await (const recorded of store.readStream(stream)) return recorded;
    throw new Error('not written');
  };
  const types = async (buildId: number): Promise<string[]> => {
    const found = [];
    for await (const { type } of store.readStream(`build-${buildId}`)) found.push(type);
    return found;
  };

  it('takes 5,000 builds in a few seconds, and none of them twice when it runs again', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, index) => newJob(index + 1));
    const event = await ran(1, jobs);
    const began = performance.now();
    expect(await queueEvaluation(store, event)).toEqual({ queued: 5_000, restarted: 0, known: 0 });
    process.stdout.write(`5,000 builds queued in ${Math.round(performance.now() - began)} ms\n`);
    const head = await store.head();
    expect(await queueEvaluation(store, event)).toEqual({ queued: 5_000, restarted: 0, known: 0 });
    expect(await store.head()).toBe(head);
  });

  it('goes on where a crash stopped it, wherever that was', async () => {
    const jobs = Array.from({ length: 1_200 }, (_, index) => newJob(10_001 + index));
    const event = await ran(2, jobs);
    let left = 2;
    const dying: EventStore = {
      ...store,
      appendBatch: (writes) =>
        left-- > 0
          ? store.appendBatch(writes.slice(0, 300)).then(() => Promise.reject(new Error('killed')))
          : store.appendBatch(writes),
    };
    await expect(queueEvaluation(dying, event)).rejects.toThrow('killed');
    await expect(queueEvaluation(dying, event)).rejects.toThrow('killed');
    await queueEvaluation(dying, event);
    for (const { buildId } of jobs) expect(await types(buildId)).toEqual(['BuildQueued']);
  });

  it('restarts a reused build with its new derivation once, and leaves one that is still queued', async () => {
    await queueEvaluation(store, await ran(3, [newJob(20_001), newJob(20_002)]));
    await store.append('build-20001', 0, [event('BuildCancelled', { buildId: 20_001, run: 0, cancelledAtMs: 1 })]);
    const reused = (buildId: number): FoundJob => ({
      job: `j${buildId}`,
      buildId,
      drvPath: '/s/new.drv',
      outputs: { out: `/s/${buildId}` },
      replacesDrv: true,
    });
    const again = await ran(4, [reused(20_001), reused(20_002)]);
    expect(await queueEvaluation(store, again)).toEqual({ queued: 0, restarted: 1, known: 1 });
    // It may have ended meanwhile: the same event restarts nothing any more.
    await store.append('build-20001', 2, [event('BuildCancelled', { buildId: 20_001, run: 1, cancelledAtMs: 2 })]);
    await queueEvaluation(store, again);
    expect(await types(20_001)).toEqual(['BuildQueued', 'BuildCancelled', 'BuildRestarted', 'BuildCancelled']);
    expect(await types(20_002)).toEqual(['BuildQueued']);
  });
});
