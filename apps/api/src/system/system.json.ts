import type { ParkedEvent } from '#coordination';
import { seconds } from '../http/hydra.js';
import type { Operations, Projected, SystemState } from './farm-state.js';

/** Events of an hour in each second; of the present hour, as far as it is over. */
export const perSecond = (events: number, hourMs: number, nowMs: number): number => {
  const ms = Math.min(3_600_000, Math.max(1000, nowMs - hourMs));
  return Math.round((events / ms) * 1_000_000) / 1000;
};

const projectionJson = ({ projection, version, position, behindSinceMs }: Projected, nowMs: number) => ({
  name: projection,
  version,
  position: Number(position),
  behindSeconds: behindSinceMs === null ? 0 : Math.max(0, nowMs - behindSinceMs) / 1000,
});

const parkedJson = ({ consumer, eventId, type, stream, attempts, at, error, released }: ParkedEvent) => ({
  consumer,
  event: eventId,
  type,
  stream,
  attempts,
  at,
  error,
  released,
});

/** The installation as JSON; `operations` for whom it concerns. Positions stay far below 2^53. */
export const systemJson = (state: SystemState, nowMs: number, operations: Operations | undefined) => ({
  position: Number(state.head),
  projector: state.projector
    ? {
        position: Number(state.projector.position),
        caughtUp: state.projector.caughtUp,
        silentSeconds: state.projector.ageMs / 1000,
      }
    : null,
  projections: state.projections.map((one) => projectionJson(one, nowMs)),
  workerLeads: state.workerLeads,
  queueRunner: state.queueRunner,
  parked: state.parked,
  events: {
    hours: state.log.hours.map(({ hourMs, events }) => ({
      hour: seconds(hourMs),
      events,
      persecond: perSecond(events, hourMs, nowMs),
    })),
    types: state.log.types,
  },
  ...(operations && {
    operations: {
      duties: operations.duties.map(({ name, leader, position }) => ({
        name,
        leader: leader ? { pid: leader.pid, address: leader.address, connected: seconds(leader.connectedAtMs) } : null,
        position: position === undefined ? null : Number(position),
      })),
      database: operations.storage,
      logs: operations.logs,
      parked: operations.parked.map(parkedJson),
    },
  }),
});
