import { silentLogger, sleep } from '#runtime';
import type { Duty, DutyContext } from './duty.js';
import { runDuties } from './run-duties.js';

const context = { logger: silentLogger() } as DutyContext;
const patient = (ended: string[], name: string): Duty => ({
  name,
  run: async (_, signal) => {
    await sleep(3_600_000, signal);
    ended.push(name);
  },
});

describe('the duties of one process', () => {
  it('run until the signal', async () => {
    const stop = new AbortController();
    const ended: string[] = [];
    const running = runDuties([patient(ended, 'a'), patient(ended, 'b')], context, stop.signal);
    expect(ended).toEqual([]);
    stop.abort();
    await running;
    expect(ended.sort()).toEqual(['a', 'b']);
  });

  it('end together when one fails, with its error', async () => {
    const ended: string[] = [];
    const failing: Duty = { name: 'f', run: () => Promise.reject(new Error('no Nix here')) };
    await expect(runDuties([patient(ended, 'a'), failing], context, new AbortController().signal)).rejects.toThrow(
      'no Nix here',
    );
    expect(ended).toEqual(['a']);
  });

  it('count one that ends by itself as failed', async () => {
    const idle: Duty = { name: 'idle', run: () => Promise.resolve() };
    await expect(runDuties([idle], context, new AbortController().signal)).rejects.toThrow('duty idle ended by itself');
  });
});
