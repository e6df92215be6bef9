import fc from 'fast-check';
import {
  backup,
  backupStream,
  build,
  type BuildStatus,
  buildStream,
  buildsToQueue,
  type Command,
  type Decider,
  type DomainEvent,
  evaluation,
  evaluationStream,
  type EvaluationJobsFound,
  isRejection,
  jobset,
  type JobsetConfiguration,
  type JobsetState,
  jobsetStream,
  project,
  projectStream,
  ROLES,
  step,
  stepStream,
  user,
  userStream,
} from '#domain';
import { collections, machines, TARGET, terms } from './random-operations.js';

/** An event and its stream, in the order of the log. */
export type HistoryEvent = Readonly<{ stream: string; event: DomainEvent; at: string }>;

/** A choice of the generator: which thing happens, and to what. */
type Choice = Readonly<{ what: number; a: number; b: number }>;

const STATUSES: readonly BuildStatus[] = [
  'succeeded',
  'failed',
  'dependency-failed',
  'aborted',
  'failed-with-output',
  'timed-out',
];
const FIRST_MS = Date.parse('2026-01-01T00:00:00.000Z');

const configuration = (n: number): JobsetConfiguration => ({
  description: n % 3 ? `jobset ${n} ünï` : '',
  mode: (['disabled', 'enabled', 'one-shot', 'one-at-a-time'] as const)[n % 4]!,
  hidden: n % 5 === 0,
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  checkInterval: n % 2 ? 300 : 0,
  shares: 1 + (n % 7),
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: { src: { type: 'git', value: `https://example.org/${n} main`, emailResponsible: false } },
});

/** The farm as its deciders see it; whatever they refuse does not happen. */
export class World {
  readonly events: HistoryEvent[] = [];
  private readonly states = new Map<string, unknown>();
  private readonly jobsetStreams: string[] = [];
  private readonly builds: number[] = [];
  private readonly drvs: string[] = [];
  private readonly found = new Map<number, EvaluationJobsFound['data'][]>();
  private ids = 0;
  private clock = 0;

  get nowMs(): number {
    return FIRST_MS + this.clock;
  }

  private get at(): string {
    return new Date(FIRST_MS + this.clock).toISOString();
  }

  private state<S>(stream: string, decider: Pick<Decider<S, never, never, never>, 'initial'>): S {
    return (this.states.get(stream) as S | undefined) ?? decider.initial;
  }

  do<S, C extends Command<string, unknown>, E extends DomainEvent>(
    stream: string,
    decider: Decider<S, C, E, string>,
    command: Omit<C, 'at'>,
  ): readonly E[] {
    const { at } = this;
    const before = this.state<S>(stream, decider);
    const outcome = decider.decide({ ...command, at } as unknown as C, before);
    if (isRejection(outcome)) return [];
    this.states.set(stream, outcome.reduce(decider.evolve, before));
    for (const event of outcome) this.events.push({ stream, event, at });
    return outcome;
  }

  private pick<T>(from: readonly T[], n: number): T | undefined {
    return from.length === 0 ? undefined : from[n % from.length];
  }

  step({ what, a, b }: Choice): void {
    this.clock += 1 + (a % 5000);
    const acts = [
      this.projects, this.openJobset, this.changeJobset, this.evaluate, this.evaluate, this.evaluate, this.build,
      this.build, this.build, this.attempt, this.attempt, this.attempt, this.backups, this.users, this.rename,
      ...[collections, machines, terms].map((act) => (a: number, b: number) => act(this, a, b)),
    ]; // prettier-ignore
    acts[what % acts.length]!.call(this, a, b);
  }

  private projects(a: number, b: number): void {
    const name = `p${a % 2}`;
    const about = {
      displayName: name,
      description: '',
      homepage: '',
      owner: 'u',
      hidden: false,
      enableDynamicRunCommand: false,
    };
    const configuration = { ...about, enabled: b % 4 > 0 };
    if (b % 5 === 0) this.do(projectStream(name), project, { type: 'DeleteProject', data: {} });
    else if (b % 2)
      this.do(projectStream(name), project, {
        type: 'CreateProject',
        data: { projectId: ++this.ids, name, configuration },
      });
    else if (b % 5 === 1) {
      const members = [`u${b % 3}`, `u${b % 7}`];
      this.do(projectStream(name), project, { type: 'ChangeProjectMembers', data: { members } });
    } else this.do(projectStream(name), project, { type: 'ChangeProject', data: { configuration } });
  }

