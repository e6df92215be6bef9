/** How far a term has heard the log, and who waits for it to hear on. */
export class Hearing {
  private position = 0n;
  private readonly waiting = new Set<{ readonly position: bigint; readonly resolve: () => void }>();

  /** `over`: nobody will hear any more; who waits goes on. */
  constructor(private readonly over: AbortSignal) {
    over.addEventListener('abort', () => this.tell(), { once: true });
  }

  /** Everything up to here was taken in. */
  heard(position: bigint): void {
    if (position > this.position) this.position = position;
    this.tell();
  }

  /** Waits until everything up to a position was taken in, or the term is over. */
  upTo(position: bigint): Promise<void> {
    if (this.position >= position || this.over.aborted) return Promise.resolve();
    return new Promise((resolve) => this.waiting.add({ position, resolve }));
  }

  private tell(): void {
    for (const each of this.waiting) {
      if (!this.over.aborted && this.position < each.position) continue;
      this.waiting.delete(each);
      each.resolve();
    }
  }
}
