/** What several processes agree on through PostgreSQL: ids, who leads, how far a consumer came. */
export { type Checkpoints, createCheckpoints } from './checkpoints.js';
export {
  type Condemned,
  type CondemnedObject,
  type CondemnedOptions,
  passDeletions,
  type Place,
  SETTLE_MS,
  SupersededCollectorError,
  takeCondemned,
} from './condemned.js';
export { connectDatabase, type Database, type DatabaseOptions } from './database.js';
export { claimIdempotencyKey, rememberChoice, rememberedChoice } from './idempotency-keys.js';
export { createIdSequences, type IdKind, type IdSequences } from './id-sequences.js';
export {
  acquireLeadership,
  type Leader,
  type Leadership,
  type LeadershipOptions,
  leadersOf,
  someoneLeads,
  whileLeading,
} from './leadership.js';
export { migrateCoordination } from './migrate.js';
export { createParkedEvents, type ParkedEvent, type ParkedEvents } from './parked.js';
export {
  AnswerFailedError,
  type AnswerHandler,
  createQuestions,
  NobodyAnswersError,
  type Questions,
} from './questions.js';
export { createNotices, type Notice, type Notices } from './notices.js';
export { type Storage, storageOf } from './storage.js';
