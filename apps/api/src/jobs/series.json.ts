import type { Measured } from '#read-model';
import { seconds } from '../http/hydra.js';

/** A point of Hydra's series: the build, when it was queued (Unix seconds), and what was measured of it. */
export type Point = Readonly<{ id: number; timestamp: number; value: number; unit?: string }>;

/** What can be measured of any build that succeeded. */
export const MEASURES = {
  /** seconds, to the millisecond; not of builds whose outputs were there already */
  'build-times': ({ builtMs }: Measured) => (builtMs === null ? null : builtMs / 1000),
  /** bytes */
  'closure-sizes': ({ closureSize }: Measured) => closureSize,
  /** bytes */
  'output-sizes': ({ outputSize }: Measured) => outputSize,
} as const;
/** A measure, as Hydra's addresses name it. */
export type MeasureName = keyof typeof MEASURES;

/** A measure over builds, oldest first as a chart wants it; builds without it are left out. */
export const seriesOf = (measured: readonly Measured[], name: MeasureName): Point[] =>
  measured.flatMap((one) => {
    const value = MEASURES[name](one);
    return value === null ? [] : [{ id: one.id, timestamp: seconds(one.queuedAtMs)!, value }];
  });

/** One of the metrics that builds say themselves, over builds, oldest first. */
export const metricSeries = (measured: readonly Measured[], wanted: string): Point[] =>
  measured.flatMap(({ id, queuedAtMs, metrics }) => {
    const metric = metrics.find(({ name }) => name === wanted);
    if (!metric) return [];
    const { value, unit } = metric;
    return [{ id, timestamp: seconds(queuedAtMs)!, value, ...(unit === '' ? {} : { unit }) }];
  });

/** Names of all metrics that any of some builds has. */
export const metricNames = (measured: readonly Measured[]): string[] =>
  [...new Set(measured.flatMap(({ metrics }) => metrics.map(({ name }) => name)))].sort();

/** A job's series, all that there are. */
export type JobSeries = Readonly<
  Record<MeasureName, readonly Point[]> & { metrics: Readonly<Record<string, Point[]>> }
>;

/** All series of some builds. */
export const allSeries = (measured: readonly Measured[]): JobSeries => ({
  'build-times': seriesOf(measured, 'build-times'),
  'closure-sizes': seriesOf(measured, 'closure-sizes'),
  'output-sizes': seriesOf(measured, 'output-sizes'),
  metrics: Object.fromEntries(metricNames(measured).map((name) => [name, metricSeries(measured, name)])),
});
