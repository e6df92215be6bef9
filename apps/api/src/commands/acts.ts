import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  backup,
  type BackupCommand,
  type BackupEvent,
  type BackupRejection,
  type BuildCommand,
  type BuildEvent,
  type BuildRejection,
  build,
  type CommandContext,
  type EvaluationCommand,
  type EvaluationEvent,
  type EvaluationRejection,
  evaluation,
  type JobsetCommand,
  type JobsetEvent,
  type JobsetRejection,
  jobset,
  type MachineCommand,
  type MachineEvent,
  type MachineRejection,
  machine,
  type ProjectCommand,
  type ProjectEvent,
  type ProjectRejection,
  project,
  type StepCommand,
  type StepEvent,
  type StepRejection,
  step,
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
export class EvaluationAct extends Act<EvaluationCommand> {}
export class StepAct extends Act<StepCommand> {}
export class BackupAct extends Act<BackupCommand> {}
export class MachineAct extends Act<MachineCommand> {}
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

@CommandHandler(EvaluationAct)
export class EvaluationActHandler implements ICommandHandler<EvaluationAct> {
  private readonly handle: Handle<EvaluationCommand, EvaluationEvent, EvaluationRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, evaluation);
  }
  execute({ stream, command, context, options }: EvaluationAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(StepAct)
export class StepActHandler implements ICommandHandler<StepAct> {
  private readonly handle: Handle<StepCommand, StepEvent, StepRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, step);
  }
  execute({ stream, command, context, options }: StepAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(BackupAct)
export class BackupActHandler implements ICommandHandler<BackupAct> {
  private readonly handle: Handle<BackupCommand, BackupEvent, BackupRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, backup);
  }
  execute({ stream, command, context, options }: BackupAct) {
    return this.handle(stream, command, context, options);
  }
}

@CommandHandler(MachineAct)
export class MachineActHandler implements ICommandHandler<MachineAct> {
  private readonly handle: Handle<MachineCommand, MachineEvent, MachineRejection>;
  constructor(@Inject(DEPENDENCIES) { store }: ApiDependencies) {
    this.handle = commandHandler(store, machine);
  }
  execute({ stream, command, context, options }: MachineAct) {
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

export const ACT_HANDLERS = [
  ProjectActHandler,
  JobsetActHandler,
  BuildActHandler,
  EvaluationActHandler,
  StepActHandler,
  BackupActHandler,
  MachineActHandler,
  UserActHandler,
];
