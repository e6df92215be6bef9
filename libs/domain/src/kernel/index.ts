export * from './kernel.js';
export * from './dispatch.js';
export * from './envelope.js';
export * from './values.js';
export * from './names.js';
export * from './versions.js';
