import type { Scheduler } from '../scheduler.js';
import type { OthersEvent } from './types.js';

/** What a fact of somebody else changes about coming choices. Hearing one twice changes nothing. */
export const hear = (scheduler: Scheduler, event: OthersEvent): void => {
  switch (event.type) {
    case 'BuildQueued':
      return; // it enters the graph with BuildStepsFound
    case 'BuildBumped':
      return scheduler.graph.bump(event.data.buildId, event.data.globalPriority);
    case 'BuildCancelled':
    case 'BuildRestarted':
      return void scheduler.graph.removeBuilds([event.data.buildId]);
    case 'JobsetCreated':
    case 'JobsetCloned':
    case 'JobsetConfigured':
    case 'JobsetRenamed':
      return void scheduler.shares.set(event.data.jobsetId, event.data.configuration.shares);
    case 'ShareChanged':
      return void scheduler.shares.set(event.data.jobsetId, event.data.shares);
    default:
      return scheduler.machines.apply(event);
  }
};

/** Events of others that are in the log but that the queue runner has not heard yet, oldest first. */
export class Unheard {
  private events: OthersEvent[] = [];
  private first = 0;

  add(event: OthersEvent): void {
    this.events.push(event);
  }

  get size(): number {
    return this.events.length - this.first;
  }

  /** Takes out all up to the one of that id; undefined where it is not here, and nothing is taken. */
  upTo(id: string): readonly OthersEvent[] | undefined {
    for (let place = this.first; place < this.events.length; place += 1)
      if (this.events[place]!.id === id) return this.take(place + 1);
    return undefined;
  }

  all(): readonly OthersEvent[] {
    return this.take(this.events.length);
  }

  private take(end: number): readonly OthersEvent[] {
    const taken = this.events.slice(this.first, end);
    this.first = end;
    // What was heard is let go of, at a cost that follows what was heard.
    if (this.first > 1024 && this.first * 2 > this.events.length) {
      this.events = this.events.slice(this.first);
      this.first = 0;
    }
    return taken;
  }
}
