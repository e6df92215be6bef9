import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyedLock, createLimit, runInOrder } from './limit.js';

describe('work in bounds', () => {
  it('runs no more at once than allowed, in the order of the calls, failures included', async () => {
    const limit = createLimit(2);
    let [running, most] = [0, 0];
    const begun: number[] = [];
    const works = Array.from({ length: 9 }, (_, n) =>
      limit(async () => {
        begun.push(n);
        most = Math.max(most, (running += 1));
        await sleep(n % 3);
        running -= 1;
        if (n === 4) throw new Error('four');
      }),
    );
    const ended = await Promise.allSettled(works);
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it('runs one at a time for a key, and says who waited', async () => {
    const lock = createKeyedLock();
    const seen: string[] = [];
    const work =
      (name: string, fail = false) =>
      async (waited: boolean) => {
        seen.push(`${name} ${waited}`);
        await sleep(2);
        seen.push(`${name} ends`);
        if (fail) throw new Error(name);
      };
    await Promise.allSettled([lock('k', work('a', true)), lock('k', work('b')), lock('other', work('c'))]);
    await lock('k', work('d'));
    expect(seen.filter((each) => !each.startsWith('c'))).toEqual([
      'a false',
      'a ends',
      'b true',
      'b ends',
      'd false',
      'd ends',
    ]);
    expect(seen.indexOf('c false')).toBeLessThan(seen.indexOf('a ends'));
  });

  it('runs dependencies before dependents, and begins nothing after a failure', async () => {
    const before: Record<string, string[]> = { a: [], b: ['a'], c: ['a', 'elsewhere'], d: ['b', 'c'], e: ['d'] };
    const done: string[] = [];
    const limit = createLimit(3);
    const run = (fails: string) =>
      runInOrder(
        Object.keys(before),
        (item) => item,
        (item) => before[item]!,
        () => limit,
        async (item) => {
          for (const each of before[item]!) if (each in before) expect(done).toContain(each);
          await sleep(1);
          if (item === fails) throw new Error(`${item} failed`);
          done.push(item);
        },
      );
    await run('');
    expect(done).toHaveLength(5);
    done.length = 0;
    await expect(run('b')).rejects.toThrow('b failed');
    expect(done).not.toContain('d');
    expect(done).not.toContain('e');
  });
});
