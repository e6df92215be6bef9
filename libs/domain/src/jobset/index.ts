export * from './events.js';
export * from './configuration.js';
export * from './state.js';
export * from './decider.js';
