import { type BuildEvent, type BuildStatus, buildStream } from '#domain';
import type { EventStore } from '#event-store';

/** One time that a build was in the queue. Times are Unix milliseconds. */
export type Run = Readonly<{
  /** from 1 */
  nr: number;
  queuedAtMs: number;
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  /** null while it is not over */
  status: BuildStatus | null;
  /** opaque id of who restarted it, and why; null for the first run, and where nobody said why */
  actorId: string | null;
  reason: string | null;
  /** who cancelled it, and why; null where nobody did */
  cancelled: Readonly<{ actorId: string; reason: string | null }> | null;
}>;

/** Every run of a build, first to last, as its stream tells them. */
export const runsOf = async (store: Pick<EventStore, 'readStream'>, buildId: number): Promise<Run[]> => {
  const runs: Run[] = [];
  const begin = (at: string, actorId: string | null = null, reason: string | null = null): void => {
    const nr = runs.length + 1;
    const open = { startedAtMs: null, stoppedAtMs: null, status: null, cancelled: null };
    runs.push({ nr, queuedAtMs: Date.parse(at), ...open, actorId, reason });
  };
  const end = (
    run: number,
    ended: Partial<Pick<Run, 'startedAtMs' | 'stoppedAtMs' | 'status' | 'cancelled'>>,
  ): void => {
    const known = runs[run];
    if (known?.status === null) runs[run] = { ...known, ...ended };
  };
  for await (const { type, data, metadata } of store.readStream(buildStream(buildId))) {
    const event = { type, data } as BuildEvent;
    if (event.type === 'BuildQueued') begin(event.data.queuedAt);
    if (event.type === 'BuildRestarted') begin(event.data.restartedAt, metadata.actor.id, metadata.reason ?? null);
    if (event.type === 'BuildFinished') {
      const { run, startedAtMs, stoppedAtMs, status } = event.data;
      end(run, { startedAtMs, stoppedAtMs, status });
    }
    if (event.type === 'BuildCancelled') {
      const { run, cancelledAtMs } = event.data;
      const cancelled = { actorId: metadata.actor.id, reason: metadata.reason ?? null };
      end(run, { stoppedAtMs: cancelledAtMs, status: 'cancelled', cancelled });
    }
  }
  return runs;
};

/** The run that a moment (Unix milliseconds) belongs to: the last one queued before it. */
export const runAt = (runs: readonly Run[], atMs: number): Run | undefined =>
  runs.findLast(({ queuedAtMs }) => queuedAtMs <= atMs) ?? runs[0];
