/** What several processes agree on through PostgreSQL: ids, who leads, how far a consumer came. */
export { type Checkpoints, createCheckpoints } from './checkpoints.js';
export { connectDatabase, type Database, type DatabaseOptions } from './database.js';
export { createIdSequences, type IdKind, type IdSequences } from './id-sequences.js';
export {
  acquireLeadership,
  type Leadership,
  type LeadershipOptions,
  someoneLeads,
  whileLeading,
} from './leadership.js';
export { migrateCoordination } from './migrate.js';
export { createParkedEvents, type ParkedEvent, type ParkedEvents } from './parked.js';
