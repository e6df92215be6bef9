import { FinishedPerHour, hourOf } from './hours.js';

const BEGIN = Date.parse('2026-01-02T22:00:00Z');
const HOUR = 3_600_000;

describe('finished builds by hour', () => {
  it('are those that succeeded, failed, or ended otherwise', () => {
    const outcomes = {
      succeeded: 4,
      failed: 1,
      'dependency-failed': 2,
      'failed-with-output': 1,
      cancelled: 1,
      'timed-out': 1,
    };
    expect(hourOf({ hourMs: BEGIN, outcomes })).toEqual({ hourMs: BEGIN, succeeded: 4, failed: 4, other: 2 });
    expect(hourOf({ hourMs: BEGIN, outcomes: {} })).toEqual({ hourMs: BEGIN, succeeded: 0, failed: 0, other: 0 });
  });
  it('are a plot, whose sentence and table say the same', () => {
    const hours = [
      { hourMs: BEGIN, succeeded: 3, failed: 1, other: 0 },
      { hourMs: BEGIN + HOUR, succeeded: 0, failed: 0, other: 0 },
      { hourMs: BEGIN + 2 * HOUR, succeeded: 1, failed: 0, other: 1 },
    ];
    const html = String(FinishedPerHour({ hours }));
    expect(html).toContain('4 succeeded, 1 failed, 1 ended otherwise; at most 4 in an hour');
    expect(html).toContain('22:00 to 23:00');
    expect(html).toContain('00:00 to 01:00');
    // As high as what they stand for: 3 and 1 of at most 4, then 1 and 1.
    expect(
      [...html.matchAll(/<rect class="bar-(\w+)"[^>]*height="([\d.]+)"/g)].map(([, tone, height]) => [tone, height]),
    ).toEqual([
      ['good', '45.0'],
      ['bad', '15.0'],
      ['good', '15.0'],
      ['warn', '15.0'],
    ]);
  });
  it('are said to be none where there is none', () =>
    expect(String(FinishedPerHour({ hours: [{ hourMs: BEGIN, succeeded: 0, failed: 0, other: 0 }] }))).toContain(
      'No build finished in the last 1 hours',
    ));
});
