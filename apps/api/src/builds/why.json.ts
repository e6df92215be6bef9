import type { BuildView, StepView } from '#read-model';
import { decided, ruleOf } from '../scheduler/decided.js';
import type { JobsetNames } from '../scheduler/dispatches.json.js';
import type { Said } from '../scheduler/queue-runner.js';
import { standing } from '../ui/build-table.js';
import { standingWords, waitWords } from './why.words.js';

const stepJson = ({ dispatch, ...step }: StepView, names: JobsetNames): Record<string, unknown> => {
  const { nr, drvPath, attempt, system, machine, slot, status, startedAtMs, stoppedAtMs, retryAtMs, propagatedFrom } =
    step;
  const name = dispatch && names.get(dispatch.jobsetId);
  const called = name ? `${name.project}:${name.jobset}` : `jobset ${dispatch?.jobsetId ?? ''}`;
  return {
    step: nr,
    drvPath,
    attempt,
    propagatedFrom,
    system,
    machine,
    slot,
    status: status ?? 'running',
    startedAtMs,
    stoppedAtMs,
    retryAtMs,
    rule: dispatch && ruleOf(dispatch),
    words: dispatch && decided(dispatch, called),
    dispatch,
  };
};

/**
 * Why a build is where it is. `waiting`: what the queue runner says of an unfinished one, null where it has not taken it up or the
 * build is finished; `error`: why it says nothing. Times are Unix milliseconds.
 */
export const whyJson = (
  build: BuildView,
  steps: readonly StepView[],
  said: Said | undefined,
  names: JobsetNames,
): Record<string, unknown> => {
  const waiting = said && 'explanation' in said ? said.explanation : null;
  return {
    ...(said && 'silent' in said ? { error: said.silent } : {}),
    build: build.id,
    status: standing(build),
    waiting: waiting && { ...waiting, words: [waitWords(waiting.top, waiting.atMs), standingWords(waiting)] },
    jobsets: [...names].map(([id, { project, jobset }]) => ({ id, project, name: jobset })),
    steps: steps.map((step) => stepJson(step, names)),
  };
};
