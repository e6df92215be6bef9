import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  type Actor,
  type Command,
  type CommandContext,
  type Event,
  isRejection,
  type Rejection,
  userStream,
} from '#domain';
import { claimIdempotencyKey, rememberChoice, rememberedChoice } from '#coordination';
import { BEGINNING, ConcurrencyError, type Decided, type Handled, type HandleOptions } from '#event-store';
import { jsonDigest, toIso, uuidv4, uuidv5 } from '#runtime';
import type { Answer } from '../http/answer.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, Problem } from '../http/problem.js';
import { CaughtUp } from '../queries/caught-up.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { type Act, UserAct } from './acts.js';
import { RefusalBudget } from './refusal-budget.js';
import { type AnyRejection, rejectionProblem } from './rejections.js';
import { newestEvent } from './state.js';

/** Namespace of the command ids that come from clients' idempotency keys. */
const KEYS = '5f2f6c53-6d0b-5d0e-9d0b-0f8f0e3c7a41';
const KEY = /^[\x21-\x7e]{1,255}$/;
const REVISION = /^"?(\d{1,15})"?$/;

type AnyCommand = Command<string, unknown>;
type Outcome = Handled<Event<string, unknown>>;
type Appended = Decided<Event<string, unknown>>;
type ActClass<C> = new (stream: string, command: C, context: CommandContext, options: HandleOptions) => Act<C>;

/** One command of a request. */
export type Wish<C extends AnyCommand> = Readonly<{
  act: ActClass<C>;
  stream: string;
  command: Omit<C, 'at'>;
  /** by which the visitor may, as `permit` answered */
  role?: string;
  /** tells the commands of one request apart, where it has several */
  part?: string;
  /** of what a machine asks for, such as a push: no reason is wanted even where the farm wants one */
  reasonless?: boolean;
  /** of what another machine asks for by a signature: who it is, and what it calls this request when it sends it again */
  machine?: Readonly<{ actor: Actor; delivery: string | undefined }>;
  /** whether `If-Match` is about this stream; default true */
  guarded?: boolean;
  /** decides only, for a command that is not the first of its request: what it would be refused for, the request is refused for at once */
  rehearsal?: boolean;
  /** of one of very many: its events need not be readable when it is answered; see `readable` */
  unread?: boolean;
}>;

/** A command that was refused: of which stream, and why in one word. */
export type Refusal = Readonly<{ stream: string; command: string; rejection: string }>;

export type Accepted = Outcome & Readonly<{ dryRun: boolean }>;

