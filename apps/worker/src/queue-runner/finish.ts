import {
  build as buildDecider,
  type BuildFinished,
  buildStream,
  type FailedStep,
  isRejection,
  type StepStatus,
} from '#domain';
import { EventTooLargeError } from '#event-store';
import { type NixSettings, readBuildMetadata } from '#nix';
import { type Clock, type Logger, withCorrelation } from '#runtime';
import type { Farm, KnownBuild } from './farm.js';
import type { Journal } from './journal.js';
import type { Sizes } from './sizes.js';
import { buildStatusOf } from './verdict.js';

type Result = Omit<BuildFinished['data'], 'buildId' | 'run'>;
type Times = Readonly<{ startedAtMs: number; stoppedAtMs: number }>;

/** A step that no attempt will help. */
export type StepFailure = Times &
  Readonly<{
    drvPath: string;
    system: string;
    status: StepStatus;
    /** of the step's stream, and the build whose history shows it, where one ran */
    attempt?: number;
    ownerId?: number;
    error?: string;
  }>;

const NOTHING = { size: 0, closureSize: 0, products: [], metrics: [] };

/** Brings builds to their end. Each method enqueues what it writes before it returns, unless it has to read the outputs first. */
export class Finisher {
  constructor(
    private readonly parts: Readonly<{
      farm: Farm;
      journal: Journal;
      sizes: Sizes;
      nix: NixSettings;
      clock: Clock;
      logger: Logger;
      /** resolves when all that is in the log now was heard */
      caughtUp: () => Promise<void>;
    }>,
  ) {}

  /**
   * The outputs are there. `cached`: nothing was built for this build. What cannot be read of the outputs makes it aborted,
   * so that one odd output cannot hold up the farm.
   */
  async succeed(
    build: KnownBuild,
    outputs: ReadonlyMap<string, string>,
    { cached, causeId, ...times }: Times & { cached: boolean; causeId: string },
  ): Promise<void> {
    const described = await this.describe(outputs).catch((error: unknown) => ({
      ...NOTHING,
      status: 'aborted' as const,
      error: `the outputs could not be read: ${(error as Error).message}`,
    }));
    await this.finish(build, { ...described, isCachedBuild: cached, ...times }, causeId);
  }

  /** A step failed for good: its own builds and those that depend on it. `cached`: the failure was remembered. */
  async fail(builds: readonly KnownBuild[], failure: StepFailure, cached: boolean, causeId?: string): Promise<void> {
    const { drvPath, system, status, attempt, ownerId, error, startedAtMs, stoppedAtMs } = failure;
    await Promise.all(
      builds.map((build) => {
        const own = (build.facts.memo.state.drvPath || build.facts.queued.drvPath) === drvPath;
        const failedStep: FailedStep = {
          drvPath,
          system,
          status: cached ? 'cached-failure' : status,
          ...(attempt === undefined ? {} : { attempt }),
          ...(ownerId === undefined || ownerId === build.buildId ? {} : { propagatedFrom: ownerId }),
        };
        const ended = buildStatusOf(status, own);
        const shown = ended === 'aborted' || ended === 'unsupported';
        const result = { ...NOTHING, status: ended, isCachedBuild: cached, startedAtMs, stoppedAtMs, failedStep };
        return this.finish(build, { ...result, ...(shown && error ? { error } : {}) }, causeId);
      }),
    );
  }

  /** The build itself cannot be: its derivation is gone. */
  async abort(build: KnownBuild, error: string): Promise<void> {
    const now = this.parts.clock.now();
    await this.finish(build, {
      ...NOTHING,
      status: 'aborted',
      isCachedBuild: false,
      startedAtMs: now,
      stoppedAtMs: now,
      error,
    });
  }

  private async describe(outputs: ReadonlyMap<string, string>) {
    const { nix, sizes } = this.parts;
    const [{ failed, products, metrics, releaseName }, { size, closureSize }] = await Promise.all([
      readBuildMetadata(nix.storeDir, outputs),
      sizes.of([...outputs.values()]),
    ]);
    return {
      status: failed ? ('failed-with-output' as const) : ('succeeded' as const),
      size,
      closureSize,
      products: products.map(({ sha256hash: sha256, ...product }) => ({ ...product, ...(sha256 ? { sha256 } : {}) })),
      metrics: metrics.map(({ name, value, unit }) => ({ name, value, unit: unit ?? '' })),
      ...(releaseName === undefined ? {} : { releaseName }),
    };
  }

  private async finish(build: KnownBuild, result: Result, causeId?: string): Promise<void> {
    const { farm, journal, clock, logger } = this.parts;
    const { buildId, facts } = build;
    // Not one of the same id that was queued again meanwhile.
    if (farm.builds.get(buildId) === build) farm.forget(buildId);
    const target = { stream: buildStream(buildId), memo: facts.memo };
    const cause = { ...facts.cause, ...(causeId ? { eventId: causeId } : {}) };
    const data = { buildId, run: facts.memo.state.run, ...result };
    try {
      const done = await journal.execute(buildDecider, target, { type: 'FinishBuild', at: clock.iso(), data }, cause);
      if (isRejection(done)) throw new Error(`build ${buildId} could not be finished: ${done.rejected}`);
      if (done.length === 0) return await this.parts.caughtUp();
    } catch (error) {
      if (!(error instanceof EventTooLargeError) || result.products.length + result.metrics.length === 0) throw error;
      await journal.refresh(buildDecider, target);
      const message = 'the products and metrics are more than one event may hold (256 KiB)';
      return this.finish(build, { ...result, ...NOTHING, status: 'aborted', error: message }, causeId);
    }
    const { status, isCachedBuild } = result;
    withCorrelation(logger, facts.cause.correlationId).info({ buildId, status, isCachedBuild }, 'build finished');
  }
}
