import { Controller, Get, Inject, Req } from '@nestjs/common';
import { channelBuild, channelJobs, getBuild, getEvaluation } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { idParam, nameParam, text } from '../http/text.js';
import { jobNames, jobOrMoved } from '../jobs/job-or-moved.js';
import { jobsetOrMoved } from '../jobsets/jobset-or-moved.js';
import { projectOrMoved } from '../projects/project-or-moved.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { crumbsTo, crumbsToBuild } from '../ui/crumbs.js';
import { buildPath, evaluationPath, jobPath, jobsetPath, productPath, projectPath } from '../ui/links.js';
import { attributeOf, type Channel, channelName, Channels } from './channels.js';
import { ChannelPage, CustomChannelPage, JobsetChannelsPage } from './channels.page.js';

const file = { file: text(255) };
const projectNames = { project: nameParam };
const jobsetNames = { project: nameParam, jobset: nameParam };
const channelNames = { ...jobsetNames, channel: jobNames.job };
const farmDoor = door({});
const farmFileDoor = door({ params: file });
const projectDoor = door({ params: projectNames });
const projectFileDoor = door({ params: { ...projectNames, ...file } });
const jobsetDoor = door({ params: jobsetNames });
const jobsetFileDoor = door({ params: { ...jobsetNames, ...file } });
const jobDoor = door({ params: jobNames });
const jobFileDoor = door({ params: { ...jobNames, ...file } });
const idDoor = door({ params: { id: idParam } });
const idFileDoor = door({ params: { id: idParam, ...file } });
const customDoor = door({ params: channelNames });
const customFileDoor = door({ params: { ...channelNames, ...file } });

const plainly: Channel['prefix'] = () => [];

/** What of a channel is asked for; its list without a file. */
type Part = Readonly<{ channel: Channel }> | Readonly<{ status: number; redirect: string }>;

