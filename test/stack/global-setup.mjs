import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One folder a run, where the first spec that needs PostgreSQL leaves the address of the cluster it started. */
export default async () => {
  process.env.IOLAUS_TEST_RUN_DIR = await mkdtemp(join(tmpdir(), 'iolaus-run-'));
};
