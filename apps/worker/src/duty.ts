import type { Database } from '#coordination';
import type { EventStore } from '#event-store';
import type { Clock, Config, Logger } from '#runtime';

/** What every duty is given. */
export type DutyContext = Readonly<{
  store: EventStore;
  database: Database;
  config: Config;
  clock: Clock;
  logger: Logger;
}>;

/** Something that the worker does: it runs until the signal, and what it throws ends the process (the supervisor restarts it). */
export type Duty = Readonly<{
  /** as given to `--duties` */
  name: string;
  run: (context: DutyContext, signal: AbortSignal) => Promise<void>;
}>;
