import { Controller, Get, Inject } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Answer } from '../http/answer.js';
import { By, door } from '../http/door.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { openApiDocument } from './document.js';

const documentDoor = door({});
/** Of the API, not of the program: raised when an answer changes its shape. */
const VERSION = '1.0.0';

/** What the API takes and answers, for machines. */
@Controller('openapi.json')
export class OpenApiController {
  private document: object | undefined;

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  @Get()
  @By(documentDoor)
  show(): Answer {
    return { json: () => (this.document ??= this.make()) };
  }

  private make(): object {
    const controllers = [...this.modules.values()].flatMap((module) =>
      [...module.controllers.values()].map(({ metatype }) => metatype as abstract new (...args: never[]) => unknown),
    );
    return openApiDocument(controllers, { version: VERSION, baseUrl: this.deps.config.web.baseUrl });
  }
}
