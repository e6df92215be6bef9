import { checkProjectName, type Command, type Decider, type Rejection, unreachable } from '../kernel/index.js';
import type { ProjectConfiguration, ProjectEvent } from './events.js';

export type ProjectCommand =
  | Command<'CreateProject', { projectId: number; name: string; configuration: ProjectConfiguration }>
  | Command<'ChangeProject', { configuration: ProjectConfiguration }>
  /** On the new name's stream, first: whoever creates it has the name. */
  | Command<
      'ReceiveRenamedProject',
      { projectId: number; from: string; to: string; configuration: ProjectConfiguration; members?: readonly string[] }
    >
  /** On the old name's stream, second. */
  | Command<'RenameProject', { to: string }>
  /** Replaces the members as a whole: opaque user ids. */
  | Command<'ChangeProjectMembers', { members: readonly string[] }>
  | Command<'DeleteProject', Record<never, never>>;

export type ProjectRejection = 'project-exists' | 'project-absent' | 'invalid-name' | 'invalid-value';

export type ProjectState =
  | Readonly<{ status: 'absent' }>
  /** `left`: as it was then, for who asks again for what was done */
  | Readonly<{ status: 'deleted'; left: PresentProject }>
  | Readonly<{ status: 'renamed'; to: string; left: PresentProject }>
  | PresentProject;

export type PresentProject = Readonly<{
  status: 'present';
  projectId: number;
  name: string;
  configuration: ProjectConfiguration;
  /** opaque user ids, sorted */
  members: readonly string[];
}>;

const MAX_TEXT = 10_000;
const MAX_MEMBERS = 1000;

/** Opaque ids of all who may what a project's owner may: the owner and the members. Nobody, where there is no project. */
export const projectOwners = (state: ProjectState): readonly string[] =>
  state.status === 'present' ? [state.configuration.owner, ...state.members] : [];

/** The rules that a project's configuration must keep whoever writes it. */
export const checkProjectConfiguration = (
  configuration: ProjectConfiguration,
): Rejection<'invalid-value'> | undefined => {
  const refuse = (field: string, detail: string) => ({ rejected: 'invalid-value', field, detail }) as const;
  if (configuration.displayName.trim() === '') return refuse('displayname', 'must not be empty');
  for (const field of ['displayName', 'description', 'homepage'] as const)
    if (configuration[field].length > MAX_TEXT)
      return refuse(field.toLowerCase(), `must have at most ${MAX_TEXT} characters`);
  if (configuration.homepage !== '' && !/^https?:\/\//.test(configuration.homepage))
    return refuse('homepage', 'must be an http or https address');
  if (configuration.owner === '') return refuse('owner', 'must name a user');
  return undefined;
};

export const project: Decider<ProjectState, ProjectCommand, ProjectEvent, ProjectRejection> = {
  initial: { status: 'absent' },
  decide: (command, state) => {
    switch (command.type) {
      case 'CreateProject': {
        if (state.status === 'present') return { rejected: 'project-exists', field: 'name' };
        const { data } = command;
        const refused = checkProjectName('name', data.name) ?? checkProjectConfiguration(data.configuration);
        return refused ?? [{ type: 'ProjectCreated', data }];
      }
      case 'ReceiveRenamedProject': {
        const { data } = command;
        if (state.status === 'present')
          return state.projectId === data.projectId ? [] : { rejected: 'project-exists', field: 'name' };
        return checkProjectName('name', data.to) ?? [{ type: 'ProjectRenamed', data }];
      }
      case 'ChangeProject': {
        if (state.status !== 'present') return { rejected: 'project-absent' };
        const refused = checkProjectConfiguration(command.data.configuration);
        const { projectId, name } = state;
        return (
          refused ?? [{ type: 'ProjectChanged', data: { projectId, name, configuration: command.data.configuration } }]
        );
      }
      case 'RenameProject': {
        if (state.status === 'renamed' && state.to === command.data.to) return [];
        if (state.status !== 'present') return { rejected: 'project-absent' };
        const { projectId, name: from, configuration, members } = state;
        const kept = members.length === 0 ? {} : { members };
        return [{ type: 'ProjectRenamed', data: { projectId, from, to: command.data.to, configuration, ...kept } }];
      }
      case 'ChangeProjectMembers': {
        if (state.status !== 'present') return { rejected: 'project-absent' };
        const members = [...new Set(command.data.members)].sort();
        if (members.length > MAX_MEMBERS)
          return { rejected: 'invalid-value', field: 'members', detail: `must be at most ${MAX_MEMBERS} users` };
        if (members.includes('')) return { rejected: 'invalid-value', field: 'members', detail: 'must name users' };
        const { projectId, name, members: before } = state;
        const same = members.length === before.length && members.every((id, i) => id === before[i]);
        return same ? [] : [{ type: 'ProjectMembersChanged', data: { projectId, name, members, before } }];
      }
      case 'DeleteProject':
        if (state.status === 'deleted') return [];
        if (state.status !== 'present') return { rejected: 'project-absent' };
        return [{ type: 'ProjectDeleted', data: { projectId: state.projectId, name: state.name } }];
      default:
        return unreachable(command);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'ProjectCreated':
        return { status: 'present', ...event.data, members: [] };
      case 'ProjectChanged':
        return { status: 'present', ...event.data, members: state.status === 'present' ? state.members : [] };
      case 'ProjectMembersChanged':
        return state.status === 'present' ? { ...state, members: event.data.members } : state;
      case 'ProjectRenamed': {
        const { projectId, from, to, configuration, members = [] } = event.data;
        return state.status === 'present' && state.name === from
          ? { status: 'renamed', to, left: state }
          : { status: 'present', projectId, name: to, configuration, members };
      }
      case 'ProjectDeleted':
        return state.status === 'present' ? { status: 'deleted', left: state } : state;
      default:
        return unreachable(event);
    }
  },
};
