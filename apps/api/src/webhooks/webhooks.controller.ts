import { readFile } from 'node:fs/promises';
import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { isRejection, jobsetStream } from '#domain';
import { type JobsetView, listJobsets, listProjects } from '#read-model';
import { JobsetAct } from '../commands/acts.js';
import { Commander } from '../commands/commander.js';
import { type AnyRejection, LEFT_OUT_OF_PUSHES, rejectionProblem } from '../commands/rejections.js';
import type { Answer } from '../http/answer.js';
import { brokenRule, By, Input, signedDoor, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, Problem } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { pointsAt, type Push, pushedTo, pushSchema } from './repository.js';
import { isSigned } from './signature.js';

const pushDoor = signedDoor();
const DELIVERY = /^[\x21-\x7e]{1,255}$/;

type Forge = 'github' | 'gitea';
const HEADERS = {
  github: {
    signature: 'X-Hub-Signature-256',
    prefix: 'sha256=',
    event: 'X-GitHub-Event',
    delivery: 'X-GitHub-Delivery',
  },
  gitea: { signature: 'X-Gitea-Signature', prefix: '', event: 'X-Gitea-Event', delivery: 'X-Gitea-Delivery' },
} as const;

/** Forges say that somebody pushed: the jobsets that read what was pushed to are evaluated. */
@Controller('api')
export class WebhooksController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  @Post('push-github')
  @HttpCode(200)
  @By(pushDoor)
  github(@Input() { body }: Through<typeof pushDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.push('github', body, request);
  }

  @Post('push-gitea')
  @HttpCode(200)
  @By(pushDoor)
  gitea(@Input() { body }: Through<typeof pushDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.push('gitea', body, request);
  }

  private async push(forge: Forge, body: Buffer, request: Incoming): Promise<Answer> {
    await this.checkSignature(forge, body, request);
    const pushed = parse(body);
    const event = header(request, HEADERS[forge].event);
    // A forge tells of more than pushes, if its settings say so; of a ping nothing follows.
    const concerned = event === undefined || event === 'push' ? await this.concerned(pushedTo(pushed, forge)) : [];
    const jobsetsTriggered: string[] = [];
    for (const jobset of concerned)
      if (await this.trigger(forge, jobset, request)) jobsetsTriggered.push(nameOf(jobset));
    return { json: () => ({ jobsetsTriggered }) };
  }

  private async checkSignature(forge: Forge, body: Buffer, request: Incoming): Promise<void> {
    const { signature: name, prefix } = HEADERS[forge];
    const given = header(request, name);
    const signature = given?.startsWith(prefix) ? given.slice(prefix.length) : undefined;
    const secrets = await this.secretsOf(forge);
    if (isSigned(body, signature, secrets)) return;
    this.deps.logger.warn(
      { requestId: request.id, forge, address: request.ip, secrets: secrets.length },
      'push refused',
    );
    const rule = `must be ${prefix}HMAC-SHA256 of the body, in hex, by a secret that this farm knows`;
    throw new Problem(401, `${name} ${rule}`, { field: name, rule });
  }

  /** Read each time: a secret that is exchanged counts at once. A file that cannot be read, or is empty, holds none. */
  private async secretsOf(forge: Forge): Promise<readonly string[]> {
    const read = async (file: string): Promise<string[]> => {
      try {
        const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
        if (secret !== '') return [secret];
        this.deps.logger.warn({ file }, 'the file of a webhook’s secret is empty');
      } catch (error) {
        this.deps.logger.warn({ file, err: error }, 'the secret of a webhook cannot be read');
      }
      return [];
    };
    return (await Promise.all(this.deps.config.webhooks[forge].secretFiles.map(read))).flat();
  }

  /** As Hydra: those that wait for a schedule of their own, one-shot or one-at-a-time, wait on. */
  private async concerned(places: ReadonlySet<string>): Promise<readonly JobsetView[]> {
    if (places.size === 0) return [];
    const [projects, jobsets] = await Promise.all([
      this.reader.ask(listProjects),
      this.reader.ask((db) => listJobsets(db)),
    ]);
    const enabled = new Set(projects.filter((project) => project.enabled).map(({ name }) => name));
    return jobsets.filter(
      ({ mode, project, source, inputs }) =>
        mode === 'enabled' &&
        enabled.has(project) &&
        [...(source.type === 'flake' ? [source.url] : []), ...Object.values(inputs).map(({ value }) => value)].some(
          (value) => pointsAt(value, places),
        ),
    );
  }

  /** False: it was left out, since it cannot be evaluated any more. What the same delivery triggered before counts as triggered by it. */
  private async trigger(forge: Forge, { project, name }: JobsetView, request: Incoming): Promise<boolean> {
    const stream = jobsetStream(project, name);
    const delivery = header(request, HEADERS[forge].delivery);
    const outcome = await this.commander.attempt(request, {
      act: JobsetAct,
      stream,
      part: stream,
      guarded: false,
      reasonless: true,
      machine: {
        actor: { kind: 'webhook', id: forge },
        delivery: DELIVERY.test(delivery ?? '') ? delivery : undefined,
      },
      command: { type: 'TriggerEvaluation', data: { force: false, cause: 'push' } },
    });
    if (!isRejection<AnyRejection>(outcome)) return true;
    if (LEFT_OUT_OF_PUSHES.includes(outcome.rejected)) return false;
    throw rejectionProblem(outcome);
  }
}

const nameOf = ({ project, name }: JobsetView): string => `${project}:${name}`;

const header = ({ headers }: Incoming, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
};

const parse = (body: Buffer): Push => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw badInput('body', 'must be JSON: choose application/json as the content type of the webhook');
  }
  const parsed = pushSchema.safeParse(json, { reportInput: true });
  if (!parsed.success) throw brokenRule(parsed.error);
  return parsed.data;
};
