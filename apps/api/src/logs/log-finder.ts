import { Inject, Injectable } from '@nestjs/common';
import { LogNotFoundError } from '#binary-cache';
import { type StepEvent, stepStream } from '#domain';
import { buildSteps, type BuildView, derivationAttempts, getStep, type StepView } from '#read-model';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** A step that has a log. */
export type Logged = StepView & Readonly<{ logKey: string }>;

const isLogged = (step: StepView): step is Logged => step.logKey !== null;

/** Finds which attempt's log stands for a build, a step or a derivation. */
@Injectable()
export class LogFinder {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'logs' | 'store'>,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  /** The newest attempt at what broke first, or at the build's own derivation; where none ran, at what it builds now. */
  async ofBuild(build: BuildView): Promise<Logged | undefined> {
    const drvs = [...new Set([...(build.failedStep ? [build.failedStep.drvPath] : []), build.drvPath])];
    for (const drv of drvs) {
      const found = await this.ofDerivation(drv);
      if (found) return found;
    }
    const steps = await this.reader.ask((db) => buildSteps(db, build.id));
    return steps.filter(isLogged).at(-1);
  }

  async ofDerivation(drvPath: string): Promise<Logged | undefined> {
    return (await this.reader.ask((db) => derivationAttempts(db, drvPath))).find(isLogged);
  }

  /** By the base name of a `.drv` file: the step's stream knows which store it is in. */
  async ofBaseName(name: string): Promise<Logged | undefined> {
    for await (const { data } of this.deps.store.readStream(stepStream(name), { maxCount: 1 }))
      return this.ofDerivation((data as StepEvent['data']).drvPath);
    return undefined;
  }

  async ofStep(buildId: number, nr: number): Promise<Logged | undefined> {
    const step = await this.reader.ask((db) => getStep(db, buildId, nr));
    if (!step) return undefined;
    return isLogged(step) ? step : this.ofDerivation(step.drvPath);
  }

  /** Last lines of a log; undefined where there is none, or not any more. */
  async tailOf(key: string, count: number, maxBytes = 64 * 1024): Promise<string | undefined> {
    try {
      return (await this.deps.logs.lastLines(key, count, { maxBytes })).chunk.toString('utf8');
    } catch (error) {
      if (error instanceof LogNotFoundError) return undefined;
      throw error;
    }
  }
}
