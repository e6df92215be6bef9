import type { BuildView } from '#read-model';
import { seconds } from '../http/hydra.js';

/** Media type of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format. */
export const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** A label's value as that format quotes it. */
const quoted = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

type Names = Readonly<{ project: string; jobset: string; job: string }>;

/** Hydra's metrics of a job, from its newest finished build; without one they have no samples. Sizes are bytes. */
export const exposition = ({ project, jobset, job }: Names, build: BuildView | undefined): string => {
  const labels = Object.entries({ project, jobset, job }).map(([name, value]) => `${name}=${quoted(value)}`);
  const gauge = (name: string, help: string, value: number | null | undefined): string =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...(value === null || value === undefined ? [] : [`${name}{${labels.join(',')}} ${value}`]),
      '',
    ].join('\n');
  return [
    gauge(
      'hydra_job_completion_time',
      'When the newest finished build of the job ended, in Unix seconds.',
      build && seconds(build.stoppedAtMs),
    ),
    gauge(
      'hydra_job_failed',
      '1 where the newest finished build of the job did not succeed, else 0.',
      build && (build.status === 'succeeded' ? 0 : 1),
    ),
    gauge('hydra_build_closure_size', 'Closure size of that build, in bytes.', build?.closureSize),
    gauge('hydra_build_output_size', 'Output size of that build, in bytes.', build?.size),
  ].join('');
};
