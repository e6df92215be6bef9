import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Answer } from '../../http/answer.js';
import { By, door, Input, type Through } from '../../http/door.js';
import { badInput } from '../../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../../tokens.js';
import { Simulations } from './simulation.js';

const whole = (most: number) => {
  const rule = `must be a whole number from 1 to ${most}`;
  return z.number(rule).int(rule).min(1, rule).max(most, rule);
};
/** By name; at most as many as a question may sensibly have. */
const numbers = (name: RegExp, rule: string, most: number) =>
  z
    .record(z.string(), whole(most), 'must be an object of numbers')
    .superRefine((given, context) => {
      for (const key of Object.keys(given))
        if (!name.test(key)) context.addIssue({ code: 'custom', path: [key], message: rule });
      if (Object.keys(given).length > 1000)
        context.addIssue({ code: 'custom', message: 'must have at most 1000 names' });
    })
    .default({});
const time = z.iso
  .datetime({ offset: true, error: 'must be a time in ISO 8601, such as 2026-01-31T12:00:00Z' })
  .optional();

const whatIfDoor = {
  ...door({
    body: {
      shares: numbers(/^[^:\s]{1,255}:[^:\s]{1,255}$/, 'must be named project:jobset', 100_000_000),
      slots: numbers(/^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$/, 'must be named by a system type', 1024),
      windowHours: whole(8760).optional(),
      policy: z.enum(['hydra', 'window', 'clamped'], 'must be hydra (or window, the same) or clamped').optional(),
      from: time,
      to: time,
    },
  }),
  // It changes nothing, but costs seconds.
  signedIn: true,
};

/** Recorded history under other rules. */
@Controller('api/scheduler/what-if')
export class WhatIfController {
  private readonly simulations = new Simulations();

  constructor(@Inject(DEPENDENCIES) private readonly deps: ApiDependencies) {}

  @Post()
  @HttpCode(200)
  @By(whatIfDoor)
  async whatIf(@Input() { body }: Through<typeof whatIfDoor>): Promise<Answer> {
    const { shares, slots, windowHours, policy, from, to } = body;
    const [fromMs, toMs] = [from, to].map((each) => (each === undefined ? undefined : Date.parse(each)));
    if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw badInput('to', 'must be later than from');
    const asked = {
      shares: new Map(Object.entries(shares)),
      ...(Object.keys(slots).length > 0 ? { slots: new Map(Object.entries(slots)) } : {}),
      ...(windowHours === undefined ? {} : { windowMs: windowHours * 3_600_000 }),
      ...(policy === undefined ? {} : { policy }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    const answer = await this.simulations.ask(this.deps.store, asked, this.deps.signal);
    return { json: () => answer };
  }
}
