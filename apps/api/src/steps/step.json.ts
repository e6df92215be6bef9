import type { StepView } from '#read-model';
import { seconds } from '../http/hydra.js';
import { buildPath } from '../ui/links.js';

/** Address of a step's page. */
export const stepPath = ({ buildId, nr }: Pick<StepView, 'buildId' | 'nr'>): string =>
  `${buildPath(buildId)}/step/${nr}`;

/** A step: Hydra's names where its BuildSteps have them. Times are Unix seconds; `log`: address, null where nothing ran. */
export const stepJson = (step: StepView): Record<string, unknown> => ({
  build: step.buildId,
  stepnr: step.nr,
  drvpath: step.drvPath,
  attempt: step.attempt,
  system: step.system,
  machine: step.machine,
  status: step.status ?? 'running',
  starttime: seconds(step.startedAtMs),
  stoptime: seconds(step.stoppedAtMs),
  errormsg: step.error,
  propagatedfrom: step.propagatedFrom,
  log: step.logKey === null ? null : `${stepPath(step)}/log`,
});
