/** Jobset to its shares. Whoever is named hears of every change, so that what is sorted by shares stays sorted. */
export class Shares extends Map<number, number> {
  constructor(private readonly changed: (jobsetId: number) => void) {
    super();
  }

  override set(jobsetId: number, shares: number): this {
    super.set(jobsetId, shares);
    this.changed(jobsetId);
    return this;
  }

  override delete(jobsetId: number): boolean {
    const known = super.delete(jobsetId);
    if (known) this.changed(jobsetId);
    return known;
  }

  override clear(): void {
    for (const jobsetId of [...this.keys()]) this.delete(jobsetId);
  }
}
