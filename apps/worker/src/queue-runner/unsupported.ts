import { unsupportedSteps } from '#scheduler';
import { type AttemptParts, giveUp } from './attempt.js';

/** Steps that no known machine can build, disabled or not, wait for one for a while, then fail with all that depend on them. */
export class Unsupported {
  private readonly since = new Map<string, number>();

  constructor(
    private readonly parts: Pick<AttemptParts, 'farm' | 'finisher' | 'options' | 'hold'>,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Fails those whose time is over. */
  check(nowMs: number): void {
    const { farm, finisher, options } = this.parts;
    const { graph, machines } = farm.scheduler;
    const steps = unsupportedSteps(
      graph,
      machines.all().map(({ machine }) => machine),
    );
    const still = new Set(steps.map(({ drvPath }) => drvPath));
    for (const drvPath of this.since.keys()) if (!still.has(drvPath)) this.since.delete(drvPath);
    for (const step of steps) {
      const { drvPath, system, features } = step;
      const since = this.since.get(drvPath) ?? nowMs;
      this.since.set(drvPath, since);
      if (nowMs - since < options.unsupportedMs || graph.steps.get(drvPath) !== step) continue;
      this.since.delete(drvPath);
      const wants = features.length > 0 ? ` with ${features.join(', ')}` : '';
      const error = `unsupported: no machine builds for ${system}${wants}`;
      const failure = {
        drvPath,
        system,
        status: 'unsupported',
        startedAtMs: nowMs,
        stoppedAtMs: nowMs,
        error,
      } as const;
      giveUp(this.parts, step, (builds) => finisher.fail(builds, failure, false)).catch((reason: Error) =>
        this.onFailure(reason),
      );
    }
  }

  /** When the next one's time is over, Unix milliseconds; undefined where none waits. */
  get nextMs(): number | undefined {
    return this.since.size > 0 ? Math.min(...this.since.values()) + this.parts.options.unsupportedMs : undefined;
  }
}
