import type { BuildMetric } from '#domain';
import type { Measured } from '#read-model';
import { formatBytes, plural } from '../ui/bytes.js';
import { buildPath, jobPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { duration } from '../ui/time.js';
import { type JobFrame, JobFramePage } from './job-frame.js';
import { SeriesPlot } from './plot.js';
import { metricNames, metricSeries, seriesOf } from './series.json.js';

/** Metrics of their own that are plotted, by name. */
const PLOTTED = 20;

const number = (value: number, unit = ''): string => `${Number(value.toPrecision(6))}${unit === '' ? '' : ` ${unit}`}`;
const time = (value: number): string => duration(value * 1000);
const metricText = (metrics: readonly BuildMetric[], wanted: string): string => {
  const metric = metrics.find(({ name }) => name === wanted);
  return metric ? number(metric.value, metric.unit) : '';
};
const bytes = (size: number | null): string => (size === null ? '' : formatBytes(size));

/** The numbers of all plots, newest first. */
const Numbers = ({ measured, metrics }: { measured: readonly Measured[]; metrics: readonly string[] }): JSX.Element => (
  <details>
    <summary>The same as a table</summary>
    <Table
      caption={`Newest ${plural(measured.length, 'build')} that succeeded`}
      heads={['Build', 'Queued (UTC)', 'Build time', 'Closure size', 'Output size', ...metrics]}
    >
      {measured.toReversed().map(({ id, queuedAtMs, builtMs, closureSize, outputSize, metrics: own }) => (
        <tr>
          <th scope="row">
            <a href={buildPath(id)} safe>{`#${id}`}</a>
          </th>
          <td safe>{new Date(queuedAtMs).toISOString().slice(0, 16).replace('T', ' ')}</td>
          <td class="number" safe>
            {builtMs === null ? '' : duration(builtMs)}
          </td>
          <td class="number" safe>
            {bytes(closureSize)}
          </td>
          <td class="number" safe>
            {bytes(outputSize)}
          </td>
          {metrics.map((name) => (
            <td class="number" safe>
              {metricText(own, name)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  </details>
);

/** How a job's builds grow: time, sizes, and what they measure themselves. */
export const ChartsPage = (props: JobFrame & { measured: readonly Measured[] }): JSX.Element => {
  const { job, measured } = props;
  const names = metricNames(measured);
  const metrics = names.slice(0, PLOTTED);
  const path = jobPath(job.project, job.jobset, job.job);
  return (
    <JobFramePage {...props} current="/charts" title="Charts">
      {measured.length === 0 ? (
        <p>No build of it succeeded yet: there is nothing to measure.</p>
      ) : (
        <>
          <SeriesPlot id="build-times" title="Build time" points={seriesOf(measured, 'build-times')} format={time} />
          <SeriesPlot
            id="closure-sizes"
            title="Closure size"
            points={seriesOf(measured, 'closure-sizes')}
            format={formatBytes}
          />
          <SeriesPlot
            id="output-sizes"
            title="Output size"
            points={seriesOf(measured, 'output-sizes')}
            format={formatBytes}
          />
          {metrics.map((name) => {
            const points = metricSeries(measured, name);
            const unit = points.at(-1)?.unit;
            return (
              <SeriesPlot id={`metric-${name}`} title={name} points={points} format={(value) => number(value, unit)} />
            );
          })}
          <Numbers measured={measured} metrics={metrics} />
          {names.length > metrics.length && (
            <p safe>{`${metrics.length} of ${names.length} metrics are shown; each is at ${path}/metric/NAME.`}</p>
          )}
          <p class="muted">
            As JSON, of 1000 builds: <a href={`${path}/build-times`}>build times</a>,{' '}
            <a href={`${path}/closure-sizes`}>closure sizes</a>, <a href={`${path}/output-sizes`}>output sizes</a>; for
            Prometheus: <a href={`${path}/prometheus`}>this job’s state</a>.
          </p>
        </>
      )}
    </JobFramePage>
  );
};
