import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  isRejection,
  jobset as jobsetDecider,
  type JobsetRenamed,
  jobsetStream,
  project as projectDecider,
  projectStream,
} from '#domain';
import { commandHandler, type RecordedEvent } from '#event-store';
import { type HalfRename, halfRenames, listJobsets } from '#read-model';
import { goingOn } from '../commands/going-on.js';
import { loadState } from '../commands/state.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

const LOOK_MS = 60_000;

/**
 * A project's rename is several appends: the new name is taken, each jobset moved, the old name left. What a crash stopped in between
 * is gone on with here, so that nobody has to notice.
 */
@Injectable()
export class HalfRenames implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  /** Old names that were halfway at the last look: whoever renames now needs no help yet. */
  private before: ReadonlySet<string> = new Set();

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  onApplicationBootstrap(): void {
    const look = () =>
      void this.look().catch((error: unknown) =>
        this.deps.logger.warn({ err: error }, 'could not go on with renames of projects; tried again'),
      );
    look();
    this.timer = setInterval(look, LOOK_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Goes on with the renames that were halfway at the look before, too. */
  async look(): Promise<void> {
    const found = await this.reader.ask(halfRenames);
    const { before } = this;
    this.before = new Set(found.map(({ from }) => from));
    for (const rename of found.filter(({ from }) => before.has(from))) await this.finish(rename);
  }

  private async finish(rename: HalfRename): Promise<void> {
    const { projectId, from, to } = rename;
    const state = await loadState(this.deps.store, projectDecider, projectStream(from));
    if (state.status !== 'present' || state.projectId !== projectId) return;
    const began = await this.began(rename);
    if (!began) {
      // It is read by its present name: the project was renamed once more in between.
      this.deps.logger.warn({ from, to }, 'a rename of a project is halfway, and what began it is not under its name');
      return;
    }
    for (const { name } of await this.reader.ask((db) => listJobsets(db, from)))
      if (!(await this.move(began, { project: from, name }, to))) return;
    const leave = { type: 'RenameProject', data: { to }, at: this.deps.clock.iso() } as const;
    const handle = commandHandler(this.deps.store, projectDecider);
    const left = await handle(projectStream(from), leave, goingOn(began, `leave ${from}`));
    if (isRejection(left))
      this.deps.logger.warn({ from, to, rejected: left.rejected }, 'the old name of a project cannot be left yet');
    else this.deps.logger.warn({ from, to }, 'a rename of a project that was stopped in the middle was finished');
  }

  /** The event by which the project took its next name: whoever caused that wanted the rest too. */
  private async began({ projectId, from, to }: HalfRename): Promise<RecordedEvent | undefined> {
    let began: RecordedEvent | undefined;
    for await (const event of this.deps.store.readStream(projectStream(to))) {
      const data = event.data as { projectId?: number; from?: string };
      if (event.type === 'ProjectRenamed' && data.projectId === projectId && data.from === from) began = event;
    }
    return began;
  }

  /** False: not now, for an evaluation of it runs, or its name is taken there; the log says which. */
  private async move(
    began: RecordedEvent,
    from: Readonly<{ project: string; name: string }>,
    project: string,
  ): Promise<boolean> {
    const { store, clock } = this.deps;
    const handle = commandHandler(store, jobsetDecider);
    const [old, to] = [jobsetStream(from.project, from.name), { project, name: from.name }];
    const stream = jobsetStream(project, from.name);
    const [here, there] = [await loadState(store, jobsetDecider, old), await loadState(store, jobsetDecider, stream)];
    const id = here.status === 'present' ? here.jobsetId : here.status === 'renamed' ? here.moved.jobsetId : undefined;
    // Looked for first: who gave up the old name would stand without any.
    if (there.status === 'present' && there.jobsetId !== id) {
      this.deps.logger.warn(
        { ...from, to: project },
        'a jobset cannot follow its project: its name is taken there. Rename one of the two',
      );
      return false;
    }
    const left = await handle(
      old,
      { type: 'RenameJobset', data: { to }, at: clock.iso() },
      goingOn(began, `leave ${old}`),
    );
    if (isRejection(left)) {
      this.deps.logger.warn(
        { ...from, to: project, rejected: left.rejected },
        'a jobset cannot follow its project yet',
      );
      return left.rejected === 'jobset-absent';
    }
    const state = await loadState(store, jobsetDecider, old);
    if (state.status !== 'renamed') return false;
    const data: JobsetRenamed['data'] = state.moved;
    const taken = await handle(
      stream,
      { type: 'ReceiveRenamedJobset', data, at: clock.iso() },
      goingOn(began, `take ${stream}`),
    );
    return !isRejection(taken);
  }
}
