import { Inject, Injectable } from '@nestjs/common';
import {
  addDurations,
  type BucketDay,
  bucketHistory,
  bucketPlaces,
  type CostlyJob,
  type Durations,
  type FlakyJob,
  flakyJobs,
  largestJobs,
  queueHours,
  slowestJobs,
} from '#read-model';
import { Reader } from '../queries/reader.js';

const DAY_MS = 86_400_000;
/** Jobs in each list. */
const JOBS = 15;
/** Days of the caches, however few others are asked for: they change slowly. */
const CACHE_DAYS = 30;

/** Builds that succeeded in a day (UTC). */
export type DayOfBuilds = Readonly<{
  /** its begin, Unix milliseconds */
  dayMs: number;
  succeeded: number;
  /** of those, how many had their outputs there already */
  there: number;
}>;

/** What costs most, over some days. */
export type Insights = Readonly<{
  /** begin of the first day, Unix milliseconds */
  fromMs: number;
  days: readonly DayOfBuilds[];
  waits: Durations;
  runs: Durations;
  slowest: readonly CostlyJob[];
  largest: readonly CostlyJob[];
  flakiest: readonly FlakyJob[];
  /** all places that builds are copied to, as one; none where there is no place */
  caches: readonly BucketDay[];
}>;

/** Places as one, day by day. */
const together = (places: readonly (readonly BucketDay[])[]): BucketDay[] =>
  (places[0] ?? []).map(({ day }, index) => {
    const sum = (of: (one: BucketDay) => number): number => places.reduce((all, days) => all + of(days[index]!), 0);
    return {
      day,
      uploaded: sum(({ uploaded }) => uploaded),
      uploadedBytes: sum(({ uploadedBytes }) => uploadedBytes),
      deleted: sum(({ deleted }) => deleted),
      deletedBytes: sum(({ deletedBytes }) => deletedBytes),
      bytes: sum(({ bytes }) => bytes),
    };
  });

/** Finds what costs most. Each question costs what its days are, not the builds. */
@Injectable()
export class InsightsFinder {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Over the day (UTC) of `nowMs` (Unix milliseconds) and the `count - 1` before it. */
  async over(count: number, nowMs: number): Promise<Insights> {
    const fromMs = (Math.floor(nowMs / DAY_MS) - count + 1) * DAY_MS;
    const wanted = { days: count, nowMs };
    const [hours, slowest, largest, flakiest, caches] = await Promise.all([
      this.reader.ask((db) => queueHours(db, {}, fromMs, nowMs)),
      this.reader.ask((db) => slowestJobs(db, wanted, JOBS)),
      this.reader.ask((db) => largestJobs(db, wanted, JOBS)),
      this.reader.ask((db) => flakyJobs(db, wanted, JOBS)),
      this.caches(nowMs),
    ]);
    const days = Array.from({ length: count }, (_, index) => {
      const dayMs = fromMs + index * DAY_MS;
      const own = hours.filter(({ hourMs }) => hourMs >= dayMs && hourMs < dayMs + DAY_MS);
      const sum = (of: 'succeeded' | 'there'): number => own.reduce((all, hour) => all + hour[of], 0);
      return { dayMs, succeeded: sum('succeeded'), there: sum('there') };
    });
    const [waits, runs] = [addDurations(hours.map(({ waits }) => waits)), addDurations(hours.map(({ runs }) => runs))];
    return { fromMs, days, waits, runs, slowest, largest, flakiest, caches };
  }

  private async caches(nowMs: number): Promise<BucketDay[]> {
    const places = await this.reader.ask(bucketPlaces);
    const each = (place: (typeof places)[number]) =>
      this.reader.ask((db) => bucketHistory(db, place, { days: CACHE_DAYS, nowMs }));
    return together(await Promise.all(places.map(each)));
  }
}
