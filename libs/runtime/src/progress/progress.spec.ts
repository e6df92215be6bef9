import { manualClock } from '../../testing/manual-clock.js';
import { createProgress } from './progress.js';

const page = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, stream: { isTTY, columns: 100, write: (text: string) => written.push(text) } };
};

describe('progress', () => {
  it('writes whole lines into a log, now and then, and always the last state', () => {
    const clock = manualClock();
    const { written, stream } = page(false);
    const progress = createProgress({ label: 'events', total: 1000, stream, clock });
    for (let done = 1; done <= 1000; done += 1) {
      clock.advance(10);
      progress.update(done);
    }
    progress.finish();
    expect(written).toHaveLength(6);
    expect(written[1]).toBe('events 201/1000 (20 %), 100/s, 8.0 s left\n');
    expect(written.at(-1)).toBe('events 1000/1000 (100 %), 100/s  done in 10.0 s\n');
  });

  it('rewrites one line on a terminal and keeps inside its width', () => {
    const clock = manualClock();
    const { written, stream } = page(true);
    const progress = createProgress({ label: 'rebuild', total: 10, stream, clock });
    clock.advance(1000);
    progress.update(5, 'x'.repeat(300));
    progress.finish();
    expect(written[0]).toMatch(/^\r.*rebuild \[#{12}\.{12}\] 5\/10 \(50 %\)/);
    expect(written[0]).not.toContain('\n');
    expect(written[0]?.replace('\r\u001b[2K', '').length).toBeLessThan(100);
    expect(written.at(-1)).toMatch(/\n$/);
  });

  it('counts where the total is not known', () => {
    const clock = manualClock();
    const { written, stream } = page(false);
    const progress = createProgress({ label: 'export', stream, clock });
    clock.advance(2000);
    progress.update(7);
    expect(written).toEqual(['export 7, 4/s\n']);
  });
});