/** Turns a request's wish into a command with its whole envelope, and what comes of it into facts or a `Problem`. */
@Injectable()
export class Commander {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(CommandBus) private readonly bus: CommandBus,
    @Inject(CaughtUp) private readonly caughtUp: CaughtUp,
  ) {
    this.budget = new RefusalBudget(deps.clock.now);
  }

  /** As `attempt`; a refusal is thrown as a `Problem`. */
  async run<C extends AnyCommand>(request: Incoming, wish: Wish<C>): Promise<Accepted> {
    const outcome = await this.attempt(request, wish);
    if (isRejection<AnyRejection>(outcome)) throw rejectionProblem(outcome);
    return outcome;
  }

  /** Throws where the farm wants a reason and the request has none: to be called before what is done on the way to a command. */
  checkReason(request: Incoming): void {
    if (this.deps.config.web.requireReason && !reasonOf(request)?.trim()) throw badInput('reason', 'is required');
  }

  /**
   * What a command on many is about, which is looked for once: the same request with the same `Idempotency-Key` is about the same again,
   * whatever there is by then. `part` tells the choices of one request apart. To be called once the visitor is known to be permitted.
   */
  async choose<T extends number | string | object>(
    request: Incoming,
    part: string,
    look: () => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    this.checkReason(request);
    const key = idempotencyKey(request);
    if (key === undefined || isDryRun(request)) return look();
    await this.claimKey(request);
    const { database } = this.deps;
    const id = keyId(request, key);
    return (await rememberedChoice<T>(database, id, part)) ?? rememberChoice(database, id, part, await look());
  }

  /** Refuses an expected revision where a command is about more than one stream, or `why` there is none that it could be of. */
  checkUnguarded(
    request: Incoming,
    why = 'this may change more than one thing, each with a revision of its own',
  ): void {
    if (request.headers['if-match'] !== undefined) throw badInput('If-Match', `must be left out: ${why}`);
  }

  /** Decides and appends. Afterwards the read model is waited for, so that the next page shows what was done. */
  async attempt<C extends AnyCommand>(request: Incoming, wish: Wish<C>): Promise<Accepted | Rejection<AnyRejection>> {
    const context = this.contextOf(request, wish);
    if (!wish.reasonless) this.checkReason(request);
    if (!isDryRun(request) && !wish.machine) await this.claimKey(request);
    const expected = wish.guarded === false ? undefined : expectedRevision(request);
    const dryRun = isDryRun(request) || wish.rehearsal === true;
    const after = this.dryRuns.get(request)?.get(wish.stream) ?? [];
    const options = { dryRun, after, ...(expected === undefined ? {} : { expected }) };
    // The log tells what a command led to when it comes again; of one that led to nothing it knows nothing.
    const key = dryRun || wish.machine || wish.unread ? undefined : keyedId(request);
    const nothing = `nothing ${wish.part ?? ''}`;
    if (key !== undefined) {
      const [revision] = (await rememberedChoice<Outcome['revision']>(this.deps.database, key, nothing)) ?? [];
      if (revision !== undefined) return { events: [], revision, position: BEGINNING, dryRun };
    }
    const command = { ...wish.command, at: this.deps.clock.iso() } as C;
    const outcome = await this.execute(new wish.act(wish.stream, command, context, options));
    if (isRejection<AnyRejection>(outcome)) {
      const refusal = { stream: wish.stream, command: command.type, rejection: outcome.rejected };
      if (!isDryRun(request) && !wish.machine) await this.record(request, refusal, context);
      return outcome;
    }
    if (key !== undefined && outcome.events.length === 0)
      await rememberChoice(this.deps.database, key, nothing, [outcome.revision]);
    if (isDryRun(request) && !wish.rehearsal) this.pretend(request, wish.stream, outcome.events);
    const accepted = { ...outcome, dryRun };
    if (!wish.unread) await this.readable([accepted]);
    return accepted;
  }

  /** The commands that follow in a dry run find what this one would have appended. */
  private pretend(request: Incoming, stream: string, events: readonly Appended[]): void {
    const streams = this.dryRuns.get(request) ?? new Map<string, readonly Appended[]>();
    streams.set(stream, [...(streams.get(stream) ?? []), ...events]);
    this.dryRuns.set(request, streams);
  }
  private readonly dryRuns = new WeakMap<Incoming, Map<string, readonly Appended[]>>();

  /** Waits until what came of commands can be read, for as long as that may take. */
  async readable(accepted: readonly Accepted[]): Promise<void> {
    const written = accepted.filter(({ dryRun, events }) => !dryRun && events.length > 0);
    const last = written.reduce<bigint>((most, { position }) => (position > most ? position : most), BEGINNING);
    if (written.length > 0) await this.caughtUp.waitFor(last);
  }

  /** The same key with another body is a mistake that would go unseen: the answer would be that of the first. */
  private claimKey(request: Incoming): Promise<void> {
    const claim = this.claims.get(request) ?? this.claim(request);
    this.claims.set(request, claim);
    return claim;
  }
  /** One for each request, however many commands it holds. */
  private readonly claims = new WeakMap<Incoming, Promise<void>>();

  private async claim(request: Incoming): Promise<void> {
    const key = idempotencyKey(request);
    if (key === undefined) return;
    const { query, body } = request.input as { query: unknown; body: unknown };
    if (await claimIdempotencyKey(this.deps.database, keyId(request, key), jsonDigest({ query, body }))) return;
    const rule = 'must be a new one for another request';
    throw new Problem(422, `Idempotency-Key ${rule}`, { field: 'Idempotency-Key', rule });
  }

  private async execute(act: Act<unknown>): Promise<Outcome | Rejection<AnyRejection>> {
    try {
      return await this.bus.execute<Act<unknown>, Outcome | Rejection<AnyRejection>>(act);
    } catch (error) {
      if (!(error instanceof ConcurrencyError)) throw error;
      throw new Problem(503, 'too many others change the same thing; try again', { headers: { 'retry-after': '1' } });
    }
  }

  private contextOf(
    request: Incoming,
    { role, part = '', machine }: Pick<Wish<AnyCommand>, 'role' | 'part' | 'machine'>,
  ): CommandContext {
    const { user } = request.visitor;
    const actor = machine?.actor ?? (user && ({ kind: 'user', id: user.id } as const));
    if (!actor) throw new Error('a command came through without somebody who sent it');
    const base = machine ? deliveryId(request, machine) : (keyedId(request) ?? uuidv4());
    const commandId = part === '' ? base : uuidv5(base, part);
    const reason = reasonOf(request);
    const isForm = /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '');
    return {
      commandId,
      actor,
      via: machine ? 'webhook' : isForm ? 'web' : 'rest',
      ...(role === undefined ? {} : { role }),
      ...(reason === undefined || reason === '' ? {} : { reason }),
      requestId: request.id,
      correlationId: request.correlationId,
      causationId: commandId,
    };
  }

  /** A refusal that no decider spoke: somebody may not, or the state that pages show forbids it. */
  async recordRefusal(request: Incoming, refusal: Refusal): Promise<void> {
    if (!this.recorded.has(request)) await this.record(request, refusal, this.contextOf(request, {}));
  }

  /** What a signed-in actor was refused is a fact too: it stands in the actor's own stream, as far as the budget goes. */
  private async record(request: Incoming, { stream, ...refusal }: Refusal, context: CommandContext): Promise<void> {
    this.recorded.add(request);
    await this.tellSuppressed();
    const userId = request.visitor.user!.id;
    if (!this.budget.take(userId)) {
      const who = { requestId: request.id, user: userId };
      return this.deps.logger.warn({ ...who, stream, ...refusal }, 'a refusal that the log of events does not take');
    }
    const revisionSeen = (await newestEvent(this.deps.store, stream))?.revision ?? -1;
    const data = { userId, ...refusal, stream, revisionSeen };
    const command = { type: 'RecordRejection', data, at: this.deps.clock.iso() } as const;
    const commandId = uuidv5(context.commandId, 'rejected');
    await this.execute(new UserAct(userStream(userId), command, { ...context, commandId }, {}));
  }

  /** Says of whom refusals were left out of late, how many. `all`: also of those who still have none to spare. */
  async tellSuppressed(all = false): Promise<void> {
    for (const { userId, count, sinceMs, untilMs } of this.budget.takeSuppressed(all)) {
      const data = { userId, count, since: toIso(sinceMs), until: toIso(untilMs) };
      const command = { type: 'RecordSuppressed', data, at: this.deps.clock.iso() } as const;
      const commandId = uuidv4();
      const actor = { kind: 'system', id: 'api' } as const;
      const context = { commandId, actor, via: 'api', correlationId: commandId, causationId: commandId };
      await this.execute(new UserAct(userStream(userId), command, context, {}));
    }
  }

  private readonly budget: RefusalBudget;

  /** Requests whose refusal stands in the log. */
  private readonly recorded = new WeakSet<Incoming>();
}

