import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { derivationAttempts, getBuild, getStep, newestSteps } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { LogFinder } from '../logs/log-finder.js';
import { Reader } from '../queries/reader.js';
import { cursorOf, cursorParam } from '../scheduler/dispatches.json.js';
import { buildPath } from '../ui/links.js';
import { stepJson } from './step.json.js';
import { StepPage } from './step.page.js';
import { StepsPage } from './steps.page.js';

const PER_PAGE = 20;
/** Attempts at one derivation that its page lists, and lines of the log that it shows. */
const ATTEMPTS = 20;
const LAST_LINES = 30;

const listDoor = door({ query: { before: cursorParam.optional() } });
const stepDoor = door({ params: { id: idParam, nr: idParam } });
const modeDoor = door({
  params: { id: idParam, nr: idParam, mode: z.enum(['pretty', 'raw', 'tail'], 'must be pretty, raw or tail') },
});

/** Steps: what was done for builds, a derivation at a time. */
@Controller()
export class StepsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(LogFinder) private readonly logs: LogFinder,
  ) {}

  /** The whole farm's, the last to begin first. `before`: the `next` of the page before. */
  @Get('steps')
  @By(listDoor)
  async newest(@Input() { query: { before } }: Through<typeof listDoor>): Promise<Answer> {
    // One more than is shown tells whether more follow.
    const found = await this.reader.ask((db) =>
      newestSteps(db, { limit: PER_PAGE + 1, ...(before === undefined ? {} : { before }) }),
    );
    const steps = found.slice(0, PER_PAGE);
    const last = steps.at(-1);
    const next = found.length > PER_PAGE && last ? cursorOf({ ...last, startedAtMs: last.startedAtMs ?? 0 }) : null;
    return {
      json: () => ({ steps: steps.map(stepJson), next }),
      html: (page) => <StepsPage {...{ page, steps, next, first: before === undefined }} />,
    };
  }

  @Get('build/:id/step/:nr')
  @By(stepDoor)
  async show(@Input() { params: { id, nr } }: Through<typeof stepDoor>): Promise<Answer> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const step = await this.reader.ask((db) => getStep(db, id, nr));
    if (!step) throw notFound('such step of the build', 'nr');
    return {
      json: () => stepJson(step),
      html: async (page) => {
        const attempts = await this.reader.ask((db) => derivationAttempts(db, step.drvPath, ATTEMPTS));
        const lastLines = step.logKey === null ? undefined : await this.logs.tailOf(step.logKey, LAST_LINES);
        return <StepPage {...{ page, build, step, attempts, lastLines }} />;
      },
    };
  }

  /** Where Hydra had the log of a step before. */
  @Get('build/:id/nixlog/:nr')
  @By(stepDoor)
  nixlog(@Input() { params: { id, nr } }: Through<typeof stepDoor>): Answer {
    return { status: 301, redirect: `${buildPath(id)}/step/${nr}/log` };
  }

  @Get('build/:id/nixlog/:nr/:mode')
  @By(modeDoor)
  nixlogMode(@Input() { params: { id, nr, mode } }: Through<typeof modeDoor>): Answer {
    return { status: 301, redirect: `${buildPath(id)}/step/${nr}/log/${mode}` };
  }
}
