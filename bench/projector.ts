/**
 * The projector on the real log, PostgreSQL with fsync on: events a second when it catches up with a long log, and the time from the
 * call that appends an event to the commit of its rows at a moderate load. `npm run bench -- projector [BUILDS] [SECONDS]`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { eventId, openEventStore, type EventStore, type NewEvent } from '#event-store';
import { rebuildProjection, runProjector } from '#read-model';
import { uuidv4 } from '#runtime';
import { recorded } from '../libs/read-model/testing/log-in-memory.js';
import { foundJob, Story } from '../libs/read-model/testing/story.js';
import { startPostgres } from '../test/stack/postgres.js';

const JOBS_PER_CHUNK = 250;
const JOBS_PER_EVALUATION = 5000;
const EVENTS_PER_SECOND = 170;
const WRITERS = 4;

/** Evaluations of 5,000 jobs, each of whose builds is queued, attempted once and finished. */
const farmStory = (builds: number): Story => {
  const story = new Story().project('p', 1).jobset('p', 'j', 1);
  for (let first = 1; first <= builds; first += JOBS_PER_EVALUATION) {
    const size = Math.min(JOBS_PER_EVALUATION, builds - first + 1);
    const found = Array.from({ length: size }, (_, i) => foundJob(`job${i}`, first + i, true));
    story.evaluationStarts(first, 1, 'p', 'j');
    for (let i = 0; i < size; i += JOBS_PER_CHUNK)
      story.jobsFound(first, 1, found.slice(i, i + JOBS_PER_CHUNK), i / JOBS_PER_CHUNK);
    story.evaluationRan(first, 1, 'p', 'j', { jobs: size, newBuilds: size });
    for (const { buildId, job } of found) story.queued(buildId, { evaluationId: first, job });
    for (const { buildId, drvPath } of found)
      story.stepStarted(drvPath, buildId).stepCompleted(drvPath, buildId).finished(buildId);
  }
  return story;
};

type Place = Readonly<{ stream: string; revision: number; event: NewEvent }>;

const places = (story: Story): Place[] =>
  recorded(story.history).map(({ stream, revision, type, data, metadata }) => ({
    stream,
    revision,
    event: { id: eventId(uuidv4(), 0), type, data, metadata },
  }));

const write = ({ stream, revision, event }: Place) => ({
  stream,
  expected: revision === 0 ? ('no-stream' as const) : revision - 1,
  events: [event],
});

const append = async (store: EventStore, written: readonly Place[]): Promise<bigint> => {
  const results = await store.appendBatch(written.map(write));
  const last = results.at(-1)!;
  const lost = results.find((result) => !result.ok);
  if (lost || !last.ok) throw new Error('an append lost a race that nobody else runs in');
  return last.position;
};

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;

const bulk = async (store: EventStore, databaseUrl: string, all: readonly Place[]): Promise<void> => {
  for (let i = 0; i < all.length; i += 500) await append(store, all.slice(i, i + 500));
  const head = await store.head();
  const stop = new AbortController();
  const begun = performance.now();
  const onBatch = ({ position }: { position: bigint }) => {
    if (position >= head) stop.abort();
  };
  await runProjector({ source: store, databaseUrl, signal: stop.signal, onBatch });
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(
    `| catch-up, ${all.length} events, all projections | ${Math.round(all.length / seconds)} events/s |\n`,
  );

  const again = performance.now();
  await rebuildProjection({ name: 'all', source: store, databaseUrl });
  const rebuilt = (performance.now() - again) / 1000;
  process.stdout.write(`| rebuild of all, one after another | ${rebuilt.toFixed(1)} s |\n`);
};

const lag = async (store: EventStore, databaseUrl: string, all: readonly Place[], seconds: number): Promise<void> => {
  const begun = new Map<bigint, number>();
  const lags: number[] = [];
  let projected = 0n;
  const settle = () => {
    const now = performance.now();
    for (const [position, at] of begun) {
      if (position > projected) continue;
      lags.push(now - at);
      begun.delete(position);
    }
  };
  const stop = new AbortController();
  // The commit may be seen before the append's own answer: then the answer's moment counts, which is later.
  const onBatch = ({ position }: { position: bigint }) => {
    projected = position;
    settle();
  };
  const running = runProjector({ source: store, databaseUrl, signal: stop.signal, onBatch });
  await sleep(500);
  // Each writer keeps to its own streams, so that nobody waits for another's revision.
  const byStream = new Map<string, Place[]>();
  for (const place of all) byStream.set(place.stream, [...(byStream.get(place.stream) ?? []), place]);
  const streams = [...byStream.values()];
  const pause = (1000 * WRITERS) / EVENTS_PER_SECOND;
  const end = performance.now() + 1000 * seconds;
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let due = performance.now() + (pause * writer) / WRITERS;
      for (let i = writer; i < streams.length; i += WRITERS) {
        for (const place of streams[i]!) {
          if (performance.now() > end) return;
          await sleep(Math.max(0, due - performance.now()));
          due += pause;
          const at = performance.now();
          begun.set(await append(store, [place]), at);
          settle();
        }
      }
    }),
  );
  while (begun.size > 0) await sleep(5);
  stop.abort();
  await running;
  lags.sort((a, b) => a - b);
  const [p50, p99, most] = [quantile(lags, 0.5), quantile(lags, 0.99), lags.at(-1)!].map((ms) => ms.toFixed(1));
  const rate = Math.round(lags.length / seconds);
  process.stdout.write(
    `| lag at ${rate} events/s from ${WRITERS} writers, ${lags.length} events | p50 ${p50} ms, p99 ${p99} ms, most ${most} ms |\n`,
  );
};

/** Prints a table: catch-up rate over all projections, time of a rebuild, lag from append to commit. */
export const run = async (builds = 20_000, seconds = 15): Promise<void> => {
  const server = await startPostgres({ fsync: true });
  const store = await openEventStore({ databaseUrl: server.url });
  try {
    process.stdout.write('| projector | |\n| --- | --- |\n');
    const enough = Math.ceil((EVENTS_PER_SECOND * seconds) / 3);
    const all = places(farmStory(builds + enough));
    // What the second part writes belongs to builds that the first one knows as queued.
    const late = (stream: string) => {
      const id = Number(/-(\d+)(-job\d+\.drv)?$/.exec(stream)?.[1] ?? 0);
      return /^(step|build)-/.test(stream) && id > builds;
    };
    const isLate = ({ stream, event }: Place) => late(stream) && event.type !== 'BuildQueued';
    await bulk(
      store,
      server.url,
      all.filter((place) => !isLate(place)),
    );
    await lag(store, server.url, all.filter(isLate), seconds);
  } finally {
    await store.close();
    await server.stop();
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run(...process.argv.slice(2).map(Number));
