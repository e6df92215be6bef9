import type { ProjectView } from '#read-model';

/** Hydra's Project. `owner`: the user's name. */
export const projectJson = (project: ProjectView, owner: string): Record<string, unknown> => ({
  name: project.name,
  displayname: project.displayName,
  description: project.description,
  homepage: project.homepage,
  owner,
  enabled: project.enabled,
  hidden: project.hidden,
  enable_dynamic_run_command: project.enableDynamicRunCommand,
  ...(project.declarative ? { declarative: project.declarative } : {}),
  jobsets: project.jobsets,
});
