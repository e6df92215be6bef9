import { randomUUID } from 'node:crypto';
import type { BuildQueued, Metadata } from '#domain';
import { createPostgresEventStore, domainEvents, type NewEvent } from '#event-store';

/** One of the two libraries, with what a benchmark asks of it. */
export type Contestant = Readonly<{
  name: string;
  /** Appends `events` to the stream whose last revision is `revision` (-1: none). */
  append: (stream: string, revision: number, events: readonly NewEvent[]) => Promise<void>;
  close: () => Promise<void>;
}>;

const envelope = (): Metadata => ({
  v: 1,
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'system', id: 'bench' },
  via: 'bench',
  correlationId: randomUUID(),
  causationId: randomUUID(),
});
/** What one cause led to shares its envelope: here, each evaluation queues ten builds. */
const BUILDS_OF_EVALUATION = 10;
let metadata = envelope();

/** A queued build, about 650 bytes with its envelope. */
export const newEvent = (buildId: number): NewEvent => {
  if (buildId % BUILDS_OF_EVALUATION === 0) metadata = envelope();
  const data: BuildQueued['data'] = {
    buildId,
    evaluationId: 1 + Math.floor(buildId / BUILDS_OF_EVALUATION),
    jobset: { id: 3, project: 'nixpkgs', name: 'trunk' },
    job: `package${buildId % 977}.x86_64-linux`,
    drvPath: `/nix/store/00bgd045z0d4icpbc2yyz4gx48ak44la-package-${buildId}.drv`,
    outputs: { out: `/nix/store/1zna6svb91x6h7kvx6g53p9d5wpyybxh-package-${buildId}` },
    nixName: `package-${buildId}`,
    system: 'x86_64-linux',
    description: '',
    license: '',
    homepage: '',
    maintainers: [],
    maxSilent: 7200,
    timeout: 36000,
    isChannel: false,
    priority: 100,
    queuedAt: metadata.at,
  };
  return { id: randomUUID(), type: 'BuildQueued', data, metadata };
};

export const iolaus = (connectionString: string): Contestant => {
  const store = createPostgresEventStore({ ...domainEvents, connectionString });
  return {
    name: 'iolaus',
    append: async (stream, revision, events) => {
      const outcome = await store.append(stream, revision < 0 ? 'no-stream' : revision, events);
      if (!outcome.ok) throw new Error(`lost a race nobody ran: ${stream}`);
    },
    close: () => store.close(),
  };
};

/** Loaded only where it contends: it sets pg's parsers for the whole process. */
export const emmett = async (connectionString: string): Promise<Contestant> => {
  const { getPostgreSQLEventStore } = await import('@event-driven-io/emmett-postgresql');
  const store = getPostgreSQLEventStore(connectionString);
  return {
    name: 'emmett',
    append: async (stream, revision, events) => {
      const plain = events.map(({ type, data, metadata: about }) => ({
        type,
        data: data as Record<string, unknown>,
        metadata: about,
      }));
      await store.appendToStream(stream, plain, { expectedStreamVersion: BigInt(revision + 1) });
    },
    close: () => store.close(),
  };
};

/** Events a second that `writers` at once append in batches of `batch`, each to a stream of its own, over `ms`. */
export const measure = async ({ append }: Contestant, writers: number, batch: number, ms: number): Promise<number> => {
  const start = performance.now();
  let written = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      const stream = `bench-${randomUUID()}`;
      for (let revision = -1; performance.now() - start < ms; revision += batch) {
        await append(
          stream,
          revision,
          Array.from({ length: batch }, (_, i) => newEvent(revision + i + 1)),
        );
        written += batch;
      }
    }),
  );
  return (written * 1000) / (performance.now() - start);
};

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
