import { eventVersions } from '#domain';
import { metadata } from '../../testing/events.js';
import { eventSchemas } from '../generated/event-schemas.js';
import { InvalidEventError } from '../port.js';
import { validateEvent, validateMetadata } from './validators.js';

describe('the schema of an event', () => {
  it('exists for every type of the domain, and for no other', () => {
    expect(Object.keys(eventSchemas).sort()).toEqual(Object.keys(eventVersions).sort());
  });
  it('takes a payload that has all its fields', () => {
    expect(() => validateEvent('BuildKept', { buildId: 7 })).not.toThrow();
  });
  it.each([
    ['a field of the wrong type', { buildId: '7' }, 'BuildKept data/buildId: must be number'],
    ['a missing field', {}, "BuildKept data: must have required property 'buildId'"],
    ['an unknown field', { buildId: 7, extra: 1 }, 'BuildKept data/extra: unknown field'],
    ['a number that JSON cannot carry', { buildId: Number.NaN }, 'BuildKept data/buildId: must be number'],
    ['no object', null, 'BuildKept data: must be object'],
  ])('refuses %s by name', (_, data, message) => {
    expect(() => validateEvent('BuildKept', data)).toThrow(new InvalidEventError(message));
  });
  it('is asked for by the name of a type, never of what every object has', () => {
    expect(() => validateEvent('constructor', {})).toThrow('no event is called "constructor"');
  });
});

describe('the schema of the envelope', () => {
  it('takes a full envelope', () => {
    expect(() => validateMetadata(metadata({ role: 'admin', reason: 'because', requestId: 'r' }))).not.toThrow();
  });
  it('refuses an actor of an unknown kind', () => {
    expect(() => validateMetadata({ ...metadata(), actor: { kind: 'ghost', id: '1' } })).toThrow('metadata/actor/kind');
  });
  it('refuses an envelope without its cause', () => {
    const { causationId: _, ...rest } = metadata();
    expect(() => validateMetadata(rest)).toThrow('causationId');
  });
});
