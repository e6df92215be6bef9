import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '#runtime';
import { sendSignal, startOf } from './running.js';

/** Another supervisor has the data folder. */
export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError';
}

const holderOf = (file: string): number | undefined => {
  if (!existsSync(file)) return undefined;
  const [pid, start] = readFileSync(file, 'utf8').split('\n');
  const number = Number(pid);
  const alive = number > 0 && sendSignal(number, 0) && startOf(number) === start;
  return alive ? number : undefined;
};

/**
 * Takes the data folder for this process: `run/supervisor.pid` holds its number and since when it runs. Returns how to
 * give it back. Throws `DataDirLockedError` when a living process has it.
 */
export const lockDataDir = async (dataDir: string): Promise<() => void> => {
  const folder = join(dataDir, 'run');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'supervisor.pid');
  const refuse = (pid: number | undefined): never => {
    throw new DataDirLockedError(
      `${dataDir} is in use by another Iolaus (process ${pid ?? 'unknown'}): stop it, or set IOLAUS_DATA_DIR`,
    );
  };
  const holder = holderOf(file);
  if (holder !== undefined) refuse(holder);
  const own = `${process.pid}\n${startOf(process.pid)}\n`;
  const draft = join(folder, `.supervisor-${process.pid}`);
  writeFileSync(draft, own);
  try {
    rmSync(file, { force: true });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    refuse(holderOf(file));
  } finally {
    rmSync(draft, { force: true });
  }
  // Two that found the same dead holder may both have come here; the later one has it.
  await sleep(30);
  if (readFileSync(file, 'utf8') !== own) refuse(holderOf(file));
  return () => rmSync(file, { force: true });
};
