import type { EvaluationView, Remaining } from '#read-model';
import { plural } from '../ui/bytes.js';
import { StatusBadge } from '../ui/status.js';
import { ProgressBar } from '../ui/table.js';
import { duration } from '../ui/time.js';

/**
 * When an evaluation will be built, in words, from recorded times alone: builds of jobs without any count as long as the others do on
 * average, and as many run side by side as do now. Undefined where no time was recorded.
 */
export const estimate = (queued: number, { looked, known, knownMs, running }: Remaining): string | undefined => {
  if (known === 0 || looked === 0) return undefined;
  const work = (knownMs / known) * queued;
  const basis = `from the newest recorded times of ${known} of ${plural(looked, 'unfinished job')}`;
  return running === 0
    ? `Estimate: about ${duration(work)} of machine time, ${basis}; none of it runs now.`
    : `Estimate: about ${duration(work / running)} left with ${plural(running, 'build')} at a time as now, ${basis}.`;
};

/** How far an evaluation is built. */
export const Progress = ({
  evaluation: { jobs, succeeded, failed, queued },
  remaining,
}: {
  evaluation: EvaluationView;
  remaining: Remaining | undefined;
}): JSX.Element => (
  <section class="progress" aria-label="Progress">
    <ProgressBar succeeded={succeeded} failed={failed} total={jobs} wide />
    <p>
      {queued > 0 ? (
        <>
          <StatusBadge status={remaining && remaining.running > 0 ? 'running' : 'queued'} />{' '}
          <span safe>{`${jobs - queued} of ${plural(jobs, 'job')} finished.`}</span>{' '}
          <span class="muted" safe>
            {(remaining && estimate(queued, remaining)) ??
              'No estimate of the rest: no build of these jobs was recorded yet.'}
          </span>
        </>
      ) : (
        <span safe>{`All ${plural(jobs, 'job')} finished.`}</span>
      )}
    </p>
  </section>
);
