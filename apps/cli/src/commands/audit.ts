import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { checkEvaluationRecord, type RecordEvent } from '#domain';
import { InvalidEventError, validateEvent, validateMetadata } from '#event-store';
import { jsonDigest } from '#runtime';
import { BadInputError } from '../errors.js';

const FETCH_TIMEOUT_MS = 60_000;

const recordSchema = z.looseObject({
  format: z.literal('iolaus-evaluation-record/1', 'is not a record of an evaluation that this program knows'),
  farm: z.string(),
  evaluation: z.int().min(1),
  events: z.array(
    z.strictObject({
      id: z.uuid(),
      stream: z.string(),
      revision: z.int().min(0),
      type: z.string(),
      data: z.unknown(),
      metadata: z.unknown(),
    }),
  ),
});

const read = async (from: string): Promise<string> => {
  if (!/^https?:\/\//.test(from))
    return readFile(from, 'utf8').catch((error: unknown) => {
      throw new BadInputError(`RECORD: cannot read ${from}: ${(error as Error).message}`);
    });
  const asked = { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) };
  const response = await fetch(from, asked).catch((error: unknown) => {
    const { message, cause } = error as Error;
    throw new Error(`cannot fetch ${from}: ${cause instanceof Error ? cause.message : message}`, { cause: error });
  });
  if (!response.ok) throw new BadInputError(`RECORD: ${from} answers ${response.status}`);
  return response.text();
};

const parse = (text: string): z.output<typeof recordSchema> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadInputError('RECORD: is not JSON');
  }
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadInputError(`RECORD: ${issue?.path.join('.') || 'document'}: ${issue?.message}`);
};

const checkSchemas = (events: z.output<typeof recordSchema>['events']): void => {
  events.forEach(({ type, data, metadata }, index) => {
    try {
      validateEvent(type, data);
      validateMetadata(metadata);
    } catch (error) {
      if (error instanceof InvalidEventError) throw new BadInputError(`RECORD: events.${index}: ${error.message}`);
      throw error;
    }
  });
};

/** Prints what the record shows; sets exit code 1 where a rule does not hold. */
const verify = async (from: string, { digest: expected }: { digest?: string }): Promise<void> => {
  const { farm, evaluation, events } = parse(await read(from));
  checkSchemas(events);
  const digest = jsonDigest(events);
  const findings = checkEvaluationRecord(evaluation, events as unknown as RecordEvent[]);
  const line = (ok: boolean, rule: string, detail: string): string => `${ok ? 'ok   ' : 'WRONG'}  ${rule}: ${detail}\n`;
  process.stdout.write(`evaluation ${evaluation} of ${farm}, ${events.length} events\n`);
  const same = expected === undefined || expected.toLowerCase() === digest;
  process.stdout.write(line(same, 'digest', same ? digest : `${digest}, not ${expected}`));
  for (const { ok, rule, detail } of findings) process.stdout.write(line(ok, rule, detail));
  if (!same || findings.some(({ ok }) => !ok)) process.exitCode = 1;
};

export const auditCommand = (): Command => {
  const audit = new Command('audit').description('what the log says about who did what');
  audit
    .command('verify')
    .argument('<record>', 'address of /eval/N/audit, or a file that holds its JSON')
    .option('--digest <sha256>', 'that the events must have')
    .description('check the record of an evaluation; needs no farm and trusts none')
    .action(verify);
  return audit;
};
