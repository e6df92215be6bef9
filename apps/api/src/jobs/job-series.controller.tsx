import { Controller, Get, Inject } from '@nestjs/common';
import { jobMeasurements, jobMetric, jobSizesAndTimes, latestBuildOfJob } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobPath } from '../ui/links.js';
import { ChartsPage } from './charts.page.js';
import { jobNames, jobOrMoved } from './job-or-moved.js';
import { PROMETHEUS } from '../metrics/prometheus.js';
import { jobMetrics } from './job-metrics.js';
import { allSeries, type MeasureName, metricSeries, seriesOf } from './series.json.js';
import { isStarred } from './starred.js';

const jobDoor = door({ params: jobNames });
/** As `nix-support/hydra-metrics` may name one. */
const metricName = text(255).regex(/^[a-zA-Z0-9._-]+$/, 'must be a name of letters, digits, ".", "_" and "-"');
const metricDoor = door({ params: { ...jobNames, name: metricName } });
type Names = Through<typeof jobDoor>['params'];

/** Newest succeeded builds in a series. */
const POINTS = 1000;
/** The same in the page of charts. */
const CHARTED = 200;

/** What was measured of a job's builds, and what a monitor wants to know of it. */
@Controller('job/:project/:jobset/:job')
export class JobSeriesController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  /** Seconds, of the newest 1000 builds that succeeded, oldest of them first. */
  @Get('build-times')
  @By(jobDoor)
  buildTimes(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.series(params, 'build-times');
  }

  /** Bytes, likewise. */
  @Get('closure-sizes')
  @By(jobDoor)
  closureSizes(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.series(params, 'closure-sizes');
  }

  /** Bytes, likewise. */
  @Get('output-sizes')
  @By(jobDoor)
  outputSizes(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.series(params, 'output-sizes');
  }

  /** What those builds say themselves in `nix-support/hydra-metrics`. */
  @Get('metric/:name')
  @By(metricDoor)
  async metric(@Input() { params }: Through<typeof metricDoor>): Promise<Answer> {
    const { name } = params;
    const job = await jobOrMoved(this.reader, params, `/metric/${name}`);
    if ('redirect' in job) return job;
    const measured = await this.reader.ask((db) => jobMetric(db, job, name, POINTS));
    if (measured.length === 0) throw notFound('such metric of this job', 'name');
    return { json: () => metricSeries(measured, name) };
  }

  /** All series of the newest 200 builds that succeeded. */
  @Get('charts')
  @By(jobDoor)
  async charts(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, '/charts');
    if ('redirect' in job) return job;
    const measured = await this.reader.ask((db) => jobMeasurements(db, job, CHARTED));
    return {
      json: () => allSeries(measured),
      html: async (page) => {
        const starred = await isStarred(this.deps, page.visitor, job);
        return <ChartsPage {...{ page, job, starred, measured }} />;
      },
    };
  }

  /** Where Hydra has its charts. */
  @Get('metric-tab')
  @By(jobDoor)
  async metricTab(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, '/metric-tab');
    return 'redirect' in job ? job : { redirect: `${jobPath(job.project, job.jobset, job.job)}/charts` };
  }

  @Get('prometheus')
  @By(jobDoor)
  async prometheus(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, '/prometheus');
    if ('redirect' in job) return job;
    const { project, jobset } = job;
    const newest = await this.reader.ask((db) => latestBuildOfJob(db, project, jobset, job.job, { succeeded: false }));
    return { text: { type: PROMETHEUS, body: await jobMetrics(job, newest) } };
  }

  private async series(params: Names, name: MeasureName): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, `/${name}`);
    if ('redirect' in job) return job;
    const measured = await this.reader.ask((db) => jobSizesAndTimes(db, job, POINTS));
    return { json: () => seriesOf(measured, name) };
  }
}
