import { Inject, Injectable } from '@nestjs/common';
import { BEGINNING } from '#event-store';
import { projectorStatus } from '#read-model';
import { sleep } from '#runtime';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** Lets whoever wrote read what was written: waits until the projector handled a position of the log. */
@Injectable()
export class CaughtUp {
  constructor(@Inject(DEPENDENCIES) private readonly deps: ApiDependencies) {}

  /** Position up to which every projection is done; `BEGINNING` before the projector's first start. */
  async position(): Promise<bigint> {
    return (await projectorStatus(this.deps.database))?.position ?? BEGINNING;
  }

  /** True once everything up to `position` can be read; false when that took longer than `projectorPatienceMs`. */
  async waitFor(position: bigint): Promise<boolean> {
    const { clock, logger, projectorPatienceMs } = this.deps;
    const end = clock.now() + projectorPatienceMs;
    try {
      for (let pause = 5; ; pause = Math.min(pause * 2, 80)) {
        if ((await this.position()) >= position) return true;
        if (clock.now() >= end) return false;
        await sleep(pause);
      }
    } catch (error) {
      // The command is done whatever becomes of the wait: its answer must not say otherwise.
      logger.warn({ err: error }, 'could not wait for the projector');
      return false;
    }
  }
}
