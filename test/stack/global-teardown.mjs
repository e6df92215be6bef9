import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endCluster } from './postgres-server.mjs';

/** Ends the cluster that this run's specs shared, if any of them needed it. */
export default async () => {
  const folder = process.env.IOLAUS_TEST_RUN_DIR;
  if (folder === undefined) return;
  const started = await readFile(join(folder, 'cluster.json'), 'utf8').catch(() => undefined);
  if (started !== undefined) await endCluster(JSON.parse(started).root);
  await rm(folder, { recursive: true, force: true });
};
