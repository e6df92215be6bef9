import {
  backup,
  type BackupFailed,
  type BackupState,
  backupStream,
  type BackupTarget,
  type BuildFinished,
  type BuildQueued,
  buildStream,
  hasOutput,
  isRejection,
  targetKey,
} from '#domain';
import { commandHandler, type EventStore } from '#event-store';
import { evaluationBuildIds } from '#read-model';
import { createProgress, sleep } from '#runtime';
import { BadInputError } from '../errors.js';
import { cliContext, type Tools } from './context.js';
import type { Place } from './places.js';

/** A build's copy into one place. */
type Copy = Readonly<{ buildId: number; target: BackupTarget; compression: string }>;

/** The builds that `21` or `eval:11` means. Throws `BadInputError`. */
export const buildsOf = async (what: string, database: Tools['database']): Promise<readonly number[]> => {
  const [, evaluation, id] = /^(eval:)?(\d{1,9})$/.exec(what) ?? [];
  if (id === undefined) throw new BadInputError(`what: must be a build's number or eval:NUMBER, not '${what}'`);
  if (evaluation === undefined) return [Number(id)];
  const builds = await evaluationBuildIds(database, Number(id));
  if (builds.length === 0) throw new BadInputError(`evaluation ${id}: there is none, or it has no builds`);
  return builds;
};

/** Job and last outcome of a build; undefined where there is no such build. */
const readBuild = async (store: EventStore, buildId: number) => {
  let queued: BuildQueued['data'] | undefined;
  let finished: BuildFinished['data'] | undefined;
  for await (const { type, data } of store.readStream(buildStream(buildId))) {
    if (type === 'BuildQueued') queued = data as BuildQueued['data'];
    if (type === 'BuildFinished') finished = data as BuildFinished['data'];
    if (type === 'BuildRestarted') finished = undefined;
  }
  return queued && { job: `${queued.jobset.project}:${queued.jobset.name}:${queued.job}`, finished };
};

const stateOf = async (store: EventStore, { buildId, target }: Copy) => {
  let state: BackupState = backup.initial;
  let error: string | undefined;
  for await (const event of store.readStream(backupStream(buildId))) {
    state = backup.evolve(state, event as never);
    const data = event.data as BackupFailed['data'];
    if (event.type === 'BackupFailed' && targetKey(data.target) === targetKey(target)) error = data.error;
  }
  return { status: state[targetKey(target)], error };
};

/**
 * Asks for copies of builds, even of what was copied before, and waits until the worker has made them. Answers what went wrong, a line
 * for each copy. Interrupted, it stops waiting; the worker goes on.
 */
export const pushBuilds = async (
  { store, clock, signal, err, out }: Tools,
  builds: readonly number[],
  places: readonly Place[],
): Promise<readonly string[]> => {
  const copies: Copy[] = [];
  for (const buildId of builds) {
    const build = await readBuild(store, buildId);
    if (!build) throw new BadInputError(`build ${buildId}: there is none`);
    if (!build.finished || !hasOutput(build.finished.status)) {
      out(`build ${buildId} has no output: it is left out`);
      continue;
    }
    const matching = places.filter(({ section }) => section.jobs.test(build.job));
    if (matching.length === 0) out(`build ${buildId} (${build.job}): no [[s3backup]] section is for it`);
    for (const { target, section } of matching) copies.push({ buildId, target, compression: section.compressionType });
  }
  const handle = commandHandler(store, backup);
  for (const data of copies) {
    const command = { type: 'RequestBackup', at: clock.iso(), data: { ...data, again: true } } as const;
    const outcome = await handle(backupStream(data.buildId), command, cliContext());
    if (isRejection(outcome)) throw new Error(`RequestBackup of build ${data.buildId}: ${outcome.rejected}`);
  }
  const progress = createProgress({ label: 'copies', total: copies.length, stream: err, clock });
  const failed: string[] = [];
  for (const [done, copy] of copies.entries()) {
    for (;;) {
      const { status, error } = await stateOf(store, copy);
      if (status === 'failed') failed.push(`build ${copy.buildId} to ${targetKey(copy.target)}: ${error}`);
      if (status !== 'requested') break;
      progress.update(done, `waits for the worker: build ${copy.buildId} to ${targetKey(copy.target)}`);
      await sleep(500, signal);
      if (signal.aborted) throw new Error('interrupted; the worker goes on with what was asked for');
    }
    progress.update(done + 1);
  }
  progress.finish();
  out(`${copies.length - failed.length} of ${copies.length} copies are complete`);
  return failed;
};
