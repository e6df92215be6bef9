import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';

/** Parts of the time in which something had to wait for a resource, percent of the last minute. */
export type Pressure = Readonly<{ cpu: number; memory: number; io: number }>;

/** How busy this host is. */
export type HostLoad = Readonly<{
  processors: number;
  /** mean number of processes that ran or wanted to, over 1, 5 and 15 minutes */
  load: readonly [number, number, number];
  /** null: this kernel does not tell */
  pressure: Pressure | null;
}>;

/**
 * The last minute of a file of https://docs.kernel.org/accounting/psi.html, percent; undefined: it is none. Its first line is about
 * some waiting, the second about all: `some avg10=13.38 avg60=21.24 avg300=21.96 total=12653673317`.
 */
export const pressureOf = (file: string): number | undefined => {
  const found = /^some .*\bavg60=(\d+(?:\.\d+)?)\b/m.exec(file)?.[1];
  return found === undefined ? undefined : Number(found);
};

const read = async (resource: keyof Pressure): Promise<number> => {
  const pressure = pressureOf(await readFile(`/proc/pressure/${resource}`, 'utf8'));
  if (pressure === undefined) throw new Error(`/proc/pressure/${resource} is of another form`);
  return pressure;
};

/** Asks the kernel of this host, which need not be Linux, nor tell. */
export const hostLoad = async (): Promise<HostLoad> => {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  const pressure = await Promise.all([read('cpu'), read('memory'), read('io')]).then(
    ([cpu, memory, io]) => ({ cpu, memory, io }),
    () => null, // a kernel without it, or one that was told not to
  );
  return { processors: availableParallelism(), load: [one, five, fifteen], pressure };
};
