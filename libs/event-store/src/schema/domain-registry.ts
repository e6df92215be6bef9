import { eventVersions } from '#domain';
import type { EventRegistry } from '../codec.js';
import { validateEvent, validateMetadata } from './validators.js';

/** What the store knows of the events of libs/domain: versions, lifting, schemas. */
export const domainEvents: EventRegistry = { versions: eventVersions, validate: validateEvent, validateMetadata };
