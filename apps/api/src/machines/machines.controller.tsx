import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import { createNotices } from '#coordination';
import { isRejection, type MachineCommand, machineStream } from '#domain';
import {
  getMachine,
  listDispatches,
  listMachines,
  machineUse,
  type MachineView,
  queueSummary,
  runningSteps,
} from '#read-model';
import { MachineAct } from '../commands/acts.js';
import { type Accepted, commandAnswer, Commander, dryRunAnswer, eventsOf } from '../commands/commander.js';
import { type AnyRejection, rejectionProblem } from '../commands/rejections.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { notFound } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type HostLoad, hostOf } from '../scheduler/host-load.js';
import { QueueRunner } from '../scheduler/queue-runner.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { machinePath } from '../ui/links.js';
import {
  addMachineDoor,
  changeMachineDoor,
  FIELDS,
  machineCommandDoor,
  machineConfigurationOf,
  type MachineContext,
  machineDoor,
  machineJson,
  machinesDoor,
  nameOf,
} from './machine.json.js';
import { MachinePage, MachinesPage } from './machines.page.js';
import type { DayOfUse } from './use.js';

/** As the queue runner's notice of a broken machines file is called. */
const MACHINES_FILE_NOTICE = 'machines-file';
const RECENT = 20;
const HOUR = 3_600_000;
const USE_FRESH_MS = 30_000;

