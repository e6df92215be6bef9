import { manualClock } from '../testing/manual-clock.js';
import { randomToken, uuidv4, uuidv5, uuidv7 } from './ids.js';

const UUID = (version: number) =>
  new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);

describe('ids', () => {
  it('derive by the rule of RFC 9562, appendix A.4', () => {
    expect(uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('refuse a namespace that is no UUID', () => {
    expect(() => uuidv5('build-1', 'x')).toThrow('not a UUID');
  });

  it('sort by the time they were made', () => {
    const clock = manualClock();
    const made = Array.from({ length: 50 }, () => {
      clock.advance(1);
      return uuidv7(clock);
    });
    expect([...made].sort()).toEqual(made);
    expect(made[0]).toMatch(UUID(7));
  });

  it('are not the same twice where they are random', () => {
    expect(uuidv4()).toMatch(UUID(4));
    expect(new Set(Array.from({ length: 100 }, () => randomToken())).size).toBe(100);
  });
});
