/** The log replayed: the ledger and every choice again, compared with what was recorded. */
export { Replay, type JobsetUsage, type ReplayCounts, type ReplayOptions } from './replay.js';
export { type Drift, OTHERS_TYPES, OWN_TYPES, type RecordedLike, REPLAY_TYPES } from './types.js';
export { FarmHistory } from './what-if/history.js';
export type { Figures, JobsetFigures } from './what-if/tally.js';
export { type Changes, nameOf, whatIf, type WhatIfAnswer } from './what-if/what-if.js';
export { errorOf, sharesById, whatIfJson } from './what-if/json.js';
