import { Controller, Get, Inject } from '@nestjs/common';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { numberParam } from '../http/text.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { insightsJson } from './insights.json.js';
import { InsightsPage } from './insights.page.js';
import { InsightsFinder } from './insights.js';

const insightsDoor = door({ query: { days: numberParam(1, 31).default(7) } });

@Controller()
export class InsightsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'clock'>,
    @Inject(InsightsFinder) private readonly finder: InsightsFinder,
  ) {}

  /** What costs most: in the last week, or so many days. */
  @Get('insights')
  @By(insightsDoor)
  async show(@Input() { query: { days } }: Through<typeof insightsDoor>): Promise<Answer> {
    const insights = await this.finder.over(days, this.deps.clock.now());
    return { json: () => insightsJson(insights), html: (page) => <InsightsPage page={page} insights={insights} /> };
  }
}
