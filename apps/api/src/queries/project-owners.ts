import { project, projectOwners, projectStream } from '#domain';
import type { EventStore } from '#event-store';
import { loadState } from '../commands/state.js';

/** A chain of names longer than this is a circle. */
const MAX_RENAMES = 100;

/**
 * Opaque ids of a project's owner and members, by the name that it has or had; undefined: there is no such project. From the
 * log itself, so that who was taken out a moment ago is out.
 */
export const ownersOfProject = async (store: EventStore, name: string): Promise<readonly string[] | undefined> => {
  let state = await loadState(store, project, projectStream(name));
  for (let hop = 0; state.status === 'renamed' && hop < MAX_RENAMES; hop++)
    state = await loadState(store, project, projectStream(state.to));
  return state.status === 'present' ? projectOwners(state) : undefined;
};
