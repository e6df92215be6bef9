import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { connectAlone, type Database } from './database.js';
import { destroy } from './leadership.js';

/** Questions from one process to another about what only that one knows, such as the state of the leading queue runner. */
export type Questions = Readonly<{
  /**
   * Asks whoever answers by that name, and gives the answer as it came through JSON. Rejects with `NobodyAnswersError` within
   * the time, and with `AnswerFailedError` where the other side could not answer.
   */
  ask: (name: string, question: unknown, options: Readonly<{ timeoutMs: number }>) => Promise<unknown>;
  /** Answers by that name until the signal aborts, however often the database goes away. Each question is answered by one only. */
  answer: (name: string, handler: AnswerHandler, signal: AbortSignal) => Promise<void>;
}>;

/** Gives an answer that JSON can carry; `undefined` arrives as null. What it throws, the asker hears. */
export type AnswerHandler = (question: unknown) => unknown;

/** Nobody answers by that name, or not in time. */
export class NobodyAnswersError extends Error {
  override readonly name = 'NobodyAnswersError';
}

/** Somebody was there, and could not answer: the message is theirs. */
export class AnswerFailedError extends Error {
  override readonly name = 'AnswerFailedError';
}

const CHANNEL = 'iolaus_questions';
/** First half of the key of the lock that says that somebody answers; shared, and a session's. */
const NAMESPACE = 1_227_442_294;
/** An asker looks for its answer after 4 ms, then each time twice as long as before, up to this. */
const LONGEST_LOOK_MS = 64;
/** Nobody to be seen for so long is nobody: longer than a lost connection takes to come back. */
const ABSENCE_MS = 600;
const RETRY_MS = 250;
/** Questions are looked for so often, told of or not; a server that takes longer to say so is given up. */
const LOOK_MS = 5000;
/** What an asker that died left behind is swept up after this. */
const SWEEP_AFTER = `interval '1 minute'`;

const ASK = `
  with swept as (
    delete from coordination.questions where expires_at < clock_timestamp() - ${SWEEP_AFTER}
  ), asked as (
    insert into coordination.questions (id, name, question, expires_at)
    values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
  ) select pg_notify('${CHANNEL}', $2)`;

const LOOK = `
  select q.answer, q.error, exists (
    select from pg_locks where locktype = 'advisory' and granted and classid::bigint = ${NAMESPACE} and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
      and objid::bigint = (hashtext($2)::bigint & 4294967295)) as present
  from (values (1)) as one left join coordination.questions q on q.id = $1`;

const TAKE = `
  update coordination.questions q set taken = true
  from (select id from coordination.questions where name = $1 and not taken and expires_at > clock_timestamp()
        for update skip locked limit 10) open
  where q.id = open.id returning q.id, q.question`;

type Looked = Readonly<{ answer: string | null; error: string | null; present: boolean }>;
type Taken = Readonly<{ id: string; question: string }>;

/** Resolves after the time, or when the signal aborts. */
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });

/** Questions and answers as rows of PostgreSQL; `onError` hears of what goes wrong while answering goes on. */
export const createQuestions = (
  database: Database,
  { onError = () => undefined }: Readonly<{ onError?: (error: Error) => void }> = {},
): Questions => {
  const ask: Questions['ask'] = async (name, question, { timeoutMs }) => {
    const id = randomUUID();
    const limit = AbortSignal.timeout(timeoutMs);
    await database.query(ASK, [id, name, JSON.stringify(question ?? null), timeoutMs]);
    try {
      let absentMs = 0;
      for (let wait = 4; ; wait = Math.min(2 * wait, LONGEST_LOOK_MS)) {
        await pause(wait, limit);
        const { rows } = await database.query<Looked>(LOOK, [id, name]);
        const { answer, error, present } = rows[0]!;
        if (error !== null) throw new AnswerFailedError(error);
        if (answer !== null) return JSON.parse(answer) as unknown;
        absentMs = present ? 0 : absentMs + wait;
        if (limit.aborted) throw new NobodyAnswersError(`${name} did not answer within ${timeoutMs} ms`);
        if (absentMs >= ABSENCE_MS) throw new NobodyAnswersError(`there is no ${name} that answers`);
      }
    } finally {
      await database.query('delete from coordination.questions where id = $1', [id]);
    }
  };

  const answerOne = async ({ id, question }: Taken, handler: AnswerHandler): Promise<void> => {
    let answer: string | null = null;
    let failure: string | null = null;
    try {
      answer = JSON.stringify((await handler(JSON.parse(question))) ?? null);
    } catch (error) {
      failure = (error instanceof Error ? error.message : String(error)).replaceAll('\0', '');
    }
    await database.query('update coordination.questions set answer = $2, error = $3 where id = $1', [
      id,
      answer,
      failure,
    ]);
  };

  /** Until the signal aborts; rejects when the connection breaks. */
  const serve = async (client: pg.Client, name: string, handler: AnswerHandler, signal: AbortSignal): Promise<void> => {
    const under = new Set<Promise<void>>();
    let told = new AbortController();
    let lost = false;
    client.on('notification', ({ payload }) => payload === name && told.abort());
    client.on('end', () => {
      lost = true;
      told.abort();
    });
    await client.query(`listen ${CHANNEL}`);
    await client.query('select pg_advisory_lock_shared($1, hashtext($2))', [NAMESPACE, name]);
    while (!signal.aborted) {
      if (lost) throw new Error('the connection that hears of questions is gone');
      told = new AbortController();
      const take = { text: TAKE, values: [name], query_timeout: LOOK_MS };
      const { rows } = await client.query<Taken>(take);
      for (const taken of rows) {
        const answering = answerOne(taken, handler)
          .catch((error: Error) => onError(error))
          .finally(() => under.delete(answering));
        under.add(answering);
      }
      if (rows.length === 0) await pause(LOOK_MS, AbortSignal.any([signal, told.signal]));
    }
    await Promise.all(under);
  };

  const answer: Questions['answer'] = async (name, handler, signal) => {
    while (!signal.aborted) {
      let client: pg.Client | undefined;
      try {
        client = await connectAlone(database);
        await serve(client, name, handler, signal);
        await client.end();
      } catch (error) {
        if (client) destroy(client);
        onError(error as Error);
        await pause(RETRY_MS, signal);
      }
    }
  };

  return { ask, answer };
};
