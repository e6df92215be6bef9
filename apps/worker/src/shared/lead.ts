import { whileLeading } from '#coordination';
import type { DutyContext } from '../duty.js';
import { messageOf } from './outage.js';

/** Does something whenever this process is the one that leads `name` in the installation, until the signal. */
export const lead = (
  { database, logger }: Pick<DutyContext, 'database' | 'logger'>,
  name: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> =>
  whileLeading(
    {
      database,
      name,
      signal,
      onError: (error) => logger.warn({ err: error, leadership: name }, `the lead is away: ${messageOf(error)}`),
    },
    async (leading) => {
      logger.info({ leadership: name }, 'leads');
      await run(leading);
    },
  );
