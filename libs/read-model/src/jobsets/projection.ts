import { jobsetStream } from '#domain';
import { ms, type Projection, type Recorded, type Statement } from '../projection.js';
import * as sql from './statements.js';

const on = (event: Recorded): readonly Statement[] => {
  const { type, data, stream, revision } = event;
  const position = String(event.position);
  const change = <T extends { jobsetId: number }>(text: string, row: T): Statement[] => [
    { text, rows: [{ ...row, revision, position }], keys: [`jobset:${row.jobsetId}`] },
  ];
  const open = (row: object): Statement => ({ text: sql.OPEN, rows: [{ ...row, revision, position }] });
  switch (type) {
    case 'JobsetCreated':
    case 'JobsetCloned':
      return [open(data)];
    case 'JobsetRenamed': {
      // It stands in two streams: the old name's says where to, the new one's opens the name.
      const { jobsetId, from, to, configuration, last, baseline, trigger, spent } = data;
      if (stream !== jobsetStream(to.project, to.name)) return change(sql.MOVING, { jobsetId, to });
      const asked = trigger ? { triggerAtMs: ms(trigger.at), force: trigger.force } : {};
      return [
        open({ jobsetId, ...to, configuration, lastEvaluationId: last?.evaluationId, baseline, spent, ...asked }),
        { text: sql.RENAMED, rows: [{ jobsetId, ...from }] },
      ];
    }
    case 'JobsetConfigured':
      return change(sql.CONFIGURED, data);
    case 'ShareChanged':
      return change(sql.SHARE_CHANGED, data);
    case 'JobsetEnabled':
      return change(sql.MODE_CHANGED, data);
    case 'JobsetDisabled':
      return change(data.cause === 'one-shot-evaluated' ? sql.SPENT : sql.MODE_CHANGED, { ...data, mode: 'disabled' });
    case 'JobsetDeleted':
      return change(sql.DELETED, data);
    case 'EvaluationTriggered':
      return change(sql.TRIGGERED, { ...data, atMs: ms(data.triggeredAt) });
    case 'EvaluationStarted':
      return change(sql.STARTED, { ...data, atMs: ms(data.startedAt) });
    case 'EvaluationRan': {
      const { jobsetId, evaluationId, hasNewBuilds, errors, finishedAt } = data;
      const row = { jobsetId, evaluationId, hasNewBuilds, errors, atMs: ms(finishedAt), outcome: 'ran' };
      return change(sql.ENDED, row);
    }
    case 'EvaluationSkipped':
    case 'EvaluationFailed': {
      const outcome = type === 'EvaluationFailed' ? data.kind : 'skipped';
      const row = { ...data, atMs: ms(data.finishedAt), outcome };
      return change(sql.ENDED, row);
    }
    case 'SpecificationApplied': {
      const { jobsetId, evaluationId, buildId, problems, appliedAt } = data;
      const told = { jobsetId, atMs: ms(appliedAt), error: problems.length === 0 ? null : problems.join('\n') };
      return buildId === undefined
        ? change(sql.ENDED, { ...told, evaluationId, outcome: 'specified' })
        : change(sql.SPECIFIED, told);
    }
    default:
      return [];
  }
};

/** Jobsets: configuration, what the evaluator knows of them, and the names that they had before. A deleted one keeps its row. */
export const jobsets: Projection = {
  name: 'jobsets',
  version: 6,
  types: [
    'JobsetCreated',
    'JobsetCloned',
    'JobsetConfigured',
    'ShareChanged',
    'JobsetEnabled',
    'JobsetDisabled',
    'JobsetRenamed',
    'JobsetDeleted',
    'EvaluationTriggered',
    'EvaluationStarted',
    'EvaluationRan',
    'EvaluationSkipped',
    'SpecificationApplied',
    'EvaluationFailed',
  ],
  tables: ['jobsets', 'jobset_renames'],
  ddl: sql.DDL,
  on,
};
