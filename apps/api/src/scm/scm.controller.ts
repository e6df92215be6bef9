import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { CLONED, type Cloned, parseGitValue, parseHgValue, REVISION } from '#nix';
import { listJobsets } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, type Door, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { Evaluator } from './evaluator.js';

const revision = z.string('must be a text').regex(REVISION, 'must be of A-Z, a-z, 0-9, _ and ., 255 at most');
const reading = door({
  query: {
    uri: text(2000).min(1, 'must not be empty'),
    type: z.enum(CLONED, `must be ${CLONED.join(' or ')}`),
    rev1: revision,
    rev2: revision,
  },
});
// Whatever the farm can fetch, private repositories too, is in its cache: not for everybody who passes by.
const diffDoor: typeof reading = { ...(reading as Door), signedIn: true } as typeof reading;

const WORDS = {
  uri: 'fetched repository of this address',
  rev1: 'such revision in what was fetched',
  rev2: 'such revision in what was fetched',
} as const;

/** What happened in a repository. */
@Controller('api')
export class ScmController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
  ) {}

  /** Log and difference between two revisions of what some jobset reads, as far as it was fetched: nothing is fetched for it. */
  @Get('scmdiff')
  @By(diffDoor)
  async diff(@Input() { query }: Through<typeof diffDoor>): Promise<Answer> {
    const jobsets = await this.reader.ask((db) => listJobsets(db));
    const isInput = jobsets.some(({ inputs }) =>
      Object.values(inputs).some(({ type, value }) => type === query.type && uriOf(query.type, value) === query.uri),
    );
    if (!isInput) throw notFound('input of a jobset with this address', 'uri');
    const found = await this.evaluator.scmDiff(query);
    if ('unknown' in found) throw notFound(WORDS[found.unknown], found.unknown);
    return { text: { type: 'text/plain; charset=utf-8', body: found.text } };
  }
}

/** The address in an input's value; undefined where it cannot be read. */
const uriOf = (type: Cloned, value: string): string | undefined => {
  try {
    return (type === 'git' ? parseGitValue(value) : parseHgValue(value)).uri;
  } catch {
    return undefined;
  }
};
