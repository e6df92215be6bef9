export * from './port.js';
export { logKey } from './keys.js';
export { createFolderLogStore } from './folder.js';
export type { FolderLogStoreOptions } from './folder.js';
