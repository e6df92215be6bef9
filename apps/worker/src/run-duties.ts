import type { Duty, DutyContext } from './duty.js';

/** A duty ended though nobody asked it to. */
export class DutyEndedError extends Error {
  override readonly name = 'DutyEndedError';
}

/** Runs duties side by side until the signal; the first that throws, or ends by itself, ends all, and its error is thrown. */
export const runDuties = async (duties: readonly Duty[], context: DutyContext, signal: AbortSignal): Promise<void> => {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const errors: unknown[] = [];
  await Promise.all(
    duties.map(async ({ name, run }) => {
      const logger = context.logger.child({ duty: name });
      logger.info('duty starts');
      try {
        await run({ ...context, logger }, both);
        if (!both.aborted) throw new DutyEndedError(`duty ${name} ended by itself`);
        logger.info('duty ended');
      } catch (error) {
        logger.error({ err: error }, 'duty failed');
        errors.push(error);
        failed.abort();
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
};
