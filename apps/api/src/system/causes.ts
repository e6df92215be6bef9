import type { AuditEntry } from '#read-model';

/** What one first cause led to, as far as the audit was looked at. */
export type Cause = Readonly<{
  correlationId: string;
  /** the oldest of its events that was seen */
  first: AuditEntry;
  newest: AuditEntry;
  /** how many were seen */
  events: number;
}>;

/** Causes in a page of them. */
const SHOWN = 15;

/** The newest causes, by the newest event of each. `entries`: newest first. */
export const causesOf = (entries: readonly AuditEntry[]): readonly Cause[] => {
  const causes = new Map<string, Cause>();
  for (const entry of entries) {
    const { correlationId } = entry;
    const known = causes.get(correlationId);
    if (known) causes.set(correlationId, { ...known, first: entry, events: known.events + 1 });
    else causes.set(correlationId, { correlationId, first: entry, newest: entry, events: 1 });
  }
  return [...causes.values()].slice(0, SHOWN);
};
