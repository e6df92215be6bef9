import { Controller, Get, Inject } from '@nestjs/common';
import { someoneLeads } from '#coordination';
import { projectorStatus } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door } from '../http/door.js';
import { isOutage } from '../http/outage.js';
import { CaughtUp } from '../queries/caught-up.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

const plainDoor = { ...door({}), anonymous: true };
/** The projector gives a sign of life every two seconds. */
const PROJECTOR_SILENT_MS = 10_000;

type Part = Readonly<{ ok: boolean; detail?: string }>;

@Controller('healthz')
export class HealthController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(CaughtUp) private readonly caughtUp: CaughtUp,
  ) {}

  /** 200 once all three apps serve and the projector has caught up; else 503 that names what is missing. */
  @Get()
  @By(plainDoor)
  async show(): Promise<Answer> {
    const parts: Record<string, Part> = {
      api: { ok: true },
      log: await this.part(async () => {
        await this.deps.store.head();
        return { ok: true };
      }),
      projector: await this.part(() => this.projector()),
      worker: await this.part(async () =>
        (await someoneLeads(this.deps.database, 'projector'))
          ? { ok: true }
          : { ok: false, detail: 'no worker is at work' },
      ),
    };
    const missing = Object.keys(parts).filter((name) => !parts[name]!.ok);
    const body = missing.length === 0 ? { ok: true, parts } : { ok: false, missing, parts };
    const status = missing.length === 0 ? 200 : 503;
    return { status, ...(status === 503 ? { headers: { 'retry-after': '1' } } : {}), json: () => body };
  }

  private async projector(): Promise<Part> {
    const status = await projectorStatus(this.deps.database);
    if (!status) return { ok: false, detail: 'it never ran' };
    if (status.ageMs > PROJECTOR_SILENT_MS)
      return { ok: false, detail: `silent for ${Math.round(status.ageMs / 1000)} s` };
    // Caught up with what was in the log at this moment: a busy log moves on, and a flag in a row may be old.
    const head = await this.deps.store.head();
    if (await this.caughtUp.waitFor(head)) return { ok: true };
    return { ok: false, detail: `at position ${status.position} of ${head}` };
  }

  private async part(ask: () => Promise<Part>): Promise<Part> {
    try {
      return await ask();
    } catch (error) {
      if (!isOutage(error)) throw error;
      return { ok: false, detail: 'the database is away' };
    }
  }
}
