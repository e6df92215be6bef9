import { EventTooLargeError, InvalidEventError } from '#event-store';

/**
 * The log or the database could not be asked: nobody's evaluation is to blame. It ends the duty, the supervisor starts the
 * worker anew, and what was in progress is found in the log and done again.
 */
export class OutageError extends Error {
  override readonly name = 'OutageError';
}

/** Runs what asks the log or the database; what they throw comes out as `OutageError`, but for events that break a bound. */
export const reach = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof EventTooLargeError || error instanceof InvalidEventError || error instanceof OutageError)
      throw error;
    throw new OutageError(`the log or the database did not answer: ${messageOf(error)}`, { cause: error });
  }
};

/** What an error says, or a thrown value that is none. */
export const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return message === '' && error instanceof Error ? error.name : message;
};