/** Channels of the farm, of projects, jobsets, jobs, evaluations and builds, and those that jobs make themselves. */
@Controller()
export class ChannelsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Channels) private readonly channels: Channels,
  ) {}

  /** Of everything that lists show. */
  @Get('channel/latest')
  @By(farmDoor)
  ofFarm(): Promise<Answer> {
    return this.list({ channel: this.farm });
  }

  @Get('channel/latest/:file')
  @By(farmFileDoor)
  ofFarmFile(@Input() { params }: Through<typeof farmFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give({ channel: this.farm }, params.file, request);
  }

  @Get('project/:project/channel/latest')
  @By(projectDoor)
  async ofProject(@Input() { params }: Through<typeof projectDoor>): Promise<Answer> {
    return this.list(await this.project(params.project, ''));
  }

  @Get('project/:project/channel/latest/:file')
  @By(projectFileDoor)
  async ofProjectFile(@Input() { params }: Through<typeof projectFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give(await this.project(params.project, `/${encodeURIComponent(params.file)}`), params.file, request);
  }

  @Get('jobset/:project/:jobset/channel/latest')
  @By(jobsetDoor)
  async ofJobset(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    return this.list(await this.jobset(params, ''));
  }

  @Get('jobset/:project/:jobset/channel/latest/:file')
  @By(jobsetFileDoor)
  async ofJobsetFile(@Input() { params }: Through<typeof jobsetFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give(await this.jobset(params, `/${encodeURIComponent(params.file)}`), params.file, request);
  }

  @Get('job/:project/:jobset/:job/channel/latest')
  @By(jobDoor)
  async ofJob(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.list(await this.job(params, ''));
  }

  @Get('job/:project/:jobset/:job/channel/latest/:file')
  @By(jobFileDoor)
  async ofJobFile(@Input() { params }: Through<typeof jobFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give(await this.job(params, `/${encodeURIComponent(params.file)}`), params.file, request);
  }

  /** Of what succeeded in one evaluation: it stays what it is. */
  @Get('eval/:id/channel')
  @By(idDoor)
  async ofEvaluation(@Input() { params: { id } }: Through<typeof idDoor>): Promise<Answer> {
    return this.list(await this.evaluation(id));
  }

  @Get('eval/:id/channel/:file')
  @By(idFileDoor)
  async ofEvaluationFile(@Input() { params }: Through<typeof idFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give(await this.evaluation(params.id), params.file, request);
  }

  /** Of one build. */
  @Get('build/:id/nix')
  @By(idDoor)
  async ofBuild(@Input() { params: { id } }: Through<typeof idDoor>): Promise<Answer> {
    return this.list(await this.build(id));
  }

  @Get('build/:id/nix/:file')
  @By(idFileDoor)
  async ofBuildFile(@Input() { params }: Through<typeof idFileDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.give(await this.build(params.id), params.file, request);
  }

  /** The channels of a jobset: that of its packages, and what jobs of it make themselves. */
  @Get('jobset/:project/:jobset/channels')
  @By(jobsetDoor)
  async ofJobs(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/channels');
    if ('redirect' in jobset) return jobset;
    const [jobs, available, owner] = await Promise.all([
      this.reader.ask((db) => channelJobs(db, jobset.id)),
      this.channels.available(),
      ownersOfProject(this.deps.store, jobset.project),
    ]);
    return {
      json: () => ({ channels: jobs }),
      html: (page) => <JobsetChannelsPage {...{ page, jobset, owner, jobs, available }} />,
    };
  }

  /** Hydra's address of the same. */
  @Get('jobset/:project/:jobset/channels-tab')
  @By(jobsetDoor)
  async channelsTab(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/channels-tab');
    return 'redirect' in jobset ? jobset : { redirect: `${jobsetPath(jobset.project, jobset.name)}/channels` };
  }

  /** What a job makes that is a channel itself: `nix-channel` asks for its files below this. */
  @Get('channel/custom/:project/:jobset/:channel')
  @By(customDoor)
  async custom(@Input() { params }: Through<typeof customDoor>): Promise<Answer> {
    const build = await this.made(params);
    return {
      json: () => ({
        build: build.id,
        channel: params.channel,
        constituents: build.constituents,
        products: build.products.map(({ type, name }) => ({ type, name })),
      }),
      html: (page) => <CustomChannelPage page={page} build={build} />,
    };
  }

  /** A product of the type `channel`, by its name. */
  @Get('channel/custom/:project/:jobset/:channel/:file')
  @By(customFileDoor)
  async customFile(@Input() { params }: Through<typeof customFileDoor>): Promise<Answer> {
    const { id, products } = await this.made(params);
    const at = products.findIndex(({ type, name }) => type === 'channel' && name === params.file);
    if (at === -1) throw notFound('such file of the channel', 'file');
    return { redirect: productPath(id, at + 1, params.file) };
  }

  private async list(part: Part): Promise<Answer> {
    if ('redirect' in part) return part;
    const { channel } = part;
    const builds = await this.channels.builds(channel);
    const { baseUrl } = this.deps.config.web;
    return {
      json: () => ({
        name: channelName(channel),
        uri: `${baseUrl}${channel.path}`,
        packages: builds.map((build) => ({
          ...{ attribute: attributeOf(channel, build), build: build.id, nixname: build.nixName, system: build.system },
          outputs: build.outputs,
        })),
      }),
      html: (page) => <ChannelPage {...{ page, channel, builds }} />,
    };
  }

  private async give(part: Part, name: string, request: Incoming): Promise<Answer> {
    return 'redirect' in part ? part : this.channels.file(part.channel, name, request);
  }

  private readonly farm: Channel = {
    ...{ scope: 'farm', title: 'everything', path: '/channel/latest', crumbs: [] },
    prefix: ({ project, jobset }) => [project, jobset],
  };

  private async project(name: string, rest: string): Promise<Part> {
    const project = await projectOrMoved(this.reader, name, `/channel/latest${rest}`);
    if ('redirect' in project) return project;
    const path = `${projectPath(project.name)}/channel/latest`;
    const prefix: Channel['prefix'] = ({ jobset }) => [jobset];
    const crumbs = crumbsTo({ project: project.name });
    return { channel: { scope: { project: project.name }, title: project.name, path, crumbs, prefix } };
  }

  private async jobset(names: Through<typeof jobsetDoor>['params'], rest: string): Promise<Part> {
    const jobset = await jobsetOrMoved(this.reader, names, `/channel/latest${rest}`);
    if ('redirect' in jobset) return jobset;
    const { id, project, name } = jobset;
    const path = `${jobsetPath(project, name)}/channel/latest`;
    const crumbs = crumbsTo({ project, jobset: name });
    return { channel: { scope: { jobsetId: id }, title: `${project}:${name}`, path, crumbs, prefix: plainly } };
  }

  private async job(names: Through<typeof jobDoor>['params'], rest: string): Promise<Part> {
    const found = await jobOrMoved(this.reader, names, `/channel/latest${rest}`);
    if ('redirect' in found) return found;
    const { project, jobset, job, jobsetId } = found;
    const path = `${jobPath(project, jobset, job)}/channel/latest`;
    const crumbs = crumbsTo({ project, jobset, job });
    const title = `${project}:${jobset}:${job}`;
    return { channel: { scope: { jobsetId, job }, title, path, crumbs, prefix: plainly } };
  }

  private async evaluation(id: number): Promise<Part> {
    const found = await this.reader.ask((db) => getEvaluation(db, id));
    if (!found) throw notFound('such evaluation', 'id');
    const path = `${evaluationPath(id)}/channel`;
    const { project, jobset } = found;
    const crumbs = [...crumbsTo({ project, jobset }), { href: evaluationPath(id), text: `evaluation #${id}` }];
    const title = `${project}:${jobset}-${id}`;
    return { channel: { scope: { evaluationId: id }, title, path, crumbs, prefix: plainly } };
  }

  private async build(id: number): Promise<Part> {
    const found = await this.reader.ask((db) => getBuild(db, id));
    if (!found) throw notFound('such build', 'id');
    const title = `${found.project}:${found.jobset}:${found.job}-${id}`;
    const path = `${buildPath(id)}/nix`;
    return { channel: { scope: { buildId: id }, title, path, crumbs: crumbsToBuild(found), prefix: plainly } };
  }

  private async made({ project, jobset, channel }: Through<typeof customDoor>['params']) {
    const of = await jobsetOrMoved(this.reader, { project, jobset }, '');
    const id = 'redirect' in of ? undefined : await this.reader.ask((db) => channelBuild(db, of.id, channel));
    const build = id === undefined ? undefined : await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such channel, or no build of it succeeded yet', 'channel');
    return build;
  }
}
