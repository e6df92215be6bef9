import { eventId } from './event-id.js';

it('the id of an event is the version 5 UUID of its index in the namespace of its command', () => {
  // The namespace is RFC 9562's for DNS names; the expected value is what any implementation of version 5 gives for "0".
  expect(eventId('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 0)).toBe('6af613b6-569c-5c22-9c37-2ed93f31d3af');
});
it('a command id that is no UUID is refused', () => {
  expect(() => eventId('nothing', 0)).toThrow(TypeError);
});