  private openJobset(a: number, b: number): void {
    const [name, of] = [`j${a % 3}`, `p${b % 2}`];
    const stream = jobsetStream(of, name);
    if (!this.jobsetStreams.includes(stream)) this.jobsetStreams.push(stream);
    const data = { jobsetId: ++this.ids, project: of, name, configuration: configuration(a + b) };
    this.do(stream, jobset, { type: 'CreateJobset', data });
  }

  private changeJobset(a: number, b: number): void {
    const stream = this.pick(this.jobsetStreams, a);
    if (!stream) return;
    const commands = [
      { type: 'ConfigureJobset', data: { configuration: configuration(b) } },
      { type: 'ChangeShare', data: { shares: 1 + (b % 9) } },
      { type: 'EnableJobset', data: { mode: 'enabled' } },
      { type: 'DisableJobset', data: {} },
      { type: 'DeleteJobset', data: {} },
    ] as const;
    this.do(stream, jobset, commands[b % (b % 3 ? 4 : 5)]!);
  }

  private rename(a: number, b: number): void {
    const from = this.pick(this.jobsetStreams, a);
    const state = from ? this.state<JobsetState>(from, jobset) : undefined;
    if (state?.status !== 'present' || state.running) return;
    const to = { project: state.project, name: `r${b % 4}` };
    const stream = jobsetStream(to.project, to.name);
    if (this.state<JobsetState>(stream, jobset).status === 'present') return;
    this.do(from!, jobset, { type: 'RenameJobset', data: { to } });
    const left = this.state<JobsetState>(from!, jobset);
    if (left.status !== 'renamed') return;
    this.do(stream, jobset, { type: 'ReceiveRenamedJobset', data: left.moved });
    if (!this.jobsetStreams.includes(stream)) this.jobsetStreams.push(stream);
  }

  private evaluate(a: number, b: number): void {
    const stream = this.pick(this.jobsetStreams, a);
    const state = stream ? this.state<JobsetState>(stream, jobset) : undefined;
    if (!stream || state?.status !== 'present') return;
    if (!state.running) {
      if (!state.trigger)
        this.do(stream, jobset, { type: 'TriggerEvaluation', data: { force: b % 2 === 0, cause: 'push' } });
      else this.do(stream, jobset, { type: 'StartEvaluation', data: { evaluationId: ++this.ids, cause: 'trigger' } });
      return;
    }
    const { evaluationId } = state.running;
    const chunks = this.found.get(evaluationId) ?? [];
    if (b % 7 === 0) {
      const kind = (['fetch', 'evaluation', 'interrupted'] as const)[a % 3]!;
      this.do(stream, jobset, {
        type: 'ReportEvaluationFailure',
        data: { evaluationId, kind, error: `broken\0 ${b}` },
      });
    } else if (b % 7 === 1 && a % 2 === 1) {
      // Of a file it ends the evaluation, of a build it comes any time.
      const data = { evaluationId, hash: `s${b}`, jobsets: ['main'], problems: b % 2 === 1 ? ['odd'] : [] };
      this.do(stream, jobset, { type: 'ReportSpecification', data: a % 4 === 1 ? data : { ...data, buildId: 1 } });
    } else if (b % 7 === 1) {
      this.do(stream, jobset, { type: 'ReportUnchanged', data: { evaluationId, hash: 'h' } });
    } else if (chunks.length < 2 && b % 7 < 5) {
      this.findJobs(evaluationId, state.jobsetId, chunks, b);
    } else {
      this.run(stream, evaluationId, chunks, b);
    }
  }

