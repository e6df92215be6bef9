/** The append-only log of all facts: one port, two adapters. */
export * from './port.js';
export { type EventRegistry, UnknownEventError } from './codec.js';
export * from './eventstoredb/index.js';
export * from './postgres/index.js';
export { eventId } from './event-id.js';
export {
  commandHandler,
  ConcurrencyError,
  type Decided,
  type Handle,
  type Handled,
  type HandleOptions,
} from './handle.js';
export {
  createStreamStates,
  type Fold,
  type Folded,
  statesOf,
  type StreamStates,
  type StreamStatesOptions,
} from './states/stream-states.js';
export { domainEvents } from './schema/domain-registry.js';
export { validateEvent, validateMetadata } from './schema/validators.js';
export { openEventStore, type OpenEventStoreOptions } from './open-event-store.js';
export {
  type ReactorCheckpoints,
  type ReactorOptions,
  type ReactorParking,
  runReactor,
} from './reactor/run-reactor.js';
