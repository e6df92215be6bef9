import { Inject, Injectable } from '@nestjs/common';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** News as people read it; `author` null: whoever wrote it was erased since. */
export type Notice = Readonly<{ id: number; contents: string; author: string | null; createdAtMs: number }>;

/** What the overview shows; the rest is older than anybody reads. */
const SHOWN = 5;
/** What whoever keeps the news sees. */
const KEPT = 200;

/** The news, with the names of who wrote it. */
@Injectable()
export class Noticeboard {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'accounts'>,
    @Inject(Users) private readonly users: Users,
  ) {}

  /** Newest first. */
  newest(): Promise<readonly Notice[]> {
    return this.list(SHOWN);
  }

  /** Newest first. */
  all(): Promise<readonly Notice[]> {
    return this.list(KEPT);
  }

  private async list(limit: number): Promise<readonly Notice[]> {
    const news = await this.deps.accounts.listNews(limit);
    const nameOf = await this.users.names(news.flatMap(({ authorId }) => authorId ?? []));
    return news.map(({ authorId, ...rest }) => ({ ...rest, author: authorId === null ? null : nameOf(authorId) }));
  }
}
