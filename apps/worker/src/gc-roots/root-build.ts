import { access } from 'node:fs/promises';
import { type BuildEvent, hasOutput } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { GcRoots } from '../shared/gc-roots.js';

/** Output paths of a build, as it was queued. */
const outputsOf = async (store: EventStore, stream: string): Promise<readonly string[]> => {
  for await (const recorded of store.readStream(stream, { maxCount: 1 })) {
    const event = recorded as unknown as BuildEvent;
    if (event.type === 'BuildQueued') return Object.values(event.data.outputs).filter((path) => path !== '');
  }
  return [];
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/**
 * Roots the outputs of a build that has some; how many. Once more is the same as once. First the link, then the look whether there is
 * something to keep: the other way round a collection between the two would win. A path that is gone, for the event may be old, is
 * left out.
 */
export const rootBuild = async (store: EventStore, roots: GcRoots, recorded: RecordedEvent): Promise<number> => {
  const event = recorded as unknown as BuildEvent;
  if (event.type === 'BuildFinished' ? !hasOutput(event.data.status) : event.type !== 'BuildKept') return 0;
  let rooted = 0;
  for (const path of await outputsOf(store, recorded.stream)) {
    await roots.add(path);
    if (await exists(path)) rooted += 1;
    else await roots.remove(path);
  }
  return rooted;
};
