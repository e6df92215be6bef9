import { happened, metadata, testRegistry } from '../testing/events.js';
import { createCodec, UnknownEventError } from './codec.js';
import { EventTooLargeError, InvalidEventError } from './port.js';

const codec = createCodec(testRegistry);
const place = { id: '', stream: 's', revision: 0, position: 7n };

describe('an event on its way out of the log', () => {
  it.each([
    [1, { name: 'a' }],
    [2, { names: ['a'] }],
    [3, { names: ['a'], count: 1 }],
  ])('is lifted from version %i to the current one', (v, data) => {
    expect(codec.decode(place, 'Lifted', data, metadata({ v })).data).toEqual({ names: ['a'], count: 1 });
  });
  it('of an unknown type, or a version from the future, stops the reader and says where it is', () => {
    expect(() => codec.decode(place, 'Unheard', {}, metadata())).toThrow(
      new UnknownEventError('unknown type Unheard at position 7 (s)'),
    );
    expect(() => codec.decode(place, 'Lifted', {}, metadata({ v: 4 }))).toThrow(
      'has version 4; this program knows up to 3',
    );
    expect(() => codec.decode(place, 'toString', {}, metadata())).toThrow(UnknownEventError);
  });
  it('without a version in its envelope is refused', () => {
    expect(() => codec.decode(place, 'Happened', {}, {})).toThrow(InvalidEventError);
    expect(() => codec.decode(place, 'Happened', {}, null)).toThrow(InvalidEventError);
  });
});

describe('an event on its way into the log', () => {
  it('may have 256 KiB of payload and envelope, counted in bytes, and no more', () => {
    const envelope = Buffer.byteLength(JSON.stringify(metadata()));
    const fits = 'ä'.repeat((256 * 1024 - envelope - 2) / 2);
    const bytes = codec.encode(happened(fits)).bytes;
    expect(bytes).toBeLessThanOrEqual(256 * 1024);
    expect(bytes).toBeGreaterThan(256 * 1024 - 2);
    expect(() => codec.encode(happened(`${fits}ä`))).toThrow(EventTooLargeError);
  });
  it('must have a known type, a payload that is JSON, and an instant in UTC', () => {
    expect(() => codec.encode(happened({}, { type: 'valueOf' }))).toThrow('type: no event is called "valueOf"');
    expect(() => codec.encode(happened({}, { data: undefined }))).toThrow(InvalidEventError);
    expect(() => codec.encode(happened({}, { metadata: metadata({ at: '2026-01-02' }) }))).toThrow(
      'Happened metadata/at',
    );
  });
});
