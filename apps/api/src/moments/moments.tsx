import { Inject, Injectable } from '@nestjs/common';
import {
  type BuildEvent,
  type BuildStatus,
  buildStream,
  type EvaluationEvent,
  evaluationStream,
  jobset as jobsetDecider,
  type JobsetEvent,
  jobsetStream,
  project as projectDecider,
  type ProjectEvent,
  projectStream,
} from '#domain';
import {
  type BuildView,
  evaluationBuilds,
  evaluationsFinishedBy,
  type EvaluationView,
  jobsetNamesAt,
  restartedSince,
} from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { evaluationJson } from '../http/evaluation-json.js';
import { seconds } from '../http/hydra.js';
import { notFound } from '../http/problem.js';
import { configurationJson } from '../jobsets/jobset.json.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { notAhead } from '../scheduler/moment.js';
import { Gate } from '../store/gate.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { buildPath, evaluationPath, jobsetPath, projectPath } from '../ui/links.js';
import { type BuildStand, eventsUntil, standAfter, stateUntil, troubleAfter } from './history.js';
import { MomentPage } from './moment.page.js';

/** Builds of an evaluation: all. */
const ALL = 1_000_000;
type Json = Readonly<Record<string, unknown>>;

/** How things were: told from the log, in the shapes in which they are told now. */
@Injectable()
export class Moments {
  /** The stream of a jobset that was polled for years has hundreds of thousands of events: reading them takes seconds. */
  private readonly gate = new Gate(2, 16);

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
  ) {}

  async project(name: string, at: number): Promise<Answer> {
    const atMs = this.past(at);
    const { state } = await stateUntil<ReturnType<typeof projectDecider.evolve>, ProjectEvent>(
      this.deps.store,
      projectDecider,
      projectStream(name),
      atMs,
    );
    if (state.status === 'renamed') return { status: 301, redirect: projectPath(state.to) };
    if (state.status !== 'present') throw notFound(`project ${name} at that time`, 'project');
    const { displayName, description, homepage, owner, enabled, hidden, enableDynamicRunCommand, declarative } =
      state.configuration;
    const [nameOf, jobsets] = await Promise.all([
      this.users.names([owner, ...state.members]),
      this.reader.ask((db) => jobsetNamesAt(db, name, atMs)),
    ]);
    return this.answer(`Project ${name}`, projectPath(name), atMs, {
      name,
      displayname: displayName,
      description,
      homepage,
      owner: nameOf(owner),
      enabled,
      hidden,
      enable_dynamic_run_command: enableDynamicRunCommand,
      ...(declarative ? { declarative } : {}),
      jobsets,
      ...(state.members.length > 0 ? { members: state.members.map(nameOf) } : {}),
    });
  }

  async jobset(project: string, name: string, at: number): Promise<Answer> {
    const atMs = this.past(at);
    const { state, trouble } = await this.gate.pass(() => this.jobsetThen(jobsetStream(project, name), atMs));
    if (state.status === 'renamed') return { status: 301, redirect: jobsetPath(state.to.project, state.to.name) };
    if (state.status !== 'present' || !trouble) throw notFound(`jobset ${project}:${name} at that time`, 'jobset');
    const time = (iso: string | undefined) => seconds(iso === undefined ? null : Date.parse(iso));
    return this.answer(`Jobset ${project}:${name}`, jobsetPath(project, name), atMs, {
      name,
      project,
      ...configurationJson(state.configuration),
      errormsg: trouble.errorMsg,
      errortime: seconds(trouble.errorTimeMs),
      fetcherrormsg: trouble.fetchErrorMsg,
      lastcheckedtime: time(state.lastCheckedAt),
      triggertime: time(state.trigger?.at),
      starttime: time(state.running?.startedAt),
    });
  }

  async evaluation(evaluation: EvaluationView, at: number): Promise<Answer> {
    const { id } = evaluation;
    const atMs = this.past(at);
    if (evaluation.startedAtMs > atMs) throw notFound(`evaluation ${id} at that time`, 'id');
    const ran = evaluation.finishedAtMs !== null && evaluation.finishedAtMs <= atMs;
    const builds = ran ? await this.reader.ask((db) => evaluationBuilds(db, id, { limit: ALL })) : [];
    const restarted = await this.gate.pass(() => this.restarted(builds, atMs));
    const statuses = builds.map((build) =>
      restarted.has(build.id) ? (restarted.get(build.id)?.status ?? null) : statusBy(build, atMs),
    );
    const count = (is: (status: BuildStatus | null) => boolean): number => statuses.filter(is).length;
    let release: string | null = null;
    for await (const event of eventsUntil<EvaluationEvent>(this.deps.store, evaluationStream(id), atMs)) {
      if (event.type === 'EvaluationReleased') release = event.data.name;
      if (event.type === 'ReleaseRevoked') release = null;
    }
    const then = ran ? evaluation : { ...evaluation, hasNewBuilds: false, finishedAtMs: null, inputs: [] };
    return this.answer(`Evaluation ${id}`, evaluationPath(id), atMs, {
      ...evaluationJson(
        then,
        builds.map((build) => build.id),
      ),
      then: {
        running: !ran,
        release,
        succeeded: count((status) => status === 'succeeded'),
        failed: count((status) => status !== null && status !== 'succeeded'),
        queued: count((status) => status === null),
      },
    });
  }

  async build(build: BuildView, at: number): Promise<Answer> {
    const { id } = build;
    const atMs = this.past(at);
    const stand = await this.standOf(id, atMs);
    if (!stand) throw notFound(`build ${id} at that time`, 'id');
    const evaluations = await this.reader.ask((db) => evaluationsFinishedBy(db, build.evaluations, atMs));
    const { status, startedAtMs, stoppedAtMs, kept, globalPriority, run, finished } = stand;
    const then = { status, startedAtMs, stoppedAtMs, kept, globalPriority, run, evaluations };
    const products = finished?.products ?? [];
    const metrics = finished?.metrics ?? [];
    return this.answer(
      `Build ${id}`,
      buildPath(id),
      atMs,
      buildJson({ ...build, ...then, products, metrics, releaseName: finished?.releaseName ?? null }),
    );
  }

  private async jobsetThen(stream: string, atMs: number) {
    let state = jobsetDecider.initial;
    let trouble: ReturnType<typeof troubleAfter> | undefined;
    for await (const event of eventsUntil<JobsetEvent>(this.deps.store, stream, atMs)) {
      state = jobsetDecider.evolve(state, event);
      trouble = troubleAfter(trouble, event);
    }
    return { state, trouble };
  }

  private past(at: number): number {
    return notAhead('at', at, this.deps.clock.now());
  }

  private async standOf(id: number, atMs: number): Promise<BuildStand | undefined> {
    let stand: BuildStand | undefined;
    for await (const event of eventsUntil<BuildEvent>(this.deps.store, buildStream(id), atMs))
      stand = standAfter(stand, event);
    return stand;
  }

  /** Of builds that were restarted since, what the log says. */
  private async restarted(builds: readonly BuildView[], atMs: number): Promise<Map<number, BuildStand | undefined>> {
    const ids = builds.map(({ id }) => id);
    const since = await this.reader.ask((db) => restartedSince(db, ids, atMs));
    const stands = new Map<number, BuildStand | undefined>();
    for (const id of since) stands.set(id, await this.standOf(id, atMs));
    return stands;
  }

  private answer(title: string, path: string, atMs: number, facts: Json): Answer {
    return {
      headers: { 'x-iolaus-at': new Date(atMs).toISOString() },
      json: () => facts,
      html: (page) => <MomentPage {...{ page, title, path, atMs, facts }} />,
    };
  }
}

/** Status of a build that was not restarted since: what it is now, once it had come to its end. */
const statusBy = ({ status, stoppedAtMs }: BuildView, atMs: number): BuildStatus | null =>
  stoppedAtMs !== null && stoppedAtMs <= atMs ? status : null;
