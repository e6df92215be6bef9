import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { TooManyStarsError, type User } from '#accounts';
import { getJobset, jobBuilds, jobsetsOfUser, jobsOfMaintainer, starredJobs } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { accountDoor, By, door, Input, type Through } from '../http/door.js';
import { flag } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { jobsetOverviewJson } from '../http/jobset-overview-json.js';
import { permitOwn, roleFor } from '../http/permissions.js';
import { notFound, Problem, signInFirst } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { standing } from '../ui/build-table.js';
import { dashboardPath, jobPath } from '../ui/links.js';
import { MyJobsetsPage, MyJobsPage, StarredPage } from './dashboard.page.js';

const ownDoor = door({});
const userDoor = door({ params: { name: nameParam } });
const publishDoor = accountDoor({ params: { name: nameParam }, body: { public: flag() } });
const starDoor = accountDoor({
  params: { project: nameParam, jobset: nameParam, job: text(1000).min(1, 'must not be empty') },
  body: { star: flag().default(true) },
});

/** Newest builds of each starred job. */
const PER_JOB = 20;
const MOST_JOBS = 1000;

/** What concerns one user. Nobody else sees it, unless its user says so. */
@Controller()
export class DashboardController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get('dashboard')
  @By(ownDoor)
  own(@Req() { visitor }: Incoming): Answer {
    if (!visitor.user) throw signInFirst();
    return { redirect: dashboardPath(visitor.user.name) };
  }

  @Get('dashboard/:name')
  @By(userDoor)
  async starred(@Input() { params }: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    const { user, isPublic } = await this.open(request, params.name);
    const stars = await this.deps.accounts.listStars(user.id);
    const jobs = await this.reader.ask((db) => starredJobs(db, stars, PER_JOB));
    return {
      json: () => jobs.map(({ builds, ...of }) => ({ ...of, builds: builds.map(buildJson) })),
      html: (page) => <StarredPage {...{ page, user, isPublic, jobs }} />,
    };
  }

  @Get('dashboard/:name/my-jobs')
  @By(userDoor)
  async jobs(@Input() { params }: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    const { user, isPublic } = await this.open(request, params.name);
    const jobs = user.email === '' ? [] : await this.reader.ask((db) => jobsOfMaintainer(db, user.email, MOST_JOBS));
    return {
      json: () =>
        jobs.map(({ stoppedAtMs, failingSinceMs, buildId, status, isBuilding, ...of }) => ({
          ...of,
          build: buildId,
          status: standing({ status, isBuilding }),
          stopped: stoppedAtMs,
          failingSince: failingSinceMs,
        })),
      html: (page) => <MyJobsPage {...{ page, user, isPublic, jobs }} />,
    };
  }

  /** Hydra's address of the same. */
  @Get('dashboard/:name/my-jobs-tab')
  @By(userDoor)
  jobsTab(@Input() input: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.jobs(input, request);
  }

  /** Hydra's address of the same. */
  @Get('dashboard/:name/my-jobsets-tab')
  @By(userDoor)
  jobsetsTab(@Input() input: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.jobsets(input, request);
  }

  @Get('dashboard/:name/my-jobsets')
  @By(userDoor)
  async jobsets(@Input() { params }: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    const { user, isPublic } = await this.open(request, params.name);
    const jobsets = await this.reader.ask((db) => jobsetsOfUser(db, user.id));
    return {
      json: () => jobsets.map(jobsetOverviewJson),
      html: (page) => <MyJobsetsPage {...{ page, user, isPublic, jobsets }} />,
    };
  }

  /** Lets everybody see it, or nobody. A preference of the account: no event. */
  @Post('dashboard/:name/publish')
  @HttpCode(200)
  @By(publishDoor)
  async publish(@Input() { params, body }: Through<typeof publishDoor>, @Req() { visitor }: Incoming): Promise<Answer> {
    if (visitor.user?.name !== params.name) throw new Problem(403, 'you may publish your own dashboard only');
    permitOwn(visitor);
    await this.deps.accounts.setDashboardPublic(visitor.user.id, body.public);
    return { json: () => ({ public: body.public }), redirect: dashboardPath(params.name) };
  }

  /** Marks a job for one's own dashboard, or takes the mark away. A preference of the account: no event. */
  @Post('job/:project/:jobset/:job/star')
  @HttpCode(200)
  @By(starDoor)
  async star(@Input() { params, body }: Through<typeof starDoor>, @Req() { visitor }: Incoming): Promise<Answer> {
    permitOwn(visitor);
    const { project, jobset, job } = params;
    const found = await this.reader.ask((db) => getJobset(db, project, jobset));
    if (!found) throw notFound('such jobset', 'jobset');
    const [build] = await this.reader.ask((db) => jobBuilds(db, project, jobset, job, 1));
    if (!build) throw notFound('such job', 'job');
    const star = { jobsetId: found.id, job: build.job };
    await this.deps.accounts.setStar(visitor.user!.id, star, body.star).catch((error: unknown) => {
      throw error instanceof TooManyStarsError ? new Problem(409, error.message, { field: 'star' }) : error;
    });
    // `success`: Hydra's answer.
    return { json: () => ({ success: 1, star: body.star }), redirect: jobPath(project, jobset, job) };
  }

  /** Somebody else's, unless it is public, is as if it were not there, but for administrators. */
  private async open({ visitor }: Incoming, name: string): Promise<{ user: User; isPublic: boolean }> {
    const user = await this.deps.accounts.findUserByName(name);
    const isPublic = user !== undefined && (await this.deps.accounts.isDashboardPublic(user.id));
    const mine = visitor.user !== undefined && visitor.user.id === user?.id;
    if (user && (mine || isPublic || roleFor('manage-users', visitor) !== undefined)) return { user, isPublic };
    throw visitor.user ? notFound('such dashboard', 'name') : signInFirst();
  }
}
