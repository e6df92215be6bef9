import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `run/NAME.pid` in the data folder: which process is which, for operators and for tests that kill them. */
export const pidFiles = (dataDir: string) => {
  const folder = join(dataDir, 'run');
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, `${name}.pid`);
  return {
    /** Whole or not at all: a reader never sees half a number. */
    write: (name: string, pid: number): void => {
      writeFileSync(`${file(name)}.new`, `${pid}\n`);
      renameSync(`${file(name)}.new`, file(name));
    },
    read: (name: string): number | undefined =>
      existsSync(file(name)) ? Number(readFileSync(file(name), 'utf8')) || undefined : undefined,
    remove: (name: string): void => rmSync(file(name), { force: true }),
  };
};
export type PidFiles = ReturnType<typeof pidFiles>;
