import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { JobsetConfiguration } from '#domain';
import { getEvaluation } from '#read-model';
import { dryRunAnswer, eventsOf } from '../commands/commander.js';
import type { Answer, Html } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { orFormAgain } from '../http/refused-form.js';
import { projectOrMoved } from '../projects/project-or-moved.js';
import { Reader } from '../queries/reader.js';
import type { Refused } from '../ui/fields.js';
import { jobsetPath } from '../ui/links.js';
import {
  bodyOfForm,
  cloneJobsetFormDoor,
  createJobsetDoor,
  createJobsetFormDoor,
  editJobsetDoor,
  editJobsetFormDoor,
  evaluationJobsetFormDoor,
  type JobsetForm,
} from './jobset-form.json.js';
import { type InputRow, type JobsetFields, JobsetFormPage } from './jobset-form.page.js';
import { configurationJson } from './jobset.json.js';
import { jobsetOrMoved } from './jobset-or-moved.js';
import { looseInputs, pinned } from './pinned-inputs.js';
import { JobsetOrders, NEW } from './jobset-orders.js';

/** The forms of a jobset, which work without scripts; what is not taken stands in them again, with the reason. */
@Controller()
export class JobsetFormsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(JobsetOrders) private readonly orders: JobsetOrders,
  ) {}

  @Get('project/:project/create-jobset')
  @By(createJobsetFormDoor)
  async empty(@Input() { params }: Through<typeof createJobsetFormDoor>, @Req() request: Incoming): Promise<Answer> {
    const project = await projectOrMoved(this.reader, params.project, '/create-jobset');
    if ('redirect' in project) return project;
    await this.orders.permitted(request, params.project);
    return { html: form(params.project, undefined, { fields: {}, inputs: [] }) };
  }

  @Post('project/:project/create-jobset')
  @HttpCode(200)
  @By(createJobsetDoor)
  create(@Input() { params, body }: Through<typeof createJobsetDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.save(request, params.project, undefined, body);
  }

  @Get('jobset/:project/:jobset/edit')
  @By(editJobsetFormDoor)
  async filled(
    @Input() { params, query }: Through<typeof editJobsetFormDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    if (query.cloneJobset) return this.clone({ params, query: {}, body: {} }, request);
    const jobset = await jobsetOrMoved(this.reader, params, '/edit');
    if ('redirect' in jobset) return jobset;
    const { shown, revision } = await this.source(request, params);
    const fields = { ...shown.fields, name: params.jobset };
    return { html: form(params.project, params.jobset, { ...shown, fields, revision: String(revision) }) };
  }

  @Post('jobset/:project/:jobset/edit')
  @HttpCode(200)
  @By(editJobsetDoor)
  async edit(@Input() { params, body }: Through<typeof editJobsetDoor>, @Req() request: Incoming): Promise<Answer> {
    if (body.revision !== undefined) request.headers['if-match'] ??= body.revision;
    // Unlike PUT, it makes no jobset where there is none.
    await this.source(request, params);
    return this.save(request, params.project, params.jobset, body);
  }

  /** The same form, filled from the source, without a name. */
  @Get('jobset/:project/:jobset/clone')
  @By(cloneJobsetFormDoor)
  async clone(@Input() { params }: Through<typeof cloneJobsetFormDoor>, @Req() request: Incoming): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/clone');
    if ('redirect' in jobset) return jobset;
    const { shown, revision } = await this.source(request, params);
    const clonedFrom = { ...params, revision: String(revision) };
    return { html: form(params.project, undefined, { ...shown, clonedFrom }) };
  }

  /** A new jobset whose inputs are pinned to what an evaluation had. */
  @Get('eval/:id/create-jobset')
  @By(evaluationJobsetFormDoor)
  async pinned(
    @Input() { params }: Through<typeof evaluationJobsetFormDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const evaluation = await this.reader.ask((db) => getEvaluation(db, params.id));
    if (!evaluation) throw notFound('such evaluation', 'id');
    await this.orders.permitted(request, evaluation.project);
    const { expression, flake, inputs, project, jobset, id } = evaluation;
    const source: Record<string, string> = flake
      ? { type: '1', flake }
      : { type: '0', nixexprinput: expression?.input ?? '', nixexprpath: expression?.path ?? '' };
    // What is pinned never changes: once is enough.
    const fields = { ...source, enabled: '2', description: `Inputs of evaluation ${id} of ${project}:${jobset}` };
    return { html: form(project, undefined, { fields, inputs: inputs.map(pinned), loose: looseInputs(inputs) }) };
  }

  private async save(request: Incoming, project: string, name: string | undefined, sent: JobsetForm): Promise<Answer> {
    const save = async (): Promise<Answer> => {
      const { at, accepted } = await this.orders.put(request, { project, name: name ?? NEW }, bodyOfForm(sent));
      if (accepted.some(({ dryRun }) => dryRun)) return dryRunAnswer(...accepted);
      const redirect = jobsetPath(at.project, at.name);
      return { json: () => ({ redirect, ...eventsOf(accepted) }), redirect };
    };
    return orFormAgain(save, (refused) => form(project, name, sentFields(sent), refused));
  }

  private async source(request: Incoming, { project, jobset }: { project: string; jobset: string }) {
    const { state, revision } = await this.orders.load({ project, name: jobset });
    if (state.status !== 'present') throw notFound('such jobset', 'jobset');
    await this.orders.permitted(request, project);
    return { shown: fieldsOf(state.configuration), revision };
  }
}

const form =
  (project: string, name: string | undefined, shown: JobsetFields, refused?: Refused): Html =>
  (page) => <JobsetFormPage {...{ page, project, name, shown, refused }} />;

const fieldsOf = (configuration: JobsetConfiguration): JobsetFields => {
  const { inputs, ...fields } = configurationJson(configuration) as Record<string, string | number | boolean> & {
    inputs: Record<string, InputRow>;
  };
  const words = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? (value ? '1' : '0') : String(value),
  ]);
  return { fields: Object.fromEntries(words) as Record<string, string>, inputs: Object.values(inputs) };
};

/** A form as it was sent: nobody types it twice. */
const sentFields = (sent: JobsetForm): JobsetFields => {
  const { revision } = sent;
  const fields = Object.entries(sent).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const inputs = sent['input-name[]'].map((name, row) => ({
    name,
    type: sent['input-type[]'][row] ?? 'git',
    value: sent['input-value[]'][row] ?? '',
    emailresponsible: sent['input-emailresponsible[]'][row] === '1',
    nr: row + 1,
  }));
  const [project, jobset] = [sent['clonedfrom-project'], sent['clonedfrom-jobset']];
  const clonedFrom = project === '' ? undefined : { project, jobset, revision: sent['clonedfrom-revision'] };
  return {
    fields: Object.fromEntries(fields),
    inputs: inputs.filter(({ name, value }) => name !== '' || value !== ''),
    clonedFrom,
    revision,
  };
};
