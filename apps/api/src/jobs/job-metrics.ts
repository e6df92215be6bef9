import { Gauge, Registry } from 'prom-client';
import type { BuildView } from '#read-model';
import { seconds } from '../http/hydra.js';

type Names = Readonly<{ project: string; jobset: string; job: string }>;

/** Hydra's metrics of a job for Prometheus, from its newest finished build; without one they have no samples. Sizes are bytes. */
export const jobMetrics = ({ project, jobset, job }: Names, build: BuildView | undefined): Promise<string> => {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number | null | undefined): void => {
    const written = new Gauge({ name, help, labelNames: ['project', 'jobset', 'job'], registers: [registry] });
    if (value !== null && value !== undefined) written.set({ project, jobset, job }, value);
  };
  gauge(
    'hydra_job_completion_time',
    'When the newest finished build of the job ended, in Unix seconds.',
    build && seconds(build.stoppedAtMs),
  );
  gauge(
    'hydra_job_failed',
    '1 where the newest finished build of the job did not succeed, else 0.',
    build && (build.status === 'succeeded' ? 0 : 1),
  );
  gauge('hydra_build_closure_size', 'Closure size of that build, in bytes.', build?.closureSize);
  gauge('hydra_build_output_size', 'Output size of that build, in bytes.', build?.size);
  return registry.metrics();
};
