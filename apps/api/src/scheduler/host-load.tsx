import { z } from 'zod';

const percent = z.number();

/** What the queue runner says of its own host; a queue runner of an earlier version says nothing. */
const hostSchema = z.object({
  processors: z.int(),
  load: z.tuple([z.number(), z.number(), z.number()]),
  pressure: z.object({ cpu: percent, memory: percent, io: percent }).nullable(),
});
export type HostLoad = z.output<typeof hostSchema>;

/** What a status of the queue runner says of its host, which is the machine `localhost`; undefined: nothing. */
export const hostOf = (status: Readonly<Record<string, unknown>>): HostLoad | undefined =>
  hostSchema.safeParse(status['host']).data;

/** Load, and pressure where the kernel tells it. */
export const HostLoadWords = ({ host: { processors, load, pressure } }: { host: HostLoad }): JSX.Element => (
  <>
    <div safe>{`load ${load[0].toFixed(1)} on ${processors} processor${processors === 1 ? '' : 's'}`}</div>
    {pressure !== null && (
      <div
        title="Part of the last minute in which something had to wait for it"
        safe
      >{`pressure: processor ${Math.round(pressure.cpu)} %, memory ${Math.round(pressure.memory)} %, disk ${Math.round(pressure.io)} %`}</div>
    )}
  </>
);
