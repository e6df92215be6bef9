/**
 * One decision on a jobset's stream, as long as it grows over the years: the stream read whole, the first decision of a process, which keeps
 * what it read, and every later one; in turns on the same stream, on a PostgreSQL with fsync on. `npm run bench -- decision [ROUNDS]`
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  type CommandContext,
  isRejection,
  jobset,
  type JobsetConfiguration,
  type JobsetEvent,
  jobsetStream,
  type Metadata,
} from '#domain';
import {
  commandHandler,
  createPostgresEventStore,
  createStreamStates,
  domainEvents,
  type EventStore,
  migrate,
  type NewEvent,
  type StreamStates,
} from '#event-store';
import { startPostgres } from '../test/stack/postgres.js';
import { median } from './append/contest.js';

const LENGTHS = [100, 10_000, 200_000] as const;
const CHUNK = 500;
const AT = '2026-01-02T03:04:05.678Z';
const about = { actor: { kind: 'system', id: 'bench' }, via: 'bench' } as const;
const envelope = (): Metadata => ({ v: 1, at: AT, ...about, correlationId: randomUUID(), causationId: randomUUID() });
const context = (): CommandContext => {
  const commandId = randomUUID();
  return { commandId, ...about, correlationId: commandId, causationId: commandId };
};

const configuration: JobsetConfiguration = {
  description: '',
  mode: 'enabled',
  hidden: false,
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  checkInterval: 300,
  shares: 100,
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: { src: { type: 'git', value: 'https://example.org/demo.git main', emailResponsible: false } },
};

/** A jobset that is polled: two events a poll, and nothing changed. */
const history = (name: string, length: number): JobsetEvent[] => {
  const of = { jobsetId: 1, project: 'bench', name };
  const events: JobsetEvent[] = [{ type: 'JobsetCreated', data: { ...of, configuration } }];
  for (let evaluationId = 1; events.length < length; evaluationId++) {
    events.push(
      { type: 'EvaluationStarted', data: { ...of, evaluationId, cause: 'poll', force: false, startedAt: AT } },
      { type: 'EvaluationSkipped', data: { ...of, evaluationId, hash: 'a'.repeat(64), finishedAt: AT } },
    );
  }
  return events.slice(0, length);
};

const write = async (store: EventStore, stream: string, events: readonly JobsetEvent[]): Promise<void> => {
  for (let at = 0; at < events.length; at += CHUNK) {
    const some = events
      .slice(at, at + CHUNK)
      .map((event): NewEvent => ({ ...event, id: randomUUID(), metadata: envelope() }));
    const written = await store.append(stream, at === 0 ? 'no-stream' : at - 1, some);
    if (!written.ok) throw new Error(`lost a race nobody ran: ${stream}`);
  }
};

/** Prints one line for each length: medians in milliseconds of `rounds` decisions of each kind. */
const run = async (rounds: number): Promise<void> => {
  const server = await startPostgres({ fsync: true });
  const pool = new pg.Pool({ connectionString: server.url });
  await migrate(pool);
  await pool.end();
  const store = createPostgresEventStore({ ...domainEvents, connectionString: server.url });
  let shares = 1;
  /** Milliseconds of a decision that appends one event; the same command again answers from the log. */
  const decide = async (states: StreamStates, stream: string, by = context()): Promise<number> => {
    const data = { shares: (shares = 1 + (shares % 100)) };
    const begun = performance.now();
    const outcome = await commandHandler(
      store,
      jobset,
      undefined,
      states,
    )(stream, { type: 'ChangeShare', data, at: AT }, by);
    const took = performance.now() - begun;
    if (isRejection(outcome) || outcome.events.length !== 1) throw new Error('a share was not changed');
    return took;
  };
  try {
    process.stdout.write(
      '| events | read whole, ms | first of a process, ms | later ones, ms | whole to later | the first command again, ms |\n| --- | --- | --- | --- | --- | --- |\n',
    );
    for (const length of LENGTHS) {
      const stream = jobsetStream('bench', `polled-${length}`);
      await write(store, stream, history(`polled-${length}`, length));
      const kept = createStreamStates(store);
      const first = context();
      await decide(kept, stream, first);
      const times: Record<'whole' | 'first' | 'later' | 'again', number[]> = {
        whole: [],
        first: [],
        later: [],
        again: [],
      };
      for (let round = -1; round < rounds; round++) {
        const one = {
          whole: await decide(createStreamStates(store, { maxBytes: 0 }), stream),
          later: await decide(kept, stream),
          first: await decide(createStreamStates(store), stream),
          again: await decide(kept, stream, first),
        };
        // The first round warms what both use.
        if (round >= 0) for (const kind of ['whole', 'first', 'later', 'again'] as const) times[kind].push(one[kind]);
      }
      const ratio = median(times.whole.map((whole, round) => whole / times.later[round]!));
      const cells = [times.whole, times.first, times.later].map((of) => median(of).toFixed(1));
      process.stdout.write(
        `| ${length.toLocaleString('en')} | ${cells.join(' | ')} | ${ratio.toFixed(1)} | ${median(times.again).toFixed(1)} |\n`,
      );
    }
  } finally {
    await store.close();
    await server.stop();
  }
};

await run(Number(process.argv[2] ?? 15));
