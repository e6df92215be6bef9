import type { MachineView } from '#read-model';
import { MachineDay } from './use.js';

const HOUR = 3_600_000;
const machine = (name: string, slots: number) => ({ name, configuration: { slots } }) as unknown as MachineView;
const busy = (hours: Readonly<Record<number, number>>) => Array.from({ length: 24 }, (_, hour) => hours[hour] ?? 0);

describe('a day of machines', () => {
  const all = [machine('two', 2), machine('idle', 1), machine('was-larger', 1)];
  const use = {
    atMs: 0,
    spanMs: HOUR,
    machines: [
      { machine: 'two', busyMs: busy({ 0: 2 * HOUR, 1: HOUR, 23: 30_000 }) },
      { machine: 'was-larger', busyMs: busy({ 5: 3 * HOUR }) },
    ],
  };
  const html = String(MachineDay({ all, use }));

  it('is told of each by what part of its slots was taken', () => {
    expect(html).toContain('two: 6.3 % of its slots taken in the last 24 hours, at most 100 % in an hour');
    expect(html).toContain('idle: 0 % of its slots taken');
    expect(html).toContain('was-larger: 4.2 % of its slots taken in the last 24 hours, at most 100 % in an hour');
  });
  it('is the same as numbers, by three hours', () => {
    expect(html).toContain('24 to 21 h ago');
    expect(html).toContain('<td class="number">50 %</td>');
  });
  it('draws only hours in which something ran', () => expect(html.match(/bar-live/g)).toHaveLength(4));
});