  private findJobs(evaluationId: number, jobsetId: number, chunks: EvaluationJobsFound['data'][], b: number): void {
    const chunk = this.state(evaluationStream(evaluationId), evaluation).chunks;
    if (b % 4 === 0) {
      const errors = [{ job: `e${b}`, message: 'cannot \ud800 be' }];
      this.do(evaluationStream(evaluationId), evaluation, {
        type: 'RecordErrors',
        data: { evaluationId, jobsetId, chunk, errors },
      });
      return;
    }
    const jobs = Array.from({ length: 1 + (b % 4) }, (_, i) => {
      const job = `job${chunk}.${i}`;
      const old = (b >> i) % 3 === 0 ? this.pick(this.builds, b + i) : undefined;
      const drvPath = `/s/${'d'.repeat(32)}-${(b + i) % 6}.drv`;
      const about = {
        nixName: job,
        system: i % 2 ? 'x86_64-linux' : 'aarch64-linux',
        description: '',
        license: '',
        homepage: '',
      };
      const limits = { maintainers: ['a@example.org'], maxSilent: 10, timeout: 20, isChannel: false, priority: 100 };
      const outputs = { out: `/s/${job}-${(b + i) % 6}` };
      if (old !== undefined)
        return { job, buildId: old, drvPath, outputs, ...(b % 5 === 0 ? { replacesDrv: true } : {}) };
      return {
        job,
        buildId: ++this.ids,
        drvPath,
        outputs,
        description: { ...about, ...limits },
        ...(i === 3 ? { constituents: [1, 2] } : {}),
      };
    });
    const data = { evaluationId, jobsetId, chunk, jobs };
    this.do(evaluationStream(evaluationId), evaluation, { type: 'RecordJobs', data });
    this.found.set(evaluationId, [...chunks, data]);
  }

  private run(stream: string, evaluationId: number, chunks: readonly EvaluationJobsFound['data'][], b: number): void {
    const jobs = chunks.flatMap((chunk) => chunk.jobs);
    const newBuilds = jobs.filter((job) => job.description).length;
    const counts = { chunks: chunks.length, jobs: jobs.length, newBuilds, errors: b % 2, hasNewBuilds: newBuilds > 0 };
    const data = { evaluationId, hash: `h${b}`, inputs: [], ...counts, checkoutMs: 1, evaluationMs: 2 };
    const [ran] = this.do(stream, jobset, { type: 'ReportEvaluation', data });
    if (ran?.type !== 'EvaluationRan') return;
    for (const chunk of chunks)
      for (const { buildId, command } of buildsToQueue(ran.data, chunk, this.at)) {
        if (command.type === 'QueueBuild') {
          this.builds.push(buildId);
          if (!this.drvs.includes(command.data.drvPath)) this.drvs.push(command.data.drvPath);
        }
        this.do(buildStream(buildId), build, command);
      }
    if (b % 3 === 0)
      this.do(evaluationStream(evaluationId), evaluation, {
        type: 'ReleaseEvaluation',
        data: { evaluationId, name: 'r-1' },
      });
  }

  private build(a: number, b: number): void {
    const buildId = this.pick(this.builds, a);
    if (buildId === undefined) return;
    const stream = buildStream(buildId);
    const { run } = this.state(stream, build);
    const status = STATUSES[b % STATUSES.length]!;
    const other = this.pick(this.builds, b)!;
    const failedStep = {
      drvPath: this.drvs[0]!,
      status: 'failed',
      attempt: 1,
      propagatedFrom: other,
      system: 'x86_64-linux',
    } as const;
    const times = { startedAtMs: FIRST_MS + this.clock - 5, stoppedAtMs: FIRST_MS + this.clock };
    const result = {
      isCachedBuild: b % 2 === 0,
      size: b,
      closureSize: 2 * b,
      products: [],
      metrics: [{ name: 'm', value: b / 3, unit: 's' }],
    };
    const finish = {
      buildId,
      run,
      status,
      ...times,
      ...result,
      ...(status === 'dependency-failed' ? { failedStep } : {}),
    };
    const commands = [
      { type: 'FinishBuild', data: finish },
      { type: 'FinishBuild', data: finish },
      { type: 'CancelBuild', data: {} },
      { type: 'RestartBuild', data: {} },
      { type: 'BumpBuild', data: {} },
      { type: 'KeepBuild', data: {} },
      { type: 'UnkeepBuild', data: {} },
    ] as const;
    this.do(stream, build, commands[b % commands.length]!);
  }

