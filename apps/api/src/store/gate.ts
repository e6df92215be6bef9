import { Problem } from '../http/problem.js';

const RETRY_SECONDS = 2;

/** Lets so many tasks run at once and so many wait; whoever comes after them is told to come back (503). */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mayWait: number,
  ) {}

  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.running < this.atOnce) this.running++;
    else if (this.waiting.length < this.mayWait) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else
      throw new Problem(503, 'too many ask for this at once; try again soon', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    try {
      return await task();
    } finally {
      // The place goes on to whoever waits longest.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
