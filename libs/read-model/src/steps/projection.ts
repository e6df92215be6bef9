import type { Projection, Recorded, Statement } from '../projection.js';
import { ADDED, CLEARED, COMPLETED, DDL } from './statements.js';

const on = ({ type, data, revision }: Recorded): readonly Statement[] => {
  switch (type) {
    case 'BuildStepStarted': {
      const counter = `build:${data.buildId}`;
      const row = { ...data, jobsetIds: [...data.jobsetIds].sort((a, b) => a - b) };
      return [{ text: ADDED, rows: [row], keys: [`drv:${data.drvPath}`, counter], shared: [counter] }];
    }
    case 'BuildStepCompleted':
      return [{ text: COMPLETED, rows: [{ ...data, revision }], keys: [`drv:${data.drvPath}`] }];
    case 'CachedFailureCleared':
      return [{ text: CLEARED, rows: [{ ...data, revision }], keys: [`drv:${data.drvPath}`] }];
    case 'BuildFinished': {
      // The attempt stands with another build: this one's history says so by a row of its own.
      const { buildId, run, failedStep: failed, stoppedAtMs, error } = data;
      if (failed?.propagatedFrom === undefined || failed.propagatedFrom === buildId) return [];
      const { drvPath, status, propagatedFrom, system } = failed;
      const row = {
        buildId,
        run,
        drvPath,
        status,
        propagatedFrom,
        system,
        machine: '',
        stoppedAtMs,
        error,
        jobsetIds: [],
      };
      const counter = `build:${buildId}`;
      return [{ text: ADDED, rows: [row], keys: [counter], shared: [counter] }];
    }
    default:
      return [];
  }
};

/** Attempts at derivations as the history of builds shows them (Hydra's BuildSteps), and each derivation's state. */
export const steps: Projection = {
  name: 'steps',
  version: 4,
  types: ['BuildStepStarted', 'BuildStepCompleted', 'CachedFailureCleared', 'BuildFinished'],
  tables: ['steps', 'step_counts', 'derivations', 'log_totals'],
  ddl: DDL,
  on,
};
