import { z } from 'zod';
import { demoJobset } from '../../apps/cli/src/demo/environment.js';
import { isComplete, readRelease } from '../../apps/cli/src/demo/release.js';
import { connectDatabase } from '#coordination';
import { buildBackups } from '#read-model';
import type { TestFarm } from './farm.js';
import { until } from './until.js';

/** How a release came out, by job: what must be the same whatever was killed on the way. */
export type Outcome = Readonly<Record<string, Readonly<{ status: number | null; products: number; copied: boolean }>>>;

/** Creates a jobset over the example release whose every derivation is new, and pushes it. */
export const push = async ({ api, dir }: TestFarm, jobset: string): Promise<void> => {
  await api.send('PUT', `/jobset/demo/${jobset}`, demoJobset(`${dir}/source`, `greetings from ${jobset}`));
  await api.send('POST', `/api/push?jobsets=demo:${jobset}`, {});
};

const buildShape = z.looseObject({ buildproducts: z.record(z.string(), z.unknown()) });

/** Waits until the jobset's release is whole and copied, asking again through every outage. */
export const outcomeOf = async ({ api, farm }: TestFarm, jobset: string, timeoutMs = 120_000): Promise<Outcome> => {
  const whole = await until(
    `the release of demo:${jobset}`,
    async () => {
      const progress = await readRelease(api, 'demo', jobset);
      return isComplete(progress) && progress;
    },
    { timeoutMs, ignoreErrors: true },
  );
  const database = connectDatabase({ connectionString: farm.databaseUrl, max: 2, onError: () => undefined });
  try {
    const entries = whole.builds.map(async ({ id, job, buildstatus }) => {
      const hasOutput = buildstatus === 0 || buildstatus === 6;
      const copies = await until(
        `the copy of build ${id} (${job})`,
        async () => {
          const found = await buildBackups(database, id);
          return (!hasOutput || found.some(({ status }) => status !== 'requested')) && found;
        },
        { timeoutMs, ignoreErrors: true },
      );
      const { buildproducts } = await until(`build ${id}`, () => api.get(`/build/${id}`, buildShape), {
        ignoreErrors: true,
      });
      const products = Object.keys(buildproducts).length;
      return [
        job,
        { status: buildstatus, products, copied: copies.some(({ status }) => status === 'completed') },
      ] as const;
    });
    return Object.fromEntries((await Promise.all(entries)).sort(([a], [b]) => a.localeCompare(b)));
  } finally {
    await database.end();
  }
};