  private attempt(a: number, b: number): void {
    const drvPath = this.pick(this.drvs, a);
    const buildId = this.pick(this.builds, b);
    if (!drvPath || buildId === undefined) return;
    const stream = stepStream(drvPath);
    const { running, attempts, cachedFailure } = this.state(stream, step);
    if (cachedFailure) {
      this.do(stream, step, { type: 'ClearCachedFailure', data: { drvPath } });
    } else if (running) {
      const stoppedAtMs = FIRST_MS + this.clock;
      const { attempt, buildId: owner, machine, startedAtMs } = running;
      const end = {
        drvPath,
        attempt,
        buildId: owner,
        machine,
        startedAtMs,
        stoppedAtMs,
        charges: [{ jobsetId: 1, ms: stoppedAtMs - startedAtMs, ...(b % 2 ? { tag: stoppedAtMs } : {}) }],
      };
      const how =
        b % 3
          ? ({ status: 'succeeded', cachesFailure: false } as const)
          : ({ status: 'failed', cachesFailure: b % 2 === 0 } as const);
      const retry = how.status === 'failed' && !how.cachesFailure ? { retryAtMs: stoppedAtMs + 60_000 } : {};
      this.do(stream, step, { type: 'CompleteStep', data: { ...end, ...how, interrupted: b % 5 === 0, ...retry } });
    } else {
      const why = {
        policy: 'window',
        globalPriority: 0,
        jobsetId: 1,
        usedMs: 0,
        shares: 1,
        localPriority: 100,
        features: 0,
      };
      const id = '8b9d2f7e-6f0e-4c39-9a55-0d6f6f1d2a11';
      const basis = { term: id, nr: 1, seen: id, clamp: { virtual: this.clock, tag: this.clock } };
      const dispatch = { ...why, dependents: 0, lowestBuildId: buildId, runnable: 1, ...(b % 2 ? { basis } : {}) };
      const where = { system: 'x86_64-linux', machine: 'localhost', slot: 0, logKey: `k/${attempts}` };
      const data = {
        drvPath,
        attempt: attempts + 1,
        buildId,
        jobsetIds: [1],
        ...where,
        startedAtMs: FIRST_MS + this.clock,
        dispatch,
      };
      this.do(stream, step, { type: 'StartStep', data });
    }
  }

  private backups(a: number, b: number): void {
    const buildId = this.pick(this.builds, a);
    if (buildId === undefined) return;
    const ended = { startedAtMs: FIRST_MS, stoppedAtMs: FIRST_MS + this.clock };
    const path = {
      narHash: 'sha256:0',
      narSize: 10,
      fileHash: 'sha256:1',
      fileSize: 7,
      key: 'k',
      uploaded: b % 2 === 0,
    };
    const paths = Array.from({ length: b % 400 }, (_, i) => ({ path: `/s/${i}`, ...path }));
    const common = { buildId, target: TARGET };
    const commands = [
      { type: 'RequestBackup', data: { ...common, compression: 'xz' } },
      { type: 'CompleteBackup', data: { ...common, compression: 'xz', paths, ...ended } },
      { type: 'FailBackup', data: { ...common, error: 'no', attempts: 3, failedAtMs: FIRST_MS + this.clock } },
    ] as const;
    this.do(backupStream(buildId), backup, commands[b % 3]!);
  }

  private users(a: number, b: number): void {
    const userId = `u${a % 3}`;
    this.do(userStream(userId), user, { type: 'CreateUser', data: { userId } });
    this.do(userStream(userId), user, { type: 'ChangeRoles', data: { roles: [ROLES[b % ROLES.length]!] } });
  }
}

/** Histories that the deciders allow, of up to about as many events as there are choices. */
export const randomHistory = (choices: number): fc.Arbitrary<readonly HistoryEvent[]> =>
  fc
    .array(fc.record({ what: fc.nat(10_000), a: fc.nat(10_000), b: fc.nat(10_000) }), {
      minLength: choices,
      maxLength: choices,
    })
    .map((picked) => {
      const world = new World();
      for (const choice of [{ what: 0, a: 0, b: 1 }, { what: 1, a: 0, b: 0 }, { what: 1, a: 1, b: 1 }, ...picked])
        world.step(choice);
      return world.events;
    });
