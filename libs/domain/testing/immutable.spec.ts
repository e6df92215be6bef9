import {
  backup,
  backupVersions,
  bucket,
  bucketVersions,
  build,
  buildVersions,
  type DomainEvent,
  evaluation,
  evaluationVersions,
  jobset,
  jobsetVersions,
  machine,
  machineVersions,
  project,
  projectVersions,
  queueRunner,
  queueRunnerVersions,
  step,
  stepVersions,
  user,
  userVersions,
} from '../src/index.js';
import { examples } from './examples.js';

type Fold = Readonly<{ initial: unknown; evolve: (state: never, event: never) => unknown }>;
const folds: Readonly<Record<string, readonly [Fold, object]>> = {
  backup: [backup, backupVersions],
  bucket: [bucket, bucketVersions],
  build: [build, buildVersions],
  evaluation: [evaluation, evaluationVersions],
  jobset: [jobset, jobsetVersions],
  machine: [machine, machineVersions],
  project: [project, projectVersions],
  queueRunner: [queueRunner, queueRunnerVersions],
  step: [step, stepVersions],
  user: [user, userVersions],
};

/** Whoever writes into it hears a TypeError. */
const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(frozen);
  return value;
};

describe('states are values: they are kept between decisions', () => {
  it.each(Object.entries(folds))('no event of %s changes a state or an event in place', (_, [fold, versions]) => {
    const events = Object.keys(versions).map((type) => frozen(structuredClone(examples[type as DomainEvent['type']])));
    // Every event after every two others: each state that a branch can meet is met frozen.
    for (const first of events)
      for (const second of events)
        for (const third of events) {
          let state = frozen(fold.initial);
          for (const event of [first, second, third]) state = frozen(fold.evolve(state as never, event as never));
        }
    expect(events.length).toBeGreaterThan(0);
  });
});
