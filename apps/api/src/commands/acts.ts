import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  type BuildCommand,
  type BuildEvent,
  type BuildRejection,
  build,
  type CommandContext,
  type JobsetCommand,
  type JobsetEvent,
  type JobsetRejection,
  jobset,
  type ProjectCommand,
  type ProjectEvent,
  type ProjectRejection,
  project,
  type UserCommand,
  type UserEvent,
  type UserRejection,
  user,
} from '#domain';
import { commandHandler, type Handle, type HandleOptions } from '#event-store';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** A command on its way through the bus: what is wished, of which stream, by whom. */
export abstract class Act<C> {
  constructor(
    readonly stream: string,
    readonly command: C,
    readonly context: CommandContext,
    readonly options: HandleOptions,
  ) {}
}

export class ProjectAct extends Act<ProjectCommand> {}
export class JobsetAct extends Act<JobsetCommand> {}
export class BuildAct extends Act<BuildCommand> {}
export class UserAct extends Act<UserCommand> {}

@CommandHandler(ProjectAct)
export class ProjectActHandler implements ICommandHandler<ProjectAct> {
  private readonly handle: Handle<ProjectCommand, ProjectEvent, ProjectRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, project);
  }
  execute({ stream, command, context, options }: ProjectAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(JobsetAct)
export class JobsetActHandler implements ICommandHandler<JobsetAct> {
  private readonly handle: Handle<JobsetCommand, JobsetEvent, JobsetRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, jobset);
  }
  execute({ stream, command, context, options }: JobsetAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(BuildAct)
export class BuildActHandler implements ICommandHandler<BuildAct> {
  private readonly handle: Handle<BuildCommand, BuildEvent, BuildRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, build);
  }
  execute({ stream, command, context, options }: BuildAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(UserAct)
export class UserActHandler implements ICommandHandler<UserAct> {
  private readonly handle: Handle<UserCommand, UserEvent, UserRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, user);
  }
  execute({ stream, command, context, options }: UserAct) {
    return this.handle(stream, command, context, options);
  }
}

export const ACT_HANDLERS = [ProjectActHandler, JobsetActHandler, BuildActHandler, UserActHandler];
