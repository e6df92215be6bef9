export { collectGarbage, type Collected, type CollectOptions, type CollectProgress } from './collect.js';
export type { Findings } from './list.js';
export { createLiveSet, type LiveSetOptions, UnsafeRootsError } from './live.js';
export type { CondemnedObject, CondemnedStore, LiveSet } from './ports.js';
