import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sleep } from '#runtime';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { text } from '../http/text.js';
import { Changes } from './changes.js';
import { Streams } from './streams.js';

/** A page is told at most so often: what changed is fetched anew each time. */
const PAUSE_MS = 1000;

/** `since`: the mark that the page came with, so that nothing is missed between its making and this. */
const eventsDoor = door({ query: { since: text(100).optional() } });

@Controller('events')
export class LiveController {
  constructor(
    @Inject(Streams) private readonly streams: Streams,
    @Inject(Changes) private readonly changes: Changes,
  ) {}

  /** `changed`, whenever something of what pages show may have changed. */
  @Get()
  @By(eventsDoor)
  async events(
    @Input() { query }: Through<typeof eventsDoor>,
    @Req() request: Incoming,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stream = this.streams.open(request, reply);
    let dirty = false;
    let wake = (): void => undefined;
    const hear = (): void => {
      dirty = true;
      wake();
    };
    this.changes.subscribe(hear, stream.signal, query.since);
    const gone = new Promise<void>((resolve) =>
      stream.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    for (let id = 1; !stream.signal.aborted; id++) {
      if (!dirty) await Promise.race([gone, new Promise<void>((resolve) => (wake = resolve))]);
      if (stream.signal.aborted) return;
      dirty = false;
      await stream.send('changed', String(id), '{}');
      await sleep(PAUSE_MS, stream.signal);
    }
  }
}
