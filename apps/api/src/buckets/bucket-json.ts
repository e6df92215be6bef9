import type { ParkedEvent } from '#coordination';
import { substituterOf } from './substituter.js';
import type { Place, PlaceDetails } from './places.js';

/** A place as JSON; times are Unix milliseconds, sizes bytes. */
export const placeJson = ({ section, last, ...place }: Place) => ({
  ...place,
  configured: section !== undefined,
  compression: section?.compressionType ?? null,
  substituter: (section && substituterOf(section)?.url) ?? null,
  lastCollection: last ?? null,
});

export const detailsJson = ({ history, collections, parked, ...place }: PlaceDetails) => ({
  ...placeJson(place),
  history,
  collections,
  parked,
});

export const parkedRequestJson = ({ eventId, stream, at, attempts, error, released }: ParkedEvent) => ({
  event: eventId,
  stream,
  at,
  attempts,
  error,
  released,
});
