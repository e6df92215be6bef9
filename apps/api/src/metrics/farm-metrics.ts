import { Gauge, Histogram, Registry } from 'prom-client';
import type { FarmUsage, JobsetUsage, MachineView, ProjectorStatus, QueueSummary, RunningStep } from '#read-model';
import { partOf } from '../scheduler/usage.json.js';

/** Seconds, as Hydra's histogram of the same name has them: a minute to two weeks. */
const BUCKETS = [
  60, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 259_200, 345_600, 518_400, 604_800, 691_200,
];

/** What is known of a farm at a moment (Unix milliseconds). */
export type FarmState = Readonly<{
  atMs: number;
  running: readonly RunningStep[];
  machines: readonly MachineView[];
  queue: QueueSummary;
  /** finished builds of the last 24 hours by outcome */
  finished: Readonly<Record<string, number>>;
  /** the newest event of the log */
  head: bigint;
  projector: ProjectorStatus | undefined;
  /** a worker leads a duty */
  workerLeads: boolean;
  usage: FarmUsage;
}>;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels];

/**
 * The farm as metrics of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format. The registry is
 * one of this scrape, so that a machine or jobset that is not there any more leaves no series behind.
 */
export const farmMetrics = (farm: FarmState): Promise<string> => {
  const { atMs, machines, projector } = farm;
  const registry = new Registry();
  const ages = new Histogram({
    name: 'hydra_machine_build_duration',
    help: 'How long the steps that run now have run, in seconds.',
    labelNames: ['machine'],
    buckets: BUCKETS,
    registers: [registry],
  });
  for (const { name } of machines) ages.zero({ machine: name });
  for (const { machine, startedAtMs } of farm.running)
    ages.observe({ machine: machine ?? '' }, Math.max(0, atMs - (startedAtMs ?? atMs)) / 1000);

  const gauge = (name: string, help: string, samples: readonly Sample[]): void => {
    const written = new Gauge({ name, help, labelNames: Object.keys(samples[0]?.[1] ?? {}), registers: [registry] });
    if (samples.length === 0) written.remove();
    // Added up: a deleted jobset whose name was given again has used what it used.
    for (const [value, labels] of samples) written.inc(labels ?? {}, value);
  };
  const perMachine = (value: (machine: MachineView) => number): Sample[] =>
    machines.map((machine) => [value(machine), { machine: machine.name }]);
  const perJobset = (value: (jobset: JobsetUsage) => number): Sample[] =>
    farm.usage.jobsets.map((one) => [value(one), { project: one.project, jobset: one.jobset }]);

  gauge(
    'iolaus_queued_builds',
    'Unfinished builds.',
    farm.queue.systems.map(({ system, queued }) => [queued, { system }]),
  );
  const oldest = farm.queue.jobsets.map(({ oldestAtMs }): Sample => [Math.floor(oldestAtMs / 1000)]);
  gauge(
    'iolaus_queue_oldest_timestamp_seconds',
    'When the build that waits longest was queued, in Unix seconds; no sample where none waits.',
    oldest.sort(([a], [b]) => a - b).slice(0, 1),
  );
  gauge(
    'iolaus_finished_builds_24h',
    'Builds that finished in this hour of the clock and the 23 before it, by outcome.',
    Object.entries(farm.finished).map(([status, builds]) => [builds, { status }]),
  );
  gauge(
    'iolaus_machine_slots',
    'Steps that a machine may run at once.',
    perMachine(({ configuration }) => configuration.slots),
  );
  gauge(
    'iolaus_machine_running_steps',
    'Steps that a machine runs.',
    perMachine(({ running }) => running),
  );
  gauge(
    'iolaus_machine_usable',
    '1 where a machine is given steps; 0 while it is disabled, or left alone after failures.',
    perMachine(({ disabled, disabledUntilMs }) => (disabled || disabledUntilMs > atMs ? 0 : 1)),
  );
  gauge(
    'iolaus_jobset_used_ratio',
    'Part of the farm’s work in the scheduling window that was the jobset’s, 0 to 1.',
    perJobset(({ usedMs }) => partOf(usedMs, farm.usage.usedMs)),
  );
  gauge(
    'iolaus_jobset_entitled_ratio',
    'Part that its scheduling shares entitle a jobset to, 0 to 1.',
    perJobset(({ entitlement }) => entitlement),
  );
  gauge('iolaus_log_position', 'Position of the newest event of the log.', [[Number(farm.head)]]);
  gauge(
    'iolaus_projector_position',
    'Position up to which the read model has all events.',
    projector ? [[Number(projector.position)]] : [],
  );
  gauge(
    'iolaus_projector_silent_seconds',
    'Since the projector’s last sign of life, of which it gives one every two seconds.',
    projector ? [[projector.ageMs / 1000]] : [],
  );
  gauge('iolaus_worker_leads', '1 while a worker is at work, else 0.', [[farm.workerLeads ? 1 : 0]]);
  return registry.metrics();
};
