import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { z } from 'zod';
import { jobset as jobsetDecider, type JobsetCommand, jobsetStream } from '#domain';
import { statesOf } from '#event-store';
import { JobsetAct } from '../commands/acts.js';
import { type Accepted, Commander, commandAnswer, dryRunAnswer, eventsOf, isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, Input, parseAt, type Through, withForm } from '../http/door.js';
import { reasonField } from '../http/form.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { badInput, notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobsetPath } from '../ui/links.js';
import { JobsetOrders } from './jobset-orders.js';
import { configurationJson, jobsetConfigurationOf, putJobsetDoor } from './jobset.json.js';

const params = { project: nameParam, jobset: nameParam };
const plainDoor = commandDoor({ params });
const MODES = ['enabled', 'one-shot', 'one-at-a-time'] as const;
const enableDoor = commandDoor({
  params,
  body: { mode: z.enum(MODES, `must be one of ${MODES.join(', ')}`).default('enabled') },
});
const SHARES = 'must be a whole number over 0';
const shareDoor = withForm(
  commandDoor({
    params,
    // A form sends text. The domain has the rule, too, by the name that a PUT gives the field; here the field is called otherwise.
    body: {
      shares: z
        .union([z.number(), z.string().regex(/^\d{1,15}$/, SHARES)], SHARES)
        .transform(Number)
        .refine((shares) => Number.isSafeInteger(shares) && shares > 0, SHARES),
    },
  }),
  ({ wantsReason }) => ({
    title: 'Change its share',
    button: 'Change its share',
    fields: [
      { name: 'shares', label: 'Scheduling shares', kind: 'number', max: 255, required: true },
      reasonField(wantsReason),
    ],
  }),
);
const cloneDoor = commandDoor({
  params,
  body: {
    name: text(255),
    project: text(255).optional(),
    changes: z.record(z.string(), z.unknown(), 'must be an object: what differs, in the fields of a PUT').default({}),
  },
});

/** Fields of a PUT that are none of the configuration. */
const NO_CHANGES = ['name', 'project', 'clonedfrom', 'reason'] as const;

type Params = Readonly<{ project: string; jobset: string }>;

/** Orders about one jobset, by POST. */
@Controller('jobset/:project/:jobset')
export class JobsetCommandsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Commander) private readonly commander: Commander,
    @Inject(JobsetOrders) private readonly orders: JobsetOrders,
  ) {}

  /** Evaluated from now on: always, once (`one-shot`, which arms it) or one evaluation at a time. */
  @Post('enable')
  @HttpCode(200)
  @By(enableDoor)
  enable(@Input() { params: of, body }: Through<typeof enableDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, of, { type: 'EnableJobset', data: { mode: body.mode } });
  }

  @Post('disable')
  @HttpCode(200)
  @By(plainDoor)
  disable(@Input() { params: of }: Through<typeof plainDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, of, { type: 'DisableJobset', data: {} });
  }

  /** Other scheduling shares: the next choice of the queue runner goes by them. */
  @Post('share')
  @HttpCode(200)
  @By(shareDoor)
  share(@Input() { params: of, body }: Through<typeof shareDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, of, { type: 'ChangeShare', data: { shares: body.shares } });
  }

  /**
   * A new jobset, in this project or another one, with the configuration that this one has now; `changes` replace fields of it, inputs
   * as a whole. The event names the source and the revision that was copied.
   */
  @Post('clone')
  @HttpCode(201)
  @By(cloneDoor)
  async clone(@Input() { params: of, body }: Through<typeof cloneDoor>, @Req() request: Incoming): Promise<Answer> {
    const { name, changes, project = of.project } = body;
    for (const field of NO_CHANGES)
      if (field in changes) throw badInput(`changes.${field}`, 'must be left out: the configuration has no such field');
    const role = await this.orders.permitted(request, project);
    const at = { project: of.project, name: of.jobset };
    const source = await this.orders.source(request, async () => {
      const { jobsetId, revision } = await this.present(of);
      return { jobsetId, ...at, revision };
    });
    const { state } = await this.orders.load(at, source.revision);
    if (state.status !== 'present') throw new Error('a jobset is cloned of a revision at which it was not there');
    if (state.configuration.source.type === 'declarative')
      throw badInput('jobset', `must not be ${of.jobset}, which is the specification of its project`);
    const configuration = jobsetConfigurationOf(
      parseAt('changes', putJobsetDoor.body, {
        ...withoutSource(configurationJson(state.configuration), changes),
        ...changes,
      }),
    );
    const accepted = await this.commander.run(request, {
      act: JobsetAct,
      stream: jobsetStream(project, name),
      role,
      command: {
        type: 'CloneJobset',
        data: {
          // A dry run takes no number from the sequence.
          jobsetId: isDryRun(request) ? 0 : await this.deps.ids.jobset(),
          project,
          name,
          configuration,
          source,
        },
      },
    });
    return this.created(project, name, accepted);
  }

  private created(project: string, name: string, accepted: Accepted): Answer {
    if (accepted.dryRun) return dryRunAnswer(accepted);
    const uri = `${this.deps.config.web.baseUrl}${jobsetPath(project, name)}`;
    const headers = { etag: `"${accepted.revision}"` };
    return {
      status: 201,
      headers,
      json: () => ({ uri, name, redirect: uri, type: 'jobset', ...eventsOf([accepted]) }),
    };
  }

  private async order(request: Incoming, of: Params, command: Omit<JobsetCommand, 'at'>): Promise<Answer> {
    const { project, jobset } = of;
    await this.present(of);
    const role = permit('edit-jobset', request.visitor, await ownersOfProject(this.deps.store, project));
    const stream = jobsetStream(project, jobset);
    const wish = { act: JobsetAct, stream, role, command: command as Omit<JobsetCommand, 'at'> & JobsetCommand };
    return commandAnswer(await this.commander.run(request, wish), jobsetPath(project, jobset));
  }

  /** The jobset as the log has it now, and the revision of that. */
  private async present({ project, jobset }: Params) {
    const states = statesOf(this.deps.store);
    const { state, revision } = await states.read(jobsetDecider, jobsetStream(project, jobset));
    if (state.status !== 'present' || revision === 'no-stream') throw notFound('such jobset', 'jobset');
    return { ...state, revision };
  }
}

/** Who changes what is evaluated changes all of it. */
const withoutSource = (
  fields: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const source = ['type', 'flake', 'nixexprinput', 'nixexprpath'];
  const kept = source.some((field) => field in changes) ? source : [];
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !kept.includes(field)));
};
