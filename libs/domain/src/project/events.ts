import { type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** Where a declarative project finds its specification (Hydra's declfile, decltype, declvalue). */
export type Declarative = Readonly<{ file: string; type: string; value: string }>;

/** All that can be set about a project; replaced whole by every change. */
export type ProjectConfiguration = Readonly<{
  displayName: string;
  description: string;
  homepage: string;
  /** opaque user id */
  owner: string;
  enabled: boolean;
  hidden: boolean;
  enableDynamicRunCommand: boolean;
  declarative?: Declarative;
}>;

/** A project was created; its integer id survives a rename. */
export type ProjectCreated = Event<
  'ProjectCreated',
  { projectId: number; name: string; configuration: ProjectConfiguration }
>;
/** A project's configuration was replaced. */
export type ProjectChanged = Event<
  'ProjectChanged',
  { projectId: number; name: string; configuration: ProjectConfiguration }
>;
/** A project got another name. Stands in both streams: it opens the new one and closes the old one. */
export type ProjectRenamed = Event<
  'ProjectRenamed',
  {
    projectId: number;
    from: string;
    to: string;
    configuration: ProjectConfiguration;
    /** opaque user ids; left out: nobody */
    members?: readonly string[];
  }
>;
/** A project's members were replaced as a whole: they may what its owner may. */
export type ProjectMembersChanged = Event<
  'ProjectMembersChanged',
  {
    projectId: number;
    name: string;
    /** opaque user ids, sorted */
    members: readonly string[];
    before: readonly string[];
  }
>;
/** A project was deleted; its name is free again. */
export type ProjectDeleted = Event<'ProjectDeleted', { projectId: number; name: string }>;

export type ProjectEvent = ProjectCreated | ProjectChanged | ProjectRenamed | ProjectMembersChanged | ProjectDeleted;

/** Stream of a project. */
export const projectStream = (name: string): string => `project-${name}`;

export const projectVersions: Readonly<Record<ProjectEvent['type'], TypeVersions>> = {
  ProjectCreated: FIRST,
  ProjectChanged: FIRST,
  ProjectRenamed: FIRST,
  ProjectMembersChanged: FIRST,
  ProjectDeleted: FIRST,
};
