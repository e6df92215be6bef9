import { Inject, Injectable } from '@nestjs/common';
import { Gate } from '../store/gate.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import type { Logged } from './log-finder.js';
import { type LogLine, type Scanned, scanLog } from './scan-log.js';
import { unfinishedBytes } from './log-stream.js';

/** What a page shows of a long log: its end, or what stands around a line. */
const PAGE_BYTES = 256 * 1024;
/** Lines of a page, which are an element each: very short ones would make a page of tens of megabytes. */
const PAGE_LINES = 10_000;
/** Lines before the one that was asked for. */
const BEFORE = 10;
/** Logs whose first error is remembered. */
const KNOWN = 1000;

/** A part of a log for a page. */
export type LogWindow = Readonly<{
  text: string;
  /** number of its first line */
  line: number;
  /** bytes of the log: first of `text`, after its last, and all */
  from: number;
  to: number;
  size: number;
  /** null where none is seen, or the step succeeded: what it says of errors then was none */
  firstError: LogLine | null;
  /** what was searched for */
  found: Pick<Scanned, 'matches' | 'moreMatches'> | undefined;
}>;

/** `line`: number of the line that is wanted; `search`: text that lines of the whole log should hold. */
export type WindowOptions = Readonly<{ line?: number; search?: string }>;

type Cut = Readonly<{ from: number; to: number; /** lines before */ skipped: number }>;

/** As many lines as a page has, from the first one on. */
const firstLines = (bytes: Buffer): Cut => {
  let to = 0;
  for (let lines = 0; lines < PAGE_LINES && to < bytes.length; lines++) {
    const end = bytes.indexOf('\n', to);
    to = end === -1 ? bytes.length : end + 1;
  }
  return { from: 0, to, skipped: 0 };
};

/** As many lines as a page has, up to the last one. */
const lastLines = (bytes: Buffer): Cut => {
  const starts = [0];
  for (let end = bytes.indexOf('\n'); end !== -1 && end + 1 < bytes.length; end = bytes.indexOf('\n', end + 1))
    starts.push(end + 1);
  const skipped = Math.max(0, starts.length - PAGE_LINES);
  return { from: starts[skipped]!, to: bytes.length, skipped };
};

/** Parts of logs, with the numbers of their lines. */
@Injectable()
export class LogWindows {
  /** First errors of whole logs, by key; the oldest is forgotten first. */
  private readonly known = new Map<string, LogLine | null>();
  /** A log may have 64 MiB and more: looking through it takes a core for a while. */
  private readonly gate = new Gate(2, 32);

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'logs'>) {}

  /** The end of a log; with `line`, what stands around that line. Empty where nothing was written yet. */
  async of(step: Logged, { line, search }: WindowOptions = {}): Promise<LogWindow> {
    const size = (await this.deps.logs.stat(step.logKey))?.bytes ?? 0;
    const live = step.status === null;
    if (size === 0) return { text: '', line: 1, from: 0, to: 0, size, firstError: null, found: undefined };
    const end = Math.max(0, size - PAGE_BYTES);
    const scanned = await this.scan(step, size, {
      byte: end,
      line: Math.max(1, (line ?? 1) - BEFORE),
      ...(search === undefined ? {} : { search }),
    });
    // A line as long as a page has no begin that could be shown.
    const newest = scanned.atByte ?? { nr: scanned.lines, offset: end };
    const isAround = line !== undefined && scanned.atLine.offset < end;
    const first = isAround ? scanned.atLine : newest;
    const bytes = await this.bytes(step.logKey, first.offset, Math.min(size, first.offset + PAGE_BYTES));
    const shown = isAround ? firstLines(bytes) : lastLines(bytes);
    const start = { nr: first.nr + shown.skipped, offset: first.offset + shown.from };
    // Half a character at the end comes with the stream.
    const part = bytes.subarray(shown.from, shown.to);
    const whole = part.length - (live ? unfinishedBytes(part) : 0);
    return {
      text: part.toString('utf8', 0, whole),
      line: start.nr,
      from: start.offset,
      to: start.offset + whole,
      size,
      firstError: scanned.firstError,
      found: search === undefined ? undefined : scanned,
    };
  }

  /** The first error in a log of a step that failed. */
  async firstError(step: Logged): Promise<LogLine | null> {
    const known = this.known.get(step.logKey);
    if (known !== undefined) return known;
    const size = (await this.deps.logs.stat(step.logKey))?.bytes ?? 0;
    return size === 0 ? null : (await this.scan(step, size, {})).firstError;
  }

  private async scan(step: Logged, size: number, asked: Parameters<typeof scanLog>[1]): Promise<Scanned> {
    const errors = step.status !== 'succeeded';
    const scanned = await this.gate.pass(async () =>
      scanLog((await this.deps.logs.read(step.logKey, { to: size })) as AsyncIterable<Buffer>, { ...asked, errors }),
    );
    if (step.status !== null) {
      this.known.set(step.logKey, scanned.firstError);
      if (this.known.size > KNOWN) this.known.delete(this.known.keys().next().value!);
    }
    return scanned;
  }

  private async bytes(key: string, from: number, to: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of await this.deps.logs.read(key, { from, to })) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }
}
