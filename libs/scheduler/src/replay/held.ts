import type { OwnEvent } from './types.js';

/** Own events that wait for one; more are never on their way at once: then the missing one is not in the log. */
const MOST_HELD = 5000;

type Numbered = Readonly<{ term: string; nr: number }>;

/** The number of the choice that an event tells of, in its term. */
const choiceOf = (event: OwnEvent): Numbered | undefined => {
  if (event.type === 'BuildStepStarted') return event.data.dispatch.basis;
  return event.type === 'DispatchWithdrawn' ? event.data : undefined;
};

/** The number up to which, and without it, all choices of the term must have been made before the event; undefined where it says nothing. */
export const madeBefore = (event: OwnEvent, term: string | undefined): number | undefined => {
  const choice = choiceOf(event);
  if (choice) return choice.term === term ? choice.nr : undefined;
  const after = event.type === 'BuildStepCompleted' ? event.data.basis : event.data;
  return after && 'nr' in after && after.term === term ? after.nr + 1 : undefined;
};

/** Whether the event tells of this very choice. */
export const tellsOf = (event: OwnEvent, term: string | undefined, nr: number): boolean => {
  const choice = choiceOf(event);
  return choice !== undefined && choice.term === term && choice.nr === nr;
};

/**
 * Own events that came into the log before a choice that was made before them. Appends go in the order of the choices, but one
 * that lost its race is appended again, later. What comes meanwhile waits here, in order.
 */
export class Held {
  private events: OwnEvent[] = [];

  get size(): number {
    return this.events.length;
  }

  get full(): boolean {
    return this.events.length >= MOST_HELD;
  }

  get first(): OwnEvent | undefined {
    return this.events[0];
  }

  add(event: OwnEvent): void {
    this.events.push(event);
  }

  shift(): OwnEvent | undefined {
    return this.events.shift();
  }

  /** The event of a choice, if it waits here: a start is taken out, a withdrawal stays at its place. */
  find(term: string | undefined, nr: number): OwnEvent | undefined {
    const place = this.events.findIndex((event) => tellsOf(event, term, nr));
    const found = this.events[place];
    if (found?.type === 'BuildStepStarted') this.events.splice(place, 1);
    return found;
  }
}
