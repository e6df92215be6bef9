import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import {
  isRejection,
  jobset as jobsetDecider,
  jobsetStream,
  project as projectDecider,
  projectOwners,
  projectStream,
} from '#domain';
import { listJobsets } from '#read-model';
import { JobsetAct } from '../commands/acts.js';
import { type Accepted, Commander, commandAnswer, dryRunAnswer, eventsOf, isDryRun } from '../commands/commander.js';
import { type AnyRejection, LEFT_OUT_OF_PUSHES, rejectionProblem } from '../commands/rejections.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, Input, type Through } from '../http/door.js';
import { flag } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { badInput, notFound, type Problem } from '../http/problem.js';
import { flagParam, nameParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobsetPath } from '../ui/links.js';

const pushDoor = commandDoor({
  query: { jobsets: text(100_000).optional(), repos: text(100_000).optional(), force: flagParam.default(false) },
});
const evaluateDoor = commandDoor({
  params: { project: nameParam, jobset: nameParam },
  body: { force: flag().default(false) },
});

type Target = Readonly<{ project: string; name: string; role: string; disabled: boolean }>;

/** Asks for evaluations. */
@Controller()
export class PushController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  /** `jobsets=p:j,…` and `repos=` (the exact value of an input). All are checked before any is triggered; without force, disabled ones are left out. */
  @Post('api/push')
  @HttpCode(200)
  @By(pushDoor)
  async push(@Input() { query }: Through<typeof pushDoor>, @Req() request: Incoming): Promise<Answer> {
    if (query.jobsets === undefined && query.repos === undefined) throw badInput('jobsets', 'is required, or repos');
    this.commander.checkUnguarded(request);
    const named = (query.jobsets ?? '').split(',').filter((spec) => spec !== '');
    const specs = new Map(named.map((spec) => [spec, this.parse(spec)]));
    for (const { project, name } of await this.usersOf(query.repos)) specs.set(`${project}:${name}`, { project, name });
    const targets: Target[] = [];
    for (const { project, name } of specs.values()) targets.push(await this.check(request, project, name));
    const accepted: Accepted[] = [];
    const triggered: string[] = [];
    for (const target of targets) {
      if (target.disabled && !query.force) continue;
      const outcome = await this.trigger(request, target, query.force, 'push');
      if (isRejection<AnyRejection>(outcome)) {
        // Disabled, evaluated as a one-shot, or deleted since it was checked: as if it had been so.
        if (LEFT_OUT_OF_PUSHES.includes(outcome.rejected)) continue;
        throw rejectionProblem(outcome);
      }
      accepted.push(outcome);
      triggered.push(`${target.project}:${target.name}`);
    }
    return isDryRun(request)
      ? dryRunAnswer(...accepted)
      : { json: () => ({ jobsetsTriggered: triggered, ...eventsOf(accepted) }) };
  }

  @Post('jobset/:project/:jobset/evaluate')
  @HttpCode(200)
  @By(evaluateDoor)
  async evaluate(@Input() { params, body }: Through<typeof evaluateDoor>, @Req() request: Incoming): Promise<Answer> {
    const target = await this.check(request, params.project, params.jobset);
    const outcome = await this.trigger(request, target, body.force, 'command');
    if (isRejection<AnyRejection>(outcome)) throw rejectionProblem(outcome);
    return commandAnswer(outcome, jobsetPath(target.project, target.name));
  }

  private trigger(request: Incoming, { project, name, role }: Target, force: boolean, cause: 'push' | 'command') {
    const stream = jobsetStream(project, name);
    return this.commander.attempt(request, {
      act: JobsetAct,
      stream,
      role,
      part: stream,
      guarded: cause === 'command',
      reasonless: cause === 'push',
      command: { type: 'TriggerEvaluation', data: { force, cause } },
    });
  }

  private parse(spec: string): { project: string; name: string } {
    const [project, name, ...more] = spec.split(':');
    if (!project || !name || more.length > 0)
      throw badInput('jobsets', `must be PROJECT:JOBSET, separated by commas; '${spec}' is not`);
    return { project, name };
  }

  private async usersOf(repos: string | undefined): Promise<{ project: string; name: string }[]> {
    if (!repos) return [];
    const wanted = new Set(repos.split(',').filter((repo) => repo !== ''));
    const jobsets = await this.reader.ask((db) => listJobsets(db));
    // As Hydra: a release that is armed waits for who names it, not for the next commit.
    return jobsets.filter(
      ({ mode, inputs }) => mode === 'enabled' && Object.values(inputs).some(({ value }) => wanted.has(value)),
    );
  }

  private async check({ visitor }: Incoming, project: string, name: string): Promise<Target> {
    const { store } = this.deps;
    const absent = (): Problem => notFound(`jobset ${project}:${name}`, 'jobsets');
    const owned = await loadState(store, projectDecider, projectStream(project));
    if (owned.status !== 'present') throw absent();
    const role = permit('evaluate-jobset', visitor, projectOwners(owned));
    // Years of a jobset's events are read for those only who may ask for more of them.
    const found = await loadState(store, jobsetDecider, jobsetStream(project, name));
    if (found.status !== 'present') throw absent();
    return { project, name, role, disabled: found.configuration.mode === 'disabled' || !owned.configuration.enabled };
  }
}