@Controller()
export class MachinesController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(Commander) private readonly commander: Commander,
    @Inject(QueueRunner) private readonly queueRunner: QueueRunner,
  ) {}

  /** JSON as Hydra's: an object of machines by name. */
  @Get('machines')
  @By(machinesDoor)
  async list(@Req() request: Incoming): Promise<Answer> {
    const machines = await this.reader.ask(listMachines);
    const [context, notice] = await Promise.all([this.contextOf(request, machines), this.notice()]);
    return {
      json: () => Object.fromEntries(machines.map((machine) => [machine.name, machineJson(machine, context)])),
      html: async (page) => <MachinesPage {...{ page, machines, context, notice, use: await this.use() }} />,
    };
  }

  /** The same in a list, and beside it what is wrong with the machines file. */
  @Get('api/machines')
  @By(machinesDoor)
  async ours(@Req() request: Incoming): Promise<Answer> {
    const machines = await this.reader.ask(listMachines);
    const [context, notice] = await Promise.all([this.contextOf(request, machines), this.notice()]);
    return {
      json: () => ({
        machines: machines.map((machine) => machineJson(machine, context)),
        machinesFileProblem:
          notice === undefined ? null : { message: notice.message, since: Math.floor(notice.sinceMs / 1000) },
      }),
    };
  }

  @Get('admin/machines')
  @By(machinesDoor)
  admin(): Answer {
    return { redirect: '/machines' };
  }

  /** What the leading queue runner says of itself, as JSON. */
  @Get('queue-runner-status')
  @By(machinesDoor)
  async status(): Promise<Answer> {
    const status = await this.queueRunner.status();
    return { json: () => status };
  }

  @Post('machines')
  @HttpCode(201)
  @By(addMachineDoor)
  async add(@Input() { body }: Through<typeof addMachineDoor>, @Req() request: Incoming): Promise<Answer> {
    const name = nameOf(body);
    const data = { name, source: 'rest', configuration: machineConfigurationOf(body) } as const;
    const accepted = await this.act(request, name, { type: 'AddMachine', data });
    if (accepted.dryRun) return { ...dryRunAnswer(accepted), status: 200 };
    const uri = `${this.deps.config.web.baseUrl}${machinePath(name)}`;
    const headers = { etag: `"${accepted.revision}"` };
    return {
      status: 201,
      headers,
      json: () => ({ uri, name, revision: accepted.revision, ...eventsOf([accepted]) }),
      redirect: machinePath(name),
    };
  }

  @Get('machine/:name')
  @By(machineDoor)
  async show(@Input() { params: { name } }: Through<typeof machineDoor>, @Req() request: Incoming): Promise<Answer> {
    const machine = await this.reader.ask((db) => getMachine(db, name));
    if (!machine) throw notFound('such machine', 'name');
    const context = await this.contextOf(request, [machine]);
    return {
      headers: { etag: `"${machine.revision}"` },
      json: () => machineJson(machine, context),
      html: async (page) => {
        const recent = await this.reader.ask((db) => listDispatches(db, { machine: name, limit: RECENT }));
        return <MachinePage {...{ page, machine, context, recent, use: await this.use() }} />;
      },
    };
  }

  /** Replaces the whole configuration; what is left out takes its default. */
  @Put('machine/:name')
  @By(changeMachineDoor)
  async change(
    @Input() { params: { name }, body }: Through<typeof changeMachineDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const data = { name, source: 'rest', configuration: machineConfigurationOf(body) } as const;
    return this.done(name, await this.act(request, name, { type: 'ChangeMachine', data }));
  }

  @Delete('machine/:name')
  @By(machineCommandDoor)
  async remove(
    @Input() { params: { name } }: Through<typeof machineCommandDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const accepted = await this.act(request, name, { type: 'RemoveMachine', data: { name, source: 'rest' } });
    return commandAnswer(accepted, '/machines');
  }

  @Post('machine/:name/disable')
  @HttpCode(200)
  @By(machineCommandDoor)
  async disable(
    @Input() { params: { name } }: Through<typeof machineCommandDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    return this.done(name, await this.act(request, name, { type: 'DisableMachine', data: { name } }));
  }

  @Post('machine/:name/enable')
  @HttpCode(200)
  @By(machineCommandDoor)
  async enable(
    @Input() { params: { name } }: Through<typeof machineCommandDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    return this.done(name, await this.act(request, name, { type: 'EnableMachine', data: { name } }));
  }

  private async act(request: Incoming, name: string, command: Omit<MachineCommand, 'at'>): Promise<Accepted> {
    const role = permit('manage-machines', request.visitor);
    const wish = { act: MachineAct, stream: machineStream(name), role, command };
    const outcome = await this.commander.attempt<MachineCommand>(request, wish);
    if (!isRejection<AnyRejection>(outcome)) return outcome;
    const { field } = outcome;
    throw rejectionProblem(field === undefined ? outcome : { ...outcome, field: FIELDS[field] ?? field });
  }

  private done(name: string, accepted: Accepted): Answer {
    const answer = commandAnswer(accepted, machinePath(name));
    return accepted.dryRun ? answer : { ...answer, headers: { etag: `"${accepted.revision}"` } };
  }

  private notice() {
    return this.reader.ask((db) => createNotices(db).get(MACHINES_FILE_NOTICE));
  }

  /** What machines did in the last day, as of half a minute ago at most: on a large farm it takes a while to add up. */
  private async use(): Promise<DayOfUse> {
    const atMs = Math.floor(this.deps.clock.now());
    if (this.recent === undefined || this.recent.atMs + USE_FRESH_MS < atMs || this.recent.atMs > atMs)
      this.recent = {
        atMs,
        spanMs: HOUR,
        machines: await this.reader.ask((db) => machineUse(db, atMs - 24 * HOUR, atMs, HOUR)),
      };
    return this.recent;
  }
  private recent: DayOfUse | undefined;

  /** How busy the host of the queue runner is, as of half a minute ago at most: nobody waits for it twice. */
  private async host(): Promise<HostLoad | undefined> {
    const now = this.deps.clock.now();
    if (this.asked === undefined || this.asked.untilMs < now)
      this.asked = { untilMs: now + USE_FRESH_MS, host: hostOf(await this.queueRunner.ifLeading()) };
    return this.asked.host;
  }
  private asked: Readonly<{ untilMs: number; host: HostLoad | undefined }> | undefined;

  private async contextOf({ visitor }: Incoming, machines: readonly MachineView[]): Promise<MachineContext> {
    const people = machines.flatMap(({ switchedBy }) => (switchedBy?.kind === 'user' ? [switchedBy.id] : []));
    const [running, names, { systems }, host] = await Promise.all([
      this.reader.ask(runningSteps),
      this.users.names(people),
      this.reader.ask(queueSummary),
      this.host(),
    ]);
    const manages = roleFor('manage-machines', visitor) !== undefined;
    const queued = new Map(systems.map(({ system, queued }) => [system, queued]));
    return { nowMs: this.deps.clock.now(), running, queued, host, nameOf: names, manages };
  }
}
