import { Inject, Injectable } from '@nestjs/common';
import { usageSeries, type UsageSeries } from '#read-model';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

const DAY_MS = 86_400_000;
const STEP_MS = 1_800_000;
/** Most jobsets on the plots: those with most use. */
export const PLOTTED = 12;
/** A live page asks anew with every change of the read model; a plot of a day need not. */
const KEPT_MS = 30_000;
const MOST_KEPT = 20;

/** The day before a moment, half an hour a point. Whoever asks for the same day within half a minute gets the same answer. */
@Injectable()
export class UsageDay {
  private readonly kept = new Map<number, Readonly<{ untilMs: number; series: Promise<UsageSeries> }>>();

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'clock'>,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  /** `live`: up to now, which is a little ago where somebody asked just then. */
  before(atMs: number, live: boolean): Promise<UsageSeries> {
    const now = this.deps.clock.now();
    const key = live ? 0 : atMs;
    const found = this.kept.get(key);
    if (found && found.untilMs > now) return found.series;
    for (const [old, { untilMs }] of this.kept)
      if (untilMs <= now || this.kept.size >= MOST_KEPT) this.kept.delete(old);
    const range = { fromMs: atMs - DAY_MS, toMs: atMs, stepMs: STEP_MS, limit: PLOTTED };
    const series = this.reader.ask((db) => usageSeries(db, range));
    this.kept.set(key, { untilMs: now + KEPT_MS, series });
    // What failed is asked again by the next one; this one hears of it.
    series.catch(() => this.kept.delete(key));
    return series;
  }
}