const reasonOf = ({ input }: Incoming): string | undefined =>
  (input as { body?: { reason?: string } } | undefined)?.body?.reason;

const idempotencyKey = ({ headers }: Incoming): string | undefined => {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY.test(key))
    throw badInput('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
  return key;
};

/** The same for a machine's same request, whenever it sends it again. */
const deliveryId = ({ url }: Incoming, { actor, delivery }: NonNullable<Wish<AnyCommand>['machine']>): string =>
  delivery === undefined ? uuidv4() : uuidv5(KEYS, ['delivery', actor.id, url, delivery].join('\n'));

const keyedId = (request: Incoming): string | undefined => {
  const key = idempotencyKey(request);
  return key === undefined ? undefined : keyId(request, key);
};

/** The same for the same request of the same user, whenever it comes again. */
const keyId = ({ visitor, method, url }: Incoming, key: string): string =>
  uuidv5(KEYS, [visitor.user!.id, method, url, key].join('\n'));

const expectedRevision = ({ headers }: Incoming): number | undefined => {
  const given = headers['if-match'];
  if (given === undefined) return undefined;
  const [, revision] = REVISION.exec(given) ?? [];
  if (revision === undefined) throw badInput('If-Match', 'must be one revision, a whole number');
  return Number(revision);
};

/** `?dry-run=1`: decide, write nothing. */
export const isDryRun = (request: Incoming): boolean =>
  (request.input as { query: { 'dry-run'?: boolean } } | undefined)?.query['dry-run'] === true;

const shown = (accepted: readonly Accepted[]): unknown[] =>
  accepted.flatMap(({ events, dryRun }) =>
    events.map((event) => {
      const { id, type, data, stream } = event;
      return dryRun ? { stream, type, data } : { id, stream, type };
    }),
  );

/** The events that came of what was accepted, as answers name them. */
export const eventsOf = (accepted: readonly Accepted[]): Readonly<{ events: unknown[] }> => ({
  events: shown(accepted),
});

/** What a dry run answers: the events that it would have appended. */
export const dryRunAnswer = (...accepted: readonly Accepted[]): Answer => ({
  json: () => ({ dryRun: true, events: shown(accepted) }),
});

/**
 * What a plain command answers: the events that came of it, for people the page they came from. `accepted`: what was done on
 * the way, and last the command itself, whose stream's revision is told.
 */
export const commandAnswer = (accepted: Accepted | readonly Accepted[], page: string): Answer => {
  const all = [accepted].flat() as readonly Accepted[];
  const last = all.at(-1)!;
  return last.dryRun
    ? dryRunAnswer(...all)
    : { json: () => ({ revision: last.revision, events: shown(all) }), redirect: page };
};

/** What a command on many streams answers; `more` stands beside the events. */
export const manyAnswer = (
  request: Incoming,
  accepted: readonly Accepted[],
  more: Readonly<Record<string, unknown>>,
  page: string,
): Answer =>
  isDryRun(request)
    ? { json: () => ({ dryRun: true, ...more, events: shown(accepted) }) }
    : { json: () => ({ ...more, events: shown(accepted) }), redirect: page };
