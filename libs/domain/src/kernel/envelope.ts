/** Who acted. `id` is opaque: names and addresses live in the mutable schema `accounts`. */
export type Actor = Readonly<{ kind: 'user' | 'token' | 'system' | 'webhook'; id: string }>;

/** What every stored event carries beside its payload (DESIGN 2). */
export type Metadata = Readonly<{
  /** Version of the event's type, lifted once on reading. */
  v: number;
  /** When the fact was decided, ISO 8601 with milliseconds, UTC. */
  at: string;
  actor: Actor;
  /** The door it came through: `rest`, `web`, `cli`, `webhook`, or the name of a worker's duty. */
  via: string;
  /** The role by which the actor was allowed to, where one was needed. */
  role?: string;
  /** Why, in the actor's words. */
  reason?: string;
  requestId?: string;
  /** The same for everything that one first cause led to. */
  correlationId: string;
  /** Id of the event or command that directly caused this one. */
  causationId: string;
}>;

/** What the caller of a command knows about it: the envelope without what the event itself adds. */
export type CommandContext = Readonly<{
  /** Ids of the events derive from it: the same command id twice is the same command. A UUID. */
  commandId: string;
  actor: Actor;
  via: string;
  role?: string;
  reason?: string;
  requestId?: string;
  correlationId: string;
  causationId: string;
}>;

/** What bad input may not do to a log: bounds that every writer keeps. */
export const MAX_EVENT_BYTES = 256 * 1024;
