import { type Command, type Decider, unreachable } from '../kernel/index.js';
import type { BucketEvent, GarbageCollected, GarbageCondemned } from './events.js';

export type BucketCommand =
  | Command<'CondemnGarbage', GarbageCondemned['data']>
  | Command<'ReportCollection', Omit<GarbageCollected['data'], 'left' | 'startedAtMs'>>;

export type BucketRejection = 'collection-unknown';

type Place = Readonly<{
  /** Objects that nobody of us put there may go. */
  deleteForeign: boolean;
  /** The collection that runs, or was killed. */
  open?: Pick<GarbageCondemned['data'], 'collectionId' | 'listed' | 'startedAtMs'>;
  lastCollected?: string;
}>;

/** By prefix. */
export type BucketState = Readonly<Record<string, Place>>;

/**
 * The collections of a bucket. One that was killed stays without its end, and the next one takes its place: what it deleted is
 * not there to be listed again.
 */
export const bucket: Decider<BucketState, BucketCommand, BucketEvent, BucketRejection> = {
  initial: {},
  decide: ({ type, data }, state) => {
    const place = state[data.target.prefix];
    switch (type) {
      case 'CondemnGarbage':
        return place?.open?.collectionId === data.collectionId || place?.lastCollected === data.collectionId
          ? []
          : [{ type: 'GarbageCondemned', data }];
      case 'ReportCollection': {
        if (place?.lastCollected === data.collectionId) return [];
        if (place?.open?.collectionId !== data.collectionId) return { rejected: 'collection-unknown' };
        const { listed, startedAtMs } = place.open;
        const left = { objects: listed.objects - data.deleted.objects, bytes: listed.bytes - data.deleted.bytes };
        return [{ type: 'GarbageCollected', data: { ...data, left, startedAtMs } }];
      }
      default:
        return unreachable(type);
    }
  },
  evolve: (state, { type, data }) => {
    const { prefix } = data.target;
    const before = state[prefix] ?? { deleteForeign: false };
    switch (type) {
      case 'GarbageCondemned': {
        const { collectionId, listed, startedAtMs } = data;
        const deleteForeign = before.deleteForeign || data.deleteForeign;
        return { ...state, [prefix]: { ...before, deleteForeign, open: { collectionId, listed, startedAtMs } } };
      }
      case 'GarbageCollected': {
        const { open: _ended, ...rest } = before;
        return { ...state, [prefix]: { ...rest, lastCollected: data.collectionId } };
      }
      default:
        return unreachable(type);
    }
  },
};

/** Whether somebody said that objects which are not ours may be deleted in a place. */
export const mayDeleteForeign = (state: BucketState, prefix: string): boolean => state[prefix]?.deleteForeign ?? false;
