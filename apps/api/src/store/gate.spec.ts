import { Gate } from './gate.js';

describe('a gate', () => {
  it('lets so many through at once, the others in their order, and turns away who is too many', async () => {
    const gate = new Gate(2, 1);
    const log: string[] = [];
    const release: (() => void)[] = [];
    const task = (name: string) => () => {
      log.push(name);
      return new Promise<void>((resolve) => release.push(resolve));
    };
    const a = gate.pass(task('a'));
    const b = gate.pass(task('b'));
    const c = gate.pass(task('c'));
    await expect(gate.pass(task('d'))).rejects.toMatchObject({ status: 503 });
    expect(log).toEqual(['a', 'b']);
    release[0]!();
    await a;
    await Promise.resolve();
    expect(log).toEqual(['a', 'b', 'c']);
    release[1]!();
    release[2]!();
    await Promise.all([b, c]);
    await gate.pass(() => Promise.resolve(void log.push('e')));
    expect(log).toEqual(['a', 'b', 'c', 'e']);
  });
  it('is left by a task that fails', async () => {
    const gate = new Gate(1, 0);
    await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.pass(() => Promise.resolve(1))).resolves.toBe(1);
  });
});
