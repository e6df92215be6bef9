import { Inject, Injectable } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import type { Database } from '#coordination';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** A question to the read model: one of the functions of `#read-model`, its arguments given. */
export class ReadModelQuery<T> extends Query<T> {
  constructor(readonly question: (database: Database) => Promise<T>) {
    super();
  }
}

/** Answers every question from the read model; it can write nothing. */
@QueryHandler(ReadModelQuery)
export class ReadModelQueryHandler implements IQueryHandler<ReadModelQuery<unknown>> {
  constructor(@Inject(DEPENDENCIES) private readonly deps: ApiDependencies) {}

  execute({ question }: ReadModelQuery<unknown>): Promise<unknown> {
    return question(this.deps.database);
  }
}

/** What controllers ask with. */
@Injectable()
export class Reader {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  ask<T>(question: (database: Database) => Promise<T>): Promise<T> {
    return this.queries.execute<ReadModelQuery<T>, T>(new ReadModelQuery(question));
  }
}
